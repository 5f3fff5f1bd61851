"""The limits that admins set, as rows."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, delete, func, or_, select

from bot.ledger.values import Limit, Measure, Person, Subject, Window
from bot.store.tables import limits
from bot.store.upsert import put_row

# Asked at each press: to build a statement costs more than to run it.
_CONCERNING = select(limits).where(
    limits.c.guild_id == bindparam("guild_id"),
    or_(
        limits.c.subject == Subject.GUILD,
        and_(limits.c.subject == Subject.CHANNEL, limits.c.subject_id == bindparam("channel_id")),
        and_(limits.c.subject == Subject.USER, limits.c.subject_id == bindparam("user_id")),
        and_(limits.c.subject == Subject.ROLE, limits.c.subject_id.in_(bindparam("role_ids", expanding=True))),
    ),
)


def concerning(connection: Connection, person: Person) -> tuple[Limit, ...]:
    """The limits of the person's server that may hold for them here; none in private use."""
    if person.guild_id is None:
        return ()
    about = {
        "guild_id": person.guild_id,
        "channel_id": person.channel_id,
        "user_id": person.user_id,
        "role_ids": [*{*person.role_ids, person.guild_id}],  # everybody has the role with the server's id
    }
    return tuple(_limit(row) for row in connection.execute(_CONCERNING, about))


def of_guild(connection: Connection, guild_id: int) -> tuple[Limit, ...]:
    """Every limit of a server, ordered by its primary key."""
    wanted = select(limits).where(limits.c.guild_id == guild_id).order_by(*limits.primary_key.columns)
    return tuple(_limit(row) for row in connection.execute(wanted))


def how_many(connection: Connection, guild_id: int) -> int:
    """How many limits a server has."""
    wanted = select(func.count()).select_from(limits).where(limits.c.guild_id == guild_id)
    return int(connection.execute(wanted).scalar_one())


def find(connection: Connection, limit: Limit) -> Limit | None:
    """The limit with this subject, window and measure, locked where the engine locks rows; None where there is none."""
    row = connection.execute(select(limits).where(_same(limit)).with_for_update()).first()
    return None if row is None else _limit(row)


def put(connection: Connection, limit: Limit) -> None:
    """Write a limit, in place of its like where that stands already."""
    values = {
        "guild_id": limit.guild_id,
        "subject": limit.subject.value,
        "subject_id": limit.subject_id or 0,
        "window": limit.window.value,
        "measure": limit.measure.value,
        "amount": limit.amount,
    }
    put_row(connection, limits, values)


def remove(connection: Connection, limit: Limit) -> None:
    """Remove the limit with this subject, window and measure."""
    connection.execute(delete(limits).where(_same(limit)))


def _same(limit: Limit) -> ColumnElement[bool]:
    return and_(
        limits.c.guild_id == limit.guild_id,
        limits.c.subject == limit.subject,
        limits.c.subject_id == (limit.subject_id or 0),
        limits.c.window == limit.window,
        limits.c.measure == limit.measure,
    )


def _limit(row: Row[Any]) -> Limit:
    return Limit(
        subject=Subject(row.subject),
        subject_id=row.subject_id or None,
        window=Window(row.window),
        measure=Measure(row.measure),
        amount=row.amount,
        guild_id=row.guild_id,
    )
