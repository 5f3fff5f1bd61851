"""The books on SQLite and on PostgreSQL: exact, closed once, and never over a limit, however many press at once."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, update

from bot.errors import LimitError
from bot.ledger import ledger, recount, reports, stored, totals
from bot.ledger.limits import counted_in, persons_own, pictures_left
from bot.ledger.sentences import left_in
from bot.ledger.values import Defaults, Demand, Disagreement, Kind, Limit, Measure, Person, Subject, Total, Window
from bot.money import MicroUsd
from bot.store.engine import Store
from bot.store.tables import ledger_entries, ledger_totals

AddRun = Callable[[Connection, int], str]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PERSON = Person(user_id=2**63 - 1, guild_id=5, channel_id=7)
DOLLAR = Defaults(user_daily=MicroUsd(1_000_000))
NO_LIMITS = Defaults()
TODAY = next(key for key in persons_own(PERSON, NOON) if key.window is Window.DAY)


def spent(amount: int, *, pictures: int = 1, estimated: int = 0) -> Total:
    return Total(spent=MicroUsd(amount), spent_pictures=pictures, estimated=MicroUsd(estimated))


class Ledger:
    """The ledger, with a transaction and a run's row for each act."""

    def __init__(self, store: Store, add_run: AddRun) -> None:
        self._store, self._add_run = store, add_run

    async def reserve(self, number: int, amount: int, limits: Defaults = NO_LIMITS, at: datetime = NOON) -> str:

        def change(connection: Connection) -> Any:
            run_id = self._add_run(connection, number)
            demand = Demand(MicroUsd(amount), pictures=1)
            ledger.reserve(connection, run_id=run_id, person=PERSON, demand=demand, defaults=limits, at=at)
            return run_id

        return await self._store.write(change)

    async def settle(self, run_id: str, cost: int, at: datetime = NOON, *, estimated: bool = False) -> bool:
        return await self._store.write(
            ledger.settle, run_id=run_id, cost=MicroUsd(cost), pictures=1, estimated=estimated, at=at
        )

    async def release(self, run_id: str, at: datetime = NOON) -> bool:
        return await self._store.write(ledger.release, run_id=run_id, at=at)

    async def refund(self, run_id: str, amount: int, at: datetime = NOON, *, pictures: int = 1) -> bool:
        return await self._store.write(ledger.refund, run_id=run_id, amount=MicroUsd(amount), pictures=pictures, at=at)

    async def left(self, at: datetime = NOON, limits: Defaults = NO_LIMITS) -> tuple[int, int | None]:
        """What the person used today, and has left."""

        def look(connection: Connection) -> Any:
            today = next(key for key in persons_own(PERSON, at) if key.window is Window.DAY)
            used = totals.read(connection, [today]).get(today, Total()).used(Measure.MONEY)
            left = [use.left for use in reports.limit_uses(connection, PERSON, limits, at)]
            return used, min(left, default=None)

        return await self._store.read(look)

    async def today(self, at: datetime = NOON) -> Total:
        """What the row of the person's day counts; every other row that counts a day's runs must say the same."""
        found = await self._store.read(totals.read, counted_in(PERSON, at))
        days = [total for key, total in found.items() if key.window is Window.DAY]
        assert len({*days}) <= 1
        return days[0] if days else Total()

    async def live(self) -> int:
        """How many runs are under way in the whole bot."""
        found = await self._store.read(totals.read, counted_in(PERSON, NOON))
        return next((total.live_runs for key, total in found.items() if key.subject is Subject.BOT), 0)

    async def kinds(self) -> list[str]:
        return await self._store.read(
            lambda connection: list(connection.scalars(select(ledger_entries.c.kind).order_by(ledger_entries.c.id)))
        )


async def disagreements(store: Store) -> list[Disagreement]:
    return await store.read(lambda connection: list(recount.disagreements(connection)))


@pytest.fixture
async def books(store: Store, add_run: AddRun) -> Ledger:
    return Ledger(store, add_run)


@pytest.fixture(autouse=True)
async def books_agree(store: Store) -> object:
    """After every test the totals are the sum of the entries."""
    yield
    assert await disagreements(store) == []


async def test_what_is_held_counts_and_comes_back(books: Ledger) -> None:
    run_id = await books.reserve(1, 300, DOLLAR)
    assert await books.left(limits=DOLLAR) == (300, 999_700)
    assert await books.live() == 1
    assert await books.settle(run_id, 120)
    assert await books.left(limits=DOLLAR) == (120, 999_880)
    assert await books.today() == spent(120)
    assert await books.live() == 0


