"""A run's life in the runs room, on a real database and against the Runflow stand-in."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import LimitError, OptionError, RepeatedPress
from bot.ledger.values import Defaults
from bot.moderation.policy import Policy
from bot.money import MicroUsd
from bot.runs.card import EditResult, Ended, Pictures, Withheld
from bot.runs.run import Delivery, Reason, State
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.room import runs_room, until

FAST = without_waiting(PROFILES["default"])
SLOW = replace(PROFILES["default"], running_s=3600.0)


async def test_a_press_becomes_pictures_and_its_price_is_settled(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.press(num_images=2)
        assert (run.held, await room.held()) == (10_000, 10_000)
        done = await room.to_the_end(run)
        assert (done.state, done.delivery, done.reply.message_id) == (State.SUCCEEDED, Delivery.SHOWN, 11)
        assert done.cost == room.runflow.billed_micro_usd() == 7_864
        ending = room.card.ends[-1][1]
        assert isinstance(ending, Pictures)
        assert [picture.index for picture in ending.pictures] == [0, 1]
        assert await room.held() == 0


async def test_a_refusal_leaves_nothing_behind(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, defaults=Defaults(user_daily=MicroUsd(7_000))) as room:
        with pytest.raises(OptionError):
            await room.press(num_images=5)
        with pytest.raises(LimitError):
            await room.press(num_images=2)
        await room.press(num_images=1)
        with pytest.raises(LimitError):
            await room.press(num_images=1)
        assert await room.held() == 5_000
        assert len(await room.runs.unfinished()) == 1
        assert room.runflow.create_requests == 0


async def test_one_press_is_one_run(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        await room.press()
        room.presses = 0
        with pytest.raises(RepeatedPress):
            await room.press()
        assert await room.held() == 5_000


async def test_an_abandoned_run_gives_its_money_back_and_is_never_sent(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.press()
        await room.services.runs.abandon(run)
        done = await room.runs.load(run.id)
        assert (done.state, done.delivery) == (State.CANCELED, Delivery.UNDELIVERABLE)
        assert (await room.held(), await room.runs.unfinished(), room.runflow.create_requests) == (0, [], 0)


async def test_a_create_whose_answer_was_lost_is_found_and_never_sent_again(tmp_path: Path) -> None:
    async with runs_room(tmp_path, without_waiting(PROFILES["lost_creates"])) as room:
        done = await room.to_the_end(await room.press())
        assert (done.state, done.delivery) == (State.SUCCEEDED, Delivery.SHOWN)
        assert (room.runflow.create_requests, len(room.runflow.runs)) == (1, 1)


async def test_a_create_that_left_no_trace_is_lost_and_its_money_is_held_while_it_may_turn_up(tmp_path: Path) -> None:
    async with runs_room(tmp_path, without_waiting(PROFILES["reset_creates"]), lost_after_s=1) as room:
        done = await room.to_the_end(await room.press())
        assert (done.state, done.reason, done.cost) == (State.LOST, Reason.LOST, None)
        assert isinstance(room.card.ends[-1][1], Ended)
        assert (await room.held(), room.runflow.create_requests) == (done.held, 1)


async def test_the_deadline_ends_a_run_that_never_ends(tmp_path: Path) -> None:
    async with runs_room(tmp_path, SLOW, deadline_s=60) as room:
        run = await room.press()
        await room.services.runs.start(run, 11)
        await room.running(run)
        room.clock.advance(61)
        done = await room.settled(run)
        assert (done.state, done.reason) == (State.LOST, Reason.DEADLINE)
        assert await room.held() == done.held


async def test_a_knock_makes_the_next_look_due_now(tmp_path: Path) -> None:
    async with runs_room(tmp_path, replace(PROFILES["default"], running_s=30.0)) as room:
        run = await room.press()
        await room.services.runs.start(run, 11)
        await room.running(run)
        looks = len(room.runflow.requests)
        for _ in range(3):
            room.app.worker.wake(run.id)
            await asyncio.sleep(0.02)
        assert len(room.runflow.requests) >= looks + 2


async def test_progress_is_shown_on_change_and_in_order(tmp_path: Path) -> None:
    async with runs_room(tmp_path, PROFILES["default"]) as room:
        await room.to_the_end(await room.press())
        assert len(room.card.progressed) == len(set(room.card.progressed))
        order = [State.QUEUED, State.DISPATCHING, State.RUNNING]
        assert room.card.progressed == [state for state in order if state in room.card.progressed]
        assert room.card.progressed


@pytest.mark.parametrize(
    ("then", "now", "shown"),
    [
        (Policy.BLOCK, Policy.SPOILER, Delivery.WITHHELD),
        (Policy.BLOCK, Policy.BLOCK, Delivery.WITHHELD),
    ],
)
async def test_flagged_pictures_are_withheld_and_not_even_fetched(
    tmp_path: Path, then: Policy, now: Policy, shown: Delivery
) -> None:
    async with runs_room(tmp_path, without_waiting(PROFILES["nsfw_flagged"])) as room:
        room.card.age_restricted = now is Policy.SPOILER
        done = await room.to_the_end(await room.press())
        assert (done.policy, done.delivery) == (then, shown)
        assert room.card.ends[-1][1] == Withheld(checked=True)
        assert not [one for one in room.runflow.requests if one.path.startswith("/storage")]
        assert done.cost is not None


async def test_an_upload_refused_for_its_size_is_fitted_smaller(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        room.card.answers = [EditResult.TOO_LARGE, EditResult.TOO_LARGE, EditResult.YES]
        done = await room.to_the_end(await room.press())
        assert done.delivery is Delivery.SHOWN
        sizes: list[int] = []
        for _, ending in room.card.ends:
            assert isinstance(ending, Pictures)
            sizes.append(len(ending.pictures[0].data))
        # Far below the stated limit from the start: each try is smaller than the one that was refused.
        assert sizes[1] <= sizes[0] * 0.5
        assert sizes[2] <= sizes[1] * 0.4


async def test_an_upload_refused_at_every_size_is_said(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        room.card.answers = [EditResult.TOO_LARGE] * 4
        done = await room.to_the_end(await room.press())
        assert (done.reason, done.delivery) == (Reason.UPLOAD_REFUSED, Delivery.SHOWN)
        assert isinstance(room.card.ends[-1][1], Ended)


async def test_a_card_that_is_gone_is_undeliverable_and_the_books_are_right(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        room.card.answers = [EditResult.GONE]
        done = await room.to_the_end(await room.press())
        assert (done.state, done.delivery, done.cost) == (State.SUCCEEDED, Delivery.UNDELIVERABLE, 3_932)
        assert await room.held() == 0


async def test_discord_that_does_not_answer_now_is_asked_again(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        room.card.answers = [EditResult.LATER, EditResult.YES]
        run = await room.press()
        await room.services.runs.start(run, 11)
        await until(room.card.has_ended_once)
        room.clock.advance(2)
        assert (await room.settled(run)).delivery is Delivery.SHOWN
        assert len(room.card.ends) == 2


async def test_a_fault_is_tried_again_and_holds_up_nobody(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        room.card.answers = [RuntimeError("broken")]
        faulty, well = await room.press(), await room.press()
        await room.services.runs.start(faulty, 11)
        await until(room.card.has_ended_once)
        assert (await room.to_the_end(well)).delivery is Delivery.SHOWN
        room.clock.advance(2)
        assert (await room.settled(faulty)).delivery is Delivery.SHOWN
        assert room.runflow.create_requests == 2


async def test_a_process_that_died_leaves_its_runs_to_the_next(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, serve=False) as room:
        run = await room.press()
        await room.services.runs.start(run, 11)
    async with runs_room(tmp_path, FAST) as room:
        room.card.cards = [11]  # which message it is, the next one finds out
        assert (await room.settled(run)).delivery is Delivery.SHOWN
        assert room.runflow.create_requests == 1


async def test_a_storage_that_fails_for_minutes_ends_the_card_in_words(tmp_path: Path) -> None:
    async with runs_room(tmp_path, without_waiting(PROFILES["wrong_length"])) as room:
        run = await room.press()
        await room.services.runs.start(run, 11)

        async def ended() -> bool:
            room.clock.advance(5)
            return (await room.runs.load(run.id)).reason is Reason.PICTURES_UNREADABLE

        await until(ended)
        assert (await room.settled(run)).delivery is Delivery.SHOWN
