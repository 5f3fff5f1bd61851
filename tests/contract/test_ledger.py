"""The books on SQLite and on PostgreSQL: exact, closed once, and never over a limit, however many press at once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import LimitError
from bot.ledger import ledger
from bot.ledger.values import Account, Kind, Limits, Total, Usage, user_today
from bot.money import MicroUsd
from bot.store.engine import Store
from bot.store.tables import ledger_entries, ledger_totals

AddRun = Callable[[AsyncConnection, int], Awaitable[str]]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ACCOUNT = Account(user_id=2**63 - 1, guild_id=5, channel_id=7)
DOLLAR = Limits(user_daily=MicroUsd(1_000_000))
NO_LIMITS = Limits()


class Books:
    """The ledger, with a transaction and a run's row for each act."""

    def __init__(self, store: Store, add_run: AddRun) -> None:
        self._store, self._add_run = store, add_run

    async def reserve(self, number: int, amount: int, limits: Limits = NO_LIMITS, at: datetime = NOON) -> str:
        async with self._store.write() as connection:
            run_id = await self._add_run(connection, number)
            await ledger.reserve(
                connection, run_id=run_id, account=ACCOUNT, amount=MicroUsd(amount), limits=limits, at=at
            )
            return run_id

    async def settle(self, run_id: str, cost: int, at: datetime = NOON, *, estimated: bool = False) -> bool:
        async with self._store.write() as connection:
            return await ledger.settle(connection, run_id=run_id, cost=MicroUsd(cost), estimated=estimated, at=at)

    async def release(self, run_id: str, at: datetime = NOON) -> bool:
        async with self._store.write() as connection:
            return await ledger.release(connection, run_id=run_id, at=at)

    async def used(self, at: datetime = NOON, limits: Limits = NO_LIMITS) -> Usage:
        async with self._store.read() as connection:
            return await ledger.usage(connection, user_id=ACCOUNT.user_id, limits=limits, at=at)

    async def totals(self) -> list[tuple[int, int]]:
        async with self._store.read() as connection:
            columns = ledger_totals.c.held_micro_usd, ledger_totals.c.spent_micro_usd
            rows = await connection.execute(select(*columns).order_by(ledger_totals.c.window_start))
            return [(held, spent) for held, spent in rows]

    async def kinds(self) -> list[str]:
        async with self._store.read() as connection:
            return list(await connection.scalars(select(ledger_entries.c.kind).order_by(ledger_entries.c.id)))


@pytest.fixture
async def books(store: Store, add_run: AddRun) -> Books:
    return Books(store, add_run)


@pytest.fixture(autouse=True)
async def books_agree(store: Store) -> object:
    """After every test the totals are the sum of the entries."""
    yield
    async with store.read() as connection:
        assert await ledger.disagreements(connection) == ()


async def test_what_is_held_counts_and_comes_back(books: Books) -> None:
    run_id = await books.reserve(1, 300, DOLLAR)
    assert await books.used(limits=DOLLAR) == Usage(MicroUsd(300), MicroUsd(999_700))
    assert await books.settle(run_id, 120)
    assert await books.used(limits=DOLLAR) == Usage(MicroUsd(120), MicroUsd(999_880))
    assert await books.totals() == [(0, 120)]


async def test_a_released_run_cost_nothing(books: Books) -> None:
    run_id = await books.reserve(1, 300)
    assert await books.release(run_id)
    assert await books.used() == Usage(MicroUsd(0), None)
    assert await books.kinds() == ["reserve", "release"]


async def test_closing_again_changes_nothing(books: Books) -> None:
    settled, released = await books.reserve(1, 300), await books.reserve(2, 300)
    assert await books.settle(settled, 100)
    assert await books.release(released)
    assert not await books.settle(settled, 250)
    assert not await books.release(settled)
    assert not await books.settle(released, 250)
    assert not await books.release(released)
    assert await books.totals() == [(0, 100)]


