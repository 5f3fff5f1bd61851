"""What is on record about a person in a server: read from the rows of sanctions, appeals, reviews and reports."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, TextClause, func, select

from bot.moderation.sanctions import RecordKind, RecordLine
from bot.store.tables import REMOVED, appeals, reports, reviews, runs, sanctions

_DECIDED = ("approved", "rejected")  # what was removed is a line of its own, where a moderator did it


def read(connection: Connection, guild_id: int, user_id: int, most: int) -> tuple[RecordLine, ...]:
    """The last `most` lines, newest first."""
    found = [
        *_sanctions(connection, guild_id, user_id, most),
        *_appeals(connection, guild_id, user_id, most),
        *_reviews(connection, guild_id, user_id, most),
        *_reports(connection, guild_id, user_id, most),
        *_removals(connection, guild_id, user_id, most),
    ]
    return tuple(sorted(found, key=lambda line: line.at, reverse=True)[:most])


def used_here(connection: Connection, guild_id: int, user_id: int) -> bool:
    """Whether the person ever asked for pictures in the server."""
    any_run = select(runs.c.id).where(runs.c.user_id == user_id, runs.c.guild_id == guild_id).limit(1)
    return connection.execute(any_run).first() is not None


def acts_since(connection: Connection, guild_id: int, user_id: int, since: datetime) -> int:
    """How many acts of moderators there were about a person or their pictures since then.

    Without those that followed from strikes.
    """
    theirs = sanctions.c.guild_id == guild_id, sanctions.c.user_id == user_id
    recent = sanctions.c.at >= since, sanctions.c.by_threshold.is_(False)
    counted = select(func.count()).select_from(sanctions).where(*theirs, *recent)
    removed = select(func.count()).select_from(runs)
    removed = removed.where(*_removed_of(guild_id, user_id), runs.c.removed_at >= since)
    return connection.execute(counted).scalar_one() + connection.execute(removed).scalar_one()


def _sanctions(connection: Connection, guild_id: int, user_id: int, most: int) -> Sequence[RecordLine]:
    theirs = sanctions.c.guild_id == guild_id, sanctions.c.user_id == user_id
    rows = connection.execute(select(sanctions).where(*theirs).order_by(sanctions.c.id.desc()).limit(most))
    return [
        RecordLine(RecordKind.SANCTION, row.kind, row.at, row.actor_id, row.reason, until=row.until) for row in rows
    ]


def _appeals(connection: Connection, guild_id: int, user_id: int, most: int) -> Sequence[RecordLine]:
    theirs = appeals.c.guild_id == guild_id, appeals.c.user_id == user_id
    rows = connection.execute(select(appeals).where(*theirs).order_by(appeals.c.id.desc()).limit(most))
    lines: list[RecordLine] = []
    for row in rows:
        lines.append(RecordLine(RecordKind.APPEAL, "opened", row.opened_at, row.user_id, row.words))
        if row.lifted is not None:
            what = "lifted" if row.lifted else "kept"
            lines.append(RecordLine(RecordKind.APPEAL, what, row.decided_at, row.decided_by, row.reason or ""))
    return lines


def _reviews(connection: Connection, guild_id: int, user_id: int, most: int) -> Sequence[RecordLine]:
    rows = connection.execute(
        select(reviews)
        .join(runs, runs.c.id == reviews.c.run_id)
        .where(runs.c.user_id == user_id, reviews.c.guild_id == guild_id, reviews.c.outcome.in_(_DECIDED))
        .order_by(reviews.c.decided_at.desc())
        .limit(most)
    )
    return [
        RecordLine(RecordKind.REVIEW, row.outcome, row.decided_at, row.decided_by, row.reason or "", run_id=row.run_id)
        for row in rows
    ]


def _reports(connection: Connection, guild_id: int, user_id: int, most: int) -> Sequence[RecordLine]:
    rows = connection.execute(
        select(reports)
        .join(runs, runs.c.id == reports.c.run_id)
        .where(runs.c.user_id == user_id, reports.c.guild_id == guild_id)
        .order_by(reports.c.at.desc())
        .limit(most)
    )
    return [
        RecordLine(RecordKind.REPORTED, "reported", row.at, row.user_id, row.reason or "", run_id=row.run_id)
        for row in rows
    ]


def _removed_of(guild_id: int, user_id: int) -> tuple[ColumnElement[bool] | TextClause, ...]:
    """The pictures of a person that somebody else removed."""
    return REMOVED, runs.c.guild_id == guild_id, runs.c.user_id == user_id, runs.c.removed_by != user_id


def _removals(connection: Connection, guild_id: int, user_id: int, most: int) -> Sequence[RecordLine]:
    theirs = select(runs.c.id, runs.c.removed_at, runs.c.removed_by, runs.c.removed_why)
    theirs = theirs.where(*_removed_of(guild_id, user_id)).order_by(runs.c.removed_at.desc()).limit(most)
    return [
        RecordLine(RecordKind.REMOVED, "removed", row.removed_at, row.removed_by, row.removed_why or "", run_id=row.id)
        for row in connection.execute(theirs)
    ]
