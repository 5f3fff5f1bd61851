"""Who pays, what is limited over which time, and what is reported: values without storage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from bot.money import MicroUsd

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING = MicroUsd(0)


class Subject(StrEnum):
    """What a total or a limit is about. A limit on a role is one on each person who has it."""

    USER = "user"
    GUILD = "guild"
    CHANNEL = "channel"
    ROLE = "role"
    BOT = "bot"


class Measure(StrEnum):
    """What is counted: money in micro-dollars, pictures, or runs that are under way at once."""

    MONEY = "money"
    PICTURES = "pictures"
    RUNS = "runs"


class Kind(StrEnum):
    """What an entry of the ledger says. A `reserve` is followed by exactly one of `settle` and `release`.

    `adjust` books a run that was released and turned out to have cost something after all. `refund` gives back to the
    person's own limits what a run cost and brought them nothing for; what the server, the channel and the bot spent
    stays as it is.
    """

    RESERVE = "reserve"
    SETTLE = "settle"
    RELEASE = "release"
    GRANT = "grant"
    ADJUST = "adjust"
    REFUND = "refund"


class Window(StrEnum):
    """A stretch of UTC time over which something is counted. Runs at once are counted in `ever`."""

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
class Person:
    """Who asks, and where. Ids are Discord's.

    `guild_id` None is private use: a DM, or the app installed by the person alone, wherever it is used.
    `channel_id` is a thread's parent where it is a thread: threads count to their channel.
    `role_ids` are the person's roles at this moment; that everybody has the role of the server's own id is known.
    """

    user_id: int
    guild_id: int | None
    channel_id: int
    role_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Demand:
    """What one run asks for: the dearest price it may come to, and its pictures."""

    money: MicroUsd
    pictures: int

    def of(self, measure: Measure) -> int:
        """How much of a measure it takes."""
        match measure:
            case Measure.MONEY:
                return self.money
            case Measure.PICTURES:
                return self.pictures
            case Measure.RUNS:
                return 1


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` of the measure may be used in each window: micro-dollars, pictures, or runs at once.

    `guild_id` is the server whose admins set it; None for those of the settings. `subject_id` is the id of the user,
    role or channel; None for a server's own limit, and for the settings' (`Subject.USER`: everybody's default).
    """

    subject: Subject
    subject_id: int | None
    window: Window
    measure: Measure
    amount: int
    guild_id: int | None


@dataclass(frozen=True, slots=True)
class Defaults:
    """The limits that the settings name. None: no limit. `private_use` False: none at all without a server."""

    user_daily: MicroUsd | None = None
    private_daily: MicroUsd | None = None
    private_use: bool = True
    bot_monthly: MicroUsd | None = None


class LimitCause(StrEnum):
    """Why a limit holds for a person."""

    USER = "user"  # set for this person by an admin: comes before roles and default
    ROLE = "role"  # the most generous of the person's roles, where no limit is set for the person
    DEFAULT = "default"  # the bot's own, where neither the person nor a role of theirs has one
    PRIVATE = "private"  # the bot's own for use without a server
    GUILD = "guild"  # the server's: holds in addition
    CHANNEL = "channel"  # the channel's: holds in addition
    BOT = "bot"  # the operator's cap for everybody: holds in addition


