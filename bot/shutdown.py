"""How the process ends: on a signal, or with the first of its parts that ends."""

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import structlog

_log = structlog.get_logger(__name__)

WIND_DOWN_S = 3.0
_CANCEL_S = 3.0
# Whoever stops a process waits some seconds and then kills it (Docker: 10). Nothing, not even a thread that is busy
# with a picture, may hold the end up for longer: what is unfinished is the next process's to take up.
_OUT_AFTER_S = 9.0


async def until_stopped(
    parts: Mapping[str, Callable[[], Coroutine[Any, Any, None]]], *, wind_down: Callable[[], Awaitable[None]]
) -> None:
    """Run the parts, each a task of its name, until SIGTERM or SIGINT.

    Then `wind_down` gets three seconds to finish what people wait for, and the parts are cancelled. When a part ends by
    itself, so does everything: its error is raised, and an end without one is a RuntimeError.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = {asyncio.create_task(serve(), name=name) for name, serve in parts.items()}
    stopped = asyncio.create_task(stop.wait(), name="stop signal")
    try:
        done, _ = await asyncio.wait({*tasks, stopped}, return_when=asyncio.FIRST_COMPLETED)
        _insist()
        if stopped in done:
            _log.info("stopping", because="signal")
            await _wound_down(wind_down)
    finally:
        for task in (*tasks, stopped):
            task.cancel()
        await asyncio.wait({*tasks, stopped}, timeout=_CANCEL_S)
    for part in done - {stopped}:
        part.result()
        raise RuntimeError(f"the part {part.get_name()} ended, though nobody asked it to")


async def _wound_down(wind_down: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(WIND_DOWN_S):
            await wind_down()
    except TimeoutError:
        _log.warning("still busy; the rest is taken up at the next start")


def _insist() -> None:
    """End the process after some seconds whatever holds it up."""
    timer = threading.Timer(_OUT_AFTER_S, os._exit, args=(1,))
    timer.daemon = True
    timer.start()
