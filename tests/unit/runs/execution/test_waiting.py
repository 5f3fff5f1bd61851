"""Runs that wait are rows: no task sleeps for them, and all that is owed to them comes all the same."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Unavailable
from bot.guilds.audit import AdminAction
from bot.runs.card import EditResult, Ended, FinalCard, InLine
from bot.runs.execution.outage import Outage
from bot.runs.execution.waiting_cards import news
from bot.runs.run import Delivery, Reason, Run, State
from bot.runs.scheduling.scheduler import Said
from bot.runs.scheduling.turns import Caps, Entry, Standing
from bot.runs.store import RunStore
from sandbox.clock import SandboxClock
from sandbox.runflow.switches import DEFAULT, without_waiting
from tests.unit.runs.made import NOON
from tests.unit.runs.room import FakeCardView, RunsRoom, runs_room, until

FAST = without_waiting(DEFAULT)
SLOW = replace(FAST, running_s=10_000.0)
ONE = Caps(at_once=9, per_guild=9, per_user=1)


@asynccontextmanager
async def process(room: RunsRoom) -> AsyncGenerator[None]:
    """A process that works on runs, and dies."""
    task = asyncio.create_task(room.app.worker.serve(), name="worker")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def started(room: RunsRoom, count: int) -> list[Run]:
    """Presses whose cards stand."""
    pressed = [await room.press() for _ in range(count)]
    for run in pressed:
        room.services.runs.position(run)
        await room.services.runs.start(run, 11)
    return pressed


async def waits(room: RunsRoom, count: int) -> None:
    """Come back when so many wait and nobody is at them any more."""

    async def holds() -> bool:
        return (
            room.app.scheduler.waiting == count
            and not [task for task in asyncio.all_tasks() if task.get_name().startswith("run ") and not task.done()][1:]
        )

    await until(holds)


def tasks_of(runs: Iterable[Run]) -> list[str]:
    names = {f"run {run.id}" for run in runs}
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name() in names]


async def test_no_task_sleeps_for_a_run_that_waits(tmp_path: Path) -> None:
    async with runs_room(tmp_path, SLOW, caps=ONE) as room:
        first, *others = await started(room, 12)
        await room.running(first)
        await waits(room, 11)
        assert tasks_of(others) == []
        assert tasks_of([first]) != []
        assert room.app.worker.alive == 12


async def test_a_start_begins_no_task_for_what_waits_and_reads_each_row_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with runs_room(tmp_path, SLOW, caps=ONE, serve=False) as room:
        async with process(room):
            first, *others = await started(room, 12)
            await room.running(first)
        monkeypatch.setattr("bot.runs.execution.taking_up._OUTLINES", 5)
        monkeypatch.setattr("bot.runs.execution.taking_up._RUNS", 1)

        async def loaded(self: RunStore, run_id: str) -> Run | None:
            raise AssertionError(f"{run_id} is read twice")

        monkeypatch.setattr(RunStore, "find", loaded)
        async with process(room):
            await until(lambda: _is(bool(tasks_of([first]))))
            assert room.app.scheduler.waiting == 11
            assert tasks_of(others) == []


async def test_what_waited_over_a_start_can_leave_be_taken_out_and_have_its_turn(tmp_path: Path) -> None:
    async with runs_room(tmp_path, replace(FAST, running_s=30.0), caps=ONE, serve=False) as room:
        async with process(room):
            first, leaves, second, *stopped = await started(room, 5)
            await room.running(first)
        async with process(room):
            await until(lambda: _is(room.app.scheduler.waiting == 4))
            await room.services.runs.leave(leaves.id, user_id=7)
            assert (await room.settled(leaves)).reason is Reason.LEFT_QUEUE
            room.clock.advance(31)
            assert (await room.settled(first)).state is State.SUCCEEDED
            await room.running(second)
            assert await room.services.runs.leave_all(7, AdminAction(1, 99)) == 2
            for run in stopped:
                assert (await room.settled(run)).reason is Reason.REMOVED
            assert [ending for _, ending in room.card.ends if isinstance(ending, Ended)] == [Ended()] * 3
            room.clock.advance(31)
            assert (await room.settled(second)).state is State.SUCCEEDED
        assert await room.held() == 0


async def test_a_run_in_the_queue_that_nobody_ever_saw_ends_without_waiting_for_its_turn(tmp_path: Path) -> None:
    async with runs_room(tmp_path, SLOW, caps=ONE, serve=False) as room:
        async with process(room):
            first = (await started(room, 1))[0]
            await room.running(first)
            unseen = await room.press()
        room.clock.advance(10)
        async with process(room):
            assert (await room.settled(unseen)).state is State.CANCELED


async def test_cards_of_an_earlier_process_are_said_anew_few_at_a_time(tmp_path: Path) -> None:
    async with runs_room(tmp_path, SLOW, serve=False) as room:
        async with process(room):
            pressed = await started(room, 12)
            for run in pressed:
                await room.running(run)
        room.card.progressed.clear()
        async with process(room):
            await until(lambda: _is(len(tasks_of(pressed)) == 12))
            await asyncio.sleep(0.15)
            assert len(room.card.progressed) <= 6
            await until(lambda: _is(bool(room.card.progressed)))


async def test_a_position_under_way_does_not_overtake_what_comes_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with runs_room(tmp_path, SLOW, caps=ONE) as room:
        first, second, third = await started(room, 3)
        await room.running(first)
        held, order = asyncio.Event(), list[str]()
        said, ended = room.card.progress, room.card.end

        async def slow(run: Run, line: InLine | None = None) -> EditResult:
            if line is not None:
                order.append("position begun")
                await held.wait()
                order.append("position said")
            return await said(run, line)

        async def end(*told: object) -> EditResult:
            order.append("end")
            return await ended(*told)  # pyright: ignore[reportArgumentType]

        monkeypatch.setattr(room.card, "progress", slow)
        monkeypatch.setattr(room.card, "end", end)
        await room.services.runs.leave(second.id, user_id=7)
        await room.settled(second)
        room.clock.advance(6)
        await until(lambda: _is("position begun" in order))
        await room.services.runs.leave(third.id, user_id=7)
        await asyncio.sleep(0.1)
        assert order == ["end", "position begun"]
        held.set()
        await room.settled(third)
        assert order == ["end", "position begun", "position said", "end"]


async def test_a_database_away_makes_no_tasks_for_what_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with runs_room(tmp_path, replace(FAST, running_s=30.0), caps=ONE) as room:
        first, second, *others = await started(room, 6)
        await room.running(first)
        await waits(room, 5)
        found, is_away = RunStore.find, [True]

        async def away(self: RunStore, run_id: str) -> Run | None:
            if is_away[0]:
                raise Unavailable("away")
            return await found(self, run_id)

        monkeypatch.setattr(RunStore, "find", away)
        room.clock.advance(31)
        await until(lambda: _is(bool(tasks_of([second]))))
        room.clock.advance(300)
        await asyncio.sleep(0.05)
        assert tasks_of(others) == []
        is_away[0] = False
        room.clock.advance(31)
        await room.running(second)


async def test_the_first_who_gets_through_wakes_the_others() -> None:
    outage = Outage(SandboxClock(stopped=True, start=NOON))
    waiting = [asyncio.create_task(outage.wait(1000.0)) for _ in range(3)]
    await asyncio.sleep(0)
    outage.over()
    async with asyncio.timeout(5):
        await asyncio.gather(*waiting)


async def test_a_card_that_discord_did_not_take_is_told_again_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with runs_room(tmp_path, SLOW, caps=ONE) as room:
        first, second, third = await started(room, 3)
        await room.running(first)
        said, is_away = FakeCardView.progress, [True]

        async def away(self: FakeCardView, run: Run, line: InLine | None = None) -> EditResult:
            await said(self, run, line)
            return EditResult.LATER if is_away[0] else EditResult.YES

        monkeypatch.setattr(FakeCardView, "progress", away)
        await room.services.runs.leave(second.id, user_id=7)
        await room.settled(second)
        room.clock.advance(6)
        await until(lambda: _is(room.card.positions == [(third.id, 1)]))
        is_away[0] = False
        room.clock.advance(16)
        await until(lambda: _is(room.card.positions == [(third.id, 1)] * 2))


async def test_a_slow_look_does_not_add_to_the_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 3,000 in line a look took so long that 30 cards a second were told instead of 50."""
    looked_at: list[float] = []
    async with runs_room(tmp_path, SLOW, caps=ONE) as room:
        these = type(room.runs).these

        async def slow(self: RunStore, run_ids: list[str]) -> list[Run]:
            looked_at.append(room.clock.elapsed_s())
            await room.clock.sleep(0.6)
            return await these(self, run_ids)

        monkeypatch.setattr(RunStore, "these", slow)

        def always(*_: object) -> dict[str, int]:
            return {"nobody": 1}

        monkeypatch.setattr("bot.runs.execution.waiting_cards.news", always)
        await started(room, 2)
        for _ in range(300):
            room.clock.advance(0.1)
            await asyncio.sleep(0.003)
    assert len(looked_at) >= 22  # of 30; 19 at most, where a second was added to each


