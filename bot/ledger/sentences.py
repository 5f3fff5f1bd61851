"""What people read of limits: refused, nearly used. Pure."""

from collections.abc import Callable
from datetime import datetime

from bot.ledger.values import Demand, LimitCause, LimitUse, Measure, Subject, Window
from bot.money import MicroUsd, cost_for_people, exact_for_people, format_usd, left_for_people

PRIVATE_USE_IS_OFF = (
    "Making pictures is switched off in direct messages and outside servers I was added to. "
    "Please use me in a server that has me."
)

_FOR = {Window.HOUR: "for this hour", Window.DAY: "for today", Window.MONTH: "for this month", Window.EVER: "in all"}
_THIS = {Window.HOUR: "this hour", Window.DAY: "today", Window.MONTH: "this month", Window.EVER: "in all"}
_A = {Window.HOUR: "an hour", Window.DAY: "a day", Window.MONTH: "a month", Window.EVER: "in all"}


def amount(measure: Measure, number: int) -> str:
    """A number with its unit, as admins set it: `$0.50`, `1 picture`, `3 runs`. Exact."""
    return _with_unit(measure, number, format_usd)


def whole(measure: Measure, number: int) -> str:
    """A limit as members read it, exact: `50 ¢`, `20 pictures`."""
    return _with_unit(measure, number, exact_for_people)


def taken(measure: Measure, number: int) -> str:
    """What was used or would be, as members read it: never less than it is."""
    return _with_unit(measure, number, cost_for_people)


def rest(measure: Measure, number: int) -> str:
    """What is left, as members read it: never more than it is."""
    return _with_unit(measure, number, left_for_people)


def _with_unit(measure: Measure, number: int, money: Callable[[MicroUsd], str]) -> str:
    match measure:
        case Measure.MONEY:
            return money(MicroUsd(number))
        case Measure.PICTURES:
            return f"{number:,} picture{'' if number == 1 else 's'}"
        case Measure.RUNS:
            return f"{number:,} run{'' if number == 1 else 's'}"


def refused(use: LimitUse, demand: Demand, fits: int, *, others_let: bool = True) -> str:
    """Why a request was not taken, what is left, when there is more, and what would fit.

    `others_let` False: another limit is used up, so that nothing would fit, however small.
    """
    limit = use.applied.limit
    if use.amount == 0:
        return _switched_off(use)
    if limit.measure is Measure.RUNS:
        return _too_many_at_once(use)
    fitting = _what_fits(use, demand, fits, others_let=others_let)
    return " ".join(part for part in (_what_is_left(use, demand), _when(use), fitting) if part)


def left_in(use: LimitUse) -> str:
    """Of which limit something is left: `today`, `this hour for this channel`."""
    whose = {
        LimitCause.GUILD: " for this server",
        LimitCause.CHANNEL: " for this channel",
        LimitCause.BOT: " for everybody together",
    }
    return f"{_THIS[use.applied.limit.window]}{whose.get(use.applied.why, '')}"


def nearly_used(use: LimitUse) -> str:
    """A word to the wise, once in a window."""
    limit = use.applied.limit
    left = "nothing is" if use.left == 0 else f"{rest(limit.measure, use.left)} {_is_are(limit.measure, use.left)}"
    of = f"{whole(limit.measure, use.amount)} {_FOR[limit.window]}"
    fresh = "" if use.resets_at is None else f" It starts afresh {_in(use.resets_at)}."
    return f"Most of {_owners(use)} limit is used: {left} left of {of}.{fresh}"


def _switched_off(use: LimitUse) -> str:
    limit = use.applied.limit
    of = f"{_owners(use)} limit is {whole(limit.measure, 0)} {'at once' if limit.measure is Measure.RUNS else ''}"
    if limit.measure is not Measure.RUNS:
        of += _A[limit.window]
    return f"Making pictures is switched off at the moment: {of}. {_who_may_change(use)}"


def _too_many_at_once(use: LimitUse) -> str:
    owner = {Subject.GUILD: "This server", Subject.CHANNEL: "This channel"}.get(use.applied.limit.subject, "You")
    has = "has" if owner != "You" else "have"
    return (
        f"{owner} may have {amount(Measure.RUNS, use.amount)} at once{_by_role(use)}, and {owner.lower()} {has} "
        f"{use.used} under way. Please try again when one of them has ended."
    )


def _what_is_left(use: LimitUse, demand: Demand) -> str:
    limit = use.applied.limit
    needed = taken(limit.measure, demand.of(limit.measure))
    asks = f"That could cost up to {needed}" if limit.measure is Measure.MONEY else f"That would be {needed}"
    left = "nothing" if use.left == 0 else rest(limit.measure, use.left)
    of = whole(limit.measure, use.amount)
    match use.applied.why:
        case LimitCause.BOT:
            return f"{asks}, and I have {left} left of the {of} that everybody together may spend {_A[limit.window]}."
        case LimitCause.GUILD:
            has = f"this server has {left} left of its"
        case LimitCause.CHANNEL:
            has = f"this channel has {left} left of its"
        case _:
            has = f"you have {left} left of your"
    return f"{asks}, and {has} {of} {_FOR[limit.window]}{_by_role(use)}."


def _when(use: LimitUse) -> str:
    limit = use.applied.limit
    if use.resets_at is None:
        return f"That does not renew by itself. {_who_may_change(use)}"
    fresh = whole(limit.measure, limit.amount)
    match use.applied.why:
        case LimitCause.BOT | LimitCause.GUILD | LimitCause.CHANNEL:
            return f"It starts afresh {_in(use.resets_at)}."
        case _:
            return f"You get a fresh {fresh} {_in(use.resets_at)}."


def _what_fits(use: LimitUse, demand: Demand, fits: int, *, others_let: bool) -> str:
    limit = use.applied.limit
    if fits > 0:
        return f"{amount(Measure.PICTURES, fits)} would fit."
    if limit.measure is not Measure.MONEY:
        return ""
    if demand.money > use.amount:
        fewer = "fewer or cheaper" if demand.pictures > 1 else "cheaper"
        return f"One request can never cost more than that: please ask for {fewer} pictures."
    if use.left > 0 and others_let:
        return "Until then, cheaper pictures may fit." if use.resets_at else "Cheaper pictures may fit."
    return ""


def _by_role(use: LimitUse) -> str:
    limit = use.applied.limit
    return f" (as <@&{limit.subject_id}>)" if limit.subject is Subject.ROLE else ""


def _owners(use: LimitUse) -> str:
    match use.applied.why:
        case LimitCause.GUILD:
            return "this server's"
        case LimitCause.CHANNEL:
            return "this channel's"
        case LimitCause.BOT:
            return "everybody's"
        case _:
            return "your"


def _who_may_change(use: LimitUse) -> str:
    who = "Whoever runs me" if use.applied.limit.guild_id is None else "The admins of this server"
    return f"{who} can change it."


def _is_are(measure: Measure, number: int) -> str:
    return "is" if measure is Measure.MONEY or number == 1 else "are"


def _in(at: datetime) -> str:
    return f"<t:{int(at.timestamp())}:R>"
