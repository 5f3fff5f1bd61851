"""Reviews as rows. Every function takes the connection of the transaction it is part of."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select, update

from bot.runs.review.review import Decision, Obstacle, Review
from bot.runs.run import Delivery, ReviewCause
from bot.store.tables import reports, reviews, runs
from bot.store.upsert import insert_if_absent


def add(connection: Connection, review: Review) -> bool:
    """Write a new review; False when the run has its review already."""
    return insert_if_absent(connection, reviews, _values(review))


def add_report(connection: Connection, review: Review, reporter_id: int) -> bool:
    """Write that a person reported the pictures of a review; False when they did before, and nothing is changed."""
    row = {"run_id": review.run_id, "user_id": reporter_id, "guild_id": review.guild_id, "reason": review.detail}
    return insert_if_absent(connection, reports, {**row, "at": review.opened_at})


def find(connection: Connection, run_id: str) -> Review | None:
    """The review of a run, if there is one."""
    row = connection.execute(select(reviews).where(reviews.c.run_id == run_id)).first()
    return None if row is None else _review(row)


def outcome_of(connection: Connection, run_id: str) -> Decision | None:
    """What was decided about a run; None where nothing was, or where there is no review."""
    outcome = connection.execute(select(reviews.c.outcome).where(reviews.c.run_id == run_id)).scalar_one_or_none()
    return Decision(outcome) if outcome else None


def decide(connection: Connection, review: Review) -> bool:
    """Write a decision; False when there is one already: the first holds, from whatever process it came."""
    done = connection.execute(
        update(reviews)
        .where(reviews.c.run_id == review.run_id, reviews.c.outcome.is_(None))
        .values(
            outcome=review.outcome,
            decided_by=review.decided_by,
            decided_at=review.decided_at,
            reason=review.reason,
            said_visible=False,  # of what was decided they have read nothing yet
        )
    )
    return done.rowcount == 1


def posted(connection: Connection, run_id: str, *, channel_id: int, message_id: int) -> None:
    """Note the moderators' message."""
    connection.execute(
        update(reviews)
        .where(reviews.c.run_id == run_id)
        .values(channel_id=channel_id, message_id=message_id, obstacle=None)
    )


def unposted(connection: Connection, run_id: str, message_id: int) -> None:
    """Forget the moderators' message of a review that nobody has decided: it is gone."""
    connection.execute(
        update(reviews)
        .where(reviews.c.run_id == run_id, reviews.c.message_id == message_id, reviews.c.outcome.is_(None))
        .values(channel_id=None, message_id=None)
    )


def obstructed(connection: Connection, run_id: str, obstacle: Obstacle, told_at: datetime | None) -> None:
    """Note why there is no moderators' message, and when admins were told."""
    connection.execute(
        update(reviews).where(reviews.c.run_id == run_id).values(obstacle=obstacle.value, told_at=told_at)
    )


def closed(connection: Connection, run_id: str, at: datetime) -> None:
    """Note that the moderators' message says what was decided, or that there is none to say it."""
    closed = update(reviews).where(reviews.c.run_id == run_id).values(closed_at=at, said_visible=False)
    connection.execute(closed)


def unclosed(connection: Connection, run_id: str) -> None:
    """Note that moderators are to be told anew what became of a decision."""
    connection.execute(update(reviews).where(reviews.c.run_id == run_id).values(closed_at=None))


def said_visible(connection: Connection, run_id: str, *, visible: bool) -> None:
    """Note what moderators read last: whether the pictures still stand although they are to go."""
    connection.execute(update(reviews).where(reviews.c.run_id == run_id).values(said_visible=visible))


def reopened(connection: Connection, review: Review) -> bool:
    """Write a review anew over one that was decided; False when the old one was not."""
    done = connection.execute(
        update(reviews)
        .where(reviews.c.run_id == review.run_id, reviews.c.outcome.is_not(None))
        .values(**_values(review))
    )
    return done.rowcount == 1


def work(connection: Connection, now: datetime) -> list[str]:
    """The ids of runs whose review has something to be done.

    It is to be posted, decided by the rule or closed, or moderators are to read that pictures still stand.
    """
    undecided, stands = reviews.c.outcome.is_(None), runs.c.delivery == Delivery.STILL_VISIBLE.value
    is_over = runs.c.delivery.not_in([one.value for one in Delivery if not one.is_over])
    wanted = (
        select(reviews.c.run_id)
        .join(runs, runs.c.id == reviews.c.run_id)
        .where(
            reviews.c.closed_at.is_(None),
            or_(
                and_(undecided, reviews.c.message_id.is_(None)),
                and_(undecided, reviews.c.due_at <= now),
                and_(reviews.c.outcome.is_not(None), is_over),
                and_(stands, reviews.c.said_visible.is_(False)),
                and_(is_over, reviews.c.said_visible.is_(True)),
            ),
        )
        .order_by(reviews.c.opened_at, reviews.c.run_id)
    )
    return list(connection.execute(wanted).scalars())


def told_since(connection: Connection, guild_id: int, obstacle: Obstacle, since: datetime) -> bool:
    """Whether a server's admins were told of this obstacle since then."""
    wanted = select(reviews.c.run_id).where(
        reviews.c.guild_id == guild_id, reviews.c.obstacle == obstacle.value, reviews.c.told_at >= since
    )
    return connection.execute(wanted.limit(1)).first() is not None


def undecided(connection: Connection, guild_id: int, most: int) -> list[Review]:
    """The reviews of a server that wait for a decision, oldest first."""
    rows = connection.execute(
        select(reviews)
        .where(reviews.c.guild_id == guild_id, reviews.c.outcome.is_(None))
        .order_by(reviews.c.opened_at, reviews.c.run_id)
        .limit(most)
    )
    return [_review(row) for row in rows]


def _values(review: Review) -> dict[str, Any]:
    return {
        "run_id": review.run_id,
        "guild_id": review.guild_id,
        "why": review.why.value,
        "detail": review.detail,
        "opened_at": review.opened_at,
        "due_at": review.due_at,
        "channel_id": review.channel_id,
        "message_id": review.message_id,
        "obstacle": review.obstacle.value if review.obstacle else None,
        "told_at": review.told_at,
        "outcome": review.outcome.value if review.outcome else None,
        "decided_by": review.decided_by,
        "decided_at": review.decided_at,
        "reason": review.reason,
        "closed_at": review.closed_at,
        "said_visible": review.said_visible,
    }


def _review(row: Row[Any]) -> Review:
    return Review(
        run_id=row.run_id,
        guild_id=row.guild_id,
        why=ReviewCause(row.why),
        opened_at=row.opened_at,
        detail=row.detail,
        due_at=row.due_at,
        channel_id=row.channel_id,
        message_id=row.message_id,
        obstacle=Obstacle(row.obstacle) if row.obstacle else None,
        told_at=row.told_at,
        outcome=Decision(row.outcome) if row.outcome else None,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason,
        closed_at=row.closed_at,
        said_visible=row.said_visible,
    )
