"""Time as something that is handed in, so that tests can move it."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

# What is taken for a step of the machine's clock rather than for one that runs a little fast or slow.
_STEP = timedelta(seconds=2)
# A step is made up for in small change, so that no wait, pace or deadline notices: a minute in each hour.
_CATCH_UP = 1 / 60
# A row from further ahead than this was written under a clock that was wrong, and is not believed.
_MOST_AHEAD = timedelta(hours=2)


class Clock(Protocol):
    """The time of day, and waiting."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...

    async def sleep(self, delay_s: float) -> None:
        """Come back after `delay_s` seconds."""
        ...


def _wall() -> datetime:
    return datetime.now(UTC)


def _steady_s() -> float:
    """Seconds that no setting of the clock moves. They go on while the machine sleeps, where it can tell."""
    counting = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if counting is None else time.clock_gettime(counting)


class SystemClock:
    """The machine's clock, without its steps: where it is set back or forward by more than two seconds, this one runs a
    little slower or faster until both agree again. So ages of rows and waits of this process stay right.
    """

    def __init__(self, wall: Callable[[], datetime] = _wall, steady_s: Callable[[], float] = _steady_s) -> None:
        self._wall, self._steady_s = wall, steady_s
        self._last_s = steady_s()
        self._last_wall = wall()
        self._ahead = timedelta(0)  # of the machine's clock, or behind it

    def now(self) -> datetime:
        """The time, aware, in UTC. It never goes back by more than the two seconds that are no step."""
        wall, steady_s = self._wall(), self._steady_s()
        passed_s = max(steady_s - self._last_s, 0.0)
        stepped = wall - self._last_wall - timedelta(seconds=passed_s)
        if abs(stepped) >= _STEP:
            self._ahead -= stepped
        made_up = min(abs(self._ahead), timedelta(seconds=passed_s * _CATCH_UP))
        self._ahead += made_up if self._ahead < timedelta(0) else -made_up
        self._last_s, self._last_wall = steady_s, wall
        return wall + self._ahead

    def remember(self, latest: datetime | None) -> None:
        """Go on from the latest time that an earlier process wrote down, where the clock was set back meanwhile."""
        if latest is not None and timedelta(0) < latest - self.now() <= _MOST_AHEAD:
            self._ahead += latest - self.now()

    async def sleep(self, delay_s: float) -> None:
        """Come back after `delay_s` seconds."""
        await asyncio.sleep(delay_s)
