"""Requests through the one door, on SQLite and on PostgreSQL: limits hold whatever is pressed at once, and are fair."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from bot.errors import LimitError, RepeatedPress, Unavailable, UserError
from bot.ledger import recount
from bot.ledger.values import Defaults, Measure, Subject, Window
from bot.money import MicroUsd
from bot.runs.card import Balance
from bot.runs.run import Place, Run
from bot.store.engine import Store
from bot.store.tables import ledger_entries, ledger_totals, runs
from tests.contract.pressing import ADMIN, HERE, PRIVATE, THERE, Room


async def wrong(store: Store) -> Sequence[object]:
    return await store.read(lambda connection: list(recount.disagreements(connection)))


@pytest.fixture
def room(store: Store) -> Room:
    return Room(store)


@pytest.fixture
async def patient_room(database_url: str) -> AsyncIterator[Room]:
    """A room whose transactions wait as long as it takes: who waits in vain is a matter of the store's tests."""
    async with Store.open(database_url, patience_s=60) as store:
        yield Room(store)


@pytest.mark.parametrize(
    ("subject", "subject_id", "measure", "window", "count"),
    [
        (Subject.USER, 7, Measure.RUNS, Window.EVER, 30),
        (Subject.GUILD, None, Measure.PICTURES, Window.DAY, 30),
        (Subject.ROLE, 5, Measure.MONEY, Window.HOUR, 200),
    ],
)
async def test_many_presses_against_a_limit_of_three_start_three(
    patient_room: Room, *, subject: Subject, subject_id: int | None, measure: Measure, window: Window, count: int
) -> None:
    room = patient_room
    price = (await room.press(9_999, THERE)).held
    await room.limit(subject, subject_id, measure, 3 * price if measure is Measure.MONEY else 3, window)
    presses = (room.press(number, roles=(5,)) for number in range(1, count + 1))
    ends = await asyncio.gather(*presses, return_exceptions=True)
    started = [end for end in ends if isinstance(end, Run)]
    refused = [end for end in ends if isinstance(end, LimitError)]
    assert (len(started), len(refused)) == (3, count - 3)

    def look(connection: Connection) -> Any:
        kept = set(connection.scalars(select(runs.c.id).where(runs.c.guild_id == 1)))
        holding = set(connection.scalars(select(ledger_entries.c.run_id).where(ledger_entries.c.guild_id == 1)))
        return kept, holding

    kept, holding = await room.store.read(look)
    assert kept == holding == {run.id for run in started}
    assert await wrong(room.store) == []


async def test_two_processes_pressed_at_once_start_three(room: Room, database_url: str) -> None:
    await room.limit(Subject.GUILD, None, Measure.RUNS, 3, Window.EVER)
    async with Store.open(database_url) as other:
        rooms = room, Room(other)
        ends = await asyncio.gather(
            *(rooms[number % 2].press(number, user_id=number) for number in range(1, 41)), return_exceptions=True
        )
    assert sum(isinstance(end, Run) for end in ends) == 3
    assert not [end for end in ends if not isinstance(end, Run | LimitError | Unavailable)]
    assert await wrong(room.store) == []


