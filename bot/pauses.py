"""What holds everybody up: how long the event loop was held lately, and a garbage collector that never holds it long.

A full collection goes through every object there is: with ten thousand runs at hand that takes over half a second. So
what survived one is set aside (`gc.freeze`) and never gone through again: the next only sees what was made since, which
the thresholds keep to some twenty thousand objects. What is set aside is freed as ever when nobody refers to it;
rings of such objects are looked for once a day, when nothing is under way.
"""

import asyncio
import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from time import perf_counter

from bot.clock import Clock

_TICK_S = 0.025
_LATELY_S = 30.0  # half of what counts as lately

# Objects made until the youngest are gone through, then so many times that until the next older ones are.
_THRESHOLDS = (700, 5, 5)
_LOOK_S = 60.0
_THAW_EVERY = timedelta(hours=24)


class Longest:
    """The longest of the times that were noted in the last half minute to minute, in seconds."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._since_s = now_s()
        self._this = self._before = 0.0

    def note(self, taken_s: float) -> None:
        """One more."""
        self._turn()
        self._this = max(self._this, taken_s)

    def seconds(self) -> float:
        """The longest."""
        self._turn()
        return max(self._this, self._before)

    def _turn(self) -> None:
        halves = (self._now_s() - self._since_s) // _LATELY_S
        if halves >= 1:
            self._before, self._this = (self._this if halves < 2 else 0.0), 0.0
            self._since_s += halves * _LATELY_S


class Pauses:
    """Watches the event loop, and sees to what the collector set aside. `alive`: how many runs are under way."""

    def __init__(self, clock: Clock, *, alive: Callable[[], int]) -> None:
        self._clock, self._alive = clock, alive
        self._lag = Longest(perf_counter)

    def longest_s(self) -> float:
        """The longest the loop was held lately, in seconds, to a few hundredths."""
        return self._lag.seconds()

    async def serve(self) -> None:
        """Watch, until cancelled."""
        stop = self._watch_loop()
        last = self._clock.now()
        try:
            while True:
                await self._clock.sleep(_LOOK_S)
                if self._clock.now() - last >= _THAW_EVERY and not self._alive():
                    gc.unfreeze()
                    gc.collect()
                    gc.freeze()
                    last = self._clock.now()
        finally:
            stop()

    def _watch_loop(self) -> Callable[[], None]:
        """Have a timer look at the clock, which costs next to nothing: how late it is, as late is everybody else."""
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle

        def tick(due_s: float) -> None:
            nonlocal timer
            now_s = loop.time()
            self._lag.note(max(now_s - due_s, 0.0))
            timer = loop.call_at(now_s + _TICK_S, tick, now_s + _TICK_S)

        def stop() -> None:
            timer.cancel()

        tick(loop.time())
        return stop


@contextmanager
def short_collections() -> Generator[None]:
    """Keep collections short while the block runs. Enter it when whatever stays for good has been made."""

    def set_aside(phase: str, about: dict[str, int]) -> None:
        if phase == "stop" and about["generation"] == len(_THRESHOLDS) - 1:
            gc.freeze()

    before = gc.get_threshold()
    gc.freeze()
    # Finds next to nothing any more, but Python now takes that for what lives long: it goes through the oldest only
    # when they have grown by a quarter of it.
    gc.collect()
    gc.set_threshold(*_THRESHOLDS)
    gc.callbacks.append(set_aside)
    try:
        yield
    finally:
        gc.callbacks.remove(set_aside)
        gc.set_threshold(*before)
        gc.unfreeze()
