"""Leaving the queue: a press on a waiting card ends its run, and what it held is free at once."""

import discord

from bot.services import Runs
from cogs import Host
from cogs.ui.buttons import answer_presses


class Queue:
    """Answers presses of “Leave the queue”."""

    def __init__(self, *, runs: Runs) -> None:
        self._runs = runs

    async def leave(self, interaction: discord.Interaction, run_id: str) -> None:
        """Take the run out of line, for the one who asked or a moderator here. Its card ends by itself, in words."""
        await interaction.response.defer()  # the database may take longer than Discord waits
        moderates = interaction.guild_id is not None and _is_moderator(interaction.permissions)
        await self._runs.leave(
            run_id,
            user_id=interaction.user.id,
            moderated_channel_id=interaction.channel_id if moderates else None,
        )


def _is_moderator(held: discord.Permissions) -> bool:
    return held.administrator or held.manage_messages


async def setup(host: Host) -> None:
    """Answer the button."""
    answer_presses(host, "leave", Queue(runs=host.services.runs).leave)