# --- which cards are told


def standing(count: int) -> Standing:
    return Standing(tuple(Entry(f"{at:05}", at, 1, NOON) for at in range(count)), is_full=True, full_guilds=frozenset())


def test_the_first_are_told_first_then_those_told_longest_ago() -> None:
    said = {f"{at:05}": Said(at + 2, NOON - timedelta(seconds=100 + (at * 7) % 400)) for at in range(400)}
    told = news(standing(400), said, NOON, 120)
    assert list(told)[:100] == [f"{at:05}" for at in range(100)]
    ago = sorted(said[f"{at:05}"].at for at in range(100, 400))[:20]
    assert sorted(said[run_id].at for run_id in list(told)[100:]) == ago
    assert all(position == int(run_id) + 1 for run_id, position in told.items())


def test_a_card_is_told_what_is_new_and_not_too_soon() -> None:
    said = {
        "00000": Said(1, NOON - timedelta(hours=1)),  # says so already
        "00001": Said(3, NOON - timedelta(seconds=4)),  # too soon
        "00002": Said(9, NOON - timedelta(seconds=5)),
        "00003": Said(None, NOON - timedelta(seconds=5)),  # unknown
    }
    assert news(standing(5), said, NOON, 50) == {"00002": 3, "00003": 4, "00004": 5}
    far = {f"{at:05}": Said(None, NOON - timedelta(seconds=16)) for at in range(200)}
    assert len(news(standing(200), far, NOON, 500)) == 200, "what is not known is told within a quarter of a minute"


