"""Cancel on both engines: the row decides, exactly one wins, and the money follows whatever Runflow says later."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection, Select, select

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.entropy import Entropy
from bot.errors import UserError
from bot.guilds.audit import AuditKind
from bot.ledger import recount
from bot.ledger.values import Defaults
from bot.money import MicroUsd
from bot.runflow.reading import RunflowStatus
from bot.runs.housekeeping import Housekeeping
from bot.runs.run import Delivery, Reason, Run, State
from bot.runs.scheduling.scheduler import Scheduler
from bot.runs.scheduling.turns import Caps
from bot.runs.service import RunService
from bot.runs.store import RunStore
from bot.runs.transitions import LOOKED_FOR, Change, ended, read
from bot.runs.wake_ups import WakeUps
from bot.store.engine import Store
from bot.store.tables import audit, ledger_entries, ledger_totals
from sandbox.clock import SandboxClock
from tests.contract.gates import NO_SOURCES, open_admission
from tests.unit.runs.made import NOON, a_reading, a_run

ROUNDS = 12
PRICE = MicroUsd(7_000)
TOTALS = (ledger_totals.c.held_micro_usd, ledger_totals.c.spent_micro_usd, ledger_totals.c.live_runs)
EVER = select(*TOTALS).where(ledger_totals.c.subject == "bot", ledger_totals.c.window == "ever")


class Desk:
    def __init__(self, store: Store) -> None:
        self.store, self.clock = store, SandboxClock(stopped=True, start=NOON)
        self.book = RunStore(store=store, defaults=Defaults(), clock=self.clock)
        self.service = RunService(
            store=self.book,
            wake_ups=WakeUps(),
            scheduler=Scheduler(caps=Caps(at_once=9, per_guild=9, per_user=9), clock=self.clock),
            admission=open_admission(store, self.clock),
            sources=NO_SOURCES,
            new_run_id=Entropy.seeded(1).new_run_id,
        )
        self.presses = 0

    async def run(self, state: State) -> Run:
        """A run of two pictures that stands there."""
        self.presses += 1
        run = a_run(id=f"{self.presses:032x}")
        run = replace(run, reply=replace(run.reply, interaction_id=self.presses))
        assert await self.book.open(run)
        if state is State.ACCEPTED:
            return run
        sending = replace(run, state=State.SUBMITTING, submitted_at=self.clock.now())
        run = await self.book.apply(run, Change(sending))
        if state is State.SUBMITTING:
            return run
        return await self.book.apply(run, Change(replace(run, state=state, runflow_id=f"run-{self.presses}")))

    async def ends(self, run: Run, status: RunflowStatus, cost: MicroUsd | None) -> Run | None:
        """Whoever follows the run reads its end."""
        outputs = 2 if status is RunflowStatus.SUCCEEDED else 0
        change = read(run, a_reading(status, outputs=outputs, cost=cost), FLUX_KLEIN, self.clock.now())
        assert change is not None
        run_id = run.runflow_id or f"run-{self.presses}"
        return await self.book.take(run, replace(change, run=replace(change.run, runflow_id=run_id)))

    async def column(self, wanted: Select[Any]) -> list[Any]:
        def look(connection: Connection) -> list[Any]:
            return list(connection.scalars(wanted))

        return await self.store.read(look)

    async def kinds(self, run: Run) -> list[str]:
        table = ledger_entries.c
        return await self.column(select(table.kind).where(table.run_id == run.id).order_by(table.id))

    async def totals(self) -> tuple[int, int, int]:
        """What is held, what is spent, and how many runs are under way; the sums of the entries say the same."""

        def look(connection: Connection) -> tuple[int, int, int]:
            assert list(recount.disagreements(connection)) == []
            held, spent, live = connection.execute(EVER).one()
            return int(held), int(spent), int(live)

        return await self.store.read(look)


SENT = (State.SUBMITTING, State.QUEUED, State.DISPATCHING, State.RUNNING)
OUTCOMES = [
    (RunflowStatus.SUCCEEDED, PRICE, PRICE),
    (RunflowStatus.SUCCEEDED, None, MicroUsd(7_865)),  # of its pixels
    (RunflowStatus.FAILED, None, MicroUsd(0)),
    (RunflowStatus.CANCELED, MicroUsd(9), MicroUsd(9)),
]


@pytest.mark.parametrize(("state", "outcome"), list(product(SENT, OUTCOMES)))
async def test_what_a_canceled_run_turns_out_to_cost_is_booked_to_the_cent(
    store: Store, state: State, outcome: tuple[RunflowStatus, MicroUsd | None, MicroUsd]
) -> None:
    status, told, booked = outcome
    desk = Desk(store)
    run = await desk.run(state)
    canceled = await desk.service.cancel(run.id, user_id=run.user_id)
    assert await desk.totals() == (run.held, 0, 0), "held, and in nobody's way"
    end = await desk.ends(canceled, status, told)
    assert end is not None
    assert (end.state, end.reason, end.made_pictures) == (State.CANCELED, Reason.CANCELED_BY_ASKER, False)
    assert (end.cost or 0) == booked
    assert await desk.totals() == (0, booked, 0)
    kept = await desk.book.load(run.id)
    assert (kept.state, kept.reason, kept.cost) == (end.state, end.reason, end.cost)


async def test_what_was_not_sent_is_given_back_at_once(store: Store) -> None:
    desk = Desk(store)
    run = await desk.run(State.ACCEPTED)
    canceled = await desk.service.cancel(run.id, user_id=run.user_id)
    assert canceled.state is State.CANCELED
    assert await desk.totals() == (0, 0, 0)
    assert await desk.kinds(run) == ["reserve", "release"]


async def test_what_nobody_hears_of_for_a_day_is_given_back(store: Store) -> None:
    desk = Desk(store)
    run = await desk.run(State.RUNNING)
    await desk.service.cancel(run.id, user_id=run.user_id)
    housekeeping = Housekeeping(store=store, clock=desk.clock)
    desk.clock.advance(LOOKED_FOR.total_seconds() - 1)
    await housekeeping.release_lost()
    assert await desk.totals() == (run.held, 0, 0)
    desk.clock.advance(2)
    await housekeeping.release_lost()
    assert await desk.totals() == (0, 0, 0)


async def test_of_presses_at_the_same_moment_as_the_end_exactly_one_wins(store: Store) -> None:
    desk = Desk(store)

    async def cancels(run: Run) -> bool:
        (answer,) = await asyncio.gather(
            desk.service.cancel(run.id, user_id=8, moderated_channel_id=2), return_exceptions=True
        )
        assert isinstance(answer, Run | UserError)
        return isinstance(answer, Run)

    async def ends(run: Run) -> bool:
        return await desk.ends(run, RunflowStatus.SUCCEEDED, PRICE) is not None

    async def is_given_up(run: Run) -> bool:
        late = ended(run, State.LOST, Reason.DEADLINE, desk.clock.now())
        return await desk.book.take(run, late) is not None

    others: list[Callable[[Run], Any]] = [ends, is_given_up]
    wins = 0
    for number in range(ROUNDS):
        run = await desk.run(State.RUNNING)
        presses = [cancels(run) for _ in range(5)]
        attempts = [*presses[:2], others[number % 2](run), *presses[2:]]
        outcome = await asyncio.gather(*(attempts if number % 3 else attempts[::-1]))
        assert sum(outcome) == 1
        found = await desk.book.load(run.id)
        wins += found.is_unwanted
        assert found.reason in {None, Reason.DEADLINE, Reason.CANCELED_BY_MODERATOR}
        if found.state is State.LOST:
            assert await desk.ends(found, RunflowStatus.SUCCEEDED, PRICE) is not None
        assert await desk.kinds(run) == ["reserve", "settle"]
    assert await desk.totals() == (0, ROUNDS * PRICE, 0)
    acts = await desk.column(select(audit.c.what))
    assert acts == [AuditKind.RUN_CANCELED] * wins


async def test_the_press_and_the_sending_at_the_same_moment_leave_one_of_two(store: Store) -> None:
    desk = Desk(store)

    async def is_sent(run: Run) -> bool:
        sending = replace(run, state=State.SUBMITTING, submitted_at=desk.clock.now())
        return await desk.book.take(run, Change(sending)) is not None

    for number in range(ROUNDS):
        run = await desk.run(State.ACCEPTED)
        attempts = (desk.service.cancel(run.id, user_id=run.user_id), is_sent(run))
        outcome = await asyncio.gather(*(attempts if number % 2 else attempts[::-1]))
        found = await desk.book.load(run.id)
        assert found.is_unwanted, "whoever came first, the press counts"
        assert found.state is (State.LOST if True in outcome else State.CANCELED)


async def test_who_read_the_row_before_runflows_answer_does_not_undo_its_id(store: Store) -> None:
    desk = Desk(store)
    run = await desk.run(State.SUBMITTING)
    canceled = await desk.service.cancel(run.id, user_id=run.user_id)
    await desk.book.apply(canceled, Change(replace(canceled, runflow_id="run-x")))
    await desk.book.delivered(canceled, Delivery.SHOWN)
    assert (await desk.book.load(run.id)).runflow_id == "run-x"
