"""Who pays, over which time, and how much at most: values without storage."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.money import MicroUsd

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING = MicroUsd(0)


class Subject(StrEnum):
    """What a total or a limit is about."""

    USER = "user"
    GUILD = "guild"
    CHANNEL = "channel"
    ROLE = "role"
    BOT = "bot"


class Kind(StrEnum):
    """What an entry of the ledger says. A `reserve` is followed by exactly one of `settle` and `release`."""

    RESERVE = "reserve"
    SETTLE = "settle"
    RELEASE = "release"
    GRANT = "grant"
    ADJUST = "adjust"


class Window(StrEnum):
    """A stretch of UTC time over which money is counted."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    EVER = "ever"

    def start_of(self, at: datetime) -> datetime:
        """When the window that holds `at` began. Raises ValueError for a naive time."""
        if at.utcoffset() is None:
            raise ValueError("a window is of UTC time: the time must have a zone")
        hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        match self:
            case Window.HOUR:
                return hour
            case Window.DAY:
                return hour.replace(hour=0)
            case Window.MONTH:
                return hour.replace(hour=0, day=1)
            case Window.EVER:
                return _EPOCH

    def resets_at(self, at: datetime) -> datetime | None:
        """When the next window begins after `at`; None for the one that never ends."""
        start = self.start_of(at)
        match self:
            case Window.HOUR:
                return start + timedelta(hours=1)
            case Window.DAY:
                return start + timedelta(days=1)
            case Window.MONTH:
                return (start + timedelta(days=31)).replace(day=1)
            case Window.EVER:
                return None


@dataclass(frozen=True, slots=True)
class Account:
    """Whose money it is, and where it is spent. Ids are Discord's; no guild means a DM."""

    user_id: int
    guild_id: int | None
    channel_id: int


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` may be spent and held by the subject in each window."""

    subject: Subject
    window: Window
    amount: MicroUsd


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits that the settings name. `user_daily` None: no limit."""

    user_daily: MicroUsd | None = None

    def on_user(self) -> Limit | None:
        """The limit on one person, if there is one."""
        return None if self.user_daily is None else Limit(Subject.USER, Window.DAY, self.user_daily)


@dataclass(frozen=True, slots=True)
class TotalKey:
    """The row that counts a subject's money in one window; `window_start` is UTC."""

    subject: Subject
    subject_id: int
    window: Window
    window_start: datetime


@dataclass(frozen=True, slots=True)
class Total:
    """What a row counts: `held` for runs in flight, `spent` for those settled."""

    held: MicroUsd = _NOTHING
    spent: MicroUsd = _NOTHING

    @property
    def used(self) -> MicroUsd:
        """What counts against a limit: money in flight is as good as gone until it comes back."""
        return MicroUsd(self.held + self.spent)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a person has used (spent and held) today and has left. `left` is None where no limit applies."""

    used: MicroUsd
    left: MicroUsd | None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A total that is not the sum of its entries."""

    key: TotalKey
    stored: Total
    recomputed: Total


def totals_of(account: Account, at: datetime) -> tuple[TotalKey, ...]:
    """The rows that count money held for `account` at `at`, in the order in which they are locked.

    Every writer locks in this order, so that no two wait for each other.
    """
    return (user_today(account.user_id, at),)


def user_today(user_id: int, at: datetime) -> TotalKey:
    """The row of one person's day."""
    return TotalKey(Subject.USER, user_id, Window.DAY, Window.DAY.start_of(at))


def left_of(limit: Limit, total: Total) -> MicroUsd:
    """What may still be held under the limit; never below zero, even where a run cost more than was held for it."""
    return MicroUsd(max(limit.amount - total.used, 0))
