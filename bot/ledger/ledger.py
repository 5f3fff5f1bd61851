"""Money held and spent. Every function is part of its caller's transaction (`Store.write`), and keeps entries and
totals in step: an entry that is written changes its totals, and one that was there already changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import LimitError
from bot.ledger import totals
from bot.ledger.values import (
    Account,
    Disagreement,
    Kind,
    Limit,
    Limits,
    Measure,
    Total,
    Usage,
    left_of,
    totals_of,
    user_today,
)
from bot.money import MicroUsd, format_usd
from bot.store.tables import ledger_entries
from bot.store.upsert import insert_if_absent


async def reserve(
    connection: AsyncConnection, *, run_id: str, account: Account, amount: MicroUsd, limits: Limits, at: datetime
) -> None:
    """Hold `amount` for the run, against every limit that applies. The rows of sums are locked before they are read.

    Raises LimitError before any money is written, and ValueError for a negative amount or a run that was held for
    already.
    """
    if amount < 0:
        raise ValueError("money held cannot be negative")
    keys = totals_of(account, at)
    now = await totals.lock(connection, keys)
    limit = limits.on_user()
    if limit is not None:
        _check(limit, now[user_today(account.user_id, at)], amount, at)
    entry = _Entry(run_id=run_id, kind=Kind.RESERVE, account=account, amount=amount, at=at)
    if not await _write(connection, entry):
        raise ValueError(f"money is held for run {run_id} already")
    await totals.add(connection, keys, held=amount)


async def settle(connection: AsyncConnection, *, run_id: str, cost: MicroUsd, estimated: bool, at: datetime) -> bool:
    """Book what the run cost, and give back the rest of what was held. A cost above it is booked as well.

    The day that pays is the one in which the money was held. False when the run is closed already (settled or
    released): nothing changes then. Raises LookupError when nothing was held, ValueError for a negative cost.
    """
    return await _close(connection, run_id, Kind.SETTLE, cost=cost, estimated=estimated, at=at)


async def release(connection: AsyncConnection, *, run_id: str, at: datetime) -> bool:
    """Give back all that was held for the run. False when it is closed already. Raises LookupError as `settle`."""
    return await _close(connection, run_id, Kind.RELEASE, cost=MicroUsd(0), estimated=False, at=at)


async def usage(connection: AsyncConnection, *, user_id: int, limits: Limits, at: datetime) -> Usage:
    """What the person has used (spent and held) in the day of `at`, and has left of it."""
    today = await totals.read(connection, user_today(user_id, at))
    limit = limits.on_user()
    return Usage(used=MicroUsd(today.used(Measure.MONEY)), left=None if limit is None else left_of(limit, today))


async def disagreements(connection: AsyncConnection) -> tuple[Disagreement, ...]:
    """The totals that differ from the sum of their entries; none, when the books are right. Reads every entry."""
    return await totals.disagreements(connection)


@dataclass(frozen=True, slots=True)
class _Entry:
    run_id: str
    kind: Kind
    account: Account
    amount: MicroUsd
    at: datetime
    estimated: bool = False


async def _close(
    connection: AsyncConnection, run_id: str, kind: Kind, *, cost: MicroUsd, estimated: bool, at: datetime
) -> bool:
    if cost < 0:
        raise ValueError("a cost cannot be negative")
    held = await _reserved(connection, run_id)
    keys = totals_of(held.account, held.at)
    await totals.lock(connection, keys)
    entry = _Entry(
        run_id=run_id,
        kind=kind,
        account=held.account,
        amount=cost if kind is Kind.SETTLE else held.amount,
        at=at,
        estimated=estimated,
    )
    if not await _write(connection, entry):  # the unique index on a run's end answers
        return False
    await totals.add(connection, keys, held=-held.amount, spent=cost)
    return True


async def _reserved(connection: AsyncConnection, run_id: str) -> _Entry:
    table = ledger_entries
    query = select(table).where(table.c.run_id == run_id, table.c.kind == Kind.RESERVE.value)
    row = (await connection.execute(query)).first()
    if row is None:
        raise LookupError(f"nothing was held for run {run_id}")
    account = Account(row.user_id, row.guild_id, row.channel_id)
    return _Entry(run_id=run_id, kind=Kind.RESERVE, account=account, amount=MicroUsd(row.amount_micro_usd), at=row.at)


async def _write(connection: AsyncConnection, entry: _Entry) -> bool:
    values: dict[str, object] = {
        "run_id": entry.run_id,
        "kind": entry.kind.value,
        "user_id": entry.account.user_id,
        "guild_id": entry.account.guild_id,
        "channel_id": entry.account.channel_id,
        "amount_micro_usd": entry.amount,
        "estimated": entry.estimated,
        "at": entry.at,
    }
    return await insert_if_absent(connection, ledger_entries, values)


def _check(limit: Limit, total: Total, amount: MicroUsd, at: datetime) -> None:
    left = left_of(limit, total)
    if amount <= left:
        return
    resets_at = limit.window.resets_at(at)
    raise LimitError(
        _refusal(limit, needed=amount, left=left, resets_at=resets_at), needed=amount, left=left, resets_at=resets_at
    )


def _refusal(limit: Limit, *, needed: MicroUsd, left: MicroUsd, resets_at: datetime | None) -> str:
    whole = format_usd(limit.amount)
    if limit.amount == 0:
        return (
            "Making pictures is switched off at the moment: the daily amount is $0.00. Whoever runs me can change it."
        )
    rest = "nothing" if left == 0 else format_usd(left)
    when = "" if resets_at is None else f" You get a fresh {whole} <t:{int(resets_at.timestamp())}:R>."
    if needed > limit.amount:
        advice = " One request can never cost more than that: please ask for fewer or smaller pictures."
    elif left > 0:
        advice = " Until then, fewer or smaller pictures may fit."
    else:
        advice = ""
    return (
        f"That could cost up to {format_usd(needed)}, and you have {rest} left of your {whole} for today.{when}{advice}"
    )