async def _is(holds: bool) -> bool:
    return holds


async def test_while_discord_is_away_a_card_is_tried_so_often_that_its_end_is_seen_within_half_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with runs_room(tmp_path, FAST) as room:
        tried: list[datetime] = []  # from the first try on: how long the picture takes is not asked here
        ended = FakeCardView.end

        async def end(self: FakeCardView, *told: object) -> EditResult:
            tried.append(room.clock.now())
            return await ended(self, *told)  # pyright: ignore[reportArgumentType]

        monkeypatch.setattr(FakeCardView, "end", end)
        room.card.answers = [EditResult.LATER] * 12
        run = await room.press()
        await room.services.runs.start(run, 11)

        async def over() -> bool:
            room.clock.advance(2)
            await asyncio.sleep(0.01)
            return (await room.runs.load(run.id)).delivery is Delivery.SHOWN

        await until(over)
        gaps = [(after - before).total_seconds() for before, after in pairwise(tried)]
        # In a try discord.py asks for 16 s and sleeps 9 s more, so that 18 s are left of half a minute; and what passes
        # between two looks of this test.
        assert max(gaps) < 26


async def test_what_is_ended_while_a_start_reads_it_has_one_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that was read before may say that its card is still owed its last form."""
    async with runs_room(tmp_path, replace(FAST, running_s=30.0), caps=ONE, serve=False) as room:
        async with process(room):
            first, leaves = await started(room, 2)
            await room.running(first)
        has_left, was_read, has_ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        unfinished = room.app.store.unfinished

        async def slowly(**how: Any) -> list[Run]:
            await has_left.wait()
            page = await unfinished(**how)
            was_read.set()
            await has_ended.wait()
            return page

        async def once_read(_: FinalCard) -> None:
            await was_read.wait()

        monkeypatch.setattr(room.app.store, "unfinished", slowly)
        room.card.before_end = once_read
        async with process(room):
            await until(lambda: _is(room.app.scheduler.waiting == 1))
            await room.services.runs.leave(leaves.id, user_id=7)
            has_left.set()
            await room.settled(leaves)
            has_ended.set()
            room.clock.advance(31)
            assert (await room.settled(first)).state is State.SUCCEEDED
        assert [run.id for run, _ in room.card.ends] == [leaves.id, first.id]
