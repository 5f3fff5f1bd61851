"""One gate for all reads: Runflow's 429 to one of them holds up all, so that a limit ends and creates come first."""

from datetime import datetime, timedelta

from bot.clock import Clock
from bot.entropy import Rng

_FIRST_S, _MOST_S = 1.0, 32.0
_MOST_ASKED_S = 50.0  # below what `/readyz` takes for polls that do not keep up


class ReadGate:
    """Open until a 429. Creates do not pass here."""

    def __init__(self, clock: Clock, rng: Rng) -> None:
        self._clock, self._rng = clock, rng
        self._opens_at: datetime | None = None
        self._pause_s = _FIRST_S

    def close(self, asked_s: float | None) -> None:
        """A request was answered with 429. `asked_s`: its `Retry-After` in seconds, held to 50.

        Without one the gate is closed for longer each time. Requests that were under way together count as one.
        """
        if asked_s is None and self._left_s() > 0:
            return
        pause_s = self._pause_s if asked_s is None else min(max(asked_s, _FIRST_S), _MOST_ASKED_S)
        self._pause_s = min(self._pause_s * 2, _MOST_S)
        opens_at = self._clock.now() + timedelta(seconds=pause_s)
        if self._opens_at is None or self._left_s() <= 0 or opens_at > self._opens_at:
            self._opens_at = opens_at

    def answered(self) -> None:
        """A read was answered, with anything but 429."""
        if self._left_s() <= 0:
            self._pause_s = _FIRST_S

    async def passed(self) -> None:
        """Come back when reads may go on, not all in the same moment."""
        while (left_s := self._left_s()) > 0:
            await self._clock.sleep(left_s + self._rng.random())

    def _left_s(self) -> float:
        """Seconds until it opens. A clock that was set back keeps nobody out."""
        left_s = 0.0 if self._opens_at is None else (self._opens_at - self._clock.now()).total_seconds()
        return left_s if left_s <= _MOST_ASKED_S else 0.0
