"""How the process ends: when it is told to, or with the first of its parts that ends."""

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


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set, whatever they did before. Called once, in the running loop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


def exit_whatever_happens() -> None:
    """End the process after nine seconds, whatever holds it up.

    A thread, and the only one that waits: it is there for the case that the loop no longer turns. An alarm (SIGALRM)
    would need none, but the first process of a container does not die of it.
    """
    timer = threading.Timer(_OUT_AFTER_S, os._exit, args=(1,))
    timer.daemon = True
    timer.start()


async def until_stopped(
    parts: Mapping[str, Callable[[], Coroutine[Any, Any, None]]],
    *,
    stop: asyncio.Event,
    wind_down: Callable[[], Awaitable[None]],
    last_resort: Callable[[], None],
) -> None:
    """Run the parts, each a task of its name, until `stop` is set.

    Then `wind_down` gets three seconds to finish what people wait for, and the parts are cancelled. When a part ends by
    itself, so does everything: its error is raised, and an end without one is a RuntimeError. `last_resort` is called
    as soon as the end begins, whichever it is.
    """
    tasks = {asyncio.create_task(serve(), name=name) for name, serve in parts.items()}
    stopped = asyncio.create_task(stop.wait(), name="stop signal")
    try:
        done, _ = await asyncio.wait({*tasks, stopped}, return_when=asyncio.FIRST_COMPLETED)
        last_resort()
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
