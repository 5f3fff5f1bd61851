"""Looks at many runs in flight by list, and has those read that have news. Nothing a list says is written down."""

import asyncio
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from bot.clock import Clock
from bot.errors import RunflowError
from bot.runflow.bodies import BodyTooLong
from bot.runflow.client import RunflowClient
from bot.runflow.pages import StatusPage
from bot.runflow.reading import RunflowStatus
from bot.runs.execution.callbacks import HeardCallbacks
from bot.runs.execution.overdue import OverduePolls
from bot.runs.execution.pacing import first_of
from bot.runs.execution.sweeps import (
    MANY,
    PAGE,
    SMALL_PAGE,
    Sweep,
    Waiting,
    due_again_s,
    ending_of,
    next_s,
    plan,
    rest_s,
)
from bot.runs.transitions import is_news

_log = structlog.get_logger(__name__)

_PATIENCE_S = 5.0  # for a page
_NEWEST_EVERY_S = 1.0  # while many pages are read
_AT_A_STRETCH = 25  # runs woken before others get to act


class Sweeper:
    """Wakes runs that are to be read. Each waits here without a task or a timer of its own."""

    def __init__(
        self, *, runflow: RunflowClient, clock: Clock, overdue: OverduePolls, callbacks: HeardCallbacks
    ) -> None:
        self._runflow, self._clock, self._overdue, self._callbacks = runflow, clock, overdue, callbacks
        self._waiting: dict[str, Waiting] = {}  # by Runflow's ids, as are the next
        self._wake_ups: dict[str, asyncio.Event] = {}
        self._followed = 0
        self._sooner, self._asleep_until_s = asyncio.Event(), 0.0
        self._page, self._faults, self._no_list_before_s = PAGE, 0, 0.0

    @contextmanager
    def following(self) -> Generator[None]:
        """One more run is followed while the block runs."""
        self._followed += 1
        try:
            yield
        finally:
            self._followed -= 1

    @property
    def has_many(self) -> bool:
        """Whether so many runs are followed that they are to wait here."""
        return self._followed > MANY

    async def wait(self, one: Waiting, wake_up: asyncio.Event) -> None:
        """Come back when the run is to be read, or when `wake_up` is set, which is then clear."""
        self._waiting[one.runflow_id], self._wake_ups[one.runflow_id] = one, wake_up
        if one.next_s < self._asleep_until_s:
            self._sooner.set()
        try:
            await wake_up.wait()
        finally:
            self._waiting.pop(one.runflow_id, None)
            self._wake_ups.pop(one.runflow_id, None)
        wake_up.clear()

    async def serve(self) -> None:
        """Sweep whenever a run is due, until cancelled."""
        gap_s = 0.0
        while True:
            await self._until_due(gap_s)
            await self._runflow.reads_may_go_on()
            gap_s = await self._sweep()

    async def _until_due(self, gap_s: float) -> None:
        not_before_s = self._now_s() + gap_s
        while True:
            self._asleep_until_s = max(next_s(self._waiting.values()), not_before_s)
            left_s = self._asleep_until_s - self._now_s()
            if left_s <= 0:
                return
            if self._waiting:
                await first_of(self._sooner, self._clock, left_s)
            else:
                await self._sooner.wait()
                self._sooner.clear()

    async def _sweep(self) -> float:
        """Look once at what is due; for how long there is to be no other look."""
        now_s = self._now_s()
        has_list = now_s >= self._no_list_before_s
        sweep = plan(self._waiting.values(), now_s, followed=self._followed, page=self._page, has_list=has_list)
        await self._wake(sweep.singly)
        reads = len(sweep.singly)
        if sweep.by_list and await self._has_looked(sweep, now_s):
            missed, left = sweep.missed(lambda one: self._waiting.get(one.runflow_id) is one)
            self._waiting.update({one.runflow_id: replace(one, is_hidden=True) for one in left})
            await self._wake(missed)
            reads += len(missed)
        return sweep.gap_s(reads=reads, followed=self._followed)

    async def _has_looked(self, sweep: Sweep, now_s: float) -> bool:
        """Page through the list until all was seen that is sought. Where that fails, no list is asked for a while."""
        try:
            if await self._page_through(sweep, now_s):
                self._faults = 0
                return True
            why = "it shows none of ours"
        except BodyTooLong as error:
            if self._page > SMALL_PAGE:
                self._page = SMALL_PAGE
                return False
            why = str(error)
        except (RunflowError, TimeoutError) as error:
            why = str(error) or "it took too long"
        self._faults += 1
        self._no_list_before_s = self._now_s() + rest_s(self._faults)
        _log.warning("runs could not be looked at by list", why=why)
        return False

    async def _page_through(self, sweep: Sweep, now_s: float) -> bool:
        """Whether any run that waits was seen."""
        left, has_seen, cursor, newest_s = {one.runflow_id for one in sweep.by_list}, False, None, now_s
        for number in range(1, sweep.most_pages + 1):
            page, is_ours = await self._look_at(cursor, number, now_s)
            left.difference_update(page.statuses)
            has_seen = has_seen or is_ours
            if not left or not page.listed or page.next_cursor in {None, cursor}:
                break
            cursor = page.next_cursor
            if self._now_s() - newest_s >= _NEWEST_EVERY_S:
                newest_s = self._now_s()
                await self._look_at(None, 1, newest_s)
        return has_seen

    async def _look_at(self, cursor: str | None, number: int, now_s: float) -> tuple[StatusPage, bool]:
        """A page, as far as it can be read, and whether it shows any run that waits."""
        async with asyncio.timeout(_PATIENCE_S):
            page = await self._runflow.statuses(self._page, cursor)
        seen = {each: status for each, status in page.statuses.items() if status is not RunflowStatus.UNKNOWN}
        is_ours = await self._note(seen, number, now_s)
        await self._wake(ending_of(self._waiting.values(), self._now_s()))  # no deadline waits for a long list
        return replace(page, statuses=seen), is_ours

    async def _note(self, seen: Mapping[str, RunflowStatus], number: int, now_s: float) -> bool:
        """Wake those with news; the others are due again later. Whether any of them waits here."""
        news = list[Waiting]()
        ours = [one for runflow_id in seen if (one := self._waiting.get(runflow_id)) is not None]
        for one in ours:
            if is_news(one.state, seen[one.runflow_id]):
                news.append(one)
                continue
            due_s = due_again_s(one, now_s, page=number, callback=self._callbacks.trust(one.run_id))
            self._waiting[one.runflow_id] = replace(one, due_s=due_s, is_hidden=False)
            self._overdue.set(one.run_id, datetime.fromtimestamp(due_s, UTC))
        await self._wake(news)
        return bool(ours)

    async def _wake(self, runs: Iterable[Waiting]) -> None:
        for number, one in enumerate(runs, 1):
            if (wake_up := self._wake_ups.get(one.runflow_id)) is not None:
                self._waiting.pop(one.runflow_id, None)
                wake_up.set()
            if number % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)

    def _now_s(self) -> float:
        return self._clock.now().timestamp()
