"""Totals held against their entries: every entry once, in the order of time, a window's sums at a time.

An hour's sums are compared when it is over and then added to its day's, those to the month's, and those to what has no
end. So what is kept in memory grows with the people and channels there are, not with the entries.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, literal, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ledger.limits import WINDOWS_OF, Whose, counting
from bot.ledger.totals import COUNTS, made
from bot.ledger.values import Disagreement, Kind, Person, Subject, TotalKey, Window
from bot.store.tables import ledger_entries, ledger_totals

_PAGE = 5_000
_NESTED = (Window.HOUR, Window.DAY, Window.MONTH, Window.EVER)  # each is part of the next
# What an entry or a row counts, in the order of the fields of Total.
_HELD, _SPENT, _ESTIMATED, _GRANTED, _HELD_PICTURES, _SPENT_PICTURES, _LIVE_RUNS = range(7)
_Sums = dict[Whose, list[int]]


async def disagreements(connection: AsyncConnection) -> AsyncIterator[Disagreement]:
    """Every row that is not the sum of its entries, and every sum without a row."""
    sums: Mapping[Window, _Sums] = {window: {} for window in _NESTED}
    starts: dict[Window, datetime] = {}
    compared: set[tuple[Window, datetime]] = set()
    async for row in _beginnings(connection):
        if not starts or not _is_in(starts[Window.HOUR], row.at):
            for window in _over(starts, row.at):
                compared.add((window, starts[window]))
                async for wrong in _compared(connection, window, starts[window], sums[window]):
                    yield wrong
                _carry_over(sums, window)
            starts = {window: window.start_of(row.at) for window in _NESTED}
        _count(sums[Window.HOUR], row)
    for window, start in starts.items():
        compared.add((window, start))
        async for wrong in _compared(connection, window, start, sums[window]):
            yield wrong
        _carry_over(sums, window)
    async for wrong in _without_entries(connection, compared):
        yield wrong


def _is_in(hour: datetime, at: datetime) -> bool:
    return 0 <= (at - hour).total_seconds() < 3600


def _over(starts: Mapping[Window, datetime], at: datetime) -> list[Window]:
    """The windows that `at` is no longer in, shortest first."""
    return [window for window, start in starts.items() if window.start_of(at) != start]


def _carry_over(sums: Mapping[Window, _Sums], window: Window) -> None:
    """Add a window's sums to those of the one it is part of, and begin anew."""
    if window is Window.EVER:
        return
    longer = sums[_NESTED[_NESTED.index(window) + 1]]
    for whose, counts in sums[window].items():
        _sum_up(longer, whose, counts)
    sums[window].clear()


def _count(sums: _Sums, row: Row[Any]) -> None:
    """Add a grant, or a run: held while it has no end, else what it cost, be it known late."""
    counts = [0] * len(COUNTS)
    for_whom = counting(Person(row.user_id, row.guild_id, row.channel_id or 0))
    if row.kind == Kind.GRANT:
        counts[_GRANTED] = row.amount_micro_usd
        for_whom = tuple(whose for whose in for_whom if whose[1] is Subject.USER)  # what the person alone may spend
    elif row.end is None:
        counts[_HELD], counts[_HELD_PICTURES], counts[_LIVE_RUNS] = row.amount_micro_usd, row.pictures, 1
    elif row.end == Kind.SETTLE:
        counts[_SPENT], counts[_SPENT_PICTURES] = row.end_amount_micro_usd, row.end_pictures
        counts[_ESTIMATED] = counts[_SPENT] if row.end_estimated else 0
    elif row.late_amount_micro_usd is not None:
        counts[_SPENT], counts[_SPENT_PICTURES] = row.late_amount_micro_usd, row.late_pictures
        counts[_ESTIMATED] = counts[_SPENT] if row.late_estimated else 0
    for whose in for_whom:
        _sum_up(sums, whose, counts)


def _sum_up(sums: _Sums, whose: Whose, counts: list[int]) -> None:
    before = sums.get(whose)
    sums[whose] = counts if before is None else [one + other for one, other in zip(before, counts, strict=True)]


async def _beginnings(connection: AsyncConnection) -> AsyncIterator[Row[Any]]:
    """Every reserve and grant with what came of it, in the order of time. Pages, so that no statement takes long."""
    begin, end, late = (ledger_entries.alias(name) for name in ("beginning", "end_of_run", "late"))
    found = ("amount_micro_usd", "pictures", "estimated")
    page = (
        select(
            *(begin.c[name] for name in ("id", "at", "kind", "user_id", "guild_id", "channel_id", *found[:2])),
            end.c.kind.label("end"),
            *(end.c[name].label(f"end_{name}") for name in found),
            *(late.c[name].label(f"late_{name}") for name in found),
        )
        .outerjoin(end, and_(end.c.run_id == begin.c.run_id, end.c.kind.in_([Kind.SETTLE, Kind.RELEASE])))
        .outerjoin(late, and_(late.c.run_id == begin.c.run_id, late.c.kind == Kind.ADJUST))
        # Text, not bound: only then do both planners see that the partial index answers it.
        .where(text("beginning.kind IN ('reserve', 'grant')"))
        .order_by(begin.c.at, begin.c.id)
        .limit(_PAGE)
    )
    rows = (await connection.execute(page)).all()
    while rows:
        for row in rows:
            yield row
        last = tuple_(literal(rows[-1].at, begin.c.at.type), literal(rows[-1].id, begin.c.id.type))
        rows = (await connection.execute(page.where(tuple_(begin.c.at, begin.c.id) > last))).all()


async def _compared(
    connection: AsyncConnection, window: Window, start: datetime, sums: _Sums
) -> AsyncIterator[Disagreement]:
    """The rows of a window that differ from these sums, which are left as they are."""
    nothing, unseen = (0,) * len(COUNTS), {whose for whose in sums if window in WINDOWS_OF[whose[1]]}
    columns = (ledger_totals.c[name] for name in ("guild_id", "subject", "subject_id", *COUNTS))
    wanted = select(*columns).where(ledger_totals.c.window == window, ledger_totals.c.window_start == start)
    for row in (await connection.execute(wanted)).all():  # no more of them than there are sums in memory
        values: tuple[Any, ...] = tuple(row)
        whose, stored = (values[0], Subject(values[1]), values[2]), values[3:]
        counted = _in_window(sums[whose], window) if whose in unseen else nothing
        unseen.discard(whose)
        if counted != stored:
            yield Disagreement(TotalKey(*whose, window, start), made(stored), made(counted))
    for whose in sorted(unseen):
        counted = _in_window(sums[whose], window)
        if counted != nothing:
            yield Disagreement(TotalKey(*whose, window, start), made(nothing), made(counted))


def _in_window(counts: list[int], window: Window) -> tuple[int, ...]:
    """What a row of this window counts: runs at once are counted in the one without an end alone."""
    return tuple(counts) if window is Window.EVER else (*counts[:_LIVE_RUNS], 0)


async def _without_entries(
    connection: AsyncConnection, compared: set[tuple[Window, datetime]]
) -> AsyncIterator[Disagreement]:
    """The rows of windows in which nothing began."""
    places = select(ledger_totals.c.window, ledger_totals.c.window_start).distinct()
    for row in (await connection.execute(places)).all():
        place = Window(row.window), row.window_start
        if place not in compared:
            async for wrong in _compared(connection, *place, {}):
                yield wrong
