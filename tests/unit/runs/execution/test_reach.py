"""What can never be shown is not sent, whatever it waited for; and its card says so while it still can."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.errors import Unavailable
from bot.runs.card import Ended
from bot.runs.execution.reach import Reach
from bot.runs.run import Delivery, Place, Reason, Reply, Run, State
from bot.runs.scheduling.turns import Caps
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.execution.test_recovery import serving
from tests.unit.runs.room import RunsRoom, runs_room, until

FAST = without_waiting(PROFILES["default"])
ENDLESS = replace(FAST, running_s=100_000.0)
ONE = Caps(at_once=1, per_guild=1, per_user=1)
NEVER_SENT = (State.CANCELED, Reason.OUT_OF_REACH, Delivery.SHOWN)


def how(run: Run) -> tuple[State, Reason | None, Delivery]:
    return run.state, run.reason, run.delivery


@asynccontextmanager
async def waiting(tmp_path: Path) -> AsyncGenerator[tuple[RunsRoom, Run, Reach]]:
    """A room with one run at Runflow, and another that waits for its end."""
    async with runs_room(tmp_path, ENDLESS, caps=ONE, deadline_s=100_000) as room:
        first = await room.press()
        await room.services.runs.start(first, 11)
        await room.running(first)
        second = await room.press(user_id=8)
        await room.services.runs.start(second, 12)
        yield room, second, Reach(store=room.runs, card=room.card, clock=room.clock, wake=room.app.wake_ups.wake_run)


async def test_who_waits_where_nothing_can_be_shown_later_is_told_while_it_can_be_said(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (room, run, reach):
        room.card.reaches = [False]
        held = await room.held()
        room.clock.advance(12 * 60)
        await reach.look()
        assert (await room.runs.load(run.id)).state is State.ACCEPTED
        room.clock.advance(65)
        await reach.look()
        assert how(await room.settled(run)) == NEVER_SENT
        assert isinstance(room.card.ends[-1][1], Ended)
        assert (await room.held(), room.runflow.create_requests) == (held - run.held, 1)


async def test_who_waits_where_the_channel_is_a_way_waits_on_and_is_asked_about_once(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (room, run, reach):
        room.clock.advance(13 * 60 + 5)
        for _ in range(3):
            await reach.look()
        assert (await room.runs.load(run.id)).state is State.ACCEPTED
        assert room.card.asked_for == [run.id]


async def test_what_discord_does_not_say_is_asked_again(tmp_path: Path) -> None:
    async with waiting(tmp_path) as (room, run, reach):
        room.card.reaches = [Unavailable("away"), False]
        room.clock.advance(13 * 60 + 5)
        await reach.look()
        assert (await room.runs.load(run.id)).state is State.ACCEPTED
        await reach.look()
        assert how(await room.settled(run)) == NEVER_SENT


@pytest.mark.parametrize("reaches", [True, False])
async def test_a_process_that_takes_up_an_old_run_asks_before_it_sends(tmp_path: Path, *, reaches: bool) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        run = await room.press()
        await room.services.runs.start(run, 11)
        await room.runs.with_card_noted(await room.runs.load(run.id))  # it had to wait
    async with runs_room(tmp_path, FAST, serve=False) as room:
        room.card.reaches = [Unavailable("not connected yet"), reaches]
        room.clock.advance(14 * 60)
        async with serving(room):

            async def over() -> bool:
                room.clock.advance(1)
                return (await room.runs.load(run.id)).delivery is not Delivery.PENDING

            await until(over)
        done = await room.runs.load(run.id)
        assert (done.state is State.SUCCEEDED) is reaches
        assert reaches or how(done) == NEVER_SENT
        assert room.runflow.create_requests == int(reaches)


async def test_a_busy_runflow_is_asked_again_only_while_the_answer_can_be_shown(tmp_path: Path) -> None:
    busy = replace(FAST, limited_creates=1_000)
    async with runs_room(tmp_path, busy) as room:
        run = await room.press()
        room.card.reaches = [False]
        room.clock.advance(12 * 60 + 59)
        await room.services.runs.start(run, 11)

        async def over() -> bool:
            room.clock.advance(0.5)
            return (await room.runs.load(run.id)).delivery is not Delivery.PENDING

        await until(over)
        assert how(await room.runs.load(run.id)) == NEVER_SENT
        assert (room.runflow.create_requests, await room.held()) == (1, 0)


async def test_the_age_of_a_token_is_told_by_one_clock(tmp_path: Path) -> None:
    """The machine's clock is an hour ahead of Discord's, or is being brought back to it."""
    async with runs_room(tmp_path, FAST) as room:
        at_discord = room.clock.now() - timedelta(hours=1)
        run = await room.services.runs.accept(
            user_id=7,
            place=Place(1, 2),
            reply=Reply(5, 8, "token", at_discord, 10_000_000),
            model=FLUX_KLEIN,
            options={"prompt": "a red fox"},
        )
        room.card.reaches = [False]
        await room.services.runs.start(run, 11)
        assert (await room.settled(run)).state is State.SUCCEEDED
        assert room.card.asked_for == []
