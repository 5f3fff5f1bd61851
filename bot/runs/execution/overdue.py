"""When each run is to be polled next, so that whoever asks can see whether polling keeps up."""

from datetime import datetime

from bot.clock import Clock


class OverduePolls:
    """The polls that are due. A run is in it from the moment its next poll is set until that poll is done."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: dict[str, datetime] = {}

    def set(self, run_id: str, at: datetime) -> None:
        """The next poll of the run is due at `at`."""
        self._due[run_id] = at

    def done(self, run_id: str) -> None:
        """The run was polled, or is not followed any more."""
        self._due.pop(run_id, None)

    def oldest_s(self) -> float:
        """For how many seconds the poll that waits longest has been due; 0 where none is late."""
        earliest = min(self._due.values(), default=None)
        return 0.0 if earliest is None else max((self._clock.now() - earliest).total_seconds(), 0.0)
