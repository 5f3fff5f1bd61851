"""What admins read and write of limits: amounts as text, lines of a list, why a limit holds. Pure but for names."""

import discord

from bot.errors import UserError
from bot.ledger.values import Applied, Explanation, Limit, LimitCause, Measure, PassedOver, Subject, Window
from bot.money import MicroUsd, format_usd, parse_usd
from cogs.ui import discord_limits
from cogs.ui.limit_texts import described, most, whose
from cogs.ui.markdown import plain

MEASURES = {Measure.MONEY.value: "Money", Measure.PICTURES.value: "Pictures", Measure.RUNS.value: "Runs at once"}
WINDOWS = {
    Window.HOUR.value: "Each hour",
    Window.DAY.value: "Each day",
    Window.MONTH.value: "Each month",
    Window.EVER.value: "For good",
}
NO_LIMITS = "No limits are set in this server; only the bot's own hold."
_MOST_DIGITS = 9

_WHY = {
    LimitCause.USER: "set for this person, so it comes before roles and the default",
    LimitCause.ROLE: "the most generous of their roles",
    LimitCause.DEFAULT: "the bot's default, since nothing else is set for them",
    LimitCause.PRIVATE: "the bot's limit for use outside servers",
    LimitCause.GUILD: "holds for the whole server, in addition",
    LimitCause.CHANNEL: "holds in this channel, in addition",
    LimitCause.BOT: "whoever runs the bot set it for everybody, in addition",
}


def amount_of(measure: Measure, text: str) -> int:
    """The amount that somebody wrote, in micro-dollars, pictures or runs. Raises UserError with what is allowed."""
    try:
        if measure is Measure.MONEY:
            return parse_usd(text)
        written = text.strip()
        if not (written.isascii() and written.isdigit() and len(written) <= _MOST_DIGITS):
            raise ValueError("That is not a number I can read. Please write a whole number such as 20.")
        return int(written)
    except ValueError as error:
        raise UserError(f"{error} Nothing was changed.") from error


def key_of(limit: Limit) -> str:
    """What stands for a limit in a command: the same whatever else is set meanwhile."""
    return f"{limit.subject}.{limit.subject_id or 0}.{limit.window}.{limit.measure}"


def chosen(limits: tuple[Limit, ...], text: str) -> Limit:
    """The limit that somebody chose by its key, or by its number in the list. Raises UserError where there is none."""
    number = text.strip().rstrip(".")
    for at, limit in enumerate(limits, start=1):
        if text == key_of(limit) or number == str(at):
            return limit
    raise UserError("There is no such limit. /limits list shows those that are set, with their numbers.")


def named(limit: Limit, guild: discord.Guild | None) -> str:
    """A limit as Discord's list of suggestions shows it, where mentions are not drawn."""
    match limit.subject:
        case Subject.GUILD:
            who = "This server"
        case Subject.ROLE:
            role = guild.get_role(limit.subject_id or 0) if guild else None
            who = f"Role {plain(role.name) if role else 'that was deleted'}"
        case Subject.CHANNEL:
            channel = guild.get_channel(limit.subject_id or 0) if guild else None
            who = f"Channel {plain(channel.name) if channel else 'that was deleted'}"
        case _:
            who = f"Person {limit.subject_id}"
    return f"{who}: {most(limit)}"[: discord_limits.CHOICE_NAME]


def listed(limits: tuple[Limit, ...], guild: discord.Guild | None) -> list[str]:
    """The lines of a list, numbered as /limits remove takes them."""
    return [f"{at}. {described(limit)}{_for_nobody(limit, guild)}" for at, limit in enumerate(limits, start=1)]


def _for_nobody(limit: Limit, guild: discord.Guild | None) -> str:
    """That a limit holds nowhere: until they were refused, some were set on categories."""
    channel = guild.get_channel(limit.subject_id or 0) if guild and limit.subject is Subject.CHANNEL else None
    return " (holds nowhere: this is a category; please remove it)" if _is_category(channel) else ""


def _is_category(channel: object) -> bool:
    return isinstance(channel, discord.CategoryChannel)


def was_set(limit: Limit, before: Limit | None) -> str:
    """What changed, as a sentence."""
    if before is None:
        return f"{described(limit)}. This is new."
    return f"{described(limit)}. Before it was {most(before)}."


def explained(explanation: Explanation, person: str, where: str) -> list[str]:
    """Which limits hold for a person, why, and which give way."""
    lines = [f"**What holds for {person} in {where}**"]
    lines += [_applied(one) for one in explanation.applied] or ["No limit holds."]
    if explanation.passed_over:
        lines.append("**What gives way**")
        lines += [_passed_over(one) for one in explanation.passed_over]
    return lines


def granted(person: str, amount: MicroUsd, reason: str) -> str:
    """A grant, as a sentence."""
    return f"{person} may spend {format_usd(amount)} more within their limits of this hour, day and month: {reason}"


def _applied(one: Applied) -> str:
    return f"- {described(one.limit)} ({_WHY[one.why]})"


def _passed_over(one: PassedOver) -> str:
    by = "their own limit" if one.by.subject is Subject.USER and one.by.subject_id else whose(one.by, addressed=False)
    return f"- {described(one.limit)}, because of: {by}, {most(one.by)}"
