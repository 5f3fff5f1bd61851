"""Strikes that decay, pauses and stops: what holds for a person now. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class SanctionKind(StrEnum):
    """An act about a person, by a moderator or by the thresholds."""

    STRIKE = "strike"
    PAUSE = "pause"
    STOP = "stop"
    LIFT = "lift"  # ends pause and stop, and forgets the strikes before it


@dataclass(frozen=True, slots=True)
class Sanction:
    """One act. `until` is the end of a pause. `by_threshold`: it followed from the strikes. Times are UTC."""

    id: int
    guild_id: int
    user_id: int
    kind: SanctionKind
    reason: str
    actor_id: int
    at: datetime
    until: datetime | None = None
    by_threshold: bool = False


@dataclass(frozen=True, slots=True)
class Thresholds:
    """After how many strikes that still count something follows, and how long each lasts."""

    warn: int = 1
    pause: int = 3
    stop: int = 5
    decay: timedelta = timedelta(days=30)
    pause_length: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SanctionStatus:
    """What holds for a person in a server now.

    `before_reason` and `after_reason` are what the person reads around it, empty while nothing holds.

    `kind` None: free to ask for pictures. `until` None with a kind: until it is lifted. `strikes` are those that count;
    `sanction_id` is the act that holds.
    """

    kind: SanctionKind | None = None
    until: datetime | None = None
    reason: str = ""
    strikes: int = 0
    warned: bool = False
    sanction_id: int | None = None
    before_reason: str = ""
    after_reason: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the person may ask for pictures."""
        return self.kind is None

    @property
    def told_reason(self) -> str:
        """The reason as it stands in the sentence: a moderator's own words, which whoever shows them escapes."""
        return self.reason.rstrip(".") if self.after_reason else ""

    @property
    def sentence(self) -> str:
        """What the person reads, the reason raw; empty while nothing holds."""
        return f"{self.before_reason}{self.told_reason}{self.after_reason}"


class RecordKind(StrEnum):
    """What a line of a person's record is about."""

    SANCTION = "sanction"
    APPEAL = "appeal"
    REPORTED = "reported"  # somebody reported a picture of theirs
    REMOVED = "removed"  # a moderator removed pictures of theirs
    REVIEW = "review"  # a moderator decided about pictures of theirs


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One line of `/history user`, for moderators. `what` is the kind's own word: strike, rejected, kept, …"""

    kind: RecordKind
    what: str
    at: datetime
    actor_id: int | None
    reason: str = ""
    until: datetime | None = None
    run_id: str | None = None


def _counting(acts: Sequence[Sanction]) -> Sequence[Sanction]:
    """The acts since the last lift, oldest first."""
    lifts = [place for place, one in enumerate(acts) if one.kind is SanctionKind.LIFT]
    return acts[lifts[-1] + 1 :] if lifts else acts


def strikes_now(acts: Sequence[Sanction], now: datetime, decay: timedelta) -> int:
    """How many strikes count. `acts` are in the order they were written."""
    return sum(one.kind is SanctionKind.STRIKE and one.at + decay > now for one in _counting(acts))


def consequence(strikes: int, thresholds: Thresholds) -> SanctionKind | None:
    """What follows when a strike makes them this many: nothing, a pause or a stop."""
    if strikes >= thresholds.stop:
        return SanctionKind.STOP
    return SanctionKind.PAUSE if strikes >= thresholds.pause else None


def standing(acts: Sequence[Sanction], now: datetime, thresholds: Thresholds) -> SanctionStatus:
    """What holds now: a stop before a pause, of pauses the longest. `acts` are in the order they were written."""
    counting = _counting(acts)
    strikes = strikes_now(acts, now, thresholds.decay)
    warned = strikes >= thresholds.warn
    stops = [one for one in counting if one.kind is SanctionKind.STOP]
    pauses = [one for one in counting if one.kind is SanctionKind.PAUSE and one.until is not None and one.until > now]
    if stops:
        held = stops[-1]
    elif pauses:
        held = max(pauses, key=lambda one: (one.until or now, one.id))
    else:
        return SanctionStatus(strikes=strikes, warned=warned)
    return SanctionStatus(held.kind, held.until, held.reason, strikes, warned, held.id, *_around_reason(held))


def _around_reason(held: Sanction) -> tuple[str, str]:
    reason, stop = (" The reason they gave: ", ".") if held.reason.rstrip(".") else ("", "")
    if held.until is None:
        end = "You cannot ask for pictures here until they lift it."
    else:
        end = f"You can ask for pictures again <t:{int(held.until.timestamp()) + 1}:R>."
    word = "stopped" if held.kind is SanctionKind.STOP else "paused"
    before = f"The moderators of this server have {word} you.{reason}"
    if held.by_threshold and reason:  # nobody gave it: it followed from the strikes
        before = f"You are {word} in this server because of "
    return before, f"{stop} {end} If you think that is a mistake, use /appeal."
