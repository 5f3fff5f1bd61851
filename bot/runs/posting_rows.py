"""The rows of private runs that are posted: the only writes of `private` and `posted_at` after a run was accepted."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, update

from bot.runs.rows import load
from bot.runs.run import Delivery, ReviewCause, Run
from bot.store.tables import runs


def post(connection: Connection, run: Run, at: datetime, review_why: ReviewCause | None) -> bool:
    """Make a private run one whose card is to stand for all; False where it has moved on, so that one press does it.

    What led to its private card is forgotten: the next card is a message of its own.
    """
    values: dict[str, Any] = {"private": False, "posted_at": at, "message_id": None, "interaction_token": ""}
    values |= {"delivery": Delivery.PENDING.value, "pictures_up": False}
    values["review_why"] = review_why.value if review_why else None
    as_before = (runs.c.delivery == run.delivery, runs.c.removed_at.is_(None))
    posted = update(runs).where(runs.c.id == run.id, runs.c.private.is_(True), *as_before)
    return connection.execute(posted.values(**values)).rowcount == 1


def note_post(connection: Connection, run_id: str, message_id: int) -> Run:
    """Note the message that a posted run's card is, whatever else was written meanwhile; the run as it stands then.

    Raises LookupError.
    """
    waits = (runs.c.posted_at.is_not(None), runs.c.message_id.is_(None))
    connection.execute(update(runs).where(runs.c.id == run_id, *waits).values(message_id=message_id))
    return load(connection, run_id)


def unpost(connection: Connection, run_id: str) -> bool:
    """Make a run that could not be posted private again; False where its message stands, or it is removed by now."""
    values: dict[str, Any] = {"private": True, "posted_at": None, "delivery": Delivery.UNDELIVERABLE.value}
    waits = (runs.c.posted_at.is_not(None), runs.c.message_id.is_(None), runs.c.removed_at.is_(None))
    return connection.execute(update(runs).where(runs.c.id == run_id, *waits).values(**values)).rowcount == 1