@dataclass(frozen=True, slots=True)
class Applied:
    """A limit that holds for a person here and now, and why."""

    limit: Limit
    why: LimitCause


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A limit that concerns a person (their own, a role's, the default) and that another one comes before."""

    limit: Limit
    by: Limit


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which limits hold for a person here, and which of theirs give way. The rest of the server's do not concern them.

    `allowed` False: private use, which is switched off in the settings.
    """

    applied: tuple[Applied, ...]
    passed_over: tuple[PassedOver, ...]
    allowed: bool = True


@dataclass(frozen=True, slots=True)
class TotalKey:
    """The row that counts what a subject uses in one window; `window_start` is UTC, `guild_id` 0 outside servers."""

    guild_id: int
    subject: Subject
    subject_id: int
    window: Window
    window_start: datetime


@dataclass(frozen=True, slots=True)
class Total:
    """What a row counts: `held` for runs in flight, `spent` for those settled, `granted` on top of any limit.

    `estimated` is the part of `spent` for which Runflow named no cost. `refunded` is the part of `spent` that does not
    count against a limit: people's rows alone have any. `live_runs` is counted in `ever` alone.
    """

    held: MicroUsd = _NOTHING
    spent: MicroUsd = _NOTHING
    estimated: MicroUsd = _NOTHING
    granted: MicroUsd = _NOTHING
    refunded: MicroUsd = _NOTHING
    held_pictures: int = 0
    spent_pictures: int = 0
    refunded_pictures: int = 0
    live_runs: int = 0

    def used(self, measure: Measure) -> int:
        """What counts against a limit: what is in flight is as good as gone until it comes back."""
        match measure:
            case Measure.MONEY:
                return self.held + self.spent - self.refunded
            case Measure.PICTURES:
                return self.held_pictures + self.spent_pictures - self.refunded_pictures
            case Measure.RUNS:
                return self.live_runs


@dataclass(frozen=True, slots=True)
class LimitUse:
    """How far a limit is used. `amount` is the limit with what was granted on top; `left` is never below zero.

    All three are in the limit's measure (micro-dollars, pictures or runs). `resets_at` is UTC; None: never.
    """

    applied: Applied
    used: int
    left: int
    amount: int
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notice:
    """Said once in a window: 80 % of a limit is used. `sentence` is what the person reads."""

    use: LimitUse
    sentence: str


@dataclass(frozen=True, slots=True)
class RecentRun:
    """A run as `/usage` lists it. `state` is a value of `bot.runs.run.State`; `cost` None: not charged (yet).

    `shown`: how many pictures its card showed, None where it never did; `given_back` is the part of `cost` that does
    not count.
    """

    run_id: str
    created_at: datetime
    state: str
    prompt: str
    pictures: int  # asked for
    held: MicroUsd  # while it is in flight, and while nobody knows what it cost
    cost: MicroUsd | None
    estimated: bool
    shown: int | None = None
    given_back: MicroUsd | None = None


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What a person uses and has left here. `totals`: the person's own in the present windows, limit or not.

    `runs` are the last ten of this server (or of private use), newest first.
    """

    limits: tuple[LimitUse, ...]
    totals: Mapping[Window, Total]
    runs: tuple[RecentRun, ...]


@dataclass(frozen=True, slots=True)
class Spend:
    """What was spent: money (of which `estimated`), and pictures."""

    money: MicroUsd = _NOTHING
    estimated: MicroUsd = _NOTHING
    pictures: int = 0


@dataclass(frozen=True, slots=True)
class DaySpend:
    """What was spent for runs that were asked for on a day (UTC)."""

    day: date
    spend: Spend


@dataclass(frozen=True, slots=True)
class PersonSpend:
    """What a person spent."""

    user_id: int
    spend: Spend


@dataclass(frozen=True, slots=True)
class SpendReport:
    """A server's spending from the day of `since` to the one before `until` (UTC).

    `by_day` holds every day of the stretch in order, empty ones too; `by_person` those who spent, dearest first.
    """

    since: datetime
    until: datetime
    by_day: tuple[DaySpend, ...]
    by_person: tuple[PersonSpend, ...]
    total: Spend


class EntryRow(NamedTuple):
    """One entry of the ledger as it is exported: thousands are read at once, so it is the plain row.

    `amount` is in micro-dollars, `at` is UTC, `kind` is one of `Kind`.
    """

    id: int
    at: datetime
    kind: str
    run_id: str | None
    guild_id: int | None
    channel_id: int | None
    user_id: int
    amount: MicroUsd
    pictures: int
    estimated: bool


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A total that is not the sum of its entries."""

    key: TotalKey
    stored: Total
    recomputed: Total