async def test_ends_that_come_at_once_are_one_end(books: Books) -> None:
    run_id = await books.reserve(1, 300)
    ends = await asyncio.gather(*(books.settle(run_id, 100) for _ in range(5)), *(books.release(run_id) for _ in "abc"))
    assert sum(ends) == 1
    assert (await books.totals())[0] in {(0, 100), (0, 0)}


async def test_a_cost_above_what_was_held_is_booked_and_leaves_nothing(books: Books) -> None:
    run_id = await books.reserve(1, 1_000_000, DOLLAR)
    assert await books.settle(run_id, 1_000_001, estimated=True)
    assert await books.used(limits=DOLLAR) == Usage(MicroUsd(1_000_001), MicroUsd(0))


async def test_the_day_that_held_is_the_day_that_pays(books: Books) -> None:
    late = NOON.replace(hour=23, minute=59, second=59)
    tomorrow = late + timedelta(seconds=2)
    settled, released = await books.reserve(1, 300, at=late), await books.reserve(2, 50, at=late)
    await books.reserve(3, 7, at=tomorrow)
    assert await books.settle(settled, 200, at=tomorrow)
    assert await books.release(released, at=tomorrow)
    assert await books.totals() == [(0, 200), (7, 0)]
    assert (await books.used(at=tomorrow)).used == 7


async def test_a_new_day_has_its_money_again(books: Books) -> None:
    await books.reserve(1, 1_000_000, DOLLAR)
    await books.reserve(2, 1_000_000, DOLLAR, at=NOON + timedelta(days=1))
    with pytest.raises(LimitError):
        await books.reserve(3, 1, DOLLAR, at=NOON)


async def test_a_refusal_says_what_is_left_and_until_when_and_writes_nothing(books: Books) -> None:
    await books.reserve(1, 997_500, DOLLAR)
    with pytest.raises(LimitError) as caught:
        await books.reserve(2, 6_000, DOLLAR)
    midnight = datetime(2026, 5, 2, tzinfo=UTC)
    assert (caught.value.needed, caught.value.left, caught.value.resets_at) == (6_000, 2_500, midnight)
    assert str(caught.value) == (
        "That could cost up to $0.006, and you have $0.0025 left of your $1.00 for today. "
        f"You get a fresh $1.00 <t:{int(midnight.timestamp())}:R>. Until then, fewer or smaller pictures may fit."
    )
    assert await books.kinds() == ["reserve"]
    assert await books.totals() == [(997_500, 0)]


async def test_a_refusal_inside_a_larger_transaction_leaves_it_usable(store: Store, add_run: AddRun) -> None:
    async with store.write() as connection:
        run_id = await add_run(connection, 1)
        for amount, fits in ((1_000_001, False), (1_000_000, True)):
            try:
                await ledger.reserve(
                    connection, run_id=run_id, account=ACCOUNT, amount=MicroUsd(amount), limits=DOLLAR, at=NOON
                )
            except LimitError:
                assert not fits
            else:
                assert fits


async def test_the_last_micro_dollar_may_be_spent(books: Books) -> None:
    await books.reserve(1, 999_999, DOLLAR)
    await books.reserve(2, 1, DOLLAR)
    with pytest.raises(LimitError, match="you have nothing left"):
        await books.reserve(3, 1, DOLLAR)


async def test_what_can_never_fit_and_what_is_switched_off_say_so(books: Books) -> None:
    with pytest.raises(LimitError, match="never cost more than that"):
        await books.reserve(1, 1_000_001, DOLLAR)
    with pytest.raises(LimitError, match="switched off"):
        await books.reserve(1, 1, Limits(user_daily=MicroUsd(0)))


async def test_one_run_is_held_for_once(store: Store, add_run: AddRun, books: Books) -> None:
    run_id = await books.reserve(1, 5)
    with pytest.raises(ValueError, match="already"):
        async with store.write() as connection:
            await ledger.reserve(
                connection, run_id=run_id, account=ACCOUNT, amount=MicroUsd(5), limits=NO_LIMITS, at=NOON
            )
    assert await books.totals() == [(5, 0)]


