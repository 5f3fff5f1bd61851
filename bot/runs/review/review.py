"""A review as a value: pictures that wait for a moderator, why, and what was decided."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.runs.run import ReviewCause


class Decision(StrEnum):
    """What was decided."""

    APPROVED = "approved"
    REJECTED = "rejected"
    REMOVED = "removed"  # nobody decided before the pictures were removed, by a moderator or the one who made them


class Obstacle(StrEnum):
    """Why moderators were not asked, though they should have been."""

    NO_CHANNEL = "no_channel"  # the server has no moderation channel
    PUBLIC = "public"  # everybody in the server can see it: no place for pictures that nobody checked
    FORBIDDEN = "forbidden"  # the bot may not see it, write in it, or attach files there
    PICTURES = "pictures"  # Runflow does not give the pictures out
    TOO_LARGE = "too_large"  # Discord refused the upload for its size
    LATER = "later"  # Discord does not take it now


@dataclass(frozen=True, slots=True)
class Review:
    """The pictures of one run before a moderator. Ids are Discord's, times are UTC.

    `detail` is the public reason of a rule, or the words of a report. `channel_id` and `message_id` are the moderators'
    message, None while there is none: `obstacle` says why. `due_at` is when it is decided by the channel's rule.
    `decided_by` None with an outcome means that the rule decided. `closed_at` is when their message said so.
    `said_visible`: moderators read last that the pictures could not be taken away.
    """

    run_id: str
    guild_id: int
    why: ReviewCause
    opened_at: datetime
    detail: str | None = None
    due_at: datetime | None = None
    channel_id: int | None = None
    message_id: int | None = None
    obstacle: Obstacle | None = None
    told_at: datetime | None = None
    outcome: Decision | None = None
    decided_by: int | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    closed_at: datetime | None = None
    said_visible: bool = False
