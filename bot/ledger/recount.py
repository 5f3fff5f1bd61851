"""Totals held against their entries: every entry once, in the order of time, a window's sums at a time.

An hour's sums are added to its day's when it is over, a day's to its month's, and those to what has no end. A window is
compared when it is over, the hours of a day together. So what is kept in memory grows with the people and channels that
there are, not with the entries.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import add
from typing import Any

from sqlalchemy import Connection, Row, and_, literal, select, text, tuple_, type_coerce
from sqlalchemy.types import NullType

from bot.ledger.limits import WINDOWS_OF, Whose, counting
from bot.ledger.totals import COUNTS, made
from bot.ledger.values import Disagreement, Kind, Person, Subject, TotalKey, Window
from bot.store.tables import LOST, ledger_entries, ledger_totals, runs
from bot.store.types import UtcDateTime

_PAGE = 1_000
_NESTED = (Window.HOUR, Window.DAY, Window.MONTH, Window.EVER)  # each is part of the next
# What an entry or a row counts, in the order of the fields of Total.
(
    _HELD,
    _SPENT,
    _ESTIMATED,
    _GRANTED,
    _REFUNDED,
    _HELD_PICTURES,
    _SPENT_PICTURES,
    _REFUNDED_PICTURES,
    _LIVE_RUNS,
) = range(len(COUNTS))
_Counts = tuple[int, ...]
_Sums = dict[Whose, _Counts]
_NOTHING: _Counts = (0,) * len(COUNTS)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows that are compared. Those of hours before `hours_from` may be gone."""

    connection: Connection
    hours_from: datetime | None

    def may_be_gone(self, window: Window, start: datetime) -> bool:
        return window is Window.HOUR and self.hours_from is not None and start < self.hours_from


def disagreements(connection: Connection, hours_from: datetime | None = None) -> Iterator[Disagreement]:
    """Every row that is not the sum of its entries, and every sum without a row.

    `hours_from`: the rows of hours before then may be gone (hours.py); None: of no hour.
    """
    rows = _Rows(connection, hours_from)
    sums: dict[Window, _Sums] = {window: {} for window in _NESTED}
    hours: dict[datetime, _Sums] = {}  # of the day that is being counted
    starts: dict[Window, datetime] = {}
    compared: set[tuple[Window, datetime]] = set()
    for row, is_live in _beginnings(connection):
        if not starts or not _is_in(starts[Window.HOUR], row.at):
            for window in _over(starts, row.at):
                for wrong in _closed(rows, window, starts[window], sums, hours):
                    yield wrong
                compared.add((window, starts[window]))
            starts = {window: window.start_of(row.at) for window in _NESTED}
        _count(sums[Window.HOUR], row, is_live=is_live)
    for window, start in starts.items():
        for wrong in _closed(rows, window, start, sums, hours):
            yield wrong
        compared.add((window, start))
    for wrong in _without_entries(rows, compared):
        yield wrong


def _closed(
    rows: _Rows,
    window: Window,
    start: datetime,
    sums: dict[Window, _Sums],
    hours: dict[datetime, _Sums],
) -> Iterator[Disagreement]:
    """What is wrong with a window that is over, and with the hours of a day; its sums go to what it is part of."""
    if window is Window.HOUR:
        hours[start] = sums[window]
    elif window is Window.DAY:
        for wrong in _compared(rows, Window.HOUR, start, start + timedelta(days=1), hours):
            yield wrong
        hours.clear()
    if window is not Window.HOUR:
        for wrong in _compared(rows, window, start, start + timedelta(microseconds=1), {start: sums[window]}):
            yield wrong
    _carry_over(sums, window)


def _is_in(hour: datetime, at: datetime) -> bool:
    return 0 <= (at - hour).total_seconds() < 3600


def _over(starts: Mapping[Window, datetime], at: datetime) -> list[Window]:
    """The windows that `at` is no longer in, shortest first."""
    return [window for window, start in starts.items() if window.start_of(at) != start]


