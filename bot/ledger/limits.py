"""Which limits hold for a person, what they leave, and how a refusal is said. Pure.

Of the limits on a person, one holds for each window and measure: the one set for them, else the most generous of their
roles', else the bot's default. The server's and the channel's, and the operator's cap, hold in addition.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.errors import LimitError
from bot.ledger import sentences
from bot.ledger.values import (
    Applied,
    Defaults,
    Demand,
    Explanation,
    Limit,
    LimitCause,
    LimitUse,
    Measure,
    Notice,
    PassedOver,
    Person,
    Subject,
    Total,
    TotalKey,
    Window,
)
from bot.money import MicroUsd

Whose = tuple[int, Subject, int]
"""Of which server (0: none), subject and id a total is."""

_BOT_WINDOWS = (Window.MONTH, Window.EVER)  # for the cap, and to know what is under way
WINDOWS_OF: Mapping[Subject, tuple[Window, ...]] = {
    subject: _BOT_WINDOWS if subject is Subject.BOT else tuple(Window) for subject in Subject
}
"""The windows in which a subject's totals are kept. There are none of roles: a role's limit is one on each person."""


def applicable(limits: Iterable[Limit], defaults: Defaults, person: Person) -> tuple[Applied, ...]:
    """The limits that hold for the person here, narrowest first; those of other people, roles and channels do not."""
    return explained(limits, defaults, person).applied


def explained(limits: Iterable[Limit], defaults: Defaults, person: Person) -> Explanation:
    """As `applicable`, with those of the person's own limits that give way, and to which."""
    here = [limit for limit in limits if person.guild_id is not None and limit.guild_id == person.guild_id]
    applied: list[Applied] = []
    passed_over: list[PassedOver] = []
    for candidates in _by_place(_personal(here, defaults, person)).values():
        first, *rest = sorted(candidates, key=_precedence)
        applied.append(first)
        passed_over += [PassedOver(one.limit, first.limit) for one in rest]
    applied += [Applied(limit, LimitCause.CHANNEL) for limit in here if _is(limit, Subject.CHANNEL, person.channel_id)]
    applied += [Applied(limit, LimitCause.GUILD) for limit in here if limit.subject is Subject.GUILD]
    if defaults.bot_monthly is not None:
        cap = Limit(Subject.BOT, None, Window.MONTH, Measure.MONEY, defaults.bot_monthly, None)
        applied.append(Applied(cap, LimitCause.BOT))
    allowed = person.guild_id is not None or defaults.private_use
    return Explanation(tuple(applied), tuple(passed_over), allowed)


def counting(person: Person) -> tuple[Whose, ...]:
    """Whose totals count a run of the person's."""
    guild_id = person.guild_id or 0
    own: Whose = (guild_id, Subject.USER, person.user_id)
    everybody: Whose = (0, Subject.BOT, 0)
    if person.guild_id is None:
        return own, everybody
    return own, (guild_id, Subject.GUILD, guild_id), (guild_id, Subject.CHANNEL, person.channel_id), everybody


def counted_in(person: Person, at: datetime) -> tuple[TotalKey, ...]:
    """Every row that counts a run of the person at `at`, in the order in which every writer locks rows."""
    return in_order(
        TotalKey(*whose, window, window.start_of(at)) for whose in counting(person) for window in WINDOWS_OF[whose[1]]
    )


def persons_own(person: Person, at: datetime) -> tuple[TotalKey, ...]:
    """The rows of the person alone, which a grant raises, in the order of locking."""
    return tuple(key for key in counted_in(person, at) if key.subject is Subject.USER)


def in_order(keys: Iterable[TotalKey]) -> tuple[TotalKey, ...]:
    """The one order in which rows are locked, so that no two writers wait for each other."""
    return tuple(
        sorted(
            keys, key=lambda key: (key.guild_id, key.subject, key.subject_id, key.window, key.window_start.timestamp())
        )
    )


def row_of(limit: Limit, person: Person, at: datetime) -> TotalKey:
    """The row that a limit is held against."""
    start = limit.window.start_of(at)
    match limit.subject:
        case Subject.BOT:
            return TotalKey(0, Subject.BOT, 0, limit.window, start)
        case Subject.GUILD | Subject.CHANNEL:
            subject_id = person.channel_id if limit.subject is Subject.CHANNEL else (person.guild_id or 0)
            return TotalKey(person.guild_id or 0, limit.subject, subject_id, limit.window, start)
        case Subject.USER | Subject.ROLE:
            return TotalKey(person.guild_id or 0, Subject.USER, person.user_id, limit.window, start)


