"""What holds everybody up: how long the event loop was held lately, and a garbage collector that never holds it long.

A full collection goes through every object there is: with ten thousand runs at hand that takes over half a second. So
what survived one is set aside (`gc.freeze`) and never gone through again: the next only sees what was made since, which
the thresholds keep to some twenty thousand objects. What is set aside is freed as ever when nobody refers to it;
rings of such objects are looked for once a day, when nothing is under way.
"""

import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bot.clock import Clock

_TICK_S = 0.025
_LATELY = timedelta(seconds=30)  # half of what counts as lately
_CLOCK_WAS_SET_S = 60.0  # later than that nobody is; the machine's clock was moved

# Objects made until the youngest are gone through, then so many times that until the next older ones are.
_THRESHOLDS = (700, 5, 5)
_THAW_EVERY = timedelta(hours=24)


class Longest:
    """The longest of the times that were noted in the last half minute to minute, in seconds."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._since = now, now()
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
        halves = (self._now() - self._since) // _LATELY
        if halves:
            self._before, self._this = (self._this if halves == 1 else 0.0), 0.0
            self._since += halves * _LATELY


class Pauses:
    """Watches the event loop, and sees to what the collector set aside. `alive`: how many runs are under way."""

    def __init__(self, clock: Clock, *, alive: Callable[[], int]) -> None:
        self._clock, self._alive = clock, alive
        self._lag = Longest(clock.now)

    def longest_s(self) -> float:
        """The longest the loop was held lately, in seconds, to a few hundredths."""
        return self._lag.seconds()

    async def serve(self) -> None:
        """Watch, until cancelled."""
        thawed = now = self._clock.now()
        while True:
            due = now + timedelta(seconds=_TICK_S)
            await self._clock.sleep(_TICK_S)  # as late as this comes back, as late is everybody else
            now = self._clock.now()
            late_s = (now - due).total_seconds()
            if 0 < late_s < _CLOCK_WAS_SET_S:
                self._lag.note(late_s)
            if now - thawed >= _THAW_EVERY and not self._alive():
                thawed = now
                gc.unfreeze()
                gc.collect()
                gc.freeze()


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
