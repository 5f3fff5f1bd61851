"""About whom a moderator may act: members below them, and people who left but used the bot here."""

import asyncio

import discord

from bot.errors import Unavailable, UserError
from bot.guilds.permissions import manages
from bot.services import Sanctions
from cogs.ui.discord_errors import CALL_ERRORS, WORDS_TIMEOUT_S

_NOT_OURS = "The bot's own account cannot be sanctioned. Nothing was changed."
_BOT = "This is a bot: it cannot ask for pictures. Nothing was changed."
_ABOVE = (
    "Nobody can act about the owner, people who manage the server, or somebody whose highest role is at or above "
    "their own. Nothing was changed."
)
_NEVER_HERE = "This person is not in this server and never asked for pictures here. Nothing was changed."
_UNKNOWN = "Discord does not tell me who this is just now. Please try again in a minute. Nothing was changed."


def need_a_person(interaction: discord.Interaction, user_id: int) -> None:
    """Raises UserError for the bot itself."""
    if user_id == interaction.application_id:
        raise UserError(_NOT_OURS)


async def need_below(interaction: discord.Interaction, sanctions: Sanctions, user_id: int) -> None:
    """Raises UserError for somebody about whom whoever asks may not act, and Unavailable where nobody can tell.

    Members are asked of Discord: the bot keeps none, and what a press carries may be old or forged.
    """
    guild, actor = interaction.guild, interaction.user
    if guild is None or guild.unavailable or not isinstance(actor, discord.Member):
        raise Unavailable(_UNKNOWN)
    member = await _member(guild, user_id)
    if member is None:
        if not await sanctions.used_here(guild.id, user_id):
            raise UserError(_NEVER_HERE)
        return
    if member.bot:
        raise UserError(_BOT)
    is_above = actor.id != guild.owner_id and member.top_role >= actor.top_role
    if is_above or user_id == guild.owner_id or manages(member.guild_permissions):
        raise UserError(_ABOVE)


async def _member(guild: discord.Guild, user_id: int) -> discord.Member | None:
    """The member with their roles of now; None for somebody who is not in the server. Raises Unavailable."""
    try:
        async with asyncio.timeout(WORDS_TIMEOUT_S):
            return await guild.fetch_member(user_id)
    except discord.NotFound:
        return None
    except CALL_ERRORS as error:
        raise Unavailable(_UNKNOWN) from error
