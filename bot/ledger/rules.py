"""What admins may set and grant. Each function raises UserError with the sentence they read. Pure."""

from bot.errors import UserError
from bot.guilds.audit import AdminAction
from bot.ledger import sentences
from bot.ledger.values import Limit, Measure, Person, Subject, Window
from bot.money import MicroUsd, format_usd

MOST: dict[Measure, int] = {Measure.MONEY: 1_000_000 * 1_000_000, Measure.PICTURES: 1_000_000, Measure.RUNS: 1_000}
"""The largest limit of each measure: micro-dollars, pictures, runs at once."""

MOST_GRANTED = MicroUsd(10_000 * 1_000_000)
LONGEST_REASON = 500
MOST_LIMITS = 1_000


def need_settable(act: AdminAction, limit: Limit) -> None:
    """A limit that this server's admins may set: on itself, or a channel, role or person, of an amount in range."""
    need_own(act, limit)
    if limit.measure is Measure.RUNS and limit.window is not Window.EVER:
        raise UserError("Runs at once are not counted by the hour, day or month. Please leave the window out.")
    if not 0 <= limit.amount <= MOST[limit.measure]:
        most = sentences.amount(limit.measure, MOST[limit.measure])
        raise UserError(f"A limit may be from {sentences.amount(limit.measure, 0)} to {most}. Nothing was changed.")


def need_own(act: AdminAction, limit: Limit) -> None:
    """A limit of the server that the admin acts for."""
    if limit.guild_id is None or limit.subject is Subject.BOT:
        raise UserError("The bot's own limits are set by whoever runs it, not here. Nothing was changed.")
    need_same_server(act, limit.guild_id)
    if (limit.subject is Subject.GUILD) != (limit.subject_id is None):
        raise UserError("Please name the person, role or channel of the limit; the server itself needs no name.")


def need_same_server(act: AdminAction, guild_id: int) -> None:
    """What is changed belongs to the server that the admin acts for."""
    if guild_id != act.guild_id:
        raise UserError("That belongs to another server. Nothing was changed.")


def need_room(standing: int) -> None:
    """A server has a place for one more limit."""
    if standing >= MOST_LIMITS:
        raise UserError(
            f"This server has {MOST_LIMITS:,} limits already, which is as many as I keep. Please remove one first."
        )


def need_grantable(act: AdminAction, person: Person, amount: MicroUsd, reason: str) -> None:
    """A grant to somebody in the admin's server, of an amount in range, with a reason that fits."""
    if person.guild_id is None:
        raise UserError("Money can be granted in a server only. Nothing was changed.")
    need_same_server(act, person.guild_id)
    if not 0 < amount <= MOST_GRANTED:
        raise UserError(
            f"A grant must be above {format_usd(MicroUsd(0))} and at most {format_usd(MOST_GRANTED)}. "
            "Nothing was changed."
        )
    if len(reason) > LONGEST_REASON:
        raise UserError(f"The reason may be at most {LONGEST_REASON} characters long. Nothing was changed.")
