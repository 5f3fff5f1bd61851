"""What a crash or a long silence leaves behind, in the runs room: nothing is lost, paid twice or left hanging."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from bot.errors import Unavailable
from bot.runs.card import EditResult, Ended, Pictures
from bot.runs.delivery.progress import Progress
from bot.runs.execution.callbacks import CallbackHint, CallbackHints, HeardCallbacks, owes_news
from bot.runs.execution.poll import Poller
from bot.runs.execution.recovery import next_search_s
from bot.runs.execution.submit import Step
from bot.runs.run import Delivery, Reason, State
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.room import RunsRoom, runs_room, until

FAST = without_waiting(PROFILES["default"])
HUNDRED_S = replace(FAST, running_s=100.0)
LATER = (EditResult.LATER,) * 7  # a minute of trying


@asynccontextmanager
async def serving(room: RunsRoom) -> AsyncGenerator[None]:
    """A process that drives runs, and dies."""
    task = asyncio.create_task(room.app.worker.serve(), name="driver")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until_true(holds: Callable[[], bool]) -> None:
    async def held() -> bool:
        return holds()

    await until(held)


async def passing_until(room: RunsRoom, holds: Callable[[], bool]) -> None:
    """Let time pass, twenty seconds at a time, until it holds."""

    async def held() -> bool:
        room.clock.advance(20)
        await asyncio.sleep(0.05)
        return holds()

    await until(held)


async def spent(room: RunsRoom) -> int:

    def look(connection: Connection) -> Any:
        settled = text("SELECT sum(amount_micro_usd) FROM ledger_entries WHERE kind IN ('settle', 'adjust')")
        return int((connection.execute(settled)).scalar() or 0)

    return await room.store.read(look)


async def test_an_accepted_run_without_a_card_is_not_made(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        run = await room.press()
        async with serving(room):
            room.clock.advance(6)
            done = await room.settled(run)
    assert (done.state, done.delivery) == (State.CANCELED, Delivery.UNDELIVERABLE)
    assert (room.runflow.create_requests, room.card.ends) == (0, [])


async def test_nothing_is_concluded_before_the_first_answer_can_have_come(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        run = await room.press()
        room.card.cards = [77]
        async with serving(room):
            room.clock.advance(4)
            await asyncio.sleep(0.05)
            assert (await room.runs.load(run.id)).state is State.ACCEPTED
            room.clock.advance(2)
            done = await room.settled(run)
    assert (done.state, done.delivery, done.reply.message_id) == (State.SUCCEEDED, Delivery.SHOWN, 77)


async def test_discord_is_asked_until_it_says_whether_a_card_stands(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        run = await room.press()
        room.clock.advance(10)
        room.card.cards = [Unavailable("Discord cannot be reached"), 77]
        async with serving(room):
            await until_true(lambda: len(room.card.cards) == 1)
            room.clock.advance(5)
            done = await room.settled(run)
    assert done.reply.message_id == 77


async def test_a_card_that_discord_does_not_take_stays_owed_and_is_ended_later(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        room.card.answers = list(LATER)
        run = await room.press()
        await room.services.runs.start(run, 11)
        await passing_until(room, lambda: len(room.card.ends) > len(LATER))
        done = await room.settled(run)
    assert done.delivery is Delivery.SHOWN
    assert isinstance(room.card.ends[-1][1], Pictures)


async def test_an_owed_card_is_ended_by_the_next_process(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        room.card.answers = list(LATER)
        run = await room.press()
        async with serving(room):
            await room.services.runs.start(run, 11)
            await passing_until(room, lambda: not room.card.answers)
        async with serving(room):
            done = await room.settled(run)
    assert done.delivery is Delivery.SHOWN


async def test_a_lost_run_that_turns_up_is_booked_and_shown(tmp_path: Path) -> None:
    async with runs_room(tmp_path, HUNDRED_S, deadline_s=60) as room:
        run = await room.press()
        await room.services.runs.start(run, 11)
        await room.running(run)
        room.clock.advance(61)
        lost = await room.settled(run)
        assert (lost.state, lost.reason, lost.cost) == (State.LOST, Reason.DEADLINE, None)
        assert isinstance(room.card.ends[-1][1], Ended)
        await passing_until(room, lambda: len(room.card.ends) == 2)
        found = await room.settled(run)
        assert (found.state, found.delivery, found.reason) == (State.SUCCEEDED, Delivery.SHOWN, None)
        assert isinstance(room.card.ends[-1][1], Pictures)
        assert found.cost == room.runflow.billed_micro_usd() == await spent(room)
        assert (await room.held(), room.runflow.create_requests) == (0, 1)


async def test_a_run_that_faulted_on_every_try_is_booked_and_shown_when_it_has_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, faults = Poller.poll_to_end, [RuntimeError("broken")] * 4

    async def faulty(self: Poller, step: Step, knock: asyncio.Event, progress: Progress) -> Step:
        if faults:
            raise faults.pop()
        return await watch(self, step, knock, progress)

    monkeypatch.setattr(Poller, "poll_to_end", faulty)
    async with runs_room(tmp_path, HUNDRED_S) as room:
        run = await room.press()
        await room.services.runs.start(run, 11)
        await passing_until(room, lambda: len(room.card.ends) == 1)
        assert room.card.ends[0][0].reason is Reason.FAULT
        await passing_until(room, lambda: len(room.card.ends) == 2)
        done = await room.settled(run)
        assert (done.state, done.delivery) == (State.SUCCEEDED, Delivery.SHOWN)
        assert done.cost == room.runflow.billed_micro_usd() == await spent(room)
        assert (await room.held(), room.runflow.create_requests) == (0, 1)


async def test_the_last_look_comes_before_the_deadline_is_held_against_a_run(tmp_path: Path) -> None:
    async with runs_room(tmp_path, HUNDRED_S, deadline_s=60, serve=False) as room:
        run = await room.press()
        async with serving(room):
            await room.services.runs.start(run, 11)
            await room.running(run)
        room.clock.advance(120)
        async with serving(room):
            done = await room.settled(run)
    assert (done.state, done.delivery) == (State.SUCCEEDED, Delivery.SHOWN)


async def test_a_lost_run_is_looked_for_after_a_restart_as_well(tmp_path: Path) -> None:
    async with runs_room(tmp_path, HUNDRED_S, deadline_s=60, serve=False) as room:
        run = await room.press()
        async with serving(room):
            await room.services.runs.start(run, 11)
            await room.running(run)
            room.clock.advance(61)
            await room.settled(run)
        async with serving(room):
            await passing_until(room, lambda: len(room.card.ends) == 2)
            done = await room.settled(run)
    assert (done.state, done.delivery) == (State.SUCCEEDED, Delivery.SHOWN)


async def test_the_database_gone_for_a_while_costs_no_run(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.press()
        with closing(sqlite3.connect(tmp_path / "runs.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await room.services.runs.start(run, 11)
            await asyncio.sleep(0.1)
            assert room.runflow.create_requests == 0  # nothing is sent that is not written down
            other.execute("ROLLBACK")
        done = await room.settled(run)
    assert (done.state, done.delivery) == (State.SUCCEEDED, Delivery.SHOWN)


async def test_a_knock_makes_the_look_due_now(tmp_path: Path) -> None:
    async with runs_room(tmp_path, HUNDRED_S) as room:
        waiting: asyncio.Queue[CallbackHint] = asyncio.Queue()
        run = await room.press()
        await room.services.runs.start(run, 11)
        await room.running(run)
        woken: list[str] = []
        knocks = CallbackHints(
            store=room.runs, waiting=waiting, wake=woken.append, heard=HeardCallbacks(asked_for=True), clock=room.clock
        )
        task = asyncio.create_task(knocks.serve(), name="knocks")
        runflow_id = next(iter(room.runflow.runs))
        for knock in (
            CallbackHint("unknown", None),
            CallbackHint(runflow_id, None),
            CallbackHint(runflow_id, run.id),
            CallbackHint("x", "y"),
        ):
            waiting.put_nowait(knock)
        await until_true(lambda: waiting.empty() and bool(woken))
        assert woken == [run.id]  # repeated in the same moment: one look
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    ("state", "delivery", "owes"),
    [
        (State.ACCEPTED, Delivery.PENDING, False),
        (State.SUBMITTING, Delivery.PENDING, True),
        (State.RUNNING, Delivery.PENDING, True),
        (State.LOST, Delivery.SHOWN, True),
        (State.SUCCEEDED, Delivery.PENDING, True),
        (State.SUCCEEDED, Delivery.SHOWN, False),
        (State.FAILED, Delivery.UNDELIVERABLE, False),
    ],
)
async def test_which_runs_a_knock_can_be_news_for(
    tmp_path: Path, state: State, delivery: Delivery, *, owes: bool
) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        run = await room.press()
    assert owes_news(replace(run, state=state, delivery=delivery)) is owes


@given(st.floats(min_value=0, max_value=86_400))
def test_searches_grow_rarer_and_never_stop_for_long(lost_for_s: float) -> None:
    assert 5 <= next_search_s(lost_for_s) <= 3600
    assert next_search_s(lost_for_s) <= next_search_s(lost_for_s + 60)


async def test_a_clock_that_was_set_back_does_not_put_a_deadline_off(tmp_path: Path) -> None:
    async with runs_room(tmp_path, HUNDRED_S, serve=False) as room:
        room.clock.advance(3600)
        run = await room.press()
        async with serving(room):
            await room.services.runs.start(run, 11)
            await room.running(run)
    async with runs_room(tmp_path, HUNDRED_S, deadline_s=60, serve=False) as room:  # an hour earlier
        async with serving(room):
            await asyncio.sleep(0.05)
            reads = len(room.runflow.requests)
            await asyncio.sleep(0.1)
            assert len(room.runflow.requests) <= reads + 2
            await passing_until(room, lambda: bool(room.card.ends))
            done = await room.settled(run)
        assert (done.state, done.reason) == (State.LOST, Reason.DEADLINE)
        assert room.clock.now() < run.created_at - timedelta(minutes=30)
