"""What people read of limits: their names, their amounts in their measure, and how far they are used. Pure."""

from bot.ledger.sentences import amount, rest, taken
from bot.ledger.sentences import whole as whole_of
from bot.ledger.values import Limit, LimitUse, Measure, Subject, Window
from cogs.ui.card_texts import relative

BAR_CELLS = 10

_EACH = {Window.HOUR: "an hour", Window.DAY: "a day", Window.MONTH: "a month", Window.EVER: "in all"}


def most(limit: Limit) -> str:
    """The amount of a limit and its window, as admins set it: `$0.50 a day`, `20 pictures in all`, `3 runs at once`."""
    return f"{amount(limit.measure, limit.amount)} {_each(limit)}"


def _each(limit: Limit) -> str:
    return "at once" if limit.measure is Measure.RUNS else _EACH[limit.window]


def whose(limit: Limit, *, addressed: bool = True) -> str:
    """What a limit is about, as the start of a line. `addressed`: the reader is the person whom it concerns.

    Mentions ping nobody where AllowedMentions.none() is sent, and read as a name even after a role was deleted.
    """
    match limit.subject:
        case Subject.GUILD:
            return "This server"
        case Subject.CHANNEL:
            return f"Channel <#{limit.subject_id}>"
        case Subject.ROLE:
            return f"You, as <@&{limit.subject_id}>" if addressed else f"Everybody with <@&{limit.subject_id}>"
        case Subject.BOT:
            return "Everybody who uses this bot, together"
        case Subject.USER:
            if addressed:
                return "You"
            return "Everybody, by default" if limit.subject_id is None else f"<@{limit.subject_id}>"


def described(limit: Limit, *, addressed: bool = False) -> str:
    """A limit in a few words: `Everybody with @artists: $0.50 a day`."""
    return f"{whose(limit, addressed=addressed)}: {most(limit)}"


def bar(used: int, whole: int) -> str:
    """How far something is used, as text that reads well aloud: `[######----] 60 %`.

    Never full before all of it is used, and never empty once some of it is.
    """
    if used >= whole:
        return f"[{'#' * BAR_CELLS}] 100 %"
    filled, percent = used * BAR_CELLS // whole, used * 100 // whole
    if used > 0:
        filled = max(filled, 1)
    cells = "#" * filled + "-" * (BAR_CELLS - filled)
    return f"[{cells}] {'less than 1' if used > 0 and percent == 0 else percent} %"


def use_line(use: LimitUse) -> str:
    """How far a limit is used: bar, amounts, what is left, when it starts afresh.

    Such as ``You, 50 ¢ a day: `[######----] 60 %` · 30 ¢ of 50 ¢ used, 20 ¢ left, resets <t:…:R>``.
    """
    limit = use.applied.limit
    head = f"{whose(limit)}, {whole_of(limit.measure, limit.amount)} {_each(limit)}"
    if use.amount == 0:
        return f"{head}: switched off"
    used = taken(limit.measure, use.used)
    line = f"{head}: `{bar(use.used, use.amount)}` · {used} of {whole_of(limit.measure, use.amount)} "
    line += "under way" if limit.measure is Measure.RUNS else "used"
    line += f", {rest(limit.measure, use.left)} left" if use.left else ", nothing left"
    if use.amount > limit.amount:
        line += f" ({whole_of(limit.measure, use.amount - limit.amount)} granted on top)"
    return line if use.resets_at is None else f"{line}, resets {relative(use.resets_at)}"
