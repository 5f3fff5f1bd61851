"""Leaving the queue: a press on a waiting card ends its run, and what it held is free at once."""

import discord

from bot.custom_ids import run_id
from bot.guilds.permissions import PERMISSIONS, may_for_others
from bot.services import Runs
from cogs import Host


class Queue:
    """Answers presses of “Leave the queue”."""

    def __init__(self, *, runs: Runs) -> None:
        self._runs = runs

    async def leave(self, interaction: discord.Interaction, run_id: str) -> None:
        """Take the run out of line, for the one who asked or a moderator here. Its card ends by itself, in words."""
        await interaction.response.defer()  # the database may take longer than Discord waits
        moderates = may_for_others(interaction, PERMISSIONS.buttons["leave"])
        await self._runs.leave(
            run_id,
            user_id=interaction.user.id,
            moderated_channel_id=interaction.channel_id if moderates else None,
        )


async def setup(host: Host) -> None:
    """Answer the button."""
    host.router.on_press("leave", run_id, Queue(runs=host.services.runs).leave)
