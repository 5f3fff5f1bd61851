"""Looking for runs by our ids in lists of all runs. Source: concepts/requests.

Runs are matched here and not by `q`: filtering by our id is not documented. Bounds on `created_at` are, with a day as
the only example, so they are taken for what saves pages and never for a proof: an answer that is empty, or a refusal,
is followed by the list without them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.errors import Refusal, RunflowError, RunflowRefused, RunflowUnclear
from bot.runflow.bodies import BodyTooLong
from bot.runflow.pages import ListedRun, RunPage

_LIMIT, _SMALL_LIMIT = 500, 50  # the documented most; and where a server ignores `fields`, so that a page gets too long
_MOST_PAGES = 200
_FIELDS = "id,client_ref,metadata,status_code,created_at"
# From the first moment in which a run can have been created: five tries with their waits, and clocks that disagree.
_CREATED_WITHIN = timedelta(minutes=20)

ReadPage = Callable[[Mapping[str, str]], Awaitable[RunPage]]


@dataclass
class _Batch:
    """Searches that are served by one look. `wanted`: since when each of our ids is looked for."""

    wanted: dict[str, datetime] = field(default_factory=dict[str, datetime])
    found: dict[str, ListedRun] = field(default_factory=dict[str, ListedRun])
    error: RunflowError | None = None
    is_done: bool = False


@dataclass
class _Window:
    """A stretch of time in which some runs must have been created."""

    since: datetime
    until: datetime
    jobs: set[str]


class RunFinder:
    """Finds runs. `read_page` reads one page of the list of runs by its query, and raises RunflowError.

    Whoever looks while a list is read waits for the next: what came after may not be on the pages that were read.
    """

    def __init__(self, read_page: ReadPage) -> None:
        self._read_page = read_page
        self._next = _Batch()
        self._one_at_a_time = asyncio.Lock()

    async def find(self, job: str, *, since: datetime) -> ListedRun | None:
        """The run with our id that was created since then; None where whole lists, begun after the call, show none.

        Raises RunflowError where no list could be read to its end.
        """
        batch = self._next
        batch.wanted[job] = min(since, batch.wanted.get(job, since))
        async with self._one_at_a_time:
            if not batch.is_done:
                await asyncio.sleep(0)  # whoever looks in this moment is served as well
                self._next = _Batch() if self._next is batch else self._next
                await self._look(batch)
        if (found := batch.found.get(job)) is None and batch.error is not None:
            raise batch.error
        return found

    async def _look(self, batch: _Batch) -> None:
        try:
            for window in _windows(batch.wanted):
                await self._search(window, batch.found)
        except RunflowError as error:
            batch.error = error
        batch.is_done = True

    async def _search(self, window: _Window, found: dict[str, ListedRun]) -> None:
        for limit in (_LIMIT, _SMALL_LIMIT):
            try:
                if not await self._search_within_bounds(window, limit, found):
                    await self._page_through({"limit": str(limit)}, window, found)
            except BodyTooLong:
                if limit == _SMALL_LIMIT:
                    raise
            else:
                return

    async def _search_within_bounds(self, window: _Window, limit: int, found: dict[str, ListedRun]) -> bool:
        """Whether bounds on time are understood, and all that lies within them was seen."""
        bounds = f'created_at>="{_written(window.since)}" AND created_at<="{_written(window.until)}"'
        try:
            return await self._page_through({"limit": str(limit), "q": bounds}, window, found) > 0
        except RunflowRefused as error:
            if error.refusal is not Refusal.INPUT:
                raise
            return False

    async def _page_through(self, asked: Mapping[str, str], window: _Window, found: dict[str, ListedRun]) -> int:
        """Read pages until everything is found, or older than the window; how many runs were listed."""
        query = {"sort_by": "created_at:desc", "fields": _FIELDS, **asked}
        cursor, listed = None, 0
        for _ in range(_MOST_PAGES):
            page = await self._read_page(query if cursor is None else {**query, "pq": cursor})
            listed += page.listed
            for one in page.runs:
                found.update({job: one for job in one.jobs & window.jobs if job not in found})
            if window.jobs <= found.keys() or not page.listed or _is_past(page, window.since) or not page.next_cursor:
                return listed
            if page.next_cursor == cursor:
                break
            cursor = page.next_cursor
        raise RunflowUnclear(f"the list of runs has no end within {_MOST_PAGES} pages")


def _is_past(page: RunPage, since: datetime) -> bool:
    """Whether what follows is older still: only where the page is in the order that was asked for."""
    times = [one.created_at for one in page.runs if one.created_at is not None]
    return bool(times) and times[-1] < since and times == sorted(times, reverse=True)


def _windows(wanted: Mapping[str, datetime]) -> Iterable[_Window]:
    """The stretches of time in which the runs were created; those that touch are one."""
    windows: list[_Window] = []
    for job, since in sorted(wanted.items(), key=lambda one: one[1]):
        until = since + _CREATED_WITHIN
        if windows and since <= windows[-1].until:
            windows[-1].until = until
            windows[-1].jobs.add(job)
        else:
            windows.append(_Window(since, until, {job}))
    return windows


def _written(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
