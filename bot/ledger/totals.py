"""The rows of sums: changed and read. recount.py holds them against the entries."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, or_, select

from bot.ledger.values import Subject, Total, TotalKey, Window
from bot.money import MicroUsd
from bot.store.tables import ledger_totals
from bot.store.upsert import add_to_rows

_COLUMN_OF = {
    "held": "held_micro_usd",
    "spent": "spent_micro_usd",
    "estimated": "estimated_micro_usd",
    "granted": "granted_micro_usd",
    "refunded": "refunded_micro_usd",
    "held_pictures": "held_pictures",
    "spent_pictures": "spent_pictures",
    "refunded_pictures": "refunded_pictures",
    "live_runs": "live_runs",
}
if tuple(_COLUMN_OF) != tuple(field.name for field in fields(Total)):
    raise AssertionError("every field of Total has its column, in its order")
COUNTS = tuple(_COLUMN_OF.values())
"""The columns of numbers, in the order of the fields of Total."""
# `asdict` copies deeply, some sixty times for each press.
_numbers: Callable[[Total], tuple[int, ...]] = attrgetter(*_COLUMN_OF)


def add(
    connection: Connection, keys: Sequence[TotalKey], change: Total, *, giving: Collection[TotalKey] = ()
) -> Mapping[TotalKey, Total]:
    """Add `change` (its numbers may be negative) to each row, and give what those of `giving` are then.

    Missing rows are made.

    One statement, in the order of `keys`, which is everybody's; the rows stay locked until the transaction ends. Live
    runs are counted in the window without an end alone.
    """
    counts = {window: _counts(in_window(change, window)) for window in Window}
    rows = [{**_columns(key), **counts[key.window]} for key in keys]
    found = add_to_rows(connection, ledger_totals, rows, COUNTS)
    if not giving:
        return {}
    return {key: total_of(row) for row in found if (key := key_of(row)) in giving}


def read(connection: Connection, keys: Sequence[TotalKey]) -> Mapping[TotalKey, Total]:
    """Rows as they stand, without a lock; those that are not there are left out."""
    if not keys:
        return {}
    wanted = {f"{name}_{at}": value for at, key in enumerate(keys) for name, value in _columns(key).items()}
    return {key_of(row): total_of(row) for row in connection.execute(_reading(len(keys)), wanted)}


@cache  # a few numbers of keys are asked for, at each run; to build the statement costs more than to run it
def _reading(keys: int) -> Select[Any]:
    def one(at: int) -> ColumnElement[bool]:
        columns = ledger_totals.primary_key.columns
        return and_(*(column == bindparam(f"{column.name}_{at}") for column in columns))

    return select(ledger_totals).where(or_(*(one(at) for at in range(keys))))


def in_window(change: Total, window: Window) -> Total:
    """The part of a change that a row of this window counts."""
    if window is Window.EVER or not change.live_runs:
        return change
    return made([*numbers(change)[:-1], 0])


def without(total: Total, change: Total) -> Total:
    """What a total was before a change."""
    return made([now - part for now, part in zip(numbers(total), numbers(change), strict=True)])


def numbers(total: Total) -> list[int]:
    """The numbers of a total, in the order of its fields."""
    return list(_numbers(total))


def made(numbers: Sequence[int]) -> Total:
    """The total of numbers in the order of its fields."""
    *money, held_pictures, spent_pictures, refunded_pictures, live_runs = numbers
    held, spent, estimated, granted, refunded = map(MicroUsd, money)
    return Total(
        held,
        spent,
        estimated,
        granted,
        refunded,
        held_pictures,
        spent_pictures,
        refunded_pictures,
        live_runs,
    )


def key_of(row: Row[Any]) -> TotalKey:
    """Which row this is."""
    return TotalKey(row.guild_id, Subject(row.subject), row.subject_id, Window(row.window), row.window_start)


def total_of(row: Row[Any]) -> Total:
    """What a row counts."""
    return made([getattr(row, column) for column in COUNTS])


def _columns(key: TotalKey) -> dict[str, object]:
    return {
        "guild_id": key.guild_id,
        "subject": key.subject.value,
        "subject_id": key.subject_id,
        "window": key.window.value,
        "window_start": key.window_start,
    }


def _counts(total: Total) -> dict[str, object]:
    return dict(zip(COUNTS, _numbers(total), strict=True))
