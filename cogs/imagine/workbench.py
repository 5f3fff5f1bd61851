"""The workbench: one picture, large, for the eyes of whoever opened it, and what can be done with it."""

import asyncio
from dataclasses import replace

import discord
from discord import ui

from bot.errors import UserError
from bot.runs.card import Pictures
from bot.runs.past import Viewing
from bot.runs.run import PictureRef, Run
from bot.services import History, Policies
from cogs import Host
from cogs.ui import card_texts, cards
from cogs.ui.actions import Press
from cogs.ui.cards import PICTURE, SAVE, SAVE_LABEL
from cogs.ui.context import channel_context_at
from cogs.ui.discord_errors import CALL_ERRORS, UPLOAD_TIMEOUT_S, EditOutcome, outcome_of
from cogs.ui.markdown import literal
from cogs.ui.replies import wait_a_moment
from cogs.ui.sight import seen_run
from cogs.ui.subjects import of_picture, picture_ref
from cogs.ui.verbs import EDIT, MORE_STRONG, MORE_SUBTLE, ZOOM_OUT
from cogs.ui.views import Layout

DOWNLOAD = "download"
"""The action of the button that gives the untouched file."""

_PROMPT_LIMIT = 240
_TOO_LARGE = "Discord did not take this picture: it is too large to be shown here."
_NOBODY = discord.AllowedMentions.none()


class Bench(Layout):
    """One picture of a run and its buttons. The file is `cards.attachments(run, ending)`."""

    def __init__(self, run: Run, ending: Pictures, ref: PictureRef) -> None:
        super().__init__()
        items: list[ui.Item[Bench]] = [ui.TextDisplay(_title(run, ref)), _gallery(run, ending), *_notes(ending)]
        self.add_item(ui.Container(*items))
        about = of_picture(ref)
        edits: ui.ActionRow[Bench] = ui.ActionRow(
            Press(EDIT, about, label="Edit with words…", style=discord.ButtonStyle.primary),
            Press(MORE_SUBTLE, about, label="A little different…"),
            Press(MORE_STRONG, about, label="Quite different…"),
            Press(ZOOM_OUT, about, label="Zoom out…"),
        )
        self.add_item(edits)
        keep: ui.ActionRow[Bench] = ui.ActionRow(
            *cards.posting(run),
            Press(SAVE, about, label=SAVE_LABEL),
            Press(DOWNLOAD, about, label="Download"),
        )
        self.add_item(keep)


class Original(Layout):
    """The untouched file of one picture, to be kept."""

    def __init__(self, run: Run, ending: Pictures, ref: PictureRef) -> None:
        super().__init__()
        (file,) = cards.attachments(run, ending)
        items: list[ui.Item[Original]] = [
            ui.TextDisplay(_title(run, ref)),
            ui.File(file.uri, spoiler=ending.spoiler),
        ]
        self.add_item(ui.Container(*items))


def _title(run: Run, ref: PictureRef) -> str:
    which = f"Picture {ref.index + 1}" if run.images_wanted > 1 else "Picture"
    return f"**{which}** · from “{literal(run.prompt, _PROMPT_LIMIT) or 'no words'}”"


def _gallery(run: Run, ending: Pictures) -> "ui.MediaGallery[Bench]":
    return ui.MediaGallery(
        *(
            discord.MediaGalleryItem(file.uri, description=file.description, spoiler=ending.spoiler)
            for file in cards.attachments(run, ending)
        )
    )


def _notes(ending: Pictures) -> "list[ui.TextDisplay[Bench]]":
    changed = [one.changed for one in ending.pictures if one.changed]
    lines = [*(f"{what}." for what in changed), *([card_texts.MAY_BE_UNSAFE] if ending.spoiler else [])]
    return [ui.TextDisplay("\n".join(lines))] if lines else []


class Workbench:
    """Answers the number buttons of a card, and what the workbench itself offers."""

    def __init__(self, *, history: History, policies: Policies) -> None:
        self._history, self._policies = history, policies

    async def open(self, interaction: discord.Interaction, ref: PictureRef) -> None:
        """Show one picture to whoever pressed, and to nobody else. Raises UserError and Unavailable."""
        await wait_a_moment(interaction)
        run, ending = await self._picture(interaction, ref, PICTURE)
        await _show(interaction, run, ending, Bench(run, ending, ref))

    async def download(self, interaction: discord.Interaction, ref: PictureRef) -> None:
        """Give the file as Runflow made it. Raises UserError where it is too large for Discord, and Unavailable."""
        await wait_a_moment(interaction)
        run, ending = await self._picture(interaction, ref, DOWNLOAD)
        if any(one.changed for one in ending.pictures):
            raise UserError(_TOO_LARGE)
        await _show(interaction, run, ending, Original(run, ending, ref))

    async def _picture(self, interaction: discord.Interaction, ref: PictureRef, action: str) -> tuple[Run, Pictures]:
        """The one picture, as far as it may be seen here now."""
        run = await seen_run(interaction, self._history, ref.run_id, self._policies, action)
        limit_bytes = interaction.filesize_limit
        viewing = Viewing(interaction.user.id, channel_context_at(interaction), limit_bytes, only=ref.index)
        return run, replace(await self._history.pictures(run, viewing), missing=())


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
    """Answer the buttons."""
    bench = Workbench(history=host.services.history, policies=host.services.policies)
    host.router.on_press(PICTURE, picture_ref, bench.open)
    host.router.on_press(DOWNLOAD, picture_ref, bench.download)
