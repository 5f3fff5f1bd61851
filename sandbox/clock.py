"""The stand-ins' clock. It follows the machine's, and tests can move it forward or stop it."""

import asyncio
import time
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """The little world's time: the machine's plus what `advance` added. `stopped=True` moves by `advance` alone."""

    def __init__(self, *, stopped: bool = False, start: datetime | None = None) -> None:
        self._start = start or datetime.now(UTC)
        self._stopped = stopped
        self._began_s = time.monotonic()
        self._added_s = 0.0
        self._moved = asyncio.Event()

    def elapsed_s(self) -> float:
        """Seconds since the world began."""
        return self._added_s + (0.0 if self._stopped else time.monotonic() - self._began_s)

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return self._start + timedelta(seconds=self.elapsed_s())

    def advance(self, seconds: float) -> None:
        """Move time forward and wake every sleeper that is due."""
        if seconds < 0:
            raise ValueError("time only moves forward")
        self._added_s += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def sleep(self, delay_s: float) -> None:
        """Come back when `delay_s` seconds of this world have passed."""
        until_s = self.elapsed_s() + delay_s
        while (left_s := until_s - self.elapsed_s()) > 0:
            moved = self._moved
            try:
                await asyncio.wait_for(moved.wait(), None if self._stopped else left_s)
            except TimeoutError:
                continue
