"""“Remove picture”, from the menu of a card and from a button: by the one who made it, or by a moderator."""

import discord
import structlog
from discord import app_commands, ui

from bot.custom_ids import run_id
from bot.errors import Unavailable, UserError
from bot.guilds.permissions import PERMISSIONS, need_for_others
from bot.runs.review.removing import REASON_WANTED, need_pictures
from bot.runs.review.service import REASON_MOST
from bot.runs.run import Run
from bot.services import Guilds, History, Removals, Runs, Sanctions
from cogs import Host
from cogs.remove import texts
from cogs.ui.actions import Form, Press, Values, open_form
from cogs.ui.context import place_of
from cogs.ui.log_channel import tell_admins
from cogs.ui.markdown import plain
from cogs.ui.replies import answer, answer_anew, answer_with, turn_page, wait_a_moment
from cogs.ui.telling import Hearing, tell_person

_log = structlog.get_logger(__name__)

MENU = "Remove picture"
REMOVE, YES = "remove", "remove_yes"
"""The actions of the buttons; their subject is the run. The form has the name of the first."""
_WORDS = "words"


class RemovePicture:
    """Takes pictures away for good."""

    def __init__(
        self, *, runs: Runs, history: History, removals: Removals, sanctions: Sanctions, guild_settings: Guilds
    ) -> None:
        self._runs, self._history, self._removals = runs, history, removals
        self._sanctions, self._guild_settings = sanctions, guild_settings

    def command(self) -> app_commands.ContextMenu:
        """The command in the menu of a message."""
        return app_commands.ContextMenu(name=MENU, callback=self.ask_about)

    async def ask_about(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """From the menu of a card. Raises UserError for any other message."""
        run = await self._runs.by_message(message.id)
        if run is None or run.place.guild_id != place_of(interaction).guild_id:
            raise UserError(texts.NOT_OURS)
        await self._ask(interaction, run)

    async def ask(self, interaction: discord.Interaction, run_id: str) -> None:
        """From a button. It can be forged: what it names is looked at as anybody's."""
        await self._ask(interaction, await self._find(interaction, run_id))

    async def _ask(self, interaction: discord.Interaction, run: Run) -> None:
        """Ask once more, or a moderator for the reason. What was removed and still stands is tried again instead."""
        is_own = _is_own(interaction, run)
        if run.is_removed:
            await wait_a_moment(interaction)
            await answer(interaction, texts.done(await self._removals.after(run.id), first=False))
            return
        need_pictures(run)
        if is_own:
            button = Press(YES, run.id, label=texts.BUTTON, style=discord.ButtonStyle.danger)
            await answer_with(interaction, texts.confirm(run), button)
        else:
            await open_form(interaction, _form(run.id))

    async def remove_own(self, interaction: discord.Interaction, run_id: str) -> None:
        """Remove one's own pictures. Raises UserError for anybody else's."""
        run = await self._find(interaction, run_id)
        if run.user_id != interaction.user.id:
            raise UserError(texts.NOT_YOURS)
        await turn_page(interaction)
        done = await self._removals.remove(run, by=interaction.user.id)
        now = await self._removals.after(run.id)
        await answer_anew(interaction, texts.done(now, first=done.first))

    async def remove(self, interaction: discord.Interaction, run_id: str, values: Values) -> None:
        """The form's answer: remove somebody's pictures, with the reason that they read. It may be forged."""
        run = await self._find(interaction, run_id)
        if _is_own(interaction, run):
            raise UserError(texts.NOT_OTHERS)
        reason = plain(values.get(_WORDS, ""))
        if not 1 <= len(reason) <= REASON_MOST:
            raise UserError(REASON_WANTED)
        await wait_a_moment(interaction)
        done = await self._removals.remove(run, by=interaction.user.id, reason=reason)
        if not done.first:
            await answer(interaction, texts.done(await self._removals.after(run.id), first=False))
            return
        await self._log(interaction, run, reason)
        now = await self._removals.after(run.id)
        await answer(interaction, texts.to_moderator(now, Hearing.TELLING))
        await answer_anew(interaction, texts.to_moderator(now, await self._tell(interaction, now, reason)))

    async def _log(self, interaction: discord.Interaction, run: Run, reason: str) -> None:
        if run.place.guild_id is not None:
            settings = await self._guild_settings.settings_of(run.place.guild_id)
            tell_admins(interaction.client, settings.log_channel_id, texts.log_line(interaction.user.id, run, reason))

    async def _tell(self, interaction: discord.Interaction, run: Run, reason: str) -> Hearing:
        """Write to the person, where they may be written to."""
        if run.place.guild_id is None:
            return Hearing.NOT_WRITTEN
        server = interaction.guild.name if interaction.guild else "a server"
        words = texts.to_person(run, reason, server)
        try:
            return await tell_person(interaction.client, self._sanctions, run.place.guild_id, run.user_id, words)
        except Unavailable as error:
            _log.warning("a person was not told of a removal", run=run.id, why=str(error))
            return Hearing.NOT_WRITTEN

    async def _find(self, interaction: discord.Interaction, run_id: str) -> Run:
        """The run, of this server (or private, where none is). Raises UserError: any other is as unknown as none."""
        return await self._history.find(run_id, place_of(interaction).guild_id)


def _is_own(interaction: discord.Interaction, run: Run) -> bool:
    """Whether whoever asks made the pictures. Raises UserError for others who do not moderate where they are."""
    if run.user_id == interaction.user.id:
        return True
    if run.place.guild_id is None:
        raise UserError(texts.NOT_OURS)
    need_for_others(interaction, PERMISSIONS.menus[MENU], run.place.channel_id)
    return False


def _form(run_id: str) -> Form:
    form = Form(REMOVE, run_id, title="Remove this picture")
    words: ui.TextInput[Form] = ui.TextInput(
        custom_id=_WORDS, style=discord.TextStyle.paragraph, max_length=REASON_MOST
    )
    description = "The one who made it will read this. It can't be shown again."
    form.add_item(ui.Label(text="Reason", description=description, component=words))
    return form


async def setup(host: Host) -> None:
    """Add the command to the menu of messages, and answer the buttons and the form."""
    services = host.services
    remove = RemovePicture(
        runs=services.runs,
        history=services.history,
        removals=services.removals,
        sanctions=services.sanctions,
        guild_settings=services.guild_settings,
    )
    host.router.on_press(REMOVE, run_id, remove.ask)
    host.router.on_press(YES, run_id, remove.remove_own)
    host.router.on_form(REMOVE, run_id, remove.remove)
    host.tree.add_command(remove.command())
