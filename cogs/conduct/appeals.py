"""/appeal: a person's word against a pause or a stop, and the moderators' decision about it."""

import asyncio
from typing import Any

import discord
import structlog
from discord import app_commands, ui

from bot.custom_ids import number
from bot.errors import Unavailable, UserError
from bot.guilds.permissions import guild_of, need_not_own
from bot.moderation.sanctions import SanctionStatus
from bot.moderation.sanctions_service import APPEAL_MOST, REASON_MOST, Appeal
from bot.services import AdminAction, Guilds, Sanctions
from cogs import Host
from cogs.conduct import texts
from cogs.conduct.appeal_post import post_appeal
from cogs.ui.actions import Form, Values, open_form
from cogs.ui.discord_errors import CALL_ERRORS, WORDS_TIMEOUT_S, short
from cogs.ui.log_channel import tell_admins
from cogs.ui.markdown import plain
from cogs.ui.replies import answer, wait_a_moment, write_to

_log = structlog.get_logger(__name__)

_FORM = "appeal"
_WORDS = "words"
_THEY_READ_IT = "The person will read this; please be kind."
_NO_MENTIONS = discord.AllowedMentions.none()

_NOTHING = "There is nothing to appeal against: you may ask for pictures here."
_NOBODY = "This server has no moderation channel, so nobody would read it. Please ask one of its admins."
_SENT = "Your appeal is with the moderators. You will be told what they decide."
_KEPT = (
    "Your appeal is kept, but could not be brought to the moderators yet. "
    "Please tell one of them to use /record appeals."
)