async def test_of_two_processes_that_hear_the_same_press_one_has_the_run(room: Room, database_url: str) -> None:
    async with Store.open(database_url) as other:
        heard = (room.press(77), Room(other).press(77), room.press(77))
        ends = await asyncio.gather(*heard, return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == [RepeatedPress.__name__, RepeatedPress.__name__, Run.__name__]
    assert await wrong(room.store) == []


async def test_a_run_that_is_over_makes_room_for_the_next(room: Room) -> None:
    await room.limit(Subject.USER, 7, Measure.RUNS, 1, Window.EVER)
    first = await room.press(1)
    with pytest.raises(LimitError, match="You may have 1 run at once, and you have 1 under way"):
        await room.press(2)
    await room.service.abandon(first)
    await room.press(3)


async def test_people_at_once_in_many_places_never_wait_for_each_other_in_a_circle(room: Room) -> None:
    async def one(number: int) -> None:
        place = (HERE, Place(1, 11), THERE, PRIVATE)[number % 4]
        await room.service.abandon(await room.press(number, place, user_id=number % 3 + 1))

    await asyncio.gather(*(one(number) for number in range(1, 61)))
    rows = await room.store.read(lambda connection: (connection.execute(select(ledger_totals))).all())
    assert not [row for row in rows if row.held_micro_usd or row.held_pictures or row.live_runs]
    assert await wrong(room.store) == []


async def test_a_day_begins_anew_at_midnight(room: Room) -> None:
    await room.limit(Subject.USER, 7, Measure.PICTURES, 1, Window.DAY)
    await room.press(1)
    with pytest.raises(LimitError) as caught:
        await room.press(2)
    assert caught.value.resets_at == datetime(2026, 7, 1, tzinfo=UTC)
    room.clock.advance(11)
    await room.press(3)
    with pytest.raises(LimitError):
        await room.press(4)


async def test_a_limit_of_another_server_is_not_felt_here(room: Room) -> None:
    await room.limit(Subject.USER, 7, Measure.PICTURES, 0, Window.DAY)
    with pytest.raises(LimitError, match="switched off"):
        await room.press(1)
    await room.press(2, THERE)
    await room.press(3, PRIVATE)


async def test_a_role_that_was_taken_away_between_two_presses_counts_no_more(room: Room) -> None:
    await room.limit(Subject.ROLE, 1, Measure.PICTURES, 1, Window.DAY)  # everybody's
    await room.limit(Subject.ROLE, 5, Measure.PICTURES, 3, Window.DAY)
    await room.press(1, roles=(5,), pictures=2)
    with pytest.raises(LimitError, match="you have nothing left of your 1 picture for today"):
        await room.press(2)
    await room.press(3, roles=(5,))


async def test_the_limit_of_a_role_that_was_deleted_holds_for_nobody_and_can_be_removed(room: Room) -> None:
    await room.limit(Subject.ROLE, 5, Measure.PICTURES, 0, Window.DAY)
    await room.press(1, roles=(6,))  # Discord takes a deleted role from everybody
    (limit,) = await room.desk.limits_of(1)
    assert await room.desk.remove_limit(ADMIN, limit)
    assert await room.desk.limits_of(1) == ()


async def test_a_thread_counts_to_its_channel(room: Room) -> None:
    await room.limit(Subject.CHANNEL, 10, Measure.PICTURES, 1, Window.DAY)
    await room.press(1, Place(1, 77, parent_channel_id=10))
    with pytest.raises(LimitError, match="this channel has nothing left of its 1 picture"):
        await room.press(2)


async def test_a_refusal_names_what_would_fit_and_it_does(room: Room) -> None:
    await room.limit(Subject.USER, 7, Measure.PICTURES, 3, Window.DAY)
    await room.press(1)
    with pytest.raises(LimitError, match="2 pictures would fit") as caught:
        await room.press(2, pictures=3)
    await room.press(3, pictures=caught.value.fits)


async def test_private_use_has_its_own_limit_and_can_be_switched_off(store: Store) -> None:
    price = (await Room(store).press(1, THERE)).held
    room = Room(store, Defaults(user_daily=None, private_daily=MicroUsd(price)))
    await room.press(2)
    await room.press(3, PRIVATE)
    with pytest.raises(LimitError):
        await room.press(4, PRIVATE)
    closed = Room(store, Defaults(private_use=False))
    with pytest.raises(UserError, match="switched off in direct messages") as caught:
        await closed.press(5, PRIVATE)
    assert not isinstance(caught.value, LimitError)
    await closed.press(6)


async def test_most_of_a_limit_is_told_once_in_a_window_by_the_run_that_used_it(room: Room) -> None:
    await room.limit(Subject.USER, 7, Measure.PICTURES, 5, Window.DAY)
    early = [await room.press(number) for number in (1, 2, 3)]
    fourth, fifth = await room.press(4), await room.press(5)
    told = await room.service.notices(fourth)
    assert [notice.sentence for notice in told] == [
        "Most of your limit is used: 1 picture is left of 5 pictures for today. It starts afresh <t:1782864000:R>."
    ]
    assert await room.service.notices(fourth) == told
    assert [await room.service.notices(run) for run in (*early, fifth)] == [()] * 4
    room.clock.advance(timedelta(days=1).total_seconds())
    again = await room.press(6, pictures=4)
    assert len(await room.service.notices(again)) == 1


async def test_what_is_left_is_the_fewest_pictures_that_any_limit_leaves_at_their_dearest(room: Room) -> None:
    run = await room.press(1, roles=(5,))
    assert (await room.book.balance(run)).pictures is None
    await room.limit(Subject.ROLE, 5, Measure.MONEY, 40 * run.held - 1, Window.DAY)
    run = await room.press(2, roles=(5,))
    assert await room.book.balance(run) == Balance(37, "today")
    await room.limit(Subject.CHANNEL, run.place.channel_id, Measure.PICTURES, 30, Window.DAY)
    assert await room.book.balance(run) == Balance(28, "today for this channel", is_exact=True)
    await room.limit(Subject.GUILD, None, Measure.MONEY, 3 * run.held, Window.MONTH)
    assert await room.book.balance(run) == Balance(1, "this month for this server")