async def test_money_that_was_never_held_cannot_be_closed(books: Books) -> None:
    with pytest.raises(LookupError):
        await books.settle("0" * 32, 1)
    with pytest.raises(LookupError):
        await books.release("0" * 32)


async def test_negative_money_is_refused(books: Books) -> None:
    with pytest.raises(ValueError, match="negative"):
        await books.reserve(1, -1)
    run_id = await books.reserve(2, 1)
    with pytest.raises(ValueError, match="negative"):
        await books.settle(run_id, -1)


async def test_fifty_at_once_against_a_limit_that_fits_three_start_three(books: Books) -> None:
    limits = Limits(user_daily=MicroUsd(1_000_000))
    ends = await asyncio.gather(*(books.reserve(n, 300_000, limits) for n in range(50)), return_exceptions=True)
    assert [type(end) for end in ends if not isinstance(end, LimitError)] == [str] * 3
    assert await books.totals() == [(900_000, 0)]


async def test_processes_at_once_keep_the_limit_too(database_url: str, store: Store, add_run: AddRun) -> None:
    limits = Limits(user_daily=MicroUsd(1_000_000))
    async with Store.open(database_url) as other:
        both = Books(store, add_run), Books(other, add_run)
        reserves = (both[n % 2].reserve(n, 300_000, limits) for n in range(12))
        ends = await asyncio.gather(*reserves, return_exceptions=True)
    assert [type(end) for end in ends if not isinstance(end, LimitError)] == [str] * 3


async def test_presses_and_ends_at_once_do_not_block_each_other(books: Books) -> None:
    """Many runs of one person held, settled and released at the same time: no deadlock, and the sums are right."""

    async def run(number: int) -> None:
        run_id = await books.reserve(number, 10)
        await (books.settle(run_id, 4) if number % 2 else books.release(run_id))

    await asyncio.gather(*(run(number) for number in range(30)))
    assert await books.totals() == [(0, 15 * 4)]


async def test_the_books_say_where_they_disagree(store: Store, books: Books) -> None:
    await books.settle(await books.reserve(1, 300), 120)
    key = user_today(ACCOUNT.user_id, NOON)
    right = Total(spent=MicroUsd(120))
    async with store.write() as connection:
        await connection.execute(update(ledger_totals).values(spent_micro_usd=121))
    async with store.read() as connection:
        (found,) = await ledger.disagreements(connection)
    assert (found.key, found.stored, found.recomputed) == (key, replace(right, spent=MicroUsd(121)), right)
    async with store.write() as connection:
        await connection.execute(text("DELETE FROM ledger_totals"))
    async with store.read() as connection:
        (found,) = await ledger.disagreements(connection)
    assert (found.stored, found.recomputed) == (Total(), right)
    async with store.write() as connection:
        await connection.execute(
            insert(ledger_totals).values(
                subject=key.subject.value,
                subject_id=key.subject_id,
                window=key.window.value,
                window_start=key.window_start,
                held_micro_usd=0,
                spent_micro_usd=120,
            )
        )


async def test_an_entry_tells_the_whole_story(store: Store, books: Books) -> None:
    run_id = await books.reserve(1, 300)
    await books.settle(run_id, 120, at=NOON + timedelta(seconds=3), estimated=True)
    async with store.read() as connection:
        rows = await connection.execute(select(ledger_entries).order_by(ledger_entries.c.id))
        entries = [tuple(row)[1:] for row in rows]
    who = (ACCOUNT.user_id, ACCOUNT.guild_id, ACCOUNT.channel_id)
    assert entries == [
        (run_id, Kind.RESERVE, *who, 300, False, NOON),
        (run_id, Kind.SETTLE, *who, 120, True, NOON + timedelta(seconds=3)),
    ]
