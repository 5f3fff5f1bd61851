"""Who did what as an admin or a moderator: one row for each act, written in the act's own transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.tables import audit


@dataclass(frozen=True, slots=True)
class AdminAction:
    """Who acts, and for which server. Ids are Discord's."""

    guild_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An act. `what` is a short name such as `limit_set`; `before` and `after` hold what it changed (None: nothing)."""

    guild_id: int
    actor_id: int
    what: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    at: datetime


async def note(
    connection: AsyncConnection,
    act: AdminAction,
    what: str,
    *,
    before: Mapping[str, object] | None,
    after: Mapping[str, object] | None,
    at: datetime,
) -> None:
    """Write an act. `before` and `after` must be JSON: ids as decimal strings, since JSON's numbers may lose digits."""
    row = {"guild_id": act.guild_id, "actor_id": act.actor_id, "what": what, "at": at}
    await connection.execute(
        insert(audit).values(
            **row,
            before=None if before is None else dict(before),
            after=None if after is None else dict(after),
        )
    )


async def latest(connection: AsyncConnection, guild_id: int, most: int) -> tuple[AuditRow, ...]:
    """The last acts in a server, newest first."""
    wanted = select(audit).where(audit.c.guild_id == guild_id).order_by(audit.c.id.desc()).limit(most)
    return tuple(
        AuditRow(row.guild_id, row.actor_id, row.what, row.before, row.after, row.at)
        for row in await connection.execute(wanted)
    )
