"""What is read from the books: a person's use, a server's spending, entries in pages."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, TextClause, and_, func, literal, select, tuple_

from bot.catalog.stored import stored_request
from bot.ledger import ledger, stored, totals
from bot.ledger.export import csv_file
from bot.ledger.limits import applicable, persons_own, row_of, uses
from bot.ledger.values import (
    DaySpend,
    Defaults,
    EntryRow,
    LimitUse,
    Person,
    PersonSpend,
    RecentRun,
    Spend,
    SpendReport,
    Subject,
    Total,
    UsageReport,
    Window,
)
from bot.money import MicroUsd
from bot.store.tables import DAYS_OF_PEOPLE, ledger_entries, ledger_totals, runs

_RECENT = 10
_PAGE = 1_000
# The columns of an entry, in the order of the fields of EntryRow.
_ENTRY = (
    "id",
    "at",
    "kind",
    "run_id",
    "guild_id",
    "channel_id",
    "user_id",
    "amount_micro_usd",
    "pictures",
    "estimated",
)
_LOST = "lost"  # a run's state, as its row has it


def usage(connection: Connection, person: Person, defaults: Defaults, at: datetime) -> UsageReport:
    """What the person uses and has left here, and their last runs here."""
    own = persons_own(person, at)
    found = totals.read(connection, own)
    return UsageReport(
        limits=limit_uses(connection, person, defaults, at),
        totals={key.window: found.get(key, Total()) for key in own},
        runs=_recent(connection, person),
    )


def limit_uses(connection: Connection, person: Person, defaults: Defaults, at: datetime) -> tuple[LimitUse, ...]:
    """How far each limit that holds for the person here is used."""
    applied = applicable(stored.concerning(connection, person), defaults, person)
    rows = totals.read(connection, [row_of(one.limit, person, at) for one in applied])
    return uses(applied, rows, person, at)


def spending(connection: Connection, guild_id: int | None, since: datetime, until: datetime) -> SpendReport:
    """What was spent from the day of `since` until before that of `until`: a row for each of a server's days, and those
    of its people's days. Private use has no server whose days are counted.
    """
    first, end = Window.DAY.start_of(since), Window.DAY.start_of(until)
    columns = ledger_totals.c
    days_of = DAYS_OF_PEOPLE if guild_id is None else _days_of_server(guild_id)
    by_day = {
        row.place: _spend(row)
        for row in connection.execute(_spent(guild_id, first, end, columns.window_start, days_of))
    }
    by_person = [
        PersonSpend(row.place, _spend(row))
        for row in connection.execute(_spent(guild_id, first, end, columns.subject_id, DAYS_OF_PEOPLE))
    ]
    days = [first + timedelta(days=number) for number in range((end - first).days)]
    return SpendReport(
        since=since,
        until=until,
        by_day=tuple(DaySpend(day.date(), by_day.get(day, Spend())) for day in days),
        by_person=tuple(
            sorted((one for one in by_person if one.spend != Spend()), key=lambda one: (-one.spend.money, one.user_id))
        ),
        total=Spend(
            MicroUsd(sum(spend.money for spend in by_day.values())),
            MicroUsd(sum(spend.estimated for spend in by_day.values())),
            sum(spend.pictures for spend in by_day.values()),
        ),
    )


def latest_entry_at(connection: Connection) -> datetime | None:
    """When the last entry was written; None where there is none."""
    last = select(ledger_entries.c.at).order_by(ledger_entries.c.id.desc()).limit(1)
    return connection.execute(last).scalar()


def entries_page(
    connection: Connection,
    guild_id: int | None,
    since: datetime | None,
    until: datetime | None,
    after: EntryRow | None,
) -> list[EntryRow]:
    """The next entries after one (None: the first), at most a thousand.

    Those of a server in the order of their time; of all servers and private use, where `guild_id` is None, as they were
    written.
    """
    table = ledger_entries
    page = select(*(table.c[name] for name in _ENTRY)).limit(_PAGE)
    if guild_id is None:
        page = page.order_by(table.c.id)
        if after is not None:
            page = page.where(table.c.id > after.id)
    else:
        page = page.where(table.c.guild_id == guild_id).order_by(table.c.at, table.c.id)
        if after is not None:
            last = tuple_(literal(after.at, table.c.at.type), literal(after.id, table.c.id.type))
            page = page.where(tuple_(table.c.at, table.c.id) > last)
    if since is not None and (after is None or guild_id is None):  # later pages of a server begin after it anyway
        page = page.where(table.c.at >= since)
    if until is not None:
        page = page.where(table.c.at < until)
    return [EntryRow._make(row) for row in connection.execute(page)]


def all_entries(
    connection: Connection, guild_id: int | None, since: datetime | None, until: datetime | None
) -> Iterator[EntryRow]:
    """Entries in pages over one connection, in the order of `entries_page`."""
    last: EntryRow | None = None
    while page := entries_page(connection, guild_id, since, until, last):
        yield from page
        last = page[-1]


def entries_csv(
    connection: Connection, guild_id: int | None, since: datetime | None, until: datetime | None, *, most_bytes: int
) -> bytes | None:
    """The entries as a CSV file; None where it would be longer than `most_bytes`."""
    return csv_file(all_entries(connection, guild_id, since, until), most_bytes)


def _days_of_server(guild_id: int) -> ColumnElement[bool]:
    columns = ledger_totals.c
    return and_(columns.subject == Subject.GUILD, columns.subject_id == guild_id, columns.window == Window.DAY)


def _spent(
    guild_id: int | None, first: datetime, end: datetime, by: ColumnElement[Any], days: ColumnElement[bool] | TextClause
) -> Any:
    columns = ledger_totals.c
    names = ("spent_micro_usd", "estimated_micro_usd", "spent_pictures")
    return (
        select(by.label("place"), *(func.sum(columns[name]).label(name) for name in names))
        .where(
            columns.guild_id == (guild_id or 0),
            days,
            columns.window_start >= first,
            columns.window_start < end,
        )
        .group_by(by)
    )


def _spend(row: Row[Any]) -> Spend:
    # PostgreSQL sums whole numbers into a Decimal.
    return Spend(MicroUsd(int(row.spent_micro_usd)), MicroUsd(int(row.estimated_micro_usd)), int(row.spent_pictures))


def _recent(connection: Connection, person: Person) -> tuple[RecentRun, ...]:
    wanted = (
        select(runs)
        # `=`, or IS NULL: PostgreSQL has no index for IS NOT DISTINCT FROM, and sorts after IS NULL unless it is told.
        .where(runs.c.user_id == person.user_id, runs.c.guild_id == person.guild_id)
        .order_by(runs.c.guild_id.desc(), runs.c.interaction_id.desc())
        .limit(_RECENT)
    )
    rows = connection.execute(wanted).all()
    lost = [row.id for row in rows if row.state == _LOST]
    closed = ledger.closed_of(connection, lost) if lost else frozenset[str]()
    return tuple(
        _recent_run(row, is_held=row.ended_at is None or (row.state == _LOST and row.id not in closed)) for row in rows
    )


def _recent_run(row: Row[Any], *, is_held: bool) -> RecentRun:
    request = stored_request(row.request, row.input)
    return RecentRun(
        run_id=row.id,
        created_at=row.created_at,
        state=row.state,
        prompt=request.prompt,
        pictures=request.images,
        held=MicroUsd(row.held_micro_usd if is_held else 0),
        cost=None if row.cost_micro_usd is None else MicroUsd(row.cost_micro_usd),
        estimated=row.cost_estimated,
        shown=row.pictures_shown,
        given_back=None if row.given_back_micro_usd is None else MicroUsd(row.given_back_micro_usd),
    )