class Appeals:
    """Takes appeals to the moderation channel, and decisions back."""

    def __init__(self, *, sanctions: Sanctions, guild_settings: Guilds) -> None:
        self._sanctions, self._guild_settings = sanctions, guild_settings

    def command(self) -> app_commands.Command[Any, ..., None]:
        """The command /appeal; who may use it says bot/guilds/permissions.py."""
        return app_commands.Command(
            name="appeal",
            description="Ask the moderators of this server to lift a pause or a stop",
            callback=self.ask,
        )

    async def ask(self, interaction: discord.Interaction) -> None:
        """Ask for the words, unless there is nothing to appeal against or nobody to read them."""
        guild_id = guild_of(interaction)
        standing = await self._sanctions.standing(guild_id, interaction.user.id)
        if standing.allowed:
            raise UserError(await self._outcome(interaction) or _NOTHING)
        await self._sanctions.need_unappealed(guild_id, interaction.user.id)  # before anything is written for nothing
        if (await self._guild_settings.settings_of(guild_id)).review_channel_id is None:
            raise UserError(_NOBODY)
        form = Form(_FORM, str(guild_id), title="Your appeal")
        words: ui.TextInput[Form] = ui.TextInput(
            custom_id=_WORDS, style=discord.TextStyle.paragraph, max_length=APPEAL_MOST
        )
        form.add_item(ui.Label(text="Why should they lift it?", description="Moderators read this.", component=words))
        await open_form(interaction, form)

    async def send(self, interaction: discord.Interaction, _guild_id: int, values: Values) -> None:
        """Take the words to the moderators of the server where the form was sent, whatever it names."""
        appeal = await self._sanctions.appeal(guild_of(interaction), interaction.user.id, values.get(_WORDS, ""))
        await wait_a_moment(interaction)  # posting it may take longer than Discord waits
        await answer(
            interaction,
            _SENT if await post_appeal(interaction.client, self._sanctions, self._guild_settings, appeal) else _KEPT,
        )

    async def lift(self, interaction: discord.Interaction, appeal_id: int) -> None:
        """Grant an appeal. Raises UserError for one's own, and for one that was decided already."""
        await self._decide(interaction, appeal_id, lift=True)

    async def keep(self, interaction: discord.Interaction, appeal_id: int) -> None:
        """Ask why what holds is to stay: the person reads it. Raises UserError as `lift`."""
        await self._open(interaction, appeal_id)
        form = Form(texts.KEEP, str(appeal_id), title="Keep it")
        words: ui.TextInput[Form] = ui.TextInput(
            custom_id=_WORDS, style=discord.TextStyle.paragraph, max_length=REASON_MOST
        )
        form.add_item(ui.Label(text="Why does it stay?", description=_THEY_READ_IT, component=words))
        await open_form(interaction, form)

    async def keep_because(self, interaction: discord.Interaction, appeal_id: int, values: Values) -> None:
        """The form's answer: turn the appeal down. Raises UserError as `lift`, and without a reason."""
        reason = plain(values.get(_WORDS, ""))
        if not reason or len(reason) > REASON_MOST:
            raise UserError(texts.REASON_WANTED)
        await self._decide(interaction, appeal_id, lift=False, reason=reason)

    async def _open(self, interaction: discord.Interaction, appeal_id: int) -> None:
        """Raises UserError for one's own appeal, and for one that was decided already."""
        known = await self._sanctions.find_appeal(guild_of(interaction), appeal_id)
        need_not_own(interaction, interaction.user.id, known.user_id)
        if known.lifted is not None:
            raise UserError(_decided_already(known))

    async def _decide(self, interaction: discord.Interaction, appeal_id: int, *, lift: bool, reason: str = "") -> None:
        guild_id = guild_of(interaction)
        await self._open(interaction, appeal_id)
        act = AdminAction(guild_id, interaction.user.id)
        decision = await self._sanctions.decide_appeal(act, appeal_id, lift=lift, reason=reason)
        appeal = decision.appeal
        if not decision.first:
            raise UserError(_decided_already(appeal))
        await self._show(interaction, appeal, decision.standing)
        settings = await self._guild_settings.settings_of(guild_id)
        tell_admins(interaction.client, settings.log_channel_id, texts.appeal_log(appeal))
        heard = texts.appeal_heard(appeal, decision.standing, server_of(interaction))
        may_write = await self._sanctions.may_write_to(guild_id, appeal.user_id)
        if may_write and await write_to(interaction.client, appeal.user_id, heard):
            await self._sanctions.unheard(guild_id, appeal.user_id)

    async def _show(self, interaction: discord.Interaction, appeal: Appeal, standing: SanctionStatus) -> None:
        """Let the moderators' message say it; a press that came from elsewhere is answered instead."""
        if interaction.message is None or interaction.message.id != appeal.message_id:
            await answer(interaction, texts.appeal_decided(appeal))
            return
        async with asyncio.timeout(WORDS_TIMEOUT_S):
            await interaction.response.edit_message(
                view=texts.appeal_panel(appeal, standing), allowed_mentions=_NO_MENTIONS
            )

    async def tell_outcome(self, interaction: discord.Interaction, _command: object) -> None:
        """After a command: what was decided about the person's appeal, if they were not told yet."""
        try:
            outcome = await self._outcome(interaction)
            if outcome is not None:
                await answer(interaction, outcome)
        except Unavailable as error:
            _log.info("whether an appeal was decided could not be read", why=str(error))
        except CALL_ERRORS as error:
            _log.info("an appeal's outcome was not heard", user=interaction.user.id, why=short(error))

    async def _outcome(self, interaction: discord.Interaction) -> str | None:
        """What was decided about the person's appeal, once."""
        if interaction.guild_id is None:
            return None
        appeal = await self._sanctions.unheard(interaction.guild_id, interaction.user.id)
        if appeal is None:
            return None
        standing = await self._sanctions.standing(interaction.guild_id, interaction.user.id)
        return texts.appeal_heard(appeal, standing, server_of(interaction))


def _decided_already(appeal: Appeal) -> str:
    return f"This was decided already. {texts.appeal_decided(appeal)} Nothing was changed."


def server_of(interaction: discord.Interaction) -> str:
    """The server's name; plain words where Discord did not name it."""
    return interaction.guild.name if interaction.guild else "the server"


async def setup(host: Host) -> None:
    """Add /appeal, and answer its form and the moderators' buttons."""
    appeals = Appeals(sanctions=host.services.sanctions, guild_settings=host.services.guild_settings)
    host.tree.add_command(appeals.command())
    host.router.on_form(_FORM, number, appeals.send)
    host.router.on_press(texts.LIFT, number, appeals.lift)
    host.router.on_press(texts.KEEP, number, appeals.keep)
    host.router.on_form(texts.KEEP, number, appeals.keep_because)
    host.add_listener(appeals.tell_outcome, "on_app_command_completion")
