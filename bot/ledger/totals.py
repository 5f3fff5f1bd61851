"""The rows of sums: locked, read, changed, and recomputed from the entries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.ledger.values import Account, Disagreement, Kind, Subject, Total, TotalKey, Window, totals_of
from bot.money import MicroUsd
from bot.store.tables import ledger_entries, ledger_totals
from bot.store.upsert import insert_if_absent


async def lock(connection: AsyncConnection, keys: Iterable[TotalKey]) -> Mapping[TotalKey, Total]:
    """Read the rows and keep everyone else from changing them until the transaction ends; missing ones are made.

    On SQLite the transaction is the only writer already, and FOR UPDATE is left out of the statement.
    """
    totals: dict[TotalKey, Total] = {}
    for key in keys:
        await insert_if_absent(connection, ledger_totals, {**_columns(key), "held_micro_usd": 0, "spent_micro_usd": 0})
        found = await connection.execute(select(ledger_totals).where(_is(key)).with_for_update())
        totals[key] = _total(found.one())
    return totals


async def read(connection: AsyncConnection, key: TotalKey) -> Total:
    """One row as it stands, without a lock; zero where there is none yet."""
    row = (await connection.execute(select(ledger_totals).where(_is(key)))).first()
    return Total() if row is None else _total(row)


async def add(connection: AsyncConnection, keys: Iterable[TotalKey], *, held: int = 0, spent: int = 0) -> None:
    """Change locked rows by so many micro-dollars."""
    for key in keys:
        await connection.execute(
            update(ledger_totals)
            .where(_is(key))
            .values(
                held_micro_usd=ledger_totals.c.held_micro_usd + held,
                spent_micro_usd=ledger_totals.c.spent_micro_usd + spent,
            )
        )


async def disagreements(connection: AsyncConnection) -> tuple[Disagreement, ...]:
    """Every row that is not the sum of its entries, and every sum without a row. Reads all entries once, streaming."""
    stored = await _stored(connection)
    recomputed = await _recomputed(connection)
    return tuple(
        Disagreement(key, stored.get(key, Total()), recomputed.get(key, Total()))
        for key in sorted({*stored, *recomputed}, key=_order)
        if stored.get(key, Total()) != recomputed.get(key, Total())
    )


async def _stored(connection: AsyncConnection) -> dict[TotalKey, Total]:
    rows = await connection.stream(select(ledger_totals))
    return {
        TotalKey(0, Subject(row.subject), row.subject_id, Window(row.window), row.window_start): _total(row)
        async for row in rows
    }


async def _recomputed(connection: AsyncConnection) -> dict[TotalKey, Total]:
    reserve, end = ledger_entries.alias("reserve"), ledger_entries.alias("end_of_run")
    rows = await connection.stream(
        select(
            reserve.c.user_id,
            reserve.c.guild_id,
            reserve.c.channel_id,
            reserve.c.at,
            reserve.c.amount_micro_usd.label("held"),
            end.c.kind.label("end"),
            end.c.amount_micro_usd.label("amount"),
        )
        .outerjoin(end, and_(end.c.run_id == reserve.c.run_id, end.c.kind.in_([Kind.SETTLE, Kind.RELEASE])))
        .where(reserve.c.kind == Kind.RESERVE)
    )
    held: defaultdict[TotalKey, int] = defaultdict(int)
    spent: defaultdict[TotalKey, int] = defaultdict(int)
    async for row in rows:
        for key in totals_of(Account(row.user_id, row.guild_id, row.channel_id), row.at):
            held[key] += row.held if row.end is None else 0
            spent[key] += row.amount if row.end == Kind.SETTLE else 0
    return {key: Total(MicroUsd(held[key]), MicroUsd(spent[key])) for key in held}


def _columns(key: TotalKey) -> dict[str, object]:
    return {
        "subject": key.subject.value,
        "subject_id": key.subject_id,
        "window": key.window.value,
        "window_start": key.window_start,
    }


def _is(key: TotalKey) -> ColumnElement[bool]:
    return and_(*(ledger_totals.c[name] == value for name, value in _columns(key).items()))


def _total(row: Row[Any]) -> Total:
    return Total(MicroUsd(row.held_micro_usd), MicroUsd(row.spent_micro_usd))


def _order(key: TotalKey) -> tuple[str, int, str, float]:
    return key.subject.value, key.subject_id, key.window.value, key.window_start.timestamp()
