"""What wakes the workers: the ids of runs that have something to do, and of those whose review has."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot.runs.calling_off import CallingOff
from bot.runs.presses import Presses


@dataclass(frozen=True, slots=True)
class ChangedReviews:
    """Which reviews changed: of these runs, or `every` one."""

    run_ids: frozenset[str]
    every: bool

    def __contains__(self, run_id: str) -> bool:
        return self.every or run_id in self.run_ids


@dataclass(frozen=True, slots=True)
class WakeUps:
    """How a change reaches the workers of this process. A lost one costs nothing but time: rows tell what is due.

    `presses` are let pass before a run is begun; `calling_off` breaks off what is done for one that was canceled.
    """

    presses: Presses = field(default_factory=Presses)
    calling_off: CallingOff = field(default_factory=CallingOff)
    runs: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])
    reviews: asyncio.Event = field(default_factory=asyncio.Event)
    _changed_reviews: set[str] = field(default_factory=set[str])
    _every_review: asyncio.Event = field(default_factory=asyncio.Event)
    _heard: dict[str, set[asyncio.Event]] = field(default_factory=dict[str, set[asyncio.Event]])

    def wake_run(self, run_id: str) -> None:
        """Let the worker begin this run, or poll it now where it is worked on already."""
        self.runs.put_nowait(run_id)

    def wake_review(self, run_id: str) -> None:
        """Let the review worker do what is due about this run, once more where it is at it already."""
        self._changed_reviews.add(run_id)
        self.reviews.set()

    def wake_every_review(self) -> None:
        """Let the review worker do whatever is due about any run, once more where it is at it already."""
        self._every_review.set()
        self.reviews.set()

    @contextmanager
    def next_try(self, run_id: str) -> Generator[asyncio.Event]:
        """Set once the next try to bring this run's card to what it is to be was made, however it went."""
        tried = asyncio.Event()
        self._heard.setdefault(run_id, set()).add(tried)
        try:
            yield tried
        finally:
            self._heard[run_id].discard(tried)
            if not self._heard[run_id]:
                del self._heard[run_id]

    def tried(self, run_id: str) -> None:
        """A try to bring this run's card to what it is to be was made."""
        for event in self._heard.get(run_id, ()):
            event.set()

    def take_changed_reviews(self) -> ChangedReviews:
        """The reviews that changed since this was asked last."""
        changed = ChangedReviews(frozenset(self._changed_reviews), every=self._every_review.is_set())
        self._changed_reviews.clear()
        self._every_review.clear()
        return changed
