"""RunFinder: pages of a list that somebody else fills, and searches that share it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Refusal, RunflowRefused, RunflowUnanswered, RunflowUnclear
from bot.runflow.bodies import BodyTooLong
from bot.runflow.finder import RunFinder
from bot.runflow.pages import ListedRun, RunPage
from bot.runflow.reading import Reading, RunflowStatus

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def listed(name: str, at: datetime, *jobs: str) -> ListedRun:
    return ListedRun(Reading(name, RunflowStatus.RUNNING), frozenset(jobs), at)


@dataclass
class Shelf:
    """A list of runs, newest first. `bounds`: a `q` is ignored, refused, or misread so that nothing is left."""

    runs: list[ListedRun]
    bounds: str = "ignored"
    most_items: int = 500
    fails_at: int = 0
    queries: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    gate: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def page(self, query: Mapping[str, str]) -> RunPage:
        self.queries.append(query)
        self.asked.set()
        if self.gate is not None:
            await self.gate.wait()
        if len(self.queries) == self.fails_at:
            raise RunflowUnanswered("503")
        if int(query["limit"]) > self.most_items:
            raise BodyTooLong("too long")
        if "q" in query and self.bounds == "refused":
            raise RunflowRefused(Refusal.INPUT, "no filter")
        runs = [] if "q" in query and self.bounds == "misread" else self.runs
        start, limit = int(query.get("pq", "0")), int(query["limit"])
        end = start + limit
        return RunPage(tuple(runs[start:end]), len(runs[start:end]), str(end) if end < len(runs) else None)


def crowd(count: int, since: datetime = NOON) -> list[ListedRun]:
    """Runs of others, newest first, the oldest a second after `since`."""
    return [listed(f"o{n}", since + timedelta(seconds=n)) for n in range(count, 0, -1)]


@pytest.mark.parametrize("bounds", ["ignored", "refused", "misread"])
@pytest.mark.parametrize("newer", [0, 499, 500, 3000, 50_000])
async def test_a_run_is_found_behind_any_number_of_newer_ones(newer: int, bounds: str) -> None:
    shelf = Shelf([*crowd(newer), listed("mine", NOON, "j"), listed("old", NOON - timedelta(hours=9))], bounds)
    found = await RunFinder(shelf.page).find("j", since=NOON - timedelta(minutes=5))
    assert found is not None
    assert found.reading.runflow_id == "mine"
    assert len(shelf.queries) <= newer // 500 + 2


@pytest.mark.parametrize("bounds", ["ignored", "refused", "misread"])
async def test_nothing_is_found_only_when_the_list_went_back_far_enough(bounds: str) -> None:
    shelf = Shelf([*crowd(1200), *crowd(5000, NOON - timedelta(days=1))], bounds)
    assert await RunFinder(shelf.page).find("j", since=NOON) is None
    assert 3 <= len(shelf.queries) <= 4


async def test_a_list_in_another_order_is_read_to_its_end() -> None:
    oldest_first = [listed("old", NOON - timedelta(hours=1)), *reversed(crowd(600)), listed("mine", NOON, "j")]
    found = await RunFinder(Shelf(oldest_first).page).find("j", since=NOON - timedelta(minutes=5))
    assert found is not None


async def test_a_list_without_end_is_not_one_that_shows_nothing() -> None:
    with pytest.raises(RunflowUnclear):
        await RunFinder(Shelf(crowd(150_000)).page).find("j", since=NOON)


async def test_a_page_that_fails_fails_the_search_of_those_who_were_not_found_yet() -> None:
    shelf = Shelf([listed("mine", NOON + timedelta(days=1), "here"), *crowd(900)], fails_at=2)
    finder = RunFinder(shelf.page)
    here, gone = await asyncio.gather(
        finder.find("here", since=NOON), finder.find("gone", since=NOON), return_exceptions=True
    )
    assert isinstance(here, ListedRun)
    assert isinstance(gone, RunflowUnanswered)


async def test_smaller_pages_where_whole_runs_make_large_ones_too_long() -> None:
    shelf = Shelf([*crowd(120), listed("mine", NOON, "j")], most_items=50)
    assert await RunFinder(shelf.page).find("j", since=NOON) is not None


async def test_one_list_serves_all_who_look_in_the_same_moment() -> None:
    shelf = Shelf([*crowd(40), *(listed(f"r{n}", NOON, f"j{n}") for n in range(30))])
    finder = RunFinder(shelf.page)
    found = await asyncio.gather(*(finder.find(f"j{n}", since=NOON - timedelta(seconds=n)) for n in range(30)))
    assert [one and one.reading.runflow_id for one in found] == [f"r{n}" for n in range(30)]
    assert len(shelf.queries) == 1


async def test_who_looks_while_a_list_is_read_is_served_by_the_next_and_one_for_all() -> None:
    shelf = Shelf([listed("old", NOON - timedelta(hours=9))], gate=asyncio.Event())
    finder = RunFinder(shelf.page)
    first = asyncio.create_task(finder.find("j", since=NOON), name="first")
    await shelf.asked.wait()
    others = [asyncio.create_task(finder.find(f"j{n}", since=NOON), name="other") for n in range(20)]
    await asyncio.sleep(0)
    shelf.runs = [listed("late", NOON, "j3"), *shelf.runs]
    assert shelf.gate is not None
    shelf.gate.set()
    await first
    found = await asyncio.gather(*others)
    assert [n for n, one in enumerate(found) if one is not None] == [3]
    assert len(shelf.queries) == 2


async def test_who_gives_up_while_it_reads_for_others_leaves_them_their_list() -> None:
    shelf = Shelf([listed("mine", NOON, "j2")], gate=asyncio.Event())
    finder = RunFinder(shelf.page)
    first = asyncio.create_task(finder.find("j1", since=NOON), name="first")
    second = asyncio.create_task(finder.find("j2", since=NOON), name="second")
    await shelf.asked.wait()
    first.cancel()
    assert shelf.gate is not None
    shelf.gate.set()
    assert await second is not None


async def test_runs_of_different_hours_are_looked_for_in_their_own_time() -> None:
    shelf = Shelf([listed("b", NOON, "j2"), listed("a", NOON - timedelta(hours=5), "j1")])
    finder = RunFinder(shelf.page)
    await asyncio.gather(
        finder.find("j1", since=NOON - timedelta(hours=5)), finder.find("j2", since=NOON - timedelta(minutes=1))
    )
    assert [query["q"] for query in shelf.queries] == [
        'created_at>="2026-07-01T07:00:00.000000Z" AND created_at<="2026-07-01T07:20:00.000000Z"',
        'created_at>="2026-07-01T11:59:00.000000Z" AND created_at<="2026-07-01T12:19:00.000000Z"',
    ]