async def test_a_released_run_cost_nothing(books: Ledger) -> None:
    run_id = await books.reserve(1, 300)
    assert await books.release(run_id)
    assert await books.left() == (0, None)
    assert await books.today() == Total()
    assert await books.kinds() == ["reserve", "release"]


async def test_closing_again_changes_nothing(books: Ledger) -> None:
    settled, released = await books.reserve(1, 300), await books.reserve(2, 300)
    assert await books.settle(settled, 100)
    assert await books.release(released)
    assert not await books.settle(settled, 250)
    assert not await books.release(settled)
    assert not await books.release(released)
    assert await books.today() == spent(100)


async def test_a_cost_found_after_the_run_was_given_up_is_booked_once(books: Ledger) -> None:
    run_id = await books.reserve(1, 300)
    assert await books.release(run_id)
    assert await books.settle(run_id, 250, at=NOON + timedelta(days=2), estimated=True)
    assert not await books.settle(run_id, 250)
    assert not await books.release(run_id)
    assert await books.today() == spent(250, estimated=250)
    assert await books.kinds() == ["reserve", "release", "adjust"]


async def test_a_cost_found_many_times_at_once_is_booked_once(books: Ledger) -> None:
    run_id = await books.reserve(1, 300)
    assert await books.release(run_id)
    assert sum(await asyncio.gather(*(books.settle(run_id, 100 + n) for n in range(8)))) == 1
    assert (await books.kinds()).count("adjust") == 1


async def test_ends_that_come_at_once_hold_nothing_and_cost_once(books: Ledger) -> None:
    run_id = await books.reserve(1, 300)
    ends = await asyncio.gather(*(books.settle(run_id, 100) for _ in range(5)), *(books.release(run_id) for _ in "abc"))
    assert 1 <= sum(ends) <= 2  # a settle, alone or after a release
    assert await books.today() == spent(100)


async def test_a_cost_above_what_was_held_is_booked_and_leaves_nothing(books: Ledger) -> None:
    run_id = await books.reserve(1, 1_000_000, DOLLAR)
    assert await books.settle(run_id, 1_000_001, estimated=True)
    assert await books.left(limits=DOLLAR) == (1_000_001, 0)


async def test_the_day_that_held_is_the_day_that_pays(books: Ledger) -> None:
    late = NOON.replace(hour=23, minute=59, second=59)
    tomorrow = late + timedelta(seconds=2)
    settled, released = await books.reserve(1, 300, at=late), await books.reserve(2, 50, at=late)
    await books.reserve(3, 7, at=tomorrow)
    assert await books.settle(settled, 200, at=tomorrow)
    assert await books.release(released, at=tomorrow)
    assert await books.today() == spent(200)
    assert await books.today(tomorrow) == Total(held=MicroUsd(7), held_pictures=1)


async def test_a_new_day_has_its_money_again(books: Ledger) -> None:
    await books.reserve(1, 1_000_000, DOLLAR)
    await books.reserve(2, 1_000_000, DOLLAR, at=NOON + timedelta(days=1))
    with pytest.raises(LimitError):
        await books.reserve(3, 1, DOLLAR, at=NOON)


async def test_a_refusal_says_what_is_left_and_until_when_and_writes_nothing(books: Ledger) -> None:
    await books.reserve(1, 997_500, DOLLAR)
    with pytest.raises(LimitError) as caught:
        await books.reserve(2, 6_000, DOLLAR)
    midnight = datetime(2026, 5, 2, tzinfo=UTC)
    error = caught.value
    assert (error.resets_at, error.fits) == (midnight, 0)
    assert str(error) == (
        "That could cost up to 0.6 ¢, and you have 0.25 ¢ left of your $1.00 for today. "
        f"You get a fresh $1.00 <t:{int(midnight.timestamp())}:R>. Until then, cheaper pictures may fit."
    )
    assert await books.kinds() == ["reserve"]
    assert await books.today() == Total(held=MicroUsd(997_500), held_pictures=1)


async def test_the_last_micro_dollar_may_be_spent(books: Ledger) -> None:
    await books.reserve(1, 999_999, DOLLAR)
    await books.reserve(2, 1, DOLLAR)
    with pytest.raises(LimitError, match="you have nothing left"):
        await books.reserve(3, 1, DOLLAR)


async def test_what_is_switched_off_says_so(books: Ledger) -> None:
    with pytest.raises(LimitError, match="switched off"):
        await books.reserve(1, 1, Defaults(user_daily=MicroUsd(0)))


