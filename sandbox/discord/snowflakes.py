"""Ids as Discord makes them: milliseconds since 2015 in the upper 42 bits, a counter in the lower 22."""

from datetime import UTC, datetime

from sandbox.clock import SandboxClock

_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_COUNTER = (1 << 22) - 1


class Snowflakes:
    """Makes ids from the sandbox's clock; each is larger than the one before, also while the clock stands still."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """A fresh id for something that exists from now on."""
        milliseconds = int((self._clock.now() - _EPOCH).total_seconds() * 1000)
        self._last = max(milliseconds << 22, self._last + 1)
        return self._last


def long_ago(moment: datetime, number: int) -> int:
    """The id of something that was made at `moment`; `number` tells those of one moment apart."""
    return (int((moment - _EPOCH).total_seconds() * 1000) << 22) | (number & _COUNTER)
