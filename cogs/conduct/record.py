"""/record: what moderators decided about a person, and what waits for them."""

import discord
from discord import app_commands

from bot.guilds.audit import AuditKind
from bot.guilds.permissions import guild_of
from bot.services import Guilds, Sanctions
from cogs import Host
from cogs.conduct import texts
from cogs.conduct.appeal_post import post_appeal
from cogs.ui.arguments import PersonId
from cogs.ui.markdown import listed
from cogs.ui.readings import note_reading
from cogs.ui.replies import answer, wait_a_moment

_POSTED_MOST = 3


class RecordCommands(app_commands.Group):
    """/record: what moderators decided about people, and the appeals that wait."""

    def __init__(self, *, sanctions: Sanctions, guild_settings: Guilds) -> None:
        super().__init__(
            name="record",
            description="What moderators decided about people",
        )
        self._sanctions, self._guild_settings = sanctions, guild_settings

    @app_commands.command(name="user", description="Decisions, strikes, appeals and reports of a person in this server")
    @app_commands.describe(person="Who")
    async def user(self, interaction: discord.Interaction, person: app_commands.Transform[int, PersonId]) -> None:
        """Show what holds for a person now, and their record, newest first."""
        guild_id = guild_of(interaction)
        await note_reading(interaction, self._guild_settings, AuditKind.RECORD_READ, {"user": str(person)})
        standing = await self._sanctions.standing(guild_id, person)
        lines = [texts.record_line(line) for line in await self._sanctions.record(guild_id, person)]
        await answer(interaction, f"{texts.record_head(person, standing)}\n{listed(lines, 'Nothing is on record.')}")

    @app_commands.command(name="appeals", description="The appeals that wait for a decision")
    async def appeals(self, interaction: discord.Interaction) -> None:
        """List open appeals, oldest first; what could not be brought to the moderators is brought to them now."""
        guild_id = guild_of(interaction)
        await wait_a_moment(interaction)
        waiting = await self._sanctions.open_appeals(guild_id)
        for appeal in [each for each in waiting if each.message_id is None][:_POSTED_MOST]:
            await post_appeal(interaction.client, self._sanctions, self._guild_settings, appeal)
        lines = [texts.appeal_line(appeal) for appeal in await self._sanctions.open_appeals(guild_id)]
        await answer(interaction, listed(lines, "No appeal waits for a decision."))


async def setup(host: Host) -> None:
    """Called by discord.py when it loads the extension."""
    host.tree.add_command(
        RecordCommands(sanctions=host.services.sanctions, guild_settings=host.services.guild_settings)
    )
