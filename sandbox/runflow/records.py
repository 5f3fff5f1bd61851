"""Runs put into words: what a reading answers and what a callback carries, with addresses signed for the moment."""

from collections.abc import Mapping
from typing import Any

from sandbox.runflow.run import StandinRun, View, view
from sandbox.runflow.state import State
from sandbox.runflow.storage import Storage
from sandbox.runflow.wire import callback_payload, output_object, run_record


class Records:
    """Renders runs as they are now."""

    def __init__(self, *, state: State, storage: Storage) -> None:
        self._state = state
        self._storage = storage

    async def record(self, run: StandinRun, *, reading: bool, bare: bool = False) -> dict[str, Any]:
        """The record of a run. `reading` counts as having shown its addresses; `bare` leaves them out."""
        now = self._state.now()
        seen = view(run, now)
        if reading and _worth_drawing(run, seen):
            self._storage.draw_ahead(run, run.job.count)
        urls = [] if bare else await self._storage.urls(run, seen, now, reading=reading)
        given = self._storage.shown_input(run, now)
        return run_record(run, seen, given, output_object(run, seen, urls))

    async def payload(self, run: StandinRun) -> Mapping[str, Any]:
        """The callback payload of a run that is final."""
        now = self._state.now()
        seen = view(run, now)
        urls = await self._storage.urls(run, seen, now, reading=False)
        return callback_payload(run, seen, output_object(run, seen, urls))


def _worth_drawing(run: StandinRun, seen: View) -> bool:
    """Whether pictures will be asked for soon: a real run has them ready when it ends, so they are drawn ahead."""
    switches = run.switches
    plain = switches.storage in {"valid", "slow", "truncated", "wrong_length"} and switches.output_shape != "empty"
    return seen.status == "running" and switches.outcome == "succeeded" and plain and not run.problems
