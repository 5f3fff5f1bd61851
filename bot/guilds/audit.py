"""Who did what as an admin or a moderator: one row for each act, written in the act's own transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select

from bot.store.tables import audit


class AuditKind(StrEnum):
    """Every kind of act that is noted. The values stand in rows, for good."""

    LIMIT_SET = "limit_set"
    LIMIT_REMOVED = "limit_removed"
    GRANTED = "granted"
    LOG_CHANNEL_SET = "log_channel_set"
    REVIEW_CHANNEL_SET = "review channel"
    REJECT_REASONS_SET = "reject reasons"
    POLICY_SET = "policy set"
    POLICY_CLEARED = "policy cleared"
    RULE_ADDED = "rule added"
    RULE_REMOVED = "rule removed"
    SANCTION_STRIKE = "sanction strike"
    SANCTION_PAUSE = "sanction pause"
    SANCTION_STOP = "sanction stop"
    SANCTION_LIFT = "sanction lift"
    APPEALED = "appeal"
    APPEAL_LIFTED = "appeal lifted"
    APPEAL_KEPT = "appeal kept"
    PICTURE_REPORTED = "picture reported"
    REVIEW_APPROVED = "review approved"
    REVIEW_REJECTED = "review rejected"
    PICTURE_REMOVED = "picture removed"
    TAKEN_FROM_QUEUE = "taken from queue"
    HISTORY_READ = "history read"
    RECORD_READ = "record read"
    SPEND_READ = "spend read"


@dataclass(frozen=True, slots=True)
class AdminAction:
    """Who acts, and for which server. Ids are Discord's."""

    guild_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An act. `what` is its kind as the row has it; `before` and `after` hold what it changed (None: nothing)."""

    id: int
    guild_id: int
    actor_id: int
    what: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    at: datetime

    @property
    def kind(self) -> AuditKind | None:
        """The kind; None for one that this version does not know."""
        return AuditKind(self.what) if self.what in set(AuditKind) else None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which acts are wanted. `person_id`: those by a person or about them."""

    person_id: int | None = None
    kind: AuditKind | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some of the acts, newest first, and whether there are others on either side."""

    rows: tuple[AuditRow, ...]
    has_newer: bool = False
    has_older: bool = False


def note(
    connection: Connection,
    act: AdminAction,
    kind: AuditKind,
    *,
    before: Mapping[str, object] | None,
    after: Mapping[str, object] | None,
    at: datetime,
) -> None:
    """Write an act. `before` and `after` must be JSON: ids as decimal strings, since JSON's numbers may lose digits."""
    row = {"guild_id": act.guild_id, "actor_id": act.actor_id, "what": kind.value, "at": at}
    connection.execute(
        insert(audit).values(
            **row,
            before=None if before is None else dict(before),
            after=None if after is None else dict(after),
        )
    )


def page(
    connection: Connection,
    guild_id: int,
    wanted: AuditFilter,
    *,
    before: int | None = None,
    after: int | None = None,
    most: int,
) -> AuditPage:
    """At most `most` acts: those just older than the row `before`, just newer than `after`, or the newest of all."""
    here = (audit.c.guild_id == guild_id, *_conditions(wanted))
    if after is not None:
        newer = _rows(connection, (*here, audit.c.id > after), most, oldest_first=True)
        return AuditPage(tuple(reversed(newer[:most])), has_newer=len(newer) > most, has_older=True)
    if before is not None:
        here = (*here, audit.c.id < before)
    older = _rows(connection, here, most)
    return AuditPage(tuple(older[:most]), has_newer=before is not None, has_older=len(older) > most)


def _rows(
    connection: Connection, where: Sequence[ColumnElement[bool]], most: int, *, oldest_first: bool = False
) -> list[AuditRow]:
    """One more than `most`, where there are as many."""
    order = audit.c.id if oldest_first else audit.c.id.desc()
    return [_row(one) for one in connection.execute(select(audit).where(*where).order_by(order).limit(most + 1))]


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        found.append(audit.c.what == wanted.kind.value)
    if wanted.person_id is not None:
        # Ids of Discord's are of one kind each, so a limit's `subject_id` names this person or somebody else.
        about = [
            column[key].as_string() == str(wanted.person_id)
            for column in (audit.c.before, audit.c.after)
            for key in ("user", "user_id", "subject_id")
        ]
        found.append(or_(audit.c.actor_id == wanted.person_id, *about))
    return found


def _row(row: Row[Any]) -> AuditRow:
    return AuditRow(row.id, row.guild_id, row.actor_id, row.what, row.before, row.after, row.at)