def _carry_over(sums: dict[Window, _Sums], window: Window) -> None:
    """Add a window's sums to those of the one it is part of, and begin anew."""
    if window is not Window.EVER:
        longer = sums[_NESTED[_NESTED.index(window) + 1]]
        for whose, counts in sums[window].items():
            _sum_up(longer, whose, counts)
        sums[window] = {}


def _count(sums: _Sums, row: Row[Any], *, is_live: bool) -> None:
    """Add a grant, or a run: held while it has no end, else what it cost, be it known late, and what was given back."""
    counts = [0] * len(COUNTS)
    for_whom = counting(Person(row.user_id, row.guild_id, row.channel_id or 0))
    if row.kind == Kind.GRANT:
        counts[_GRANTED] = row.amount_micro_usd
        for_whom = tuple(whose for whose in for_whom if whose[1] is Subject.USER)  # what the person alone may spend
    elif row.end is None:
        counts[_HELD], counts[_HELD_PICTURES], counts[_LIVE_RUNS] = row.amount_micro_usd, row.pictures, int(is_live)
    elif row.end == Kind.SETTLE:
        counts[_SPENT], counts[_SPENT_PICTURES] = row.end_amount_micro_usd, row.end_pictures
        counts[_ESTIMATED] = counts[_SPENT] if row.end_estimated else 0
    elif row.late_amount_micro_usd is not None:
        counts[_SPENT], counts[_SPENT_PICTURES] = row.late_amount_micro_usd, row.late_pictures
        counts[_ESTIMATED] = counts[_SPENT] if row.late_estimated else 0
    counted = tuple(counts)
    for whose in for_whom:
        _sum_up(sums, whose, counted)
    if row.back_amount_micro_usd is not None:
        counts = [0] * len(COUNTS)
        counts[_REFUNDED], counts[_REFUNDED_PICTURES] = row.back_amount_micro_usd, row.back_pictures
        for whose in for_whom:
            if whose[1] is Subject.USER:
                _sum_up(sums, whose, tuple(counts))


def _sum_up(sums: _Sums, whose: Whose, counts: _Counts) -> None:
    before = sums.get(whose)
    sums[whose] = counts if before is None else tuple(map(add, before, counts))


def _beginnings(connection: Connection) -> Iterator[tuple[Row[Any], bool]]:
    """Every reserve and grant with what came of it, in the order of time, and whether a run is under way.

    Pages, so that no statement takes long.
    """
    begin, end, late, back = (ledger_entries.alias(name) for name in ("beginning", "end_of_run", "late", "back"))
    found = ("amount_micro_usd", "pictures", "estimated")
    begun = ("id", "run_id", "at", "kind", "user_id", "guild_id", "channel_id", *found[:2])
    page = (
        select(
            *(begin.c[name] for name in begun),
            end.c.kind.label("end"),
            *(end.c[name].label(f"end_{name}") for name in found),
            *(late.c[name].label(f"late_{name}") for name in found),
            *(back.c[name].label(f"back_{name}") for name in found[:2]),
        )
        .outerjoin(end, and_(end.c.run_id == begin.c.run_id, end.c.kind.in_([Kind.SETTLE, Kind.RELEASE])))
        .outerjoin(late, and_(late.c.run_id == begin.c.run_id, late.c.kind == Kind.ADJUST))
        .outerjoin(back, and_(back.c.run_id == begin.c.run_id, back.c.kind == Kind.REFUND))
        # Text, not bound: only then do both planners see that the partial index answers it.
        .where(text("beginning.kind IN ('reserve', 'grant')"))
        .order_by(begin.c.at, begin.c.id)
        .limit(_PAGE)
    )
    rows = connection.execute(page).all()
    while rows:
        lost = _lost(connection, [row.run_id for row in rows if row.end is None and row.run_id is not None])
        for row in rows:
            yield row, row.run_id not in lost
        last = tuple_(literal(rows[-1].at, begin.c.at.type), literal(rows[-1].id, begin.c.id.type))
        rows = connection.execute(page.where(tuple_(begin.c.at, begin.c.id) > last)).all()


