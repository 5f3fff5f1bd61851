"""Money held and spent. Every function is part of its caller's transaction (`Store.write`), and keeps entries and
totals in step: an entry that is written changes its totals, and one that was there already changes nothing.

Whoever writes does so in one order: the run's row, its entry, the totals in the order of `limits.in_order`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, select

from bot.ledger import notices, stored, totals
from bot.ledger.hours import still_kept
from bot.ledger.limits import applicable, counted_in, nearly_used, persons_own, refusal, row_of, uses
from bot.ledger.values import Defaults, Demand, Kind, Limit, Person, Subject, Total, Window
from bot.money import MicroUsd
from bot.store.tables import LOST, ledger_entries, runs
from bot.store.upsert import insert_if_absent

_CLOSING = (Kind.SETTLE, Kind.RELEASE)


def reserve(
    connection: Connection, *, run_id: str, person: Person, demand: Demand, defaults: Defaults, at: datetime
) -> bool:
    """Hold what the run asks for in every row that counts it, then check the limits against what was there before.

    Gives whether the person is to be told of limits that are nearly used (`notices.of_run`).
    So the rows are locked from their first reading on, in one statement. Raises LimitError, after which the caller's
    transaction must be rolled back (it holds what was refused); ValueError for a negative amount, or for a run that
    was held for already.
    """
    if demand.money < 0 or demand.pictures < 0:
        raise ValueError("what is held cannot be negative")
    set_here = stored.concerning(connection, person)
    entry = _Entry(
        run_id, Kind.RESERVE, person, demand.money, demand.pictures, at, role_ids=_limited_roles(set_here, person)
    )
    if not _write(connection, entry):
        raise ValueError(f"money is held for run {run_id} already")
    held = Total(held=demand.money, held_pictures=demand.pictures, live_runs=1)
    applied = applicable(set_here, defaults, person)
    limited = {row_of(one.limit, person, at) for one in applied}
    after = totals.add(connection, counted_in(person, at), held, giving=limited)
    before = {key: totals.without(total, totals.in_window(held, key.window)) for key, total in after.items()}
    refused = refusal(uses(applied, before, person, at), demand)
    if refused is not None:
        raise refused
    told = nearly_used(uses(applied, after, person, at))
    return notices.write(connection, told, run_id=run_id, person=person, at=at)


def settle(
    connection: Connection,
    *,
    run_id: str,
    cost: MicroUsd,
    pictures: int,
    estimated: bool,
    at: datetime,
    is_live: bool = True,
) -> bool:
    """Book what the run cost and how many pictures came of it, and give back the rest of what was held.

    A cost above what was held is booked as well. The windows that pay are those in which the money was held. A run
    that was released before, and is found to have cost something after all, is booked as an `adjust`, once. `is_live`
    False: of a run that `lose` was called for. False when the cost is booked already: nothing changes then. Raises
    LookupError when nothing was held, ValueError for a negative cost.
    """
    if cost < 0 or pictures < 0:
        raise ValueError("a cost cannot be negative")
    held = _reserved(connection, run_id)
    entry = _Entry(run_id, Kind.SETTLE, held.person, cost, pictures, at, estimated)
    spent = Total(spent=cost, estimated=cost if estimated else MicroUsd(0), spent_pictures=pictures)
    keys = still_kept(connection, counted_in(held.person, held.at), at)
    if _write(connection, entry):  # the unique index on a run's end answers
        totals.add(connection, keys, totals.without(spent, _held_by(held, is_live=is_live)))
        return True
    if not _was_released(connection, run_id) or not _write(connection, entry.as_kind(Kind.ADJUST)):
        return False
    totals.add(connection, keys, spent)
    return True


def lose(connection: Connection, *, run_id: str) -> None:
    """The run counts no more among those that are under way; what was held for it stays held until it is closed.

    Called once for a run, in the transaction that makes its row `lost`: recount.py goes by that. Changes nothing where
    it is closed already. Raises LookupError as `settle`.
    """
    held = _reserved(connection, run_id)
    if not closed_of(connection, [run_id]):
        ever = [key for key in counted_in(held.person, held.at) if key.window is Window.EVER]
        totals.add(connection, ever, Total(live_runs=-1))


def release(connection: Connection, *, run_id: str, at: datetime, is_live: bool = True) -> bool:
    """Give back all that was held for the run. False when it is closed already. `is_live`, raises: as `settle`."""
    held = _reserved(connection, run_id)
    if not _write(connection, _Entry(run_id, Kind.RELEASE, held.person, held.amount, held.pictures, at)):
        return False
    keys = still_kept(connection, counted_in(held.person, held.at), at)
    totals.add(connection, keys, totals.without(Total(), _held_by(held, is_live=is_live)))
    return True


def refund(connection: Connection, *, run_id: str, amount: MicroUsd, pictures: int, at: datetime) -> bool:
    """Give back to the person's own limits what they paid and have nothing for, in the windows that paid.

    What the server, the channel and the bot spent stays as it is: Runflow billed it. Once for a run, and never more
    than is booked for it. False where that was done already, or nothing is booked: nothing changes then. Raises
    LookupError as `settle`, and ValueError for less than nothing.
    """
    if amount < 0 or pictures < 0:
        raise ValueError("what is given back cannot be negative")
    held, booked = _reserved(connection, run_id), _booked(connection, run_id)
    if booked is None:
        return False
    back = Total(refunded=min(amount, booked.amount), refunded_pictures=min(pictures, booked.pictures))
    entry = _Entry(run_id, Kind.REFUND, held.person, back.refunded, back.refunded_pictures, at, booked.estimated)
    if back == Total() or not _write(connection, entry):
        return False
    totals.add(connection, still_kept(connection, persons_own(held.person, held.at), at), back)
    return True


def grant(connection: Connection, *, person: Person, amount: MicroUsd, at: datetime) -> None:
    """Raise what is left for the person, in the windows of this moment. Raises ValueError for less than nothing."""
    if amount < 0:
        raise ValueError("a grant cannot be negative")
    _write(connection, _Entry(None, Kind.GRANT, person, amount, 0, at))
    totals.add(connection, persons_own(person, at), Total(granted=amount))


def roles_at_reserve(connection: Connection, run_id: str) -> tuple[int, ...]:
    """Those of the person's roles that a limit was set on when the run was accepted; none where nothing is held."""
    table = ledger_entries
    query = select(table.c.role_ids).where(table.c.run_id == run_id, table.c.kind == Kind.RESERVE)
    return tuple(int(role_id) for role_id in connection.execute(query).scalar() or ())


