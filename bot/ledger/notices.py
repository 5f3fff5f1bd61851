"""The word that 80 % of a limit is used: told once in a window, by the run that came so far."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from bot.ledger import sentences
from bot.ledger.limits import row_of
from bot.ledger.values import Applied, Limit, LimitCause, LimitUse, Measure, Notice, Person, Subject, Window
from bot.store.tables import limit_notices
from bot.store.upsert import insert_if_absent


def write(connection: Connection, notices: Iterable[Notice], *, run_id: str, person: Person, at: datetime) -> bool:
    """Keep those that the person was not given yet in their window, for this run's card; whether there were any."""
    kept = False
    for notice in notices:
        use, limit = notice.use, notice.use.applied.limit
        key = row_of(limit, person, at)
        values = {
            "user_id": person.user_id,
            "guild_id": key.guild_id,
            "subject": limit.subject.value,
            "subject_id": limit.subject_id or 0,
            "window": limit.window.value,
            "window_start": key.window_start,
            "measure": limit.measure.value,
            "run_id": run_id,
            "why": use.applied.why.value,
            "set_by_guild": limit.guild_id is not None,
            "limit_amount": limit.amount,
            "amount": use.amount,
            "used": use.used,
        }
        # False means: told already in this window. Then there is nothing to keep.
        kept |= insert_if_absent(connection, limit_notices, values)
    return kept


def of_run(connection: Connection, run_id: str) -> tuple[Notice, ...]:
    """What is told beside this run's card, in a fixed order."""
    wanted = select(limit_notices).where(limit_notices.c.run_id == run_id).order_by(*limit_notices.primary_key.columns)
    return tuple(_notice(row) for row in connection.execute(wanted))


def _notice(row: Row[Any]) -> Notice:
    window = Window(row.window)
    limit = Limit(
        subject=Subject(row.subject),
        subject_id=row.subject_id or None,
        window=window,
        measure=Measure(row.measure),
        amount=row.limit_amount,
        guild_id=row.guild_id if row.set_by_guild else None,
    )
    use = LimitUse(
        Applied(limit, LimitCause(row.why)),
        used=row.used,
        left=max(row.amount - row.used, 0),
        amount=row.amount,
        resets_at=window.resets_at(row.window_start),
    )
    return Notice(use, sentences.nearly_used(use))