def use_of(applied: Applied, total: Total, at: datetime) -> LimitUse:
    """How far a limit is used; nothing is left, rather than less, where a run cost more than was held for it."""
    measure = applied.limit.measure
    amount = applied.limit.amount + (total.granted if measure is Measure.MONEY else 0)
    used = total.used(measure)
    resets_at = None if measure is Measure.RUNS else applied.limit.window.resets_at(at)
    return LimitUse(applied, used=used, left=max(amount - used, 0), amount=amount, resets_at=resets_at)


def uses(
    applied: Sequence[Applied], totals: Mapping[TotalKey, Total], person: Person, at: datetime
) -> tuple[LimitUse, ...]:
    """How far each limit is used; a row that is not there counts nothing."""
    return tuple(use_of(one, totals.get(row_of(one.limit, person, at), Total()), at) for one in applied)


def pictures_left(uses: Sequence[LimitUse], each: MicroUsd) -> tuple[int, LimitUse] | None:
    """How many pictures the limits leave room for where each costs `each` at most, and which limit leaves no more.

    Of several, the one that holds for longest. None where no limit on money or pictures holds. Runs at once come and
    go, so they are not asked.
    """
    fits = [(_fit(use, each), use) for use in uses if use.applied.limit.measure is not Measure.RUNS]
    found = [(fit, use) for fit, use in fits if fit is not None]
    return min(found, key=lambda one: (one[0], -_until(one[1])), default=None)


def _fit(use: LimitUse, each: MicroUsd) -> int | None:
    if use.applied.limit.measure is Measure.PICTURES:
        return use.left
    return use.left // each if each else None


def _until(use: LimitUse) -> float:
    return use.resets_at.timestamp() if use.resets_at else float("inf")


def refusal(before: Sequence[LimitUse], demand: Demand) -> LimitError | None:
    """The error for a demand that does not fit into what the limits leave; None where it fits.

    Of several limits in its way the one that lasts longest is told: what a sooner one promises would not hold.
    """
    broken = [use for use in before if demand.of(use.applied.limit.measure) > use.left]
    if not broken:
        return None
    worst = max(broken, key=_lasting)
    fits = min(_fitting(use, demand) for use in before)
    return LimitError(
        sentences.refused(worst, demand, fits, others_let=all(use.left > 0 for use in before)),
        resets_at=worst.resets_at,
        fits=fits,
    )


def nearly_used(after: Iterable[LimitUse]) -> tuple[Notice, ...]:
    """The limits of which 80 % is used: worth a word. Not those on runs at once, which come and go."""
    return tuple(
        Notice(use, sentences.nearly_used(use))
        for use in after
        if use.applied.limit.measure is not Measure.RUNS and use.amount > 0 and use.used * 5 >= use.amount * 4
    )


def _personal(here: Iterable[Limit], defaults: Defaults, person: Person) -> list[Applied]:
    roles = {*person.role_ids, person.guild_id}  # everybody has the role with the server's id
    found = [Applied(limit, LimitCause.USER) for limit in here if _is(limit, Subject.USER, person.user_id)]
    found += [Applied(one, LimitCause.ROLE) for one in here if one.subject is Subject.ROLE and one.subject_id in roles]
    amount, why = (
        (defaults.private_daily, LimitCause.PRIVATE)
        if person.guild_id is None
        else (defaults.user_daily, LimitCause.DEFAULT)
    )
    if amount is not None:
        found.append(Applied(Limit(Subject.USER, None, Window.DAY, Measure.MONEY, amount, None), why))
    return found


def _by_place(candidates: Iterable[Applied]) -> Mapping[tuple[Window, Measure], list[Applied]]:
    places: dict[tuple[Window, Measure], list[Applied]] = {}
    for one in candidates:
        places.setdefault((one.limit.window, one.limit.measure), []).append(one)
    return places


def _precedence(one: Applied) -> tuple[int, int, int]:
    rank = {LimitCause.USER: 0, LimitCause.ROLE: 1}.get(one.why, 2)
    return rank, -one.limit.amount, one.limit.subject_id or 0


def _is(limit: Limit, subject: Subject, subject_id: int) -> bool:
    return limit.subject is subject and limit.subject_id == subject_id


def _lasting(use: LimitUse) -> tuple[float, int]:
    """How long a limit is in the way. Runs at once are over soonest."""
    if use.applied.limit.measure is Measure.RUNS:
        return 0, -use.left
    return _until(use), -use.left


def _fitting(use: LimitUse, demand: Demand) -> int:
    """How many of the pictures asked for this limit leaves room for, each at its share of the price rounded up."""
    match use.applied.limit.measure:
        case Measure.PICTURES:
            fits = use.left
        case Measure.RUNS:
            fits = demand.pictures if use.left > 0 else 0
        case Measure.MONEY:
            each = -(-demand.money // demand.pictures) if demand.pictures else demand.money
            fits = use.left // each if each else demand.pictures
    return min(fits, demand.pictures)
