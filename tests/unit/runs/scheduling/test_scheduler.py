"""The queue as it moves: runs wait for their turn, cards say their place, and leaving it costs nothing."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.errors import Unavailable, UserError
from bot.guilds.audit import AdminAction, AuditFilter, AuditKind
from bot.moderation.sanctions import SanctionKind
from bot.runs.card import Ended
from bot.runs.run import Outline, Place, Reason, Run, State
from bot.runs.scheduling.scheduler import Scheduler
from bot.runs.scheduling.turns import Caps
from bot.runs.store import Accepted
from sandbox.clock import SandboxClock
from sandbox.runflow.switches import DEFAULT, without_waiting
from tests.unit.runs.made import NOON, a_run
from tests.unit.runs.room import RunsRoom, runs_room, until

FAST = without_waiting(DEFAULT)
ONE = Caps(at_once=9, per_guild=9, per_user=1)
SLOW = replace(FAST, running_s=30.0)


def a_clock() -> SandboxClock:
    return SandboxClock(stopped=True, start=NOON)


def runs(*user_ids: int) -> list[Run]:
    """Accepted runs of these people, a second apart."""
    return [
        a_run(id=f"{at:032x}", user_id=user_id, created_at=NOON + timedelta(seconds=at))
        for at, user_id in enumerate(user_ids)
    ]


async def test_first_cards_know_of_each_other_before_any_of_them_stands():
    line = Scheduler(caps=ONE, clock=a_clock())
    assert [line.expect(run) for run in runs(1, 1, 2, 1)] == [None, 1, None, 2]


async def test_a_run_that_never_came_is_counted_no_longer():
    clock = a_clock()
    line = Scheduler(caps=ONE, clock=clock)
    gone, forgotten, late = runs(1, 1, 1)
    assert line.expect(gone) is None
    assert line.expect(forgotten) == 1
    line.forget(forgotten.id)
    clock.advance(31)
    assert line.expect(replace(late, created_at=clock.now())) is None


def outline(run: Run) -> Outline:
    return Outline(run.id, run.user_id, run.place.guild_id, run.created_at, run.state, has_card=True)


async def taken_up(line: Scheduler, *found: Run) -> None:
    async with line.taking_up():
        line.take_up([outline(run) for run in found])


async def test_an_earlier_process_s_runs_at_runflow_count_before_any_other_starts():
    turns: list[str] = []
    line = Scheduler(caps=ONE, clock=a_clock(), turn_came=turns.append)
    first, second, other = runs(1, 1, 2)
    alive = replace(first, state=State.RUNNING)
    async with line.taking_up():
        line.take_up([outline(second), outline(other)])
        assert line.expect(runs(1, 2, 3, 4)[3]) == 1  # nobody starts yet
        line.take_up([outline(alive)])
    assert turns == [other.id]
    async with line.slot(alive):
        assert turns == [other.id]
    assert turns == [other.id, second.id]
    assert line.enter(second)
    async with line.slot(second) as slot:
        assert slot.is_told  # by its card, perhaps: nobody knows any more


async def test_a_run_taken_up_that_ended_before_its_turn_holds_nobody_up():
    turns: list[str] = []
    line = Scheduler(caps=ONE, clock=a_clock(), turn_came=turns.append)
    dead, second = runs(1, 1)
    await taken_up(line, dead, second)
    line.forget(dead.id)
    assert turns == [dead.id, second.id]


async def test_a_run_whose_card_does_not_stand_yet_has_its_slot_and_is_not_begun():
    turns: list[str] = []
    line = Scheduler(caps=ONE, clock=a_clock(), turn_came=turns.append)
    first, second, third = runs(1, 1, 1)
    assert [line.expect(run) for run in (first, second, third)] == [None, 1, 2]
    assert line.enter(first)
    async with line.slot(first):
        assert not line.enter(third)
    assert turns == []  # the turn is that of the second, whose card does not stand
    assert line.enter(second)
    async with line.slot(second) as slot:
        assert slot.is_told
    assert turns == [third.id]


async def test_a_run_that_failed_in_its_slot_keeps_it():
    line = Scheduler(caps=ONE, clock=a_clock())
    first, second = runs(1, 1)
    assert line.enter(first)
    assert not line.enter(second)
    with pytest.raises(Unavailable):
        async with line.slot(first):
            raise Unavailable("the database is away")
    assert line.enter(first)
    assert line.waiting == 1
    line.forget(first.id)
    assert line.waiting == 0


# --- with the room around it


async def started(room: RunsRoom, *, user_id: int = 7) -> Run:
    """Press, and let the card stand."""
    run = await room.press(user_id=user_id)
    room.services.runs.position(run)
    await room.services.runs.start(run, 11)
    return run


async def test_one_of_a_person_at_a_time_oldest_first(tmp_path: Path):
    async with runs_room(tmp_path, FAST, caps=ONE) as room:
        pressed = [await started(room) for _ in range(4)]
        ended = [await room.settled(run) for run in pressed]
        assert {run.state for run in ended} == {State.SUCCEEDED}
        sent = [run.submitted_at for run in ended if run.submitted_at]
        assert sent == sorted(sent)
        for before, after in pairwise(ended):
            assert before.ended_at is not None
            assert after.submitted_at is not None
            assert after.submitted_at >= before.ended_at


async def test_leaving_gives_the_money_back_and_sends_nothing(tmp_path: Path):
    async with runs_room(tmp_path, SLOW, caps=ONE) as room:
        alive, waiting = await started(room), await started(room)
        await room.running(alive)
        held = await room.held()
        await room.services.runs.leave(waiting.id, user_id=7)
        assert await room.held() == held - waiting.held
        left = await room.settled(waiting)
        assert (left.state, left.reason, left.delivery) == (State.CANCELED, Reason.LEFT_QUEUE, "shown")
        run, ending = room.card.ends[-1]
        assert (run.id, ending) == (waiting.id, Ended())
        assert len(room.runflow.runs) == 1
        room.clock.advance(60)
        assert (await room.settled(alive)).state is State.SUCCEEDED
        assert await room.held() == 0


async def test_only_the_one_who_asked_or_who_moderates_its_channel_may_take_a_run_out(tmp_path: Path):
    async with runs_room(tmp_path, SLOW, caps=ONE) as room:
        alive, waiting = await started(room), await started(room)
        for user_id, channel_id in ((8, None), (8, 3)):
            with pytest.raises(UserError, match="Only the person who asked"):
                await room.services.runs.leave(waiting.id, user_id=user_id, moderated_channel_id=channel_id)
        assert (await room.runs.load(waiting.id)).state is State.ACCEPTED
        await room.services.runs.leave(waiting.id, user_id=8, moderated_channel_id=2)
        assert (await room.settled(waiting)).reason is Reason.REMOVED
        with pytest.raises(UserError, match="is over already"):
            await room.services.runs.leave(waiting.id, user_id=7)
        await room.running(alive)
        with pytest.raises(UserError, match="being worked on"):
            await room.services.runs.leave(alive.id, user_id=7)
        with pytest.raises(UserError, match="not known"):
            await room.services.runs.leave("f" * 32, user_id=7)


async def test_a_stop_takes_back_what_waits_here_and_nothing_else(tmp_path: Path):
    async with runs_room(tmp_path, SLOW, caps=ONE) as room:
        alive = await started(room)
        await room.running(alive)
        waiting = [await started(room) for _ in range(2)]
        elsewhere = await room.press(place=Place(5, 6))
        others = await room.press(user_id=8)
        held = await room.held()
        assert await room.services.runs.leave_all(7, AdminAction(1, 99)) == 2
        assert await room.held() == held - sum(run.held for run in waiting)
        for run in waiting:
            left = await room.settled(run)
            assert (left.state, left.reason) == (State.CANCELED, Reason.REMOVED)
        for run in (elsewhere, others):
            assert (await room.runs.load(run.id)).state is State.ACCEPTED
        acts = await room.app.moderation.guild_settings.audit(1, AuditFilter(kind=AuditKind.TAKEN_FROM_QUEUE))
        assert {(row.actor_id, str(row.after)) for row in acts.rows} == {
            (99, str({"run": run.id, "user": "7"})) for run in waiting
        }
        assert await room.services.runs.leave_all(7, AdminAction(1, 99)) == 0


async def test_taking_out_somebody_elses_request_is_noted_and_leaving_is_not(tmp_path: Path):
    async with runs_room(tmp_path, SLOW, caps=ONE) as room:
        alive = await started(room)
        await room.running(alive)
        own, others = await started(room), await started(room)
        await room.services.runs.leave(own.id, user_id=7)
        await room.services.runs.leave(others.id, user_id=8, moderated_channel_id=2)
        acts = await room.app.moderation.guild_settings.audit(1, AuditFilter())
        assert [(row.kind, row.actor_id) for row in acts.rows] == [(AuditKind.TAKEN_FROM_QUEUE, 8)]


async def test_a_stop_at_the_moment_of_the_press_lets_nothing_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async with runs_room(tmp_path, SLOW, caps=ONE) as room:
        accept = room.runs.accept

        async def stopped_meanwhile(
            made: Callable[[Connection], Run], role_ids: tuple[int, ...] = ()
        ) -> Accepted | None:
            sanctions = room.app.moderation.sanctions
            await sanctions.sanction(AdminAction(1, 99), 7, SanctionKind.STOP, "rude")
            assert await room.services.runs.leave_all(7, AdminAction(1, 99)) == 0
            return await accept(made, role_ids)

        monkeypatch.setattr(room.runs, "accept", stopped_meanwhile)
        with pytest.raises(UserError, match="have stopped you"):
            await room.press()
        assert await room.held() == 0
        assert await room.runs.unfinished() == []


async def test_leaving_at_the_moment_of_starting_exactly_one_wins(tmp_path: Path):
    async with runs_room(tmp_path, FAST, caps=ONE) as room:
        left = 0
        for _ in range(20):
            run = await room.press()
            room.services.runs.position(run)
            starting = asyncio.create_task(room.services.runs.start(run, 11), name="start")
            try:
                await room.services.runs.leave(run.id, user_id=7)
                left += 1
            except UserError:
                pass
            await starting
            end = await room.settled(run)
            was_sent = run.id in {one.client_ref for one in room.runflow.runs.values()}
            assert was_sent is (end.state is State.SUCCEEDED)
            assert (end.state is State.CANCELED) is (end.reason is Reason.LEFT_QUEUE)
        assert left == 20 - len(room.runflow.runs)
        assert await room.held() == 0


async def test_time_in_line_is_no_time_at_runflow(tmp_path: Path):
    async with runs_room(tmp_path, SLOW, caps=ONE, deadline_s=40) as room:
        alive, waiting = await started(room), await started(room)
        await room.running(alive)
        room.clock.advance(39)
        await room.settled(alive)
        await room.running(waiting)
        room.clock.advance(31)
        assert (await room.settled(waiting)).state is State.SUCCEEDED


async def test_the_card_says_its_place_until_the_turn_comes(tmp_path: Path):
    async with runs_room(tmp_path, SLOW, caps=ONE) as room:
        pressed = [await room.press() for _ in range(3)]
        assert [room.services.runs.position(run) for run in pressed] == [None, 1, 2]
        for run in pressed:
            await room.services.runs.start(run, 11)
        await room.running(pressed[0])
        assert not room.card.positions  # the first cards said so already
        room.clock.advance(31)
        await room.running(pressed[1])
        room.clock.advance(5)

        async def told() -> bool:
            return room.card.positions == [(pressed[2].id, 1)]

        await until(told)
        assert State.SUBMITTING in room.card.progressed  # the button went with the place
