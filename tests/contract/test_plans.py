"""Reads whose cost must not grow with the books: the statement that is really sent is the one that is explained."""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, text, update

from bot.ledger import ledger, recount, reports
from bot.ledger.hours import drop_hours
from bot.ledger.values import Defaults, Person
from bot.runs import rows
from bot.runs.review import rows as reviews
from bot.store.engine import Store
from bot.store.tables import ledger_totals, runs

AddRun = Callable[[Connection, int], str]
OpenStore = Callable[..., AbstractAsyncContextManager[Store]]
Read = Callable[[Connection], object]
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
SINCE, UNTIL = AT - timedelta(days=1), AT + timedelta(days=30)
PAGE = (SINCE, "0" * 32)
WHOLE_KEY = r"ledger_totals_1 \(guild_id=\? AND .* AND window_start=\?\)|Index Scan"
PERSON = Person(2**63 - 1, 5, 3)


def recounted(connection: Connection) -> None:
    assert list(recount.disagreements(connection)) == []


def spent(connection: Connection) -> None:
    # Privately: with sorting switched off, PostgreSQL reads a server's people in the order of its primary key.
    reports.spending(connection, None, SINCE, UNTIL)


def hours_dropped(connection: Connection) -> None:
    for number in range(3):
        key = (5, "user", number, "hour", SINCE - timedelta(days=90))
        connection.execute(insert(ledger_totals).values((*key, *(0 for _ in range(7)))))
    assert drop_hours(connection, AT, most=2) == 2


def used(connection: Connection, guild_id: int | None) -> None:
    reports.usage(connection, Person(PERSON.user_id, guild_id, 3), Defaults(), AT)


async def plans_of(store: Store, read: Read) -> list[str]:
    """How the database goes about each statement that `read` sends, with the values that it sends."""
    sent: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, _x: object, many: bool) -> None:
        sent.append((statement, parameters[0] if many else parameters))

    def change(connection: Connection) -> Any:
        if store.dialect == "postgresql":  # which would read tables of a few rows whole, and sort them
            for name in ("enable_seqscan", "enable_sort", "enable_bitmapscan", "enable_hashagg"):
                connection.execute(text(f"SET LOCAL {name} = off"))
        event.listen(connection, "before_cursor_execute", note)
        read(connection)
        event.remove(connection, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN" if store.dialect == "sqlite" else "EXPLAIN"
        plans = [connection.exec_driver_sql(f"{explain} {statement}", values) for statement, values in sent]
        return ["\n".join(str(row) for row in plan) for plan in plans]

    return await store.write(change)


READS: dict[str, tuple[Read, str]] = {
    "the runs of a start": (rows.unfinished, "ix_runs_unfinished"),
    "a page of the runs of a start": (lambda c: rows.outlines(c, after=PAGE, most=5), "ix_runs_unfinished"),
    "a page of what is to be worked on": (
        lambda c: rows.unfinished(c, after=PAGE, most=5, but_waiting=True),
        "ix_runs_unfinished",
    ),
    "the lost runs of a start": (lambda c: rows.lost(c, SINCE), "ix_runs_lost"),
    "money held for lost runs": (lambda c: ledger.held_for_lost(c, AT, since=SINCE), "ix_runs_lost"),
    "who waits and is about to lose the token": (
        lambda c: rows.waiting_pressed_between(c, SINCE, AT),
        "ix_runs_with_token",
    ),
    "tokens to forget": (lambda c: rows.forget_tokens(c, SINCE, most=10), "ix_runs_with_token"),
    "hours to drop": (hours_dropped, "ix_ledger_totals_window_window_start"),
    "hours that are dropped": (hours_dropped, WHOLE_KEY),
    "a recount": (recounted, "ix_ledger_entries_beginning"),
    "the last runs of /usage": (lambda c: used(c, 5), "ix_runs_history"),
    "the last runs of /usage, privately": (lambda c: used(c, None), "ix_runs_history"),
    "/history": (lambda c: rows.pressed_by(c, PERSON.user_id, None, before=2**40, most=10), "ix_runs_history"),
    "/history, back": (lambda c: rows.pressed_after(c, PERSON.user_id, 5, after=1, most=10), "ix_runs_history"),
    "the reviews that have something to be done": (lambda c: reviews.work(c, AT), "ix_reviews_unclosed"),
    "the days of /spend": (spent, "ix_ledger_totals_days"),
    "the CSV of /spend": (lambda c: reports.entries_page(c, 5, SINCE, UNTIL, None), "ix_ledger_entries_of_guild"),
}


@pytest.mark.parametrize(("read", "index"), READS.values(), ids=READS)
async def test_a_read_goes_by_its_index(store: Store, add_run: AddRun, read: Read, index: str) -> None:

    def change(connection: Connection) -> None:
        for number in range(6):
            add_run(connection, number)
        connection.execute(update(runs).where(runs.c.interaction_id < 3).values(state="lost", ended_at=AT))

    await store.write(change)
    plans = [plan for plan in await plans_of(store, read) if re.search(index, plan)]
    assert plans, f"none goes by {index}"
    # Sorted all the same: sums by day and by person, a server's people at most; and reviews, few of which are open.
    if index not in {"ix_ledger_totals_days", "ix_reviews_unclosed"}:
        assert not [plan for plan in plans if "TEMP B-TREE" in plan or "Sort" in plan], "the index gives the order"