async def test_the_operators_cap_stops_everybody(books: Ledger) -> None:
    cap = Defaults(bot_monthly=MicroUsd(1_000))
    await books.reserve(1, 600, cap)
    with pytest.raises(LimitError, match="everybody together may spend a month"):
        await books.reserve(2, 600, cap, at=NOON + timedelta(days=30) - timedelta(hours=13))
    await books.reserve(3, 600, cap, at=NOON + timedelta(days=31))


async def test_one_run_is_held_for_once(store: Store, books: Ledger) -> None:
    run_id = await books.reserve(1, 5)

    async def again() -> None:

        def change(connection: Connection) -> None:
            demand = Demand(MicroUsd(5), 1)
            ledger.reserve(connection, run_id=run_id, person=PERSON, demand=demand, defaults=NO_LIMITS, at=NOON)

        await store.write(change)

    with pytest.raises(ValueError, match="already"):
        await again()
    assert (await books.today()).held == 5


async def test_money_that_was_never_held_cannot_be_closed(books: Ledger) -> None:
    with pytest.raises(LookupError):
        await books.settle("0" * 32, 1)
    with pytest.raises(LookupError):
        await books.release("0" * 32)


async def test_negative_money_is_refused(books: Ledger) -> None:
    with pytest.raises(ValueError, match="negative"):
        await books.reserve(1, -1)
    run_id = await books.reserve(2, 1)
    with pytest.raises(ValueError, match="negative"):
        await books.settle(run_id, -1)


async def test_fifty_at_once_against_a_limit_that_fits_three_start_three(books: Ledger) -> None:
    ends = await asyncio.gather(*(books.reserve(n, 300_000, DOLLAR) for n in range(50)), return_exceptions=True)
    assert [type(end) for end in ends if not isinstance(end, LimitError)] == [str] * 3
    assert (await books.today()).held == 900_000


async def test_processes_at_once_keep_the_limit_too(database_url: str, store: Store, add_run: AddRun) -> None:
    async with Store.open(database_url) as other:
        both = Ledger(store, add_run), Ledger(other, add_run)
        reserves = (both[n % 2].reserve(n, 300_000, DOLLAR) for n in range(12))
        ends = await asyncio.gather(*reserves, return_exceptions=True)
    assert [type(end) for end in ends if not isinstance(end, LimitError)] == [str] * 3


async def test_presses_and_ends_at_once_do_not_block_each_other(books: Ledger) -> None:
    """Many runs of one person held, settled and released at the same time: no deadlock, and the sums are right."""

    async def run(number: int) -> None:
        run_id = await books.reserve(number, 10)
        await (books.settle(run_id, 4) if number % 2 else books.release(run_id))

    await asyncio.gather(*(run(number) for number in range(30)))
    assert await books.today() == spent(15 * 4, pictures=15)
    assert await books.live() == 0


async def test_the_books_say_where_they_disagree(store: Store, books: Ledger) -> None:
    await books.settle(await books.reserve(1, 300), 120)
    right, wrong = spent(120), spent(121)
    this_row = (ledger_totals.c.subject == Subject.USER) & (ledger_totals.c.window == Window.DAY)
    await store.write(
        lambda connection: connection.execute(update(ledger_totals).where(this_row).values(spent_micro_usd=121))
    )
    assert await disagreements(store) == [Disagreement(TODAY, wrong, right)]
    await store.write(lambda connection: connection.execute(delete(ledger_totals).where(this_row)))
    assert await disagreements(store) == [Disagreement(TODAY, Total(), right)]
    await store.write(totals.add, [TODAY], right)


async def test_a_total_without_any_entry_disagrees(store: Store) -> None:
    await store.write(totals.add, [TODAY], spent(1))
    assert await disagreements(store) == [Disagreement(TODAY, spent(1), Total())]
    await store.write(lambda connection: connection.execute(delete(ledger_totals)))


async def test_an_entry_tells_the_whole_story(store: Store, books: Ledger) -> None:
    run_id = await books.reserve(1, 300)
    await books.settle(run_id, 120, at=NOON + timedelta(seconds=3), estimated=True)

    def look(connection: Connection) -> Any:
        rows = connection.execute(select(ledger_entries).order_by(ledger_entries.c.id))
        return [tuple(row)[1:] for row in rows]

    entries = await store.read(look)
    who = (PERSON.user_id, PERSON.guild_id, PERSON.channel_id)
    assert entries == [
        (run_id, Kind.RESERVE, *who, 300, False, NOON, 1, None),
        (run_id, Kind.SETTLE, *who, 120, True, NOON + timedelta(seconds=3), 1, None),
    ]