def closed_of(connection: Connection, run_ids: Collection[str]) -> frozenset[str]:
    """Those of the runs that nothing is held for any more: what they cost is booked, or given back."""
    table = ledger_entries
    query = select(table.c.run_id).where(table.c.run_id.in_(run_ids), table.c.kind.in_(_CLOSING))
    return frozenset(connection.execute(query).scalars())


def held_for_lost(connection: Connection, before: datetime, *, since: datetime | None) -> list[str]:
    """Runs that were given up as lost before then (and from `since` on) and that money is held for; at most 100."""
    wanted = select(runs.c.id).where(LOST, runs.c.ended_at < before)
    if since is not None:
        wanted = wanted.where(runs.c.ended_at >= since)
    table = ledger_entries
    is_held = ~exists().where(table.c.run_id == runs.c.id, table.c.kind.in_(_CLOSING))
    return list(connection.execute(wanted.where(is_held).order_by(runs.c.ended_at).limit(100)).scalars())


@dataclass(frozen=True, slots=True)
class _Entry:
    run_id: str | None
    kind: Kind
    person: Person
    amount: MicroUsd
    pictures: int
    at: datetime
    estimated: bool = False
    role_ids: tuple[int, ...] = ()

    def as_kind(self, kind: Kind) -> "_Entry":
        """The same entry of another kind."""
        return _Entry(self.run_id, kind, self.person, self.amount, self.pictures, self.at, self.estimated)


def _limited_roles(set_here: tuple[Limit, ...], person: Person) -> tuple[int, ...]:
    limited = {limit.subject_id for limit in set_here if limit.subject is Subject.ROLE}
    return tuple(role_id for role_id in person.role_ids if role_id in limited)


def _held_by(held: _Entry, *, is_live: bool) -> Total:
    return Total(held=held.amount, held_pictures=held.pictures, live_runs=int(is_live))


def _reserved(connection: Connection, run_id: str) -> _Entry:
    table = ledger_entries
    query = select(table).where(table.c.run_id == run_id, table.c.kind == Kind.RESERVE)
    row = connection.execute(query).first()
    if row is None:
        raise LookupError(f"nothing was held for run {run_id}")
    person = Person(row.user_id, row.guild_id, row.channel_id)
    return _Entry(run_id, Kind.RESERVE, person, MicroUsd(row.amount_micro_usd), row.pictures, row.at)


def _booked(connection: Connection, run_id: str) -> _Entry | None:
    """What the run cost, as it is booked; None where nothing is."""
    table = ledger_entries
    query = select(table).where(table.c.run_id == run_id, table.c.kind.in_([Kind.SETTLE, Kind.ADJUST]))
    row = connection.execute(query).first()
    if row is None:
        return None
    person = Person(row.user_id, row.guild_id, row.channel_id)
    amount = MicroUsd(row.amount_micro_usd)
    return _Entry(run_id, Kind(row.kind), person, amount, row.pictures, row.at, row.estimated)


def _was_released(connection: Connection, run_id: str) -> bool:
    table = ledger_entries
    query = select(table.c.id).where(table.c.run_id == run_id, table.c.kind == Kind.RELEASE)
    return connection.execute(query).first() is not None


def _write(connection: Connection, entry: _Entry) -> bool:
    values: dict[str, object] = {
        "run_id": entry.run_id,
        "kind": entry.kind.value,
        "user_id": entry.person.user_id,
        "guild_id": entry.person.guild_id,
        "channel_id": entry.person.channel_id,
        "amount_micro_usd": entry.amount,
        "pictures": entry.pictures,
        "estimated": entry.estimated,
        "role_ids": [str(role_id) for role_id in entry.role_ids] or None,  # JSON's numbers may lose digits
        "at": entry.at,
    }
    return insert_if_absent(connection, ledger_entries, values)
