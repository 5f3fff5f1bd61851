"""Leaving the queue: a press on a waiting card ends its run, and what it held is free at once."""

import discord

from bot.custom_ids import run_id
from bot.guilds.permissions import PERMISSIONS, may_for_others
from bot.services import Guilds, Runs
from cogs import Host
from cogs.ui.log_channel import tell_admins


class Queue:
    """Answers presses of “Leave the queue”."""

    def __init__(self, *, runs: Runs, guild_settings: Guilds) -> None:
        self._runs, self._guild_settings = runs, guild_settings

    async def leave(self, interaction: discord.Interaction, run_id: str) -> None:
        """Take the run out of line, for the one who asked or a moderator here. Its card ends by itself, in words."""
        await interaction.response.defer()  # the database may take longer than Discord waits
        moderates = may_for_others(interaction, PERMISSIONS.buttons["leave"])
        run = await self._runs.leave(
            run_id,
            user_id=interaction.user.id,
            moderated_channel_id=interaction.channel_id if moderates else None,
        )
        if run.place.guild_id is not None and run.user_id != interaction.user.id:
            settings = await self._guild_settings.settings_of(run.place.guild_id)
            line = f"{interaction.user.mention} took a request by <@{run.user_id}> in <#{run.place.channel_id}> "
            tell_admins(interaction.client, settings.log_channel_id, f"{line}out of the queue.")


async def setup(host: Host) -> None:
    """Answer the button."""
    queue = Queue(runs=host.services.runs, guild_settings=host.services.guild_settings)
    host.router.on_press("leave", run_id, queue.leave)
