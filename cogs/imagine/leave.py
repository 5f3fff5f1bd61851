"""Leaving the queue, and canceling what has left it: a press on an unfinished card ends its run at once."""

import discord

from bot.custom_ids import run_id
from bot.guilds.permissions import PERMISSIONS, may_for_others
from bot.runs.run import Run
from bot.services import Guilds, Runs
from cogs import Host
from cogs.ui.log_channel import tell_admins


class EndedByPress:
    """Answers presses of “Leave the queue” and of “Cancel”. The card ends by itself, in words."""

    def __init__(self, *, runs: Runs, guild_settings: Guilds) -> None:
        self._runs, self._guild_settings = runs, guild_settings

    async def leave(self, interaction: discord.Interaction, run_id: str) -> None:
        """Take the run out of line, for the one who asked or a moderator here."""
        await interaction.response.defer()  # the database may take longer than Discord waits
        left = await self._runs.leave(
            run_id, user_id=interaction.user.id, moderated_channel_id=_moderated(interaction, "leave")
        )
        await self._log(interaction, left, "took", "out of the queue")

    async def cancel(self, interaction: discord.Interaction, run_id: str) -> None:
        """Wait no more for the run, for the one who asked or a moderator here."""
        await interaction.response.defer()
        canceled = await self._runs.cancel(
            run_id, user_id=interaction.user.id, moderated_channel_id=_moderated(interaction, "cancel")
        )
        await self._log(interaction, canceled, "canceled")

    async def _log(self, interaction: discord.Interaction, run: Run, did: str, where: str = "") -> None:
        """Tell the log channel what a moderator did to another person's run."""
        if run.place.guild_id is None or run.user_id == interaction.user.id:
            return
        settings = await self._guild_settings.settings_of(run.place.guild_id)
        line = f"{interaction.user.mention} {did} a request by <@{run.user_id}> in <#{run.place.channel_id}> {where}"
        tell_admins(interaction.client, settings.log_channel_id, f"{line.rstrip()}.")


def _moderated(interaction: discord.Interaction, button: str) -> int | None:
    """The channel where whoever presses may do this to what is another person's; None where they may not."""
    return interaction.channel_id if may_for_others(interaction, PERMISSIONS.buttons[button]) else None


async def setup(host: Host) -> None:
    """Answer the buttons."""
    presses = EndedByPress(runs=host.services.runs, guild_settings=host.services.guild_settings)
    host.router.on_press("leave", run_id, presses.leave)
    host.router.on_press("cancel", run_id, presses.cancel)
