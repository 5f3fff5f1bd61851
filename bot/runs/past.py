"""Runs of the past as people ask for them: values."""

from dataclasses import dataclass
from enum import StrEnum

from bot.moderation.rules import ChannelContext
from bot.runs.run import Delivery, Run


@dataclass(frozen=True, slots=True)
class Page:
    """Runs, newest first, and whether there are others on either side of them."""

    runs: tuple[Run, ...]
    has_newer: bool = False
    has_older: bool = False


@dataclass(frozen=True, slots=True)
class Viewing:
    """Who asks to see pictures again, and in which channel. `limit_bytes` is for one attachment.

    `only`: the one picture that is wanted, from 0; None: all of them.
    """

    user_id: int
    context: ChannelContext
    limit_bytes: int
    only: int | None = None


class NoThumbnail(StrEnum):
    """Why there is none, in the words that stand in its place."""

    NOT_SHOWN = "not shown"
    UNREACHABLE = "could not be fetched"


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture made small, as a PNG, or why there is none. `spoiler`: it may be seen covered only."""

    data: bytes = b""
    why: NoThumbnail | None = None
    spoiler: bool = False


def has_pictures(run: Run) -> bool:
    """Whether pictures of a run may be asked for: it made some, its card is done with, and they stay.

    They do not where they are kept back or were removed.
    """
    return run.made_pictures and not run.is_removed and run.delivery in {Delivery.SHOWN, Delivery.UNDELIVERABLE}
