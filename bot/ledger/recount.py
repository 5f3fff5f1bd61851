"""Totals held against their entries: every entry once, in the order of time, a window's sums at a time.

What is kept in memory is the sums of the present hour, day and month, and those without an end: it grows with the
people and channels there are, not with the entries.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Row, and_, literal, literal_column, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ledger.limits import counted_in
from bot.ledger.totals import in_window, key_of, made, numbers, total_of
from bot.ledger.values import Disagreement, Kind, Person, Subject, Total, TotalKey, Window
from bot.money import MicroUsd
from bot.store.tables import ledger_entries, ledger_totals

_PAGE = 5_000
_Sums = dict[TotalKey, list[int]]
_NOTHING = Total()


async def disagreements(connection: AsyncConnection) -> AsyncIterator[Disagreement]:
    """Every row that is not the sum of its entries, and every sum without a row."""
    compared: set[tuple[Window, datetime]] = set()
    sums: dict[tuple[Window, datetime], _Sums] = {}
    async for at, changes in _hours(connection):
        for place in _over(sums, at):
            compared.add(place)
            async for wrong in _compared(connection, place, sums.pop(place)):
                yield wrong
        _count_in(sums, changes, at)
    for place, counted in sums.items():
        compared.add(place)
        async for wrong in _compared(connection, place, counted):
            yield wrong
    for place in await _places(connection):
        if place not in compared:
            async for wrong in _compared(connection, place, {}):
                yield wrong


def _over(sums: Mapping[tuple[Window, datetime], _Sums], at: datetime) -> list[tuple[Window, datetime]]:
    return [(window, start) for window, start in sums if window.start_of(at) != start]


def _count_in(
    sums: dict[tuple[Window, datetime], _Sums], changes: Mapping[Person, Sequence[int]], at: datetime
) -> None:
    for person, change in changes.items():
        whole = made(change)
        for key in counted_in(person, at):
            # A grant raises what the person alone may spend.
            own = whole if key.subject is Subject.USER else replace(whole, granted=MicroUsd(0))
            place = sums.setdefault((key.window, key.window_start), {})
            _sum_up(place.setdefault(key, [0] * len(change)), numbers(in_window(own, key.window)))


async def _hours(connection: AsyncConnection) -> AsyncIterator[tuple[datetime, Mapping[Person, Sequence[int]]]]:
    """For each hour in which something began, in order: what it came to for each person and place."""
    hour: datetime | None = None
    changes: dict[Person, list[int]] = {}
    async for row in _beginnings(connection):
        start = Window.HOUR.start_of(row.at)
        if hour is not None and start != hour:
            yield hour, changes
            changes = {}
        hour = start
        change = numbers(_of(row))
        person = Person(row.user_id, row.guild_id, row.channel_id or 0)
        _sum_up(changes.setdefault(person, [0] * len(change)), change)
    if hour is not None:
        yield hour, changes


async def _beginnings(connection: AsyncConnection) -> AsyncIterator[Row[Any]]:
    """Every reserve and grant with what came of it, in the order of time. Pages, so that no statement takes long."""
    begin, end, late = (ledger_entries.alias(name) for name in ("beginning", "end_of_run", "late"))
    found = ("amount_micro_usd", "pictures", "estimated")
    page = (
        select(
            begin,
            end.c.kind.label("end"),
            *(end.c[name].label(f"end_{name}") for name in found),
            *(late.c[name].label(f"late_{name}") for name in found),
        )
        .outerjoin(end, and_(end.c.run_id == begin.c.run_id, end.c.kind.in_([Kind.SETTLE, Kind.RELEASE])))
        .outerjoin(late, and_(late.c.run_id == begin.c.run_id, late.c.kind == Kind.ADJUST))
        # Written out, not bound: only then do both planners see that the partial index answers it.
        .where(literal_column("beginning.kind IN ('reserve', 'grant')", Boolean))
        .order_by(begin.c.at, begin.c.id)
        .limit(_PAGE)
    )
    rows = (await connection.execute(page)).all()
    while rows:
        for row in rows:
            yield row
        last = tuple_(literal(rows[-1].at, begin.c.at.type), literal(rows[-1].id, begin.c.id.type))
        rows = (await connection.execute(page.where(tuple_(begin.c.at, begin.c.id) > last))).all()


def _of(row: Row[Any]) -> Total:
    """What an entry counts for: a grant; or a run, held while it has no end, else what it cost, be it known late."""
    if row.kind == Kind.GRANT:
        return Total(granted=MicroUsd(row.amount_micro_usd))
    if row.end is None:
        return Total(held=MicroUsd(row.amount_micro_usd), held_pictures=row.pictures, live_runs=1)
    prefix = "end" if row.end == Kind.SETTLE else "late"
    spent = MicroUsd(getattr(row, f"{prefix}_amount_micro_usd") or 0)
    estimated = spent if getattr(row, f"{prefix}_estimated") else MicroUsd(0)
    return Total(spent=spent, estimated=estimated, spent_pictures=getattr(row, f"{prefix}_pictures") or 0)


async def _compared(
    connection: AsyncConnection, place: tuple[Window, datetime], sums: _Sums
) -> AsyncIterator[Disagreement]:
    window, start = place
    wanted = select(ledger_totals).where(ledger_totals.c.window == window, ledger_totals.c.window_start == start)
    async for row in await connection.stream(wanted):
        key, stored = key_of(row), total_of(row)
        counted = sums.pop(key, None)
        recomputed = _NOTHING if counted is None else made(counted)
        if stored != recomputed:
            yield Disagreement(key, stored, recomputed)
    for key, counted in sums.items():
        if any(counted):
            yield Disagreement(key, _NOTHING, made(counted))


async def _places(connection: AsyncConnection) -> Sequence[tuple[Window, datetime]]:
    rows = await connection.execute(select(ledger_totals.c.window, ledger_totals.c.window_start).distinct())
    return [(Window(row.window), row.window_start) for row in rows]


def _sum_up(sums: list[int], change: Sequence[int]) -> None:
    for index, number in enumerate(change):
        sums[index] += number
