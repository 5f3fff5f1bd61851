"""Runs of the past as people ask for them: values."""

from dataclasses import dataclass

from bot.runs.run import Delivery, Place, Run


@dataclass(frozen=True, slots=True)
class Page:
    """Runs, newest first, and whether there are others on either side of them."""

    runs: tuple[Run, ...]
    has_newer: bool = False
    has_older: bool = False


@dataclass(frozen=True, slots=True)
class Viewing:
    """Who asks to see pictures again, and where. Ids are Discord's; `limit_bytes` is for one attachment."""

    user_id: int
    place: Place
    is_age_restricted: bool
    limit_bytes: int


def has_pictures(run: Run) -> bool:
    """Whether pictures of a run may be asked for: it made some, its card is done with, and they are not kept back."""
    return run.made_pictures and run.delivery in {Delivery.SHOWN, Delivery.UNDELIVERABLE}