async def test_what_is_left_names_the_limit_that_leaves_least(store: Store, add_run: AddRun) -> None:
    hour = Limit(Subject.USER, PERSON.user_id, Window.HOUR, Measure.MONEY, 6_000, PERSON.guild_id)
    channel = Limit(Subject.CHANNEL, PERSON.channel_id, Window.DAY, Measure.MONEY, 6_000, PERSON.guild_id)

    async def left(*limits: Limit) -> str | None:

        def change(connection: Connection) -> Any:
            for limit in limits:
                stored.put(connection, limit)
            return pictures_left(reports.limit_uses(connection, PERSON, DOLLAR, NOON), MicroUsd(5_000))

        least = await store.write(change)
        return None if least is None else left_in(least[1])

    assert await left() == "today"
    assert await left(hour) == "this hour"
    assert await left(channel) == "today for this channel", "of two that leave the same, the one that lasts longer"


async def rows_today(store: Store) -> dict[Subject, Total]:
    found = await store.read(totals.read, counted_in(PERSON, NOON))
    return {key.subject: total for key, total in found.items() if key.window is Window.MONTH}


async def test_what_brought_nothing_counts_for_the_server_and_not_for_the_person(store: Store, books: Ledger) -> None:
    run_id = await books.reserve(1, 300, DOLLAR)
    await books.settle(run_id, 120)
    assert await books.refund(run_id, 120)
    assert await books.left(limits=DOLLAR) == (0, 1_000_000)
    rows = await rows_today(store)
    assert rows.pop(Subject.USER) == Total(
        spent=MicroUsd(120), spent_pictures=1, refunded=MicroUsd(120), refunded_pictures=1
    )
    assert {*rows.values()} == {spent(120)}, "the server, the channel and the bot spent it"
    assert await books.kinds() == ["reserve", "settle", "refund"]


async def test_a_refund_is_given_once_however_many_ask_at_once(books: Ledger) -> None:
    run_id = await books.reserve(1, 300, DOLLAR)
    await books.settle(run_id, 120)
    assert sum(await asyncio.gather(*(books.refund(run_id, 50) for _ in range(8)))) == 1
    assert not await books.refund(run_id, 120)
    assert await books.left(limits=DOLLAR) == (70, 999_930)


async def test_no_more_comes_back_than_was_booked(books: Ledger) -> None:
    run_id = await books.reserve(1, 300, DOLLAR)
    await books.settle(run_id, 120)
    assert await books.refund(run_id, 500, pictures=9)
    assert await books.left(limits=DOLLAR) == (0, 1_000_000)


async def test_nothing_comes_back_of_a_run_that_cost_nothing(books: Ledger) -> None:
    held, released = await books.reserve(1, 300), await books.reserve(2, 300)
    await books.release(released)
    assert not await books.refund(held, 300)
    assert not await books.refund(released, 300)
    assert await books.kinds() == ["reserve", "reserve", "release"]


async def test_a_cost_found_late_comes_back_too(books: Ledger) -> None:
    run_id = await books.reserve(1, 300, DOLLAR)
    await books.release(run_id)
    await books.settle(run_id, 120)
    assert await books.refund(run_id, 120)
    assert await books.left(limits=DOLLAR) == (0, 1_000_000)


async def test_a_refund_goes_to_the_day_that_paid(books: Ledger) -> None:
    run_id = await books.reserve(1, 300, DOLLAR)
    await books.settle(run_id, 120)
    tomorrow = NOON + timedelta(days=1)
    assert await books.refund(run_id, 120, at=tomorrow)
    assert await books.left(limits=DOLLAR) == (0, 1_000_000)
    assert await books.left(tomorrow, DOLLAR) == (0, 1_000_000)


async def test_less_than_nothing_is_not_given_back(books: Ledger) -> None:
    run_id = await books.reserve(1, 300)
    await books.settle(run_id, 120)
    with pytest.raises(ValueError, match="negative"):
        await books.refund(run_id, -1)


async def test_a_server_reads_what_it_spent_whatever_was_given_back(store: Store, books: Ledger) -> None:
    run_id = await books.reserve(1, 300)
    await books.settle(run_id, 120)
    await books.refund(run_id, 120)
    day = Window.DAY.start_of(NOON)
    report = await store.read(reports.spending, PERSON.guild_id, day, day + timedelta(days=1))
    assert report.total.money == report.by_person[0].spend.money == 120