def _lost(connection: Connection, run_ids: Collection[str]) -> set[str]:
    """Which of these were given up as lost: held for, and not under way any more."""
    if not run_ids:
        return set()
    return set(connection.execute(select(runs.c.id).where(runs.c.id.in_(run_ids), LOST)).scalars())


def _compared(
    rows: _Rows, window: Window, first: datetime, end: datetime, sums: Mapping[datetime, _Sums]
) -> Iterator[Disagreement]:
    """The rows of the windows that begin from `first` until before `end`, as far as they differ from these sums."""
    table = ledger_totals.c
    columns = (table[name] for name in ("guild_id", "subject", "subject_id", *COUNTS))
    # As the driver gives it: millions of rows begin at few moments, each of which is made a time once.
    bare = type_coerce(table.window_start, NullType())
    wanted = select(*columns, bare).where(table.window == window, table.window_start >= first, table.window_start < end)
    dialect = rows.connection.dialect
    # Numbers that agree are kept once, not twice: these are the most that is ever in memory.
    expected = {UtcDateTime().process_bind_param(start, dialect): whose for start, whose in sums.items()}
    found: dict[Any, _Sums] = {}
    for row in rows.connection.execute(wanted):  # no more of them than there are sums in memory
        values: tuple[Any, ...] = tuple(row)
        whose, counts, same = values[:3], values[3:-1], expected.get(values[-1], {}).get(values[:3])
        found.setdefault(values[-1], {})[whose] = same if same is not None and same == counts else counts
    stored = {UtcDateTime().process_result_value(at, dialect) or at: sums for at, sums in found.items()}
    for start in sorted({*stored, *sums}):
        there, counted = stored.get(start, {}), _kept(sums.get(start, {}), window)
        if rows.may_be_gone(window, start):
            counted = {whose: counts for whose, counts in counted.items() if whose in there}
        yield from _differing(window, start, there, counted)


def _kept(sums: _Sums, window: Window) -> _Sums:
    """Of sums, what rows of this window say: not of everybody, and runs at once in the one without an end alone."""
    unkept = {subject for subject, windows in WINDOWS_OF.items() if window not in windows}
    kept = {whose: counts for whose, counts in sums.items() if whose[1] not in unkept}
    if window is not Window.EVER and any(counts[_LIVE_RUNS] for counts in kept.values()):
        return {whose: (*counts[:_LIVE_RUNS], 0) for whose, counts in kept.items()}
    return kept


def _differing(window: Window, start: datetime, stored: _Sums, counted: _Sums) -> Iterator[Disagreement]:
    if stored == counted:  # nearly always, and much quicker than one by one
        return
    for whose in (*stored, *sorted(counted.keys() - stored.keys())):
        one, other = stored.get(whose, _NOTHING), counted.get(whose, _NOTHING)
        if one != other:
            guild_id, subject, subject_id = whose
            key = TotalKey(guild_id, Subject(subject), subject_id, window, start)
            yield Disagreement(key, made(one), made(other))


def _without_entries(rows: _Rows, compared: set[tuple[Window, datetime]]) -> Iterator[Disagreement]:
    """The rows of windows in which nothing began, nor in the day of an hour."""
    places = select(ledger_totals.c.window, ledger_totals.c.window_start).distinct()
    for row in rows.connection.execute(places).all():
        window, start = Window(row.window), row.window_start
        day = (Window.DAY, Window.DAY.start_of(start))
        if (window, start) not in compared and not (window is Window.HOUR and day in compared):
            yield from _compared(rows, window, start, start + timedelta(microseconds=1), {})
