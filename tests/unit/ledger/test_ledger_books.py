"""Random histories of the books, each compared with a model kept in plain Python."""

import asyncio
import itertools
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Connection, insert, select, update

from bot.errors import LimitError
from bot.guilds.audit import AdminAction
from bot.ledger import ledger, recount
from bot.ledger.service import LedgerService
from bot.ledger.values import Defaults, Demand, Disagreement, Limit, Measure, Person, Subject, UsageReport, Window
from bot.money import MicroUsd
from bot.store.engine import Store
from bot.store.tables import ledger_totals, runs
from tests.databases import migrated_sqlite
from tests.examples import share
from tests.unit.ledger.model import Held, Model

T = TypeVar("T")
START = datetime(2026, 4, 30, 22, 30, tzinfo=UTC)  # an hour and a half before a day and a month end
PLACES = ((1, 10), (1, 11), (2, 20), (None, 30))
USERS = (101, 102)
ROLES = (5, 6)
AMOUNTS = st.integers(0, 1_100)


@st.composite
def people(draw: st.DrawFn) -> Person:
    """Somebody somewhere, with some roles."""
    guild_id, channel_id = draw(st.sampled_from(PLACES))
    return Person(draw(st.sampled_from(USERS)), guild_id, channel_id, draw(st.sampled_from([(), ROLES[:1], ROLES])))


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    """A limit that the first server's admins may set."""
    subject, subject_id = draw(
        st.sampled_from(
            [
                (Subject.GUILD, None),
                (Subject.CHANNEL, 10),
                *((Subject.USER, user) for user in USERS),
                *((Subject.ROLE, role) for role in (*ROLES, 1)),  # everybody has the role with the server's id
            ]
        )
    )
    measure = draw(st.sampled_from(Measure))
    window = Window.EVER if measure is Measure.RUNS else draw(st.sampled_from(Window))
    amount = draw(st.integers(0, {Measure.MONEY: 2_500, Measure.PICTURES: 12, Measure.RUNS: 3}[measure]))
    return Limit(subject, subject_id, window, measure, amount, guild_id=1)


PEOPLE, LIMITS = people(), limits()


class Crash(Exception):
    """The process ends in the middle of a transaction."""


class MovedClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    async def sleep(self, delay_s: float) -> None:
        self.at += timedelta(seconds=delay_s)


