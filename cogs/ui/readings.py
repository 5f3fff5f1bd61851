"""Reading about others is an act: it is written down, and told in the log channel, before anything is shown."""

from collections.abc import Mapping

import discord

from bot.guilds.audit import AuditKind
from bot.guilds.permissions import guild_of
from bot.services import AdminAction, Guilds
from cogs.ui.log_channel import tell_admins

_LOOKED_AT = {
    AuditKind.HISTORY_READ: "requests",
    AuditKind.RECORD_READ: "the record",
}


async def note_reading(
    interaction: discord.Interaction, guilds: Guilds, kind: AuditKind, about: Mapping[str, object]
) -> None:
    """Note that whoever asks reads about others. Raises Unavailable where that cannot be kept: then nothing is read.

    `about` goes into the row: `user` is whose things are read.
    """
    act = AdminAction(guild_of(interaction), interaction.user.id)
    await guilds.note_reading(act, kind, about)
    settings = await guilds.settings_of(act.guild_id)
    what = f"{_LOOKED_AT[kind]} of <@{about['user']}>" if "user" in about else "what people spent here"
    tell_admins(interaction.client, settings.log_channel_id, f"{interaction.user.mention} looked at {what}.")
