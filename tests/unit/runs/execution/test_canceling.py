"""Cancel, at whatever point a run is: the card ends at once, its person goes on, and what is billed is settled."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UserError
from bot.guilds.audit import AuditFilter, AuditKind
from bot.ledger import recount
from bot.runs.card import EditResult, Ended, Word
from bot.runs.execution.poll import Poller
from bot.runs.past import has_pictures
from bot.runs.run import Delivery, Reason, Run, State
from bot.runs.scheduling.turns import Caps
from sandbox.runflow.switches import ALWAYS, DEFAULT, Switches, without_waiting
from tests.examples import share
from tests.unit.runs.room import RunsRoom, runs_room, until

FAST = without_waiting(DEFAULT)
LONG = replace(FAST, running_s=100.0)
ONE = Caps(at_once=9, per_guild=9, per_user=1)

# How Runflow behaves until the press on Cancel, and whether it ever has the run.
PHASES: dict[str, tuple[Switches, bool]] = {
    "being sent": (replace(LONG, create_delay_s=50.0), True),
    "not taken": (replace(LONG, limited_creates=ALWAYS), False),
    "looked for": (replace(LONG, lost_creates=1, list_errors=ALWAYS), True),
    "queued": (replace(LONG, queued_s=100.0), True),
    "running": (LONG, True),
    "out of sight": (replace(LONG, get_errors=ALWAYS), True),
}


@asynccontextmanager
async def process(room: RunsRoom) -> AsyncGenerator[None]:
    """A process that works on runs, and dies."""
    task = asyncio.create_task(room.app.worker.serve(), name="worker")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def started(room: RunsRoom, *, user_id: int = 7) -> Run:
    run = await room.press(user_id=user_id)
    room.services.runs.position(run)
    await room.services.runs.start(run, 11)
    return run


async def sent(room: RunsRoom, *, user_id: int = 7) -> Run:
    """A press whose create is on its way, or further."""
    creates = room.runflow.create_requests
    run = await started(room, user_id=user_id)

    async def is_sent() -> bool:
        return room.runflow.create_requests > creates

    await until(is_sent)
    return run


async def passes_until(room: RunsRoom, holds: Callable[[Run], bool], run: Run, step_s: float = 1.0) -> Run:
    """Let time pass, a second at a time, until the row is so."""
    async with asyncio.timeout(30):
        while not holds(found := await room.runs.load(run.id)):
            room.clock.advance(step_s)
            await asyncio.sleep(0.01)
    return found


def is_settled(run: Run) -> bool:
    return run.state is not State.LOST and run.delivery.is_over


def is_nowhere(room: RunsRoom, run: Run) -> bool:
    """Whether a run was given up that Runflow never had."""
    refs = {one.client_ref for one in room.runflow.runs.values()}
    return run.state is State.LOST and run.delivery.is_over and run.id not in refs


def ends_of(room: RunsRoom, run: Run) -> list[Run]:
    """Each last form that its card was given; there are never pictures among them."""
    found = [(one, ending) for one, ending in room.card.ends if one.id == run.id]
    assert all(isinstance(ending, Ended) for _, ending in found)
    return [one for one, _ in found]


async def assert_books(room: RunsRoom, held: int = 0) -> None:
    """So much is held, and totals are sums of their entries."""
    assert await room.held() == held
    assert await room.store.read(lambda connection: list(recount.disagreements(connection))) == []


@pytest.mark.parametrize("phase", PHASES)
async def test_the_card_ends_at_once_and_the_next_run_starts_at_once(tmp_path: Path, phase: str) -> None:
    switches, is_had = PHASES[phase]
    async with runs_room(tmp_path, switches, caps=ONE) as room:
        run = await sent(room)
        if is_had and switches.create_delay_s == 0 and not switches.lost_creates:
            await room.running(run)
        await room.services.runs.cancel(run.id, user_id=7)
        given_up = await room.settled(run)  # no time has passed
        assert (given_up.reason, given_up.delivery) == (Reason.CANCELED_BY_ASKER, Delivery.SHOWN)
        room.runflow.switches = FAST
        after = await sent(room)
        assert (await room.settled(after)).state is State.SUCCEEDED
        found = await passes_until(room, is_settled, run)
        assert (found.state, found.reason) == (State.CANCELED, Reason.CANCELED_BY_ASKER)
        assert bool(found.cost) is is_had
        spent = (found.cost or 0) + ((await room.runs.load(after.id)).cost or 0)
        assert spent == room.runflow.billed_micro_usd()
        assert [one.cost for one in ends_of(room, run)][-1] == found.cost
        assert not has_pictures(found)
        await assert_books(room)
    assert len({one.client_ref for one in room.runflow.runs.values()}) == 1 + is_had


async def test_who_cancels_before_anything_is_sent_holds_nothing(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST) as room:
        run = await room.press()
        room.services.runs.position(run)
        await room.services.runs.cancel(run.id, user_id=7)
        assert await room.held() == 0
        await room.services.runs.start(run, 11)
        done = await room.settled(run)
        assert (done.state, done.delivery, room.runflow.create_requests) == (State.CANCELED, Delivery.SHOWN, 0)


async def test_ten_presses_are_one(tmp_path: Path) -> None:
    async with runs_room(tmp_path, LONG) as room:
        run = await sent(room)
        presses = [room.services.runs.cancel(run.id, user_id=7) for _ in range(10)]
        answers = await asyncio.gather(*presses, return_exceptions=True)
        refused = [one for one in answers if isinstance(one, UserError)]
        assert {str(one) for one in refused} == {"This is canceled already."}
        assert len(refused) == 9
        await room.settled(run)
        assert len(ends_of(room, run)) == 1


async def test_the_end_and_the_press_at_the_same_moment_exactly_one_wins(tmp_path: Path) -> None:
    async with runs_room(tmp_path, replace(FAST, running_s=0.05)) as room:
        canceled = 0
        for number in range(24):
            run = await room.press()
            await room.services.runs.start(run, 11)
            await asyncio.sleep(number * 0.005)
            (answer,) = await asyncio.gather(room.services.runs.cancel(run.id, user_id=7), return_exceptions=True)
            done = await passes_until(room, is_settled, run)
            assert done.is_unwanted is not isinstance(answer, UserError)
            if done.is_unwanted:
                canceled += 1
                ends_of(room, run)
            else:
                assert str(answer) == "This is finished already, so there is nothing to cancel."
                assert done.state is State.SUCCEEDED
        assert await room.held() == 0
        assert canceled > 0


async def test_only_the_one_who_asked_or_who_moderates_its_channel_may_cancel(tmp_path: Path) -> None:
    async with runs_room(tmp_path, LONG) as room:
        run = await sent(room)
        for user_id, channel_id in ((8, None), (8, 3)):
            with pytest.raises(UserError, match="Only the person who asked"):
                await room.services.runs.cancel(run.id, user_id=user_id, moderated_channel_id=channel_id)
        with pytest.raises(UserError, match="not known"):
            await room.services.runs.cancel("f" * 32, user_id=7)
        await room.services.runs.cancel(run.id, user_id=8, moderated_channel_id=2)
        assert (await room.settled(run)).reason is Reason.CANCELED_BY_MODERATOR
        acts = await room.app.moderation.guild_settings.audit(1, AuditFilter())
        assert [(row.kind, row.actor_id, row.after) for row in acts.rows] == [
            (AuditKind.RUN_CANCELED, 8, {"run": run.id, "user": "7"})
        ]


@pytest.mark.parametrize("phase", ["being sent", "looked for", "running"])
async def test_a_kill_after_the_press_leaves_nothing_owed(tmp_path: Path, phase: str) -> None:
    async with runs_room(tmp_path, PHASES[phase][0], caps=ONE, serve=False) as room:
        async with process(room):
            run = await sent(room)
            room.card.always = EditResult.LATER  # nobody is told before the kill
            await room.services.runs.cancel(run.id, user_id=7)
        room.card.always = None
        room.runflow.switches = FAST
        async with process(room):
            told = await room.settled(run)
            assert told.reason is Reason.CANCELED_BY_ASKER
            found = await passes_until(room, is_settled, run)
            assert found.cost == room.runflow.billed_micro_usd() > 0
            await assert_books(room)
        ends_of(room, run)


async def test_a_canceled_run_counts_for_the_bot_until_it_is_over_after_a_kill_too(tmp_path: Path) -> None:
    two = Caps(at_once=2, per_guild=9, per_user=1)
    async with runs_room(tmp_path, LONG, caps=two, serve=False) as room:
        async with process(room):
            first = await sent(room)
            await room.services.runs.cancel(first.id, user_id=7)
            await room.settled(first)
            second = await sent(room)
            await room.running(second)
            await room.services.runs.cancel(second.id, user_id=7)
            await room.settled(second)
            third = await started(room)
            await asyncio.sleep(0.1)
            assert (await room.runs.load(third.id)).state is State.ACCEPTED
        async with process(room):
            await asyncio.sleep(0.2)
            assert (await room.runs.load(third.id)).state is State.ACCEPTED
            await passes_until(room, lambda run: run.state is not State.ACCEPTED, third)
            assert is_settled(await room.runs.load(first.id))


async def test_one_that_never_ends_counts_no_longer_than_it_would_have(tmp_path: Path) -> None:
    full = Caps(at_once=1, per_guild=9, per_user=1)
    async with runs_room(tmp_path, replace(FAST, outcome="stuck_running"), caps=full, deadline_s=60) as room:
        stuck = await sent(room)
        await room.running(stuck)
        room.clock.advance(30)
        await room.services.runs.cancel(stuck.id, user_id=7)
        await room.settled(stuck)
        room.runflow.switches = FAST
        waiting = await started(room)
        room.clock.advance(29)
        await asyncio.sleep(0.1)
        assert (await room.runs.load(waiting.id)).state is State.ACCEPTED
        held = await room.held()
        await passes_until(room, is_settled, waiting)
        assert await room.held() == held - waiting.held == stuck.held


async def test_of_many_in_flight_a_canceled_one_is_followed(tmp_path: Path) -> None:
    async with runs_room(tmp_path, LONG) as room:
        runs = [await started(room, user_id=number) for number in range(1, 41)]
        for run in runs:
            await room.running(run)
        await room.services.runs.cancel(runs[20].id, user_id=21)
        await room.settled(runs[20])
        done = await passes_until(room, is_settled, runs[20])
        assert (done.state, bool(done.cost)) == (State.CANCELED, True)
        for run in runs:
            await passes_until(room, is_settled, run)
        assert await room.held() == 0


async def test_a_fault_while_it_is_looked_for_never_shows_its_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll, faults = Poller.poll, [RuntimeError("broken")] * 4

    async def faulty(self: Poller, run: Run) -> object:
        if run.state is State.LOST and faults:
            raise faults.pop()
        return await poll(self, run)

    monkeypatch.setattr(Poller, "poll", faulty)
    async with runs_room(tmp_path, LONG) as room:
        run = await sent(room)
        await room.running(run)
        await room.services.runs.cancel(run.id, user_id=7)
        done = await passes_until(room, is_settled, run)
        assert (done.state, done.reason, faults) == (State.CANCELED, Reason.CANCELED_BY_ASKER, [])
        ends_of(room, run)


@pytest.mark.parametrize(
    ("switches", "word"), [(LONG, Word.LATE), (replace(FAST, limited_creates=4), Word.BUSY)], ids=["long", "busy"]
)
async def test_what_takes_long_is_said_once(tmp_path: Path, switches: Switches, word: Word) -> None:
    async with runs_room(tmp_path, switches) as room:
        run = await sent(room)
        await passes_until(room, is_settled, run)
        assert [said for _, said in room.card.words] == [word]


STEPS = st.lists(
    st.tuples(st.sampled_from(["press", "press", "cancel", "time", "kill"]), st.integers(1, 2), st.integers(0, 40)),
    max_size=12,
)


@share(0.1)
@given(STEPS, st.sampled_from(sorted(PHASES)))
def test_whatever_is_pressed_in_whatever_order_the_books_agree_in_the_end(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]], phase: str
) -> None:
    asyncio.run(_play(tmp_path_factory.mktemp("cancel"), steps, PHASES[phase][0]))


async def _play(folder: Path, steps: list[tuple[str, int, int]], switches: Switches) -> None:
    two = Caps(at_once=3, per_guild=9, per_user=1)
    pressed: list[Run] = []
    async with runs_room(folder, switches, caps=two, serve=False, inline=True) as room:

        async def step(what: str, user_id: int, number: int) -> None:
            if what == "press":
                pressed.append(await started(room, user_id=user_id))
            elif what == "cancel" and pressed:
                run = pressed[number % len(pressed)]
                await asyncio.gather(
                    *(room.services.runs.cancel(run.id, user_id=run.user_id) for _ in range(2)), return_exceptions=True
                )
            elif what == "time":
                room.clock.advance(number)
            await asyncio.sleep(0.01)

        rest = iter(steps)
        for stretch in range(4):
            async with process(room):
                for what, user_id, number in rest:
                    if what == "kill" and stretch < 3:
                        break
                    await step(what, user_id, number)
                else:
                    break
        room.runflow.switches = FAST
        async with process(room):
            for run in pressed:
                await passes_until(room, lambda run: is_settled(run) or is_nowhere(room, run), run, 5.0)
        ends = [await room.runs.load(run.id) for run in pressed]
        for run in ends:
            if run.is_unwanted:
                ends_of(room, run)
        assert sum(run.cost or 0 for run in ends) == room.runflow.billed_micro_usd()
        # What a kill kept from being sent, or from being known as not sent, is looked for and held for a day.
        await assert_books(room, sum(run.held for run in ends if run.state is State.LOST))
