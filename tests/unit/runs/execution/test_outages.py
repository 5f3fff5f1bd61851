"""Runflow out of reach for a while, in the runs room: what nobody could find out is not decided."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.runs.card import Pictures
from bot.runs.run import Delivery, Reason, Run, State
from sandbox.runflow.switches import PROFILES, Switches, without_waiting
from tests.unit.runs.room import RunsRoom, runs_room, until

FAST = without_waiting(PROFILES["default"])
ALWAYS = 1_000_000
LISTS_FAIL = replace(FAST, lost_creates=1, list_errors=ALWAYS)


async def sent(room: RunsRoom) -> Run:
    """A run whose create has reached Runflow."""
    run = await room.press()
    await room.services.runs.start(run, 11)

    async def has_come() -> bool:
        return bool(room.runflow.runs)

    await until(has_come)
    return run


async def passes(room: RunsRoom, seconds: float) -> None:
    """Let time pass, in steps small enough that everybody who waits gets to act."""
    for _ in range(12):
        room.clock.advance(seconds / 12)
        await asyncio.sleep(0.02)


async def ended(room: RunsRoom, run: Run) -> Run:
    """The run when its card has its end; time passes meanwhile."""

    async def over() -> bool:
        room.clock.advance(2)
        await asyncio.sleep(0.01)
        return (await room.runs.load(run.id)).delivery is not Delivery.PENDING

    await until(over)
    return await room.runs.load(run.id)


async def test_a_card_says_once_that_its_run_is_looked_for_and_then_where_it_is(tmp_path: Path) -> None:
    async with runs_room(tmp_path, LISTS_FAIL) as room:
        run = await sent(room)
        await passes(room, 10)  # long before it could count as lost
        await passes(room, 60)
        assert room.card.looked_for == [State.SUBMITTING]
        room.runflow.switches = FAST
        done = await ended(room, run)
        assert done.state is State.SUCCEEDED
        assert room.card.looked_for == [State.SUBMITTING]


async def test_a_search_that_failed_is_not_one_that_found_nothing(tmp_path: Path) -> None:
    async with runs_room(tmp_path, LISTS_FAIL) as room:
        run = await sent(room)
        await passes(room, 120)
        assert (await room.runs.load(run.id)).state is State.SUBMITTING
        assert room.card.ends == []
        room.runflow.switches = FAST
        done = await ended(room, run)
        assert (done.state, done.delivery) == (State.SUCCEEDED, Delivery.SHOWN)
        assert (room.runflow.create_requests, len(room.card.ends)) == (1, 1)


async def test_after_the_outage_the_first_list_decides(tmp_path: Path) -> None:
    async with runs_room(tmp_path, replace(FAST, reset_creates=1, list_errors=ALWAYS), lost_after_s=30) as room:
        run = await room.press()
        await room.services.runs.start(run, 11)
        await passes(room, 200)
        assert (await room.runs.load(run.id)).state is State.SUBMITTING
        room.runflow.switches = FAST
        healed_at = room.clock.now()
        done = await ended(room, run)
        assert (done.state, done.reason) == (State.LOST, Reason.LOST)
        assert (room.clock.now() - healed_at).total_seconds() < 30


async def test_a_blip_at_the_start_of_a_process_loses_nothing(tmp_path: Path) -> None:
    async with runs_room(tmp_path, LISTS_FAIL, serve=False) as room:
        serving = asyncio.create_task(room.app.worker.serve(), name="the first process")
        run = await sent(room)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        room.clock.advance(60)
        room.runflow.switches = replace(FAST, list_errors=2)  # one look, and its second try
        serving = asyncio.create_task(room.app.worker.serve(), name="the second process")
        done = await ended(room, run)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert (done.state, done.delivery) == (State.SUCCEEDED, Delivery.SHOWN)


@pytest.mark.parametrize(
    "outage", [{"get_errors": ALWAYS}, {"get_resets": ALWAYS}, {"limited_gets": ALWAYS}, {"auth": "unauthorized"}]
)
async def test_the_deadline_is_held_against_a_run_only_by_a_poll_that_was_answered(
    tmp_path: Path, outage: dict[str, object]
) -> None:
    async with runs_room(tmp_path, FAST, deadline_s=60) as room:
        room.runflow.switches = replace(FAST, running_s=20.0)
        run = await sent(room)
        room.runflow.switches = replace(FAST, **outage)  # pyright: ignore[reportArgumentType]
        await passes(room, 300)
        assert (await room.runs.load(run.id)).state is not State.LOST
        assert room.card.ends == []
        room.runflow.switches = FAST
        done = await ended(room, run)
        assert (done.state, done.delivery) == (State.SUCCEEDED, Delivery.SHOWN)
        assert isinstance(room.card.ends[-1][1], Pictures)
        assert len(room.card.ends) == 1


@pytest.mark.parametrize("switches", [LISTS_FAIL, replace(FAST, get_errors=ALWAYS, running_s=20.0)])
async def test_an_outage_without_end_is_the_end_of_a_run_after_a_day(tmp_path: Path, switches: Switches) -> None:
    async with runs_room(tmp_path, switches, deadline_s=60) as room:
        run = await sent(room)
        await passes(room, 60)
        room.clock.advance(25 * 3600)
        done = await ended(room, run)
    assert done.state is State.LOST
