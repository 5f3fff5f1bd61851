"""Pages of the list of runs, as values. Source: concepts/requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.runflow.reading import Reading, RunflowStatus


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One run in a list. A list may hold only part of each run, so an end must be read from the run itself."""

    reading: Reading
    jobs: frozenset[str]  # our ids in it, as metadata and as client_ref have them
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of runs, and the cursor of the next, None on the last. `listed` counts unreadable items as well."""

    runs: tuple[ListedRun, ...]
    listed: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class StatusPage:
    """One page of runs as far as it tells how each stands, by Runflow's ids; otherwise as `RunPage`."""

    statuses: Mapping[str, RunflowStatus]
    listed: int
    next_cursor: str | None
