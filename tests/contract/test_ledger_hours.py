"""Totals of hours that are over for long go; the books agree, and what ends late is counted where it can be."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select

from bot.ledger import ledger, recount
from bot.ledger.hours import HOURS_KEPT, drop_hours, hours_needed_from
from bot.ledger.values import Defaults, Demand, Disagreement, Person, Window
from bot.money import MicroUsd
from bot.runs.housekeeping import Housekeeping
from bot.store.engine import Store
from bot.store.tables import ledger_totals

AddRun = Callable[[Connection, int], str]
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PERSON = Person(user_id=6, guild_id=5, channel_id=7)
LONG_AGO = NOON - HOURS_KEPT - timedelta(days=3)


@dataclass
class Clock:
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    async def sleep(self, delay_s: float) -> None:
        self.at += timedelta(seconds=delay_s)


async def reserved(
    store: Store,
    add_run: AddRun,
    number: int,
    at: datetime,
    demand: Demand = Demand(MicroUsd(100), pictures=1),  # noqa: B008 - frozen
) -> str:
    def reserve(connection: Connection) -> str:
        run_id = add_run(connection, number)
        _ = ledger.reserve(connection, run_id=run_id, person=PERSON, demand=demand, defaults=Defaults(), at=at)
        return run_id

    return await store.write(reserve)


async def settled(store: Store, run_id: str) -> None:
    assert await store.write(
        ledger.settle, run_id=run_id, cost=MicroUsd(70), pictures=1, estimated=False, at=NOON, is_live=True
    )


async def rows_of(store: Store, window: Window) -> int:
    count = select(func.count()).select_from(ledger_totals).where(ledger_totals.c.window == window)
    return await store.read(lambda connection: int(connection.execute(count).scalar_one()))


async def wrong(store: Store, hours_from: datetime | None) -> list[Disagreement]:
    return await store.read(lambda connection: list(recount.disagreements(connection, hours_from)))


async def test_old_hours_go_and_their_days_stay(store: Store, add_run: AddRun) -> None:
    for number in range(4):
        await settled(store, await reserved(store, add_run, number, LONG_AGO + timedelta(hours=number)))
    await settled(store, await reserved(store, add_run, 9, NOON - timedelta(days=37)))
    days, months = await rows_of(store, Window.DAY), await rows_of(store, Window.MONTH)
    await Housekeeping(store=store, clock=Clock()).drop_hours()
    assert await rows_of(store, Window.HOUR) == 3  # of the person, the channel and the server, in one hour
    assert (await rows_of(store, Window.DAY), await rows_of(store, Window.MONTH)) == (days, months)
    assert await wrong(store, hours_needed_from(NOON)) == []
    assert len(await wrong(store, None)) == 4 * 3


async def test_none_is_older_than_forty_days_and_those_of_this_month_stay(store: Store, add_run: AddRun) -> None:
    for number, age in enumerate((timedelta(days=40, seconds=1), timedelta(days=38))):
        await settled(store, await reserved(store, add_run, number, NOON - age))
    await Housekeeping(store=store, clock=Clock()).drop_hours()
    oldest = await store.read(
        lambda connection: connection.execute(
            select(func.min(ledger_totals.c.window_start)).where(ledger_totals.c.window == Window.HOUR)
        ).scalar_one()
    )
    assert oldest == NOON - timedelta(days=38)


async def test_batches_take_no_more_than_they_may(store: Store, add_run: AddRun) -> None:
    for number in range(4):
        await settled(store, await reserved(store, add_run, number, LONG_AGO + timedelta(hours=number)))
    assert await store.write(drop_hours, NOON, most=5) == 5
    assert await rows_of(store, Window.HOUR) == 4 * 3 - 5
    assert await wrong(store, hours_needed_from(NOON)) == []


@pytest.mark.parametrize(("money", "pictures"), [(100, 0), (0, 1)])
async def test_an_hour_in_which_something_is_held_stays_until_that_has_its_end(
    store: Store, add_run: AddRun, money: int, pictures: int
) -> None:
    run_id = await reserved(store, add_run, 1, LONG_AGO, Demand(MicroUsd(money), pictures=pictures))
    housekeeping = Housekeeping(store=store, clock=Clock())
    await housekeeping.drop_hours()
    assert await rows_of(store, Window.HOUR) == 3
    await settled(store, run_id)
    assert await wrong(store, hours_needed_from(NOON)) == []
    await housekeeping.drop_hours()
    assert await rows_of(store, Window.HOUR) == 0
    assert await wrong(store, hours_needed_from(NOON)) == []


@pytest.mark.parametrize("are_gone", [True, False])
async def test_a_bill_that_comes_when_the_hour_is_gone_makes_no_new_one(
    store: Store, add_run: AddRun, *, are_gone: bool
) -> None:
    run_id = await reserved(store, add_run, 1, LONG_AGO)
    assert await store.write(ledger.release, run_id=run_id, at=LONG_AGO)
    if are_gone:
        await Housekeeping(store=store, clock=Clock()).drop_hours()
    await settled(store, run_id)  # booked as an adjust
    assert await rows_of(store, Window.HOUR) == (0 if are_gone else 3)
    assert await wrong(store, hours_needed_from(NOON)) == []
