"""The rows of sums: changed, read, and recomputed from the entries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Row, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ledger.limits import counted_in, persons_own
from bot.ledger.values import Disagreement, Kind, Person, Subject, Total, TotalKey, Window
from bot.money import MicroUsd
from bot.store.tables import ledger_entries, ledger_totals
from bot.store.upsert import add_to_rows

_COLUMN_OF = {
    "held": "held_micro_usd",
    "spent": "spent_micro_usd",
    "estimated": "estimated_micro_usd",
    "granted": "granted_micro_usd",
    "held_pictures": "held_pictures",
    "spent_pictures": "spent_pictures",
    "live_runs": "live_runs",
}
if set(_COLUMN_OF) != {field.name for field in fields(Total)}:
    raise AssertionError("every field of Total has its column")


async def add(connection: AsyncConnection, keys: Sequence[TotalKey], change: Total) -> Mapping[TotalKey, Total]:
    """Add `change` (its numbers may be negative) to each row, and give what they are then; missing rows are made.

    One statement, in the order of `keys`, which is everybody's; the rows stay locked until the transaction ends. Live
    runs are counted in the window without an end alone.
    """
    rows = [{**_columns(key), **_counts(_in_window(change, key.window))} for key in keys]
    found = await add_to_rows(connection, ledger_totals, rows, tuple(_COLUMN_OF.values()))
    return {_key(row): _total(row) for row in found}


async def read(connection: AsyncConnection, keys: Sequence[TotalKey]) -> Mapping[TotalKey, Total]:
    """Rows as they stand, without a lock; those that are not there are left out."""
    if not keys:
        return {}
    wanted = or_(*(and_(*(ledger_totals.c[name] == value for name, value in _columns(key).items())) for key in keys))
    return {_key(row): _total(row) for row in await connection.execute(select(ledger_totals).where(wanted))}


async def disagreements(connection: AsyncConnection) -> tuple[Disagreement, ...]:
    """Every row that is not the sum of its entries, and every sum without a row. Reads all entries once, streaming."""
    stored = {_key(row): _total(row) async for row in await connection.stream(select(ledger_totals))}
    recomputed = await _recomputed(connection)
    return tuple(
        Disagreement(key, stored.get(key, Total()), recomputed.get(key, Total()))
        for key in sorted({*stored, *recomputed}, key=str)
        if stored.get(key, Total()) != recomputed.get(key, Total())
    )


async def _recomputed(connection: AsyncConnection) -> Mapping[TotalKey, Total]:
    sums: defaultdict[TotalKey, list[int]] = defaultdict(lambda: [0] * len(_COLUMN_OF))
    reserve, end, late = (ledger_entries.alias(name) for name in ("reserve", "end_of_run", "late"))
    rows = await connection.stream(
        select(
            *(reserve.c[name] for name in ("user_id", "guild_id", "channel_id", "at", "amount_micro_usd", "pictures")),
            end.c.kind.label("end"),
            *(end.c[name].label(f"end_{name}") for name in ("amount_micro_usd", "pictures", "estimated")),
            *(late.c[name].label(f"late_{name}") for name in ("amount_micro_usd", "pictures", "estimated")),
        )
        .outerjoin(end, and_(end.c.run_id == reserve.c.run_id, end.c.kind.in_([Kind.SETTLE, Kind.RELEASE])))
        .outerjoin(late, and_(late.c.run_id == reserve.c.run_id, late.c.kind == Kind.ADJUST))
        .where(reserve.c.kind == Kind.RESERVE)
    )
    async for row in rows:
        for key in counted_in(_person(row), row.at):
            _sum_up(sums[key], _in_window(_of_run(row), key.window))
    granted = select(ledger_entries).where(ledger_entries.c.kind == Kind.GRANT)
    async for row in await connection.stream(granted):
        for key in persons_own(_person(row), row.at):
            _sum_up(sums[key], Total(granted=MicroUsd(row.amount_micro_usd)))
    return {key: _made(numbers) for key, numbers in sums.items()}


def _of_run(row: Row[Any]) -> Total:
    """What a run counts for: held, while it has no end; else what it cost, if anything, be it known late."""
    if row.end is None:
        return Total(held=MicroUsd(row.amount_micro_usd), held_pictures=row.pictures, live_runs=1)
    prefix = "end" if row.end == Kind.SETTLE else "late"
    spent = getattr(row, f"{prefix}_amount_micro_usd") or 0
    return Total(
        spent=MicroUsd(spent),
        estimated=MicroUsd(spent if getattr(row, f"{prefix}_estimated") else 0),
        spent_pictures=getattr(row, f"{prefix}_pictures") or 0,
    )


def _person(row: Row[Any]) -> Person:
    return Person(row.user_id, row.guild_id, row.channel_id or 0)


def _in_window(change: Total, window: Window) -> Total:
    if window is Window.EVER or not change.live_runs:
        return change
    return _made([*_numbers(change)[:-1], 0])


def _numbers(total: Total) -> list[int]:
    return list(asdict(total).values())


def _made(numbers: Sequence[int]) -> Total:
    held, spent, estimated, granted, held_pictures, spent_pictures, live_runs = numbers
    return Total(
        MicroUsd(held),
        MicroUsd(spent),
        MicroUsd(estimated),
        MicroUsd(granted),
        held_pictures,
        spent_pictures,
        live_runs,
    )


def _sum_up(sums: list[int], change: Total) -> None:
    for index, number in enumerate(_numbers(change)):
        sums[index] += number


def _columns(key: TotalKey) -> dict[str, object]:
    return {
        "guild_id": key.guild_id,
        "subject": key.subject.value,
        "subject_id": key.subject_id,
        "window": key.window.value,
        "window_start": key.window_start,
    }


def _counts(total: Total) -> dict[str, object]:
    return {_COLUMN_OF[name]: number for name, number in asdict(total).items()}


def _key(row: Row[Any]) -> TotalKey:
    return TotalKey(row.guild_id, Subject(row.subject), row.subject_id, Window(row.window), row.window_start)


def _total(row: Row[Any]) -> Total:
    return _made([getattr(row, column) for column in _COLUMN_OF.values()])
