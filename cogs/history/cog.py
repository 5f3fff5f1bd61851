"""/history: what a person asked for here, and its pictures once more, for their eyes only."""

import asyncio
import re
from typing import Any, NamedTuple

import discord
from discord import app_commands

from bot.custom_ids import number, run_id
from bot.errors import UserError
from bot.guilds.audit import AuditKind
from bot.guilds.permissions import PERMISSIONS, need_for_others
from bot.runs.past import Viewing
from bot.services import Guilds, History
from cogs import Host
from cogs.history.saved import SavedList
from cogs.history.view import PAGE, PICTURES, PastPictures, PastRuns
from cogs.ui import cards
from cogs.ui.arguments import PersonId, YesNo
from cogs.ui.context import channel_context_at, place_of
from cogs.ui.discord_errors import CALL_ERRORS, UPLOAD_TIMEOUT_S, WORDS_TIMEOUT_S, EditOutcome, outcome_of
from cogs.ui.readings import note_reading
from cogs.ui.replies import turn_page, wait_a_moment
from cogs.ui.sight import sees_channel

_ON_A_PAGE = 10
_NOT_YOURS = "Only the person who asked for these pictures, or a moderator here, can see them."
_THEIRS_ALONE = "What somebody saved is for their eyes alone."
_TOO_LARGE = "Discord did not take these pictures: they are too large to be shown here."
_CURSOR = re.compile(r"(?P<user>\d{1,20}):(?P<side>before|after):(?P<at>\d{1,19})")
_NONE = discord.AllowedMentions.none()


class HistoryCommand:
    """/history: past runs, page by page, and their pictures for whoever may see them."""

    def __init__(self, *, history: History, guild_settings: Guilds, saved: SavedList) -> None:
        self._history, self._guild_settings, self._saved = history, guild_settings, saved

    def command(self) -> app_commands.Command[Any, ..., None]:
        """The command. Everybody may look at their own; another person's are for moderators."""

        async def history(
            interaction: discord.Interaction,
            user: app_commands.Transform[int, PersonId] | None = None,
            saved: app_commands.Transform[bool, YesNo("saved")] | None = None,
        ) -> None:
            user_id = interaction.user.id if user is None else user
            await (self.answer_saved if saved else self.answer)(interaction, user_id)

        return app_commands.Command(
            name="history",
            description="What you asked for here, and its pictures once more",
            callback=app_commands.describe(
                user="For moderators: whose requests to list", saved="List the pictures you saved with ♡ instead"
            )(history),
        )

    async def answer(self, interaction: discord.Interaction, user_id: int) -> None:
        """Show the newest runs. Raises UserError for another person's, without the permission."""
        _need_may_list(interaction, user_id)
        await wait_a_moment(interaction)
        await self._show_page(interaction, user_id)

    async def answer_saved(self, interaction: discord.Interaction, user_id: int) -> None:
        """Show what the person saved. Raises UserError for another person's: nobody looks at that."""
        if user_id != interaction.user.id:
            raise UserError(_THEIRS_ALONE)
        await wait_a_moment(interaction)
        await self._saved.show_page(interaction)

    async def turn(self, interaction: discord.Interaction, turn: "Turn") -> None:
        """Show the page that a button leads to, in place of the one it is under."""
        _need_may_list(interaction, turn.user_id)
        await turn_page(interaction)
        await self._show_page(interaction, turn.user_id, before=turn.before, after=turn.after)

    async def pictures(self, interaction: discord.Interaction, run_id: str) -> None:
        """Fetch the pictures of a run and show them to the one who pressed, and to nobody else."""
        await wait_a_moment(interaction)
        run = await self._history.find(run_id, place_of(interaction).guild_id)
        if run.user_id != interaction.user.id:
            need_for_others(interaction, PERMISSIONS.buttons[PICTURES], run.place.channel_id)
            if not sees_channel(interaction, run):
                raise UserError(_NOT_YOURS)
            about = {"user": str(run.user_id), "pictures": True}
            await note_reading(interaction, self._guild_settings, AuditKind.HISTORY_READ, about)
        viewing = Viewing(
            interaction.user.id,
            channel_context_at(interaction),
            interaction.filesize_limit,
        )
        ending = await self._history.pictures(run, viewing)
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                await interaction.edit_original_response(
                    view=PastPictures(run, ending), attachments=cards.attachments(run, ending), allowed_mentions=_NONE
                )
        except CALL_ERRORS as error:
            if outcome_of(error) is EditOutcome.TOO_LARGE:
                raise UserError(_TOO_LARGE) from error
            raise

    async def _show_page(
        self, interaction: discord.Interaction, user_id: int, *, before: int | None = None, after: int | None = None
    ) -> None:
        if user_id != interaction.user.id:
            await note_reading(interaction, self._guild_settings, AuditKind.HISTORY_READ, {"user": str(user_id)})
        guild_id = place_of(interaction).guild_id  # where the person brought the app, their runs are private ones
        page = await self._history.page(user_id, guild_id, before=before, after=after, most=_ON_A_PAGE)
        is_own = user_id == interaction.user.id
        view = PastRuns(
            page,
            user_id=user_id,
            is_own=is_own,
            may_see=lambda run: is_own or sees_channel(interaction, run),
        )
        async with asyncio.timeout(WORDS_TIMEOUT_S):
            await interaction.edit_original_response(view=view, allowed_mentions=_NONE)


class Turn(NamedTuple):
    """What a page button asks for: whose runs, older than `before` or newer than `after`, ids of interactions."""

    user_id: int
    before: int | None
    after: int | None


def turn_of(subject: str) -> Turn:
    """What a page button's subject asks for. Raises ValueError for one that was never made."""
    match = _CURSOR.fullmatch(subject)
    if match is None:
        raise ValueError("no page")
    user_id, at = number(match["user"]), 0 if match["at"] == "0" else number(match["at"])
    is_before = match["side"] == "before"
    return Turn(user_id, at if is_before else None, None if is_before else at)


def _need_may_list(interaction: discord.Interaction, user_id: int) -> None:
    """Raises UserError where the list is another person's and this is no moderator."""
    if user_id != interaction.user.id:
        need_for_others(interaction, PERMISSIONS.command("history"))


async def setup(host: Host) -> None:
    """Add /history, and answer its buttons."""
    services = host.services
    saved = SavedList(saved=services.saved, history=services.history, policies=services.policies)
    cog = HistoryCommand(history=services.history, guild_settings=services.guild_settings, saved=saved)
    host.tree.add_command(cog.command())
    host.router.on_press(PAGE, turn_of, cog.turn, hint="Use /history again.")
    host.router.on_press(PICTURES, run_id, cog.pictures, hint="Use /history again.")
