"""/settings: what a server's admins choose for the whole server, and what was done in it."""

import asyncio

import discord
from discord import app_commands

from bot.custom_ids import number
from bot.errors import UserError
from bot.guilds.audit import AuditFilter
from bot.guilds.permissions import guild_of
from bot.services import AdminAction, Guilds
from cogs import Host
from cogs.settings import texts
from cogs.settings.view import LOG_ANYWAY, LOG_OFF, PAGE, ROWS_MOST, AuditView, Turn, turn_of
from cogs.ui.actions import Press
from cogs.ui.arguments import WRITABLE, ChannelId, OneOfMany, PersonId
from cogs.ui.context import everyone_sees
from cogs.ui.discord_errors import WORDS_TIMEOUT_S
from cogs.ui.log_channel import tell_admins
from cogs.ui.replies import answer, answer_with, turn_page, wait_a_moment


class SettingsCommands(app_commands.Group):
    """/settings: the log channel, and the audit of what admins and moderators did."""

    def __init__(self, *, guild_settings: Guilds) -> None:
        super().__init__(
            name="settings",
            description="What holds for the whole server",
        )
        self._guild_settings = guild_settings

    @app_commands.command(name="log-channel", description="Where admins are told of what admins and moderators do")
    @app_commands.describe(channel="The channel; leave it out to see which it is")
    async def log_channel(
        self, interaction: discord.Interaction, channel: app_commands.Transform[int, ChannelId(WRITABLE)] | None = None
    ) -> None:
        """Choose the log channel, or show it. Raises UserError for a channel in which the bot may not write."""
        guild_id = guild_of(interaction)
        before = (await self._guild_settings.settings_of(guild_id)).log_channel_id
        if channel is None:
            await _show_log_channel(interaction, guild_id, before)
            return
        found = need_writable(interaction, channel)
        if everyone_sees(found) and channel != before:
            button = Press(LOG_ANYWAY, str(channel), label="Use it anyway", style=discord.ButtonStyle.danger)
            await answer_with(interaction, texts.EVERYONE_READS.format(channel=channel), button)
            return
        await self.choose_log(interaction, channel)

    async def choose_log(self, interaction: discord.Interaction, channel: int) -> None:
        """Have a channel told from now on, whoever sees it. Raises UserError where the bot may not write in it."""
        need_writable(interaction, channel)
        act = AdminAction(guild_of(interaction), interaction.user.id)
        before = (await self._guild_settings.settings_of(act.guild_id)).log_channel_id
        await self._guild_settings.set_log_channel(act, channel)
        await answer(interaction, f"From now on <#{channel}> is told of what admins and moderators do here.")
        if before not in {None, channel}:
            moved = f"{interaction.user.mention} moved the log: from now on <#{channel}> is told, and not this channel."
            tell_admins(interaction.client, before, moved)
        line = (
            f"{interaction.user.mention} chose this channel: from now on it is told of what admins and moderators do."
        )
        tell_admins(interaction.client, channel, line)

    async def end_log(self, interaction: discord.Interaction, _guild_id: int) -> None:
        """End the log of the server where this is pressed, whatever the button names."""
        guild_id = guild_of(interaction)
        before = (await self._guild_settings.settings_of(guild_id)).log_channel_id
        await self._guild_settings.set_log_channel(AdminAction(guild_id, interaction.user.id), None)
        await answer(interaction, "From now on there is no log channel. What is done is still kept.")
        tell_admins(interaction.client, before, f"{interaction.user.mention} ended the log in this channel.")

    @app_commands.command(name="audit", description="What admins and moderators did in this server, newest first")
    @app_commands.describe(
        person="Only what this person did, or what was done about them", kind="Only acts of this kind"
    )
    async def audit(
        self,
        interaction: discord.Interaction,
        person: app_commands.Transform[int, PersonId] | None = None,
        kind: app_commands.Transform[str, OneOfMany("kind", texts.CHOICES)] | None = None,
    ) -> None:
        """Show the newest acts, of one person or kind where asked; only whoever asks sees them."""
        await wait_a_moment(interaction)
        await self._show(interaction, Turn(AuditFilter(person, None if kind is None else texts.KINDS[kind])))

    async def turn(self, interaction: discord.Interaction, turn: Turn) -> None:
        """Show the page that a button leads to, in place of the one it is under."""
        await turn_page(interaction)
        await self._show(interaction, turn)

    async def _show(self, interaction: discord.Interaction, turn: Turn) -> None:
        page = await self._guild_settings.audit(
            guild_of(interaction), turn.wanted, before=turn.before, after=turn.after, most=ROWS_MOST
        )
        async with asyncio.timeout(WORDS_TIMEOUT_S):
            await interaction.edit_original_response(
                view=AuditView(page, turn.wanted), allowed_mentions=discord.AllowedMentions.none()
            )


async def _show_log_channel(interaction: discord.Interaction, guild_id: int, channel_id: int | None) -> None:
    """Say where the log is. Only looking changes nothing: ending it is a press of its own."""
    if channel_id is None:
        await answer(interaction, texts.NO_LOG)
        return
    button = Press(LOG_OFF, str(guild_id), label="End the log", style=discord.ButtonStyle.danger)
    await answer_with(interaction, texts.LOG_IS_IN.format(channel=channel_id), button)


def need_writable(interaction: discord.Interaction, channel_id: int) -> discord.abc.GuildChannel | discord.Thread:
    """A channel of this server in which the bot may write. Raises UserError, which says what to fix."""
    guild = interaction.guild
    channel = guild.get_channel_or_thread(channel_id) if guild else None
    if guild is None or channel is None:
        raise UserError("There is no such channel in this server that I can see. Nothing was changed.")
    mine = channel.permissions_for(guild.me)
    may_send = mine.send_messages_in_threads if isinstance(channel, discord.Thread) else mine.send_messages
    if not (mine.view_channel and may_send):
        raise UserError(
            f"I may not write in {channel.mention}. Give me “View Channel” and “Send Messages” there, then try again. "
            "Nothing was changed."
        )
    return channel


async def setup(host: Host) -> None:
    """Add /settings, and answer the buttons under the audit."""
    settings = SettingsCommands(guild_settings=host.services.guild_settings)
    host.tree.add_command(settings)
    host.router.on_press(PAGE, turn_of, settings.turn)
    host.router.on_press(LOG_OFF, number, settings.end_log)
    host.router.on_press(LOG_ANYWAY, number, settings.choose_log, hint="Use /settings log-channel again.")
