"""Random histories of the books, each compared with a model kept in plain Python."""

import asyncio
import itertools
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import LimitError
from bot.ledger import ledger
from bot.ledger.values import Account, Limits
from bot.money import MicroUsd
from bot.store.engine import Store
from bot.store.tables import ledger_totals, runs

T = TypeVar("T")
LIMIT = 1_000
LIMITS = Limits(user_daily=MicroUsd(LIMIT))
MIDNIGHT = datetime(2026, 5, 1, tzinfo=UTC)
DAYS = (0, 1)
USERS = (1, 2)
AMOUNTS = st.integers(0, LIMIT + 100)


class Crash(Exception):
    """The process ends in the middle of a transaction."""


class BooksMachine(RuleBasedStateMachine):
    """Holds, settles, releases, repeats, crashes, on two days by two people."""

    run_ids: Bundle[str] = Bundle("run_ids")

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory()
        self._stack = AsyncExitStack()
        url = f"sqlite:///{self._folder.name}/books.db"
        self._store = self._runner.run(self._stack.enter_async_context(Store.open(url)))
        self._numbers = itertools.count(1)
        self._held: dict[str, tuple[int, int, int]] = {}  # run: user, day, amount; while in flight
        self._ends: dict[str, tuple[int, int, int]] = {}  # run: user, day, cost

    def teardown(self) -> None:
        """Let every run end: then nothing is held, and the totals are the sum of the entries."""
        for run_id in tuple(self._held):
            self.release(run_id=run_id, crash=False)
        self.balances_are_the_models()
        self._runner.run(self._no_money_is_held())
        self._runner.run(self._stack.aclose())
        self._runner.close()
        self._folder.cleanup()

    @initialize(target=run_ids)
    def first(self) -> str:
        return self._reserve(1, 0, 10, crash=False)

    @rule(target=run_ids, user=st.sampled_from(USERS), day=st.sampled_from(DAYS), amount=AMOUNTS, crash=st.booleans())
    def reserve(self, user: int, day: int, amount: int, crash: bool) -> str:
        return self._reserve(user, day, amount, crash=crash)

    @rule(run_id=run_ids, cost=st.integers(0, 2 * LIMIT), estimated=st.booleans(), crash=st.booleans())
    def settle(self, run_id: str, cost: int, estimated: bool, crash: bool) -> None:
        async def act(connection: AsyncConnection) -> bool:
            at = MIDNIGHT + timedelta(days=1, hours=3)
            return await ledger.settle(connection, run_id=run_id, cost=MicroUsd(cost), estimated=estimated, at=at)

        self._close(run_id, cost, act, crash=crash)

    @rule(run_id=run_ids, crash=st.booleans())
    def release(self, run_id: str, crash: bool) -> None:
        async def act(connection: AsyncConnection) -> bool:
            return await ledger.release(connection, run_id=run_id, at=MIDNIGHT)

        self._close(run_id, 0, act, crash=crash)

    @invariant()
    def balances_are_the_models(self) -> None:
        for user, day in itertools.product(USERS, DAYS):
            usage = self._read(
                lambda connection, user=user, day=day: ledger.usage(
                    connection, user_id=user, limits=LIMITS, at=MIDNIGHT + timedelta(days=day, hours=12)
                )
            )
            assert usage.used == self._used(user, day)
            assert usage.left == max(0, LIMIT - self._used(user, day))
        assert self._read(ledger.disagreements) == ()

    def _used(self, user: int, day: int) -> int:
        return sum(amount for *whose, amount in (*self._held.values(), *self._ends.values()) if whose == [user, day])

    def _reserve(self, user: int, day: int, amount: int, *, crash: bool) -> str:
        number = next(self._numbers)
        run_id, at = f"{number:032x}", MIDNIGHT + timedelta(days=day, hours=6)

        async def act(connection: AsyncConnection) -> None:
            await connection.execute(insert(runs).values(_run_row(run_id, number, user)))
            await ledger.reserve(
                connection, run_id=run_id, account=Account(user, None, 1), amount=MicroUsd(amount), limits=LIMITS, at=at
            )

        left = max(0, LIMIT - self._used(user, day))
        try:
            kept, _ = self._write(act, crash=crash)
        except LimitError as error:
            assert amount > left == error.left  # noqa: PT017 - whether it is refused is the model's to say
        else:
            assert amount <= left
            if kept:
                self._held[run_id] = (user, day, amount)
        return run_id

    def _close(
        self, run_id: str, cost: int, act: Callable[[AsyncConnection], Awaitable[bool]], *, crash: bool = False
    ) -> None:
        try:
            kept, closed = self._write(act, crash=crash)
        except LookupError:  # refused by its limit, or crashed before it was kept
            assert run_id not in self._held | self._ends
            return
        if kept:
            assert closed == (run_id in self._held)
            if closed:
                user, day, _ = self._held.pop(run_id)
                self._ends[run_id] = (user, day, cost)

    def _write(self, act: Callable[[AsyncConnection], Awaitable[T]], *, crash: bool) -> tuple[bool, T | None]:
        async def write() -> T:
            async with self._store.write() as connection:
                answer = await act(connection)
                if crash:
                    raise Crash
                return answer

        try:
            return True, self._runner.run(write())
        except Crash:
            return False, None

    def _read(self, question: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async def read() -> T:
            async with self._store.read() as connection:
                return await question(connection)

        return self._runner.run(read())

    async def _no_money_is_held(self) -> None:
        async with self._store.read() as connection:
            assert not [held for held in await connection.scalars(select(ledger_totals.c.held_micro_usd)) if held]


def _run_row(run_id: str, number: int, user: int) -> dict[str, Any]:
    return {
        "id": run_id,
        "interaction_id": number,
        "application_id": 1,
        "user_id": user,
        "channel_id": 1,
        "model_id": "m",
        "input": {},
        "policy": "block",
        "interaction_token": "t",
        "interaction_at": MIDNIGHT,
        "attachment_limit_bytes": 1,
        "state": "accepted",
        "delivery": "pending",
        "held_micro_usd": 0,
        "cost_estimated": False,
        "reason_fields": [],
        "created_at": MIDNIGHT,
    }


TestBooks = BooksMachine.TestCase
TestBooks.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
