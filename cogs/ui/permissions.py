"""Permissions, checked at every use and every press: Discord's own defaults can be changed, and a custom_id forged."""

import discord

from bot.errors import UserError

_NAMES = {
    "manage_guild": "Manage Server",
    "manage_messages": "Manage Messages",
    "moderate_members": "Timeout Members",
}


def need(interaction: discord.Interaction, permission: str) -> int:
    """The server's id, where the person may do this there. `permission` is one of manage_guild, manage_messages, ….

    Raises UserError outside servers and for people without the permission (Administrator includes all).
    """
    if interaction.guild_id is None:
        raise UserError("This works in a server only.")
    held = interaction.permissions  # the person's own, in this channel, as Discord computed them for this interaction
    if not (held.administrator or getattr(held, permission)):
        name = _NAMES.get(permission, permission.replace("_", " "))
        raise UserError(f"Only people with the permission “{name}” may do this. Nothing was changed.")
    return interaction.guild_id