class BooksMachine(RuleBasedStateMachine):
    """People hold, settle, release, get back, repeat and crash; admins grant and set limits; the clock moves."""

    run_ids: Bundle[str] = Bundle("run_ids")

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory()
        self._stack = AsyncExitStack()
        self._clock = MovedClock()
        url = migrated_sqlite(Path(self._folder.name) / "books.db")
        self._store = self._runner.run(self._stack.enter_async_context(Store.open(url)))
        self._model = Model(user_daily=1_000, private_daily=600, bot_monthly=4_000)
        self._defaults = Defaults(user_daily=MicroUsd(1_000), private_daily=MicroUsd(600), bot_monthly=MicroUsd(4_000))
        self._desk = LedgerService(store=self._store, clock=self._clock, defaults=self._defaults)
        self._numbers = itertools.count(1)

    def teardown(self) -> None:
        """Let every run end: then nothing is held, and the totals are the sum of the entries."""
        for run_id, run in self._model.runs.items():
            if run.end is None:
                self.release(run_id=run_id, crash=False)
        self.the_model_agrees()
        self._runner.run(self._nothing_is_held())
        self._runner.run(self._stack.aclose())
        self._runner.close()
        self._folder.cleanup()

    @initialize(target=run_ids)
    def first(self) -> str:
        return self._reserve(Person(101, 1, 10), Demand(MicroUsd(10), 1), crash=False)

    @rule(target=run_ids, person=PEOPLE, money=AMOUNTS, pictures=st.integers(1, 4), crash=st.booleans())
    def reserve(self, person: Person, money: int, pictures: int, crash: bool) -> str:
        return self._reserve(person, Demand(MicroUsd(money), pictures), crash=crash)

    def _reserve(self, person: Person, demand: Demand, *, crash: bool) -> str:
        number, at = next(self._numbers), self._clock.at
        run_id = f"{number:032x}"

        def act(connection: Connection) -> None:
            connection.execute(insert(runs).values(_run_row(run_id, number, person)))
            ledger.reserve(connection, run_id=run_id, person=person, demand=demand, defaults=self._defaults, at=at)

        refused = self._model.refuses(person, at, demand.money, demand.pictures)
        try:
            kept, _ = self._write(act, crash=crash)
        except LimitError as error:
            assert refused
            self._check_what_fits(error.fits, person, demand)
        else:
            assert not refused
            if kept:
                self._model.runs[run_id] = Held(person, at, demand.money, demand.pictures)
        return run_id

    @rule(
        run_id=run_ids, cost=st.integers(0, 2_000), made=st.integers(0, 4), estimated=st.booleans(), crash=st.booleans()
    )
    def settle(self, run_id: str, cost: int, made: int, estimated: bool, crash: bool) -> None:
        run = self._model.runs.get(run_id)

        def act(connection: Connection) -> bool:
            return ledger.settle(
                connection,
                run_id=run_id,
                cost=MicroUsd(cost),
                pictures=made,
                estimated=estimated,
                at=self._clock.at,
                is_live=run is None or not run.was_lost,
            )

        booked = self._close(
            run_id, act, expected=run is not None and (run.end is None or run.was_released), crash=crash
        )
        if run is not None and booked:
            run.end, run.was_released = (cost, made, estimated), False

    @rule(run_id=run_ids, crash=st.booleans())
    def release(self, run_id: str, crash: bool) -> None:
        run = self._model.runs.get(run_id)

        def act(connection: Connection) -> bool:
            is_live = run is None or not run.was_lost
            return ledger.release(connection, run_id=run_id, at=self._clock.at, is_live=is_live)

        if self._close(run_id, act, expected=run is not None and run.end is None, crash=crash) and run is not None:
            run.end, run.was_released = (0, 0, False), True

    @rule(run_id=run_ids, amount=st.integers(0, 2_000), pictures=st.integers(0, 4), crash=st.booleans())
    def refund(self, run_id: str, amount: int, pictures: int, crash: bool) -> None:
        run = self._model.runs.get(run_id)
        is_booked = run is not None and run.end is not None and not run.was_released
        money, made = run.end[:2] if run is not None and run.end is not None else (0, 0)
        back = min(amount, money), min(pictures, made)

        def act(connection: Connection) -> bool:
            return ledger.refund(
                connection, run_id=run_id, amount=MicroUsd(amount), pictures=pictures, at=self._clock.at
            )

        is_owed = run is not None and run.back is None and is_booked and any(back)
        if self._close(run_id, act, expected=is_owed, crash=crash) and run is not None:
            run.back = back

    @rule(run_id=run_ids, crash=st.booleans())
    def lose(self, run_id: str, crash: bool) -> None:
        run = self._model.runs.get(run_id)
        if run is None or run.end is not None or run.was_lost:  # its row lets nobody lose it
            return

        def act(connection: Connection) -> None:
            connection.execute(update(runs).where(runs.c.id == run_id).values(state="lost"))
            ledger.lose(connection, run_id=run_id)

        run.was_lost, _ = self._write(act, crash=crash)

    @rule(user=st.sampled_from(USERS), guild=st.sampled_from([1, 2]), amount=st.integers(1, 500))
    def grant(self, user: int, guild: int, amount: int) -> None:
        person = Person(user, guild, 10)
        self._runner.run(self._desk.grant(AdminAction(guild, 9), person, MicroUsd(amount), "a contest"))
        self._model.grants.append((person, amount, self._clock.at))

    @rule(limit=LIMITS)
    def set_limit(self, limit: Limit) -> None:
        self._runner.run(self._desk.set_limit(AdminAction(1, 9), limit))
        self._model.set(limit)

    @rule(limit=LIMITS)
    def remove_limit(self, limit: Limit) -> None:
        assert self._runner.run(self._desk.remove_limit(AdminAction(1, 9), limit)) == self._model.remove(limit)

    @rule(hours=st.sampled_from([1, 2, 24, -1, -3]))
    def move_the_clock(self, hours: int) -> None:
        self._clock.at += timedelta(hours=hours)

    @invariant()
    def the_model_agrees(self) -> None:
        at = self._clock.at
        for user, place in itertools.product(USERS, PLACES):
            person = Person(user, *place, ROLES)
            usage = self._runner.run(self._desk.usage(person))
            assert _told(usage) == self._model.uses(person, at)
            assert all(use.left == max(0, use.amount - use.used) for use in usage.limits)
        assert self._runner.run(self._disagreements()) == []
        midnight = Window.DAY.start_of(at)
        for guild_id in (1, 2, None):
            spend = self._runner.run(self._desk.spend(guild_id, midnight, midnight + timedelta(days=1)))
            assert spend.total.money == spend.by_day[0].spend.money == self._model.spent_on(guild_id, at)
            assert sum(one.spend.money for one in spend.by_person) == spend.total.money

    def _check_what_fits(self, fits: int, person: Person, demand: Demand) -> None:
        """What the refusal offers would be taken, and one picture more would not."""
        each = -(-demand.money // demand.pictures)
        at = self._clock.at
        if fits:
            assert not self._model.refuses(person, at, each * fits, fits)
        if fits < demand.pictures - 1:
            assert self._model.refuses(person, at, each * (fits + 1), fits + 1)

    def _close(self, run_id: str, act: Callable[[Connection], bool], *, expected: bool, crash: bool) -> bool:
        """Whether something was booked and kept."""
        try:
            kept, booked = self._write(act, crash=crash)
        except LookupError:  # refused by its limit, or crashed before it was kept
            assert run_id not in self._model.runs
            return False
        assert booked == expected or not kept
        return kept and bool(booked)

    def _write(self, act: Callable[[Connection], T], *, crash: bool) -> tuple[bool, T | None]:
        async def write() -> T:

            def change(connection: Connection) -> Any:
                answer = act(connection)
                if crash:
                    raise Crash
                return answer

            return await self._store.write(change)

        try:
            return True, self._runner.run(write())
        except Crash:
            return False, None

    async def _disagreements(self) -> list[Disagreement]:
        return await self._store.read(lambda connection: list(recount.disagreements(connection)))

    async def _nothing_is_held(self) -> None:
        columns = ledger_totals.c

        def look(connection: Connection) -> None:
            held = select(ledger_totals).where(
                (columns.held_micro_usd != 0) | (columns.held_pictures != 0) | (columns.live_runs != 0)
            )
            assert (connection.execute(held)).all() == []

        await self._store.read(look)


def _told(usage: UsageReport) -> set[tuple[Subject, int, Window, Measure, int, int]]:
    return {
        (limit.subject, limit.subject_id or 0, limit.window, limit.measure, use.used, use.amount)
        for use in usage.limits
        for limit in [use.applied.limit]
    }


def _run_row(run_id: str, number: int, person: Person) -> dict[str, Any]:
    return {
        "id": run_id,
        "interaction_id": number,
        "application_id": 1,
        "user_id": person.user_id,
        "guild_id": person.guild_id,
        "channel_id": person.channel_id,
        "model_id": "m",
        "input": {"prompt": "a fox"},
        "policy": "block",
        "interaction_token": "t",
        "interaction_at": START,
        "attachment_limit_bytes": 1,
        "state": "accepted",
        "delivery": "pending",
        "held_micro_usd": 0,
        "cost_estimated": False,
        "reason_fields": [],
        "created_at": START,
    }


TestBooks = BooksMachine.TestCase
TestBooks.settings = settings(
    share(0.1),
    stateful_step_count=20,
    phases=[Phase.reuse, Phase.generate],  # each step is several transactions: shrinking takes longer than reading
)
