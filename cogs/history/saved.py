"""Hearts: pictures that somebody saves, listed and shown again for their eyes only."""

import asyncio
import re
from dataclasses import replace
from typing import NamedTuple

import discord

from bot.custom_ids import run_id
from bot.errors import UserError
from bot.runs.card import Pictures
from bot.runs.past import Viewing, has_pictures
from bot.runs.run import Run
from bot.runs.saved import Mark
from bot.services import History, Policies, Saved
from cogs import Host
from cogs.history.saved_view import OUT, PAGE, SHOW, SavedRuns, mark_of, out
from cogs.history.view import PastPictures
from cogs.ui import cards
from cogs.ui.cards import SAVE
from cogs.ui.context import channel_context_at, place_of
from cogs.ui.discord_errors import CALL_ERRORS, UPLOAD_TIMEOUT_S, WORDS_TIMEOUT_S, EditOutcome, outcome_of
from cogs.ui.replies import answer, turn_page, wait_a_moment
from cogs.ui.sight import need_readable_prompt, reads_prompt, run_in_sight, seen_run, sees_channel
from cogs.ui.subjects import Saving, saving
from cogs.ui.views import Layout

_ON_A_PAGE = 10
_SAVED = "Saved to your pictures. `/history` with `saved: True` lists them."
_TAKEN_OUT = "Taken out of your pictures."
_NOT_SAVED = "This is not among your saved pictures any more."
_NONE_LEFT = "None of these pictures can be shown now."
_TOO_LARGE = "Discord did not take these pictures: they are too large to be shown here."
_CURSOR = re.compile(r"(?P<side>before|after):(?P<at>[0-9]{1,17}):(?P<run>[0-9a-f]{32})", re.ASCII)
_HINT = "Use /history again."
_NOBODY = discord.AllowedMentions.none()


class Turn(NamedTuple):
    """What a page button asks for: what was saved before, or after, a place in the list."""

    before: Mark | None
    after: Mark | None


def turn_of(subject: str) -> Turn:
    """What a page button's subject asks for. Raises ValueError for one that was never made."""
    match = _CURSOR.fullmatch(subject)
    if match is None:
        raise ValueError("no page")
    mark = mark_of(int(match["at"]), match["run"])
    return Turn(mark, None) if match["side"] == "before" else Turn(None, mark)


class SavedList:
    """Answers hearts, and shows somebody what they saved. Each list is its person's alone."""

    def __init__(self, *, saved: Saved, history: History, policies: Policies) -> None:
        self._saved, self._history, self._policies = saved, history, policies

    async def save(self, interaction: discord.Interaction, wanted: Saving) -> None:
        """Save what a heart is on, or take it out. Raises UserError where it may not be pressed, and Unavailable."""
        await wait_a_moment(interaction)
        run = await seen_run(interaction, self._history, wanted.run_id, self._policies, SAVE)
        is_saved = await self._saved.toggle(interaction.user.id, run, wanted.picture)
        await answer(interaction, _SAVED if is_saved else _TAKEN_OUT)

    async def show_page(self, interaction: discord.Interaction, turn: Turn | None = None) -> None:
        """Show a page of the list, in place of the answer that Discord waits for. Raises Unavailable."""
        before, after = turn or (None, None)
        guild_id = place_of(interaction).guild_id
        page = await self._saved.page(interaction.user.id, guild_id, before=before, after=after, most=_ON_A_PAGE)
        shown = {one.run.id for one in page.saved if await self._is_shown(interaction, one.run)}
        async with asyncio.timeout(WORDS_TIMEOUT_S):
            await interaction.edit_original_response(view=SavedRuns(page, shown), allowed_mentions=_NOBODY)

    async def turn(self, interaction: discord.Interaction, turn: Turn) -> None:
        """Show the page that a button leads to, in place of the one it is under."""
        await turn_page(interaction)
        await self.show_page(interaction, turn)

    async def take_out(self, interaction: discord.Interaction, run_id: str) -> None:
        """Take out all that was saved of a run, whether or not it can still be seen. Raises UserError, Unavailable."""
        await wait_a_moment(interaction)
        if not await self._saved.take_out(interaction.user.id, run_id):
            raise UserError(_NOT_SAVED)
        await answer(interaction, _TAKEN_OUT)

    async def pictures(self, interaction: discord.Interaction, run_id: str) -> None:
        """Fetch what was saved of a run and show it to its person, as far as they may see it now.

        Raises UserError where they may not, and Unavailable.
        """
        await wait_a_moment(interaction)
        wanted = await self._saved.of_run(interaction.user.id, run_id)
        if not wanted:
            raise UserError(_NOT_SAVED)
        run = await run_in_sight(interaction, self._history, run_id)
        need_readable_prompt(interaction, run)
        only = wanted[0] if len(wanted) == 1 else None
        viewing = Viewing(interaction.user.id, channel_context_at(interaction), interaction.filesize_limit, only=only)
        ending = _of(wanted, await self._history.pictures(run, viewing))
        view = PastPictures(run, ending, tells_price=run.user_id == interaction.user.id)
        view.add_item(discord.ui.ActionRow(out(run)))
        await _show(interaction, run, ending, view)

    async def _is_shown(self, interaction: discord.Interaction, run: Run) -> bool:
        """Whether words and pictures of a run may be shown to whoever asks, at this moment."""
        user_id = interaction.user.id
        may_see = run.user_id == user_id or sees_channel(interaction, run)
        return (
            may_see and has_pictures(run) and reads_prompt(user_id, run) and await self._history.kept_back(run) is None
        )


def _of(wanted: tuple[int, ...], ending: Pictures) -> Pictures:
    """Of what was fetched, what was saved. Raises UserError where that is nothing."""
    pictures = tuple(one for one in ending.pictures if one.index in wanted)
    if not pictures:
        raise UserError(_NONE_LEFT)
    return replace(ending, pictures=pictures, missing=tuple(one for one in ending.missing if one.index in wanted))


async def _show(interaction: discord.Interaction, run: Run, ending: Pictures, view: Layout) -> None:
    try:
        async with asyncio.timeout(UPLOAD_TIMEOUT_S):
            files = cards.attachments(run, ending)
            await interaction.edit_original_response(view=view, attachments=files, allowed_mentions=_NOBODY)
    except CALL_ERRORS as error:
        if outcome_of(error) is EditOutcome.TOO_LARGE:
            raise UserError(_TOO_LARGE) from error
        raise


async def setup(host: Host) -> None:
    """Answer hearts, and the buttons of the list."""
    services = host.services
    listed = SavedList(saved=services.saved, history=services.history, policies=services.policies)
    host.router.on_press(SAVE, saving, listed.save)
    host.router.on_press(PAGE, turn_of, listed.turn, hint=_HINT)
    host.router.on_press(SHOW, run_id, listed.pictures, hint=_HINT)
    host.router.on_press(OUT, run_id, listed.take_out, hint=_HINT)
