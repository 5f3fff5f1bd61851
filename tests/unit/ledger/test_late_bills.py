"""What Runflow bills late was held against the limits all the while: no order of events passes one."""

import asyncio
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from bot.errors import LimitError
from bot.ledger import recount
from bot.ledger.service import LedgerService
from bot.ledger.values import Defaults, Person, Window
from bot.money import MicroUsd
from bot.runs.housekeeping import Housekeeping
from bot.runs.run import Reason, Run, State
from bot.runs.store import RunStore
from bot.runs.transitions import LOOKED_FOR, Change, Release, Settle, ended
from bot.store.engine import Store
from bot.store.tables import ledger_totals
from tests.databases import migrated_sqlite
from tests.examples import share
from tests.unit.runs.made import a_run

# One run fits into a day of a person, two into the month: a few events pass a limit where one does not hold.
DAILY, CAP, PRICE = MicroUsd(10_000), MicroUsd(15_000), MicroUsd(7_000)
DEFAULTS = Defaults(user_daily=DAILY, bot_monthly=CAP)


@dataclass
class Clock:
    at: datetime = datetime(2026, 4, 30, 22, 30, tzinfo=UTC)  # an hour and a half before a day and a month end

    def now(self) -> datetime:
        return self.at

    async def sleep(self, delay_s: float) -> None:
        self.at += timedelta(seconds=delay_s)


@dataclass
class Books:
    store: Store
    clock: Clock = field(default_factory=Clock)
    runs: list[Run] = field(default_factory=list[Run])
    presses: int = 0

    @property
    def kept(self) -> RunStore:
        return RunStore(store=self.store, defaults=DEFAULTS, clock=self.clock)

    async def press(self, user_id: int) -> None:
        self.presses += 1
        run = a_run(id=f"{self.presses:032x}", user_id=user_id, held=PRICE, created_at=self.clock.at)
        run = replace(run, reply=replace(run.reply, interaction_id=self.presses))
        try:
            assert await self.kept.open(run)
        except LimitError:
            return
        sent = replace(run, state=State.SUBMITTING, submitted_at=self.clock.at)
        self.runs.append(await self.kept.apply(run, Change(sent)))

    async def end(self, which: int, how: str, cost: int) -> None:
        """What may happen to a run that was sent: given up as lost, billed, found to have failed."""
        if not self.runs:
            return
        run = await self.kept.load(self.runs[which % len(self.runs)].id)
        if run.state not in {State.SUBMITTING, State.LOST} or self._is_past_looking(run):
            return
        now = self.clock.at
        if how == "lost" and run.state is State.SUBMITTING:
            await self.kept.apply(run, ended(run, State.LOST, Reason.DEADLINE, now))
        elif how == "billed":
            done = replace(run, state=State.SUCCEEDED, cost=MicroUsd(cost), ended_at=now)
            await self.kept.apply(run, Change(done, Settle(MicroUsd(cost), estimated=False)))
        elif how == "failed":
            await self.kept.apply(run, Change(replace(run, state=State.FAILED, ended_at=now), Release()))

    async def bill_the_rest(self) -> None:
        """The dearest that Runflow can still do to the limits."""
        for which in range(len(self.runs)):
            await self.end(which, "billed", PRICE)

    def _is_past_looking(self, run: Run) -> bool:
        return run.state is State.LOST and run.ended_at is not None and self.clock.at - run.ended_at >= LOOKED_FOR

    async def check(self) -> None:
        """No limit is passed, the totals are the sum of the entries, and /usage tells of what is held."""
        columns = ledger_totals.c
        spent = select(func.max(columns.spent_micro_usd + columns.held_micro_usd))

        def right(connection: Connection) -> None:
            assert list(recount.disagreements(connection)) == []
            for subject, window, most in (("user", Window.DAY, DAILY), ("bot", Window.MONTH, CAP)):
                found = connection.execute(spent.where(columns.subject == subject, columns.window == window))
                assert (found.scalar() or 0) <= most

        await self.store.read(right)
        service = LedgerService(store=self.store, clock=self.clock, defaults=DEFAULTS)
        for user_id in {run.user_id for run in self.runs}:
            usage = await service.usage(Person(user_id, 1, 2))
            assert usage.totals[Window.EVER].held == sum(run.held for run in usage.runs)


EVENTS = st.one_of(
    st.tuples(st.just("press"), st.sampled_from([7, 8, 9])),
    st.tuples(st.sampled_from(["lost", "billed", "failed"]), st.integers(0, 5), st.integers(0, PRICE)),
    st.tuples(st.just("lost press"), st.sampled_from([7, 8])),
    st.tuples(st.just("hours"), st.sampled_from([1, 5, 23, 25])),
    st.tuples(st.just("housekeeping")),
)


async def happens(events: list[tuple[object, ...]], folder: Path) -> None:
    async with Store.open(migrated_sqlite(folder / "books.db"), inline=True) as store:
        books = Books(store)
        housekeeping = Housekeeping(store=store, clock=books.clock)
        for event in events:
            match event:
                case ("press", int(user_id)):
                    await books.press(user_id)
                case ("lost press", int(user_id)):
                    await books.press(user_id)
                    await books.end(-1, "lost", 0)
                case ("hours", int(hours)):
                    books.clock.at += timedelta(hours=hours)
                case ("housekeeping",):
                    await housekeeping.release_lost()
                case (str(how), int(which), int(cost)):
                    await books.end(which, how, cost)
                case _:
                    raise AssertionError(event)
        await books.check()
        await books.bill_the_rest()
        await books.check()


@share(0.3)
@given(st.lists(EVENTS, max_size=14))
def test_no_order_of_late_bills_passes_a_limit(events: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(happens(events, Path(folder)))


async def test_money_of_a_lost_run_is_held_until_its_bill_comes_or_nobody_looks_any_more(tmp_path: Path) -> None:
    lost = [("press", 7), ("lost", 0, 0), ("press", 8), ("lost", 1, 0)]
    refused = [("press", 7), ("press", 9)]  # by the person's day, and by everybody's month
    await happens([*lost, *refused], tmp_path)


@pytest.mark.parametrize("hours", [23, 25])
async def test_what_nobody_looks_for_any_more_is_given_back_once(tmp_path: Path, hours: int) -> None:
    async with Store.open(migrated_sqlite(tmp_path / "books.db"), inline=True) as store:
        books = Books(store)
        housekeeping = Housekeeping(store=store, clock=books.clock)
        await books.press(7)
        await books.end(0, "lost", 0)
        books.clock.at += timedelta(hours=hours)
        for _ in range(2):
            await housekeeping.release_lost()
        usage = await LedgerService(store=store, clock=books.clock, defaults=DEFAULTS).usage(Person(7, 1, 2))
        assert usage.totals[Window.EVER].held == (PRICE if hours < 24 else 0)
        assert usage.totals[Window.EVER].live_runs == 0
        assert usage.runs[0].held == (PRICE if hours < 24 else 0)
        await books.check()
