"""Leaving the queue at the moment of starting, on both engines: the row decides, exactly one wins, money follows."""

import asyncio
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, select

from bot.entropy import Entropy
from bot.errors import UserError
from bot.ledger.values import Defaults
from bot.runs.run import Run, State
from bot.runs.scheduling.scheduler import Scheduler
from bot.runs.scheduling.turns import Caps
from bot.runs.service import RunService
from bot.runs.store import RunStore
from bot.runs.transitions import Change
from bot.runs.wake_ups import WakeUps
from bot.store.engine import Store
from bot.store.tables import ledger_entries
from sandbox.clock import SandboxClock
from tests.contract.gates import NO_SOURCES, open_admission
from tests.unit.runs.made import NOON, a_run

ROUNDS = 25


def kinds_of(connection: Connection, wanted: Select[Any]) -> list[str]:
    return list(connection.scalars(wanted))


async def test_exactly_one_of_leaving_and_starting_wins(store: Store):
    clock = SandboxClock(stopped=True, start=NOON)
    book = RunStore(store=store, defaults=Defaults(), clock=clock)
    scheduler = Scheduler(caps=Caps(at_once=1, per_guild=1, per_user=1), clock=clock)
    service = RunService(
        store=book,
        wake_ups=WakeUps(),
        scheduler=scheduler,
        admission=open_admission(store, clock),
        sources=NO_SOURCES,
        new_run_id=Entropy.seeded(1).new_run_id,
    )

    async def leaves(run: Run) -> bool:
        try:
            await service.leave(run.id, user_id=run.user_id)
        except UserError:
            return False
        return True

    async def starts(run: Run) -> bool:
        sent = await book.take(run, Change(replace(run, state=State.SUBMITTING, submitted_at=book.now())))
        return sent is not None

    for number in range(ROUNDS):
        run = a_run(id=f"{number:032x}")
        run = replace(run, reply=replace(run.reply, interaction_id=number))
        assert await book.open(run)
        attempts = (leaves(run), starts(run), leaves(run))
        outcome = await asyncio.gather(*(attempts if number % 2 else attempts[::-1]))
        assert sum(outcome) == 1

        wanted = select(ledger_entries.c.kind).where(ledger_entries.c.run_id == run.id).order_by(ledger_entries.c.id)
        kinds = await store.read(kinds_of, wanted)
        has_left = (await book.load(run.id)).state is State.CANCELED
        assert kinds == (["reserve", "release"] if has_left else ["reserve"])
