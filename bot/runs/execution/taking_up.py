"""What a start finds: each row is read once, in pages, and what is to be worked on is begun few at a time.

Runs that wait in the queue are put there, and no more: a row is worked on when its turn has come.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, TypeVar

import structlog

from bot.clock import Clock
from bot.errors import Unavailable
from bot.runs.execution.recovery import retry_delays_s
from bot.runs.rows import Age
from bot.runs.run import Outline, Run, State
from bot.runs.scheduling.scheduler import Scheduler
from bot.runs.store import RunStore
from bot.runs.transitions import FINAL, LOOKED_FOR

_log = structlog.get_logger(__name__)

Begin = Callable[[str, Run | None], asyncio.Task[None] | None]
"""Begins to work on a run, given whole where it was read; None where it is worked on already."""

_Row = TypeVar("_Row", Run, Outline)

_OUTLINES, _RUNS = 500, 50  # rows in a page: what is read in some milliseconds
_AT_A_STRETCH = 10  # runs begun before others get to act
_HANDS = 4  # runs with something to do at once, such as pictures to be fetched
_HELD_UP_S = 10.0  # after so long, one that is not done yet holds up no other
_FIRST_WAIT_S = 1.0  # for the database


class TakingUp:
    """Takes up what an earlier process left behind. `line` first, then `rest`."""

    def __init__(self, *, store: RunStore, scheduler: Scheduler, clock: Clock, begin: Begin) -> None:
        self._store, self._scheduler, self._clock, self._begin = store, scheduler, clock, begin
        self._owed: deque[tuple[str, Run | None]] = deque()
        self._begun: set[str] | None = set()  # for another cause, while this goes on: None once it is over

    def begun(self, run_id: str) -> None:
        """A run was begun for another cause: what was read of it before, or is being read, counts no more."""
        if self._begun is not None:
            self._begun.add(run_id)

    async def line(self) -> None:
        """Put every run in its place in the queue; only then may any start."""
        async with self._scheduler.taking_up():
            async for page in self._pages(lambda after: self._store.outlines(after=after, most=_OUTLINES), _age_of):
                self._scheduler.take_up(page)
                # Whether one without a card was ever seen by anybody is to be found out, whenever its turn may come.
                no_cards = (one for one in page if one.state is State.ACCEPTED and not one.has_card)
                self._owed.extend((one.run_id, None) for one in no_cards)
            since = self._store.now() - self._scheduler.deadline
            async for canceled in self._pages(lambda after: self._lost(since, after), _lost_age_of):
                for run in canceled:
                    if run.is_unwanted:
                        self._scheduler.leave_behind(run)

    async def rest(self) -> None:
        """Begin to work on all that does not wait in the queue: followed at once, ended a few at a time."""

        def unfinished(after: Age | None) -> Coroutine[Any, Any, list[Run]]:
            return self._store.unfinished(after=after, most=_RUNS, but_waiting=True)

        async with asyncio.TaskGroup() as hands:
            async for page in self._pages(unfinished, lambda run: (run.created_at, run.id)):
                self._owed.extend((run.id, run) for run in page if run.state in FINAL)
                await self._follow([run for run in page if run.state not in FINAL])
            since = self._store.now() - LOOKED_FOR
            async for page in self._pages(lambda after: self._lost(since, after), _lost_age_of):
                await self._follow(page)
            for number in range(_HANDS):
                hands.create_task(self._end(), name=f"hand {number + 1}")
        self._begun = None

    async def _follow(self, runs: Sequence[Run]) -> None:
        for number, run in enumerate(runs, 1):
            self._begin(run.id, self._as_read(run.id, run))
            if number % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)

    async def _end(self) -> None:
        while self._owed:
            run_id, run = self._owed.popleft()
            task = self._begin(run_id, self._as_read(run_id, run))
            if task is not None:
                await asyncio.wait({task}, timeout=_HELD_UP_S)

    def _as_read(self, run_id: str, run: Run | None) -> Run | None:
        """The run as it was read; None where it is to be read anew."""
        return None if self._begun is not None and run_id in self._begun else run

    async def _lost(self, since: datetime, after: Age | None) -> list[Run]:
        return await self._store.lost(since, after=after, most=_RUNS)

    async def _pages(
        self, read: Callable[[Age | None], Coroutine[Any, Any, list[_Row]]], age_of: Callable[[_Row], Age]
    ) -> AsyncGenerator[list[_Row]]:
        """All rows in pages. A database that does not answer is waited for."""
        after: Age | None = None
        waits_s = retry_delays_s(_FIRST_WAIT_S)
        while True:
            try:
                page = await read(after)
            except Unavailable as error:
                _log.warning("runs could not be taken up just now", why=str(error))
                await self._clock.sleep(next(waits_s))
                continue
            if not page:
                return
            yield page
            after = age_of(page[-1])


def _age_of(one: Outline) -> Age:
    return one.created_at, one.run_id


def _lost_age_of(run: Run) -> Age:
    return run.ended_at or run.created_at, run.id
