"""A probe inside a measured process: how long each callback of its event loop takes, and each garbage collection.

It wraps the method through which asyncio's own loop runs a callback, which costs some 0.5 microseconds each, for the
bot and the floor alike. A loop that is not asyncio's (uvloop) runs none of its callbacks through it: then collections
alone are seen, and `callbacks` stays 0.
"""

import asyncio
import gc
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

_LONG_S = 0.01
_KEPT = 20

REPORT_SIGNAL = signal.SIGUSR1


@dataclass(frozen=True, slots=True)
class Block:
    """One long callback. `wall_s` holds what other processes and threads took away; `cpu_s` is its own work alone."""

    wall_s: float
    cpu_s: float
    collecting_s: float
    what: str


@dataclass(slots=True)
class Seen:
    """What the probe saw since the last report."""

    callbacks: int = 0
    collections: int = 0
    collecting_s: float = 0.0
    longest_collection_s: float = 0.0
    longest_s: float = 0.0
    blocks: list[Block] = field(default_factory=list[Block])

    def add(self, block: Block) -> None:
        """Keep the longest."""
        self.blocks = sorted([*self.blocks, block], key=lambda one: one.wall_s, reverse=True)[:_KEPT]


class Probe:
    """Installed once for a process. `file` gets a report, and counting begins anew, at each SIGUSR1."""

    def __init__(self, file: Path) -> None:
        self._file, self._seen, self._collecting_since = file, Seen(), 0.0

    def install(self) -> None:
        """Begin to watch."""
        gc.callbacks.append(self._on_collection)
        signal.signal(REPORT_SIGNAL, lambda _number, _frame: self._report())
        run: Callable[[asyncio.Handle], Any] = getattr(asyncio.Handle, "_run")  # noqa: B009 - asyncio's one place
        wall, cpu = time.perf_counter, time.thread_time

        def timed(handle: asyncio.Handle) -> Any:
            seen = self._seen
            seen.callbacks += 1
            cpu_began, collected, began = cpu(), seen.collecting_s, wall()
            run(handle)
            took_s = wall() - began
            seen.longest_s = max(seen.longest_s, took_s)
            if took_s > _LONG_S:
                seen.add(Block(took_s, cpu() - cpu_began, seen.collecting_s - collected, _name(handle)))

        setattr(asyncio.Handle, "_run", timed)  # noqa: B010 - as above

    def _on_collection(self, phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            self._collecting_since = time.perf_counter()
            return
        took_s, seen = time.perf_counter() - self._collecting_since, self._seen
        seen.collections += 1
        seen.collecting_s += took_s
        seen.longest_collection_s = max(seen.longest_collection_s, took_s)

    def _report(self) -> None:
        seen, self._seen = self._seen, Seen()
        beside = self._file.with_suffix(".part")
        beside.write_text(json.dumps(asdict(seen)), "utf-8")
        os.replace(beside, self._file)  # noqa: PTH105 - a reader sees the whole report or none


def _name(handle: asyncio.Handle) -> str:
    """What a handle runs. Its repr would hold results, and pictures are among them."""
    callback: object = getattr(handle, "_callback", None)
    owner: object = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        task = cast("asyncio.Task[object]", owner)
        return f"{task.get_name()}: {getattr(cast('object', task.get_coro()), '__qualname__', '?')}"[:160]
    return str(getattr(callback, "__qualname__", type(callback).__name__))
