"""/show and the button Family: any run that the asker may see, with those it was made from and those made from it."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands, ui

from bot.custom_ids import number, run_id
from bot.errors import UserError
from bot.runs.family import Family, Row, rows_of
from bot.runs.past import Thumbnail, Viewing
from bot.runs.run import Run
from bot.services import Families, History, Runs
from cogs import Host
from cogs.family import sheet
from cogs.ui import discord_limits
from cogs.ui.actions import Press
from cogs.ui.arguments import Words
from cogs.ui.cards import FAMILY, PICTURE
from cogs.ui.context import channel_context_at, place_of
from cogs.ui.discord_errors import CALL_ERRORS, UPLOAD_TIMEOUT_S, EditOutcome, outcome_of
from cogs.ui.markdown import cut, plain
from cogs.ui.replies import wait_a_moment
from cogs.ui.sight import sees_channel
from cogs.ui.subjects import of_picture
from cogs.ui.uploads import Upload
from cogs.ui.views import Layout

_ID = re.compile(r"[0-9a-f]{8,32}")
_LINK = re.compile(
    r"https://(?:\w+\.)?discord(?:app)?\.com/channels/(?:\d{1,20}|@me)/\d{1,20}/(?P<message>\d{1,19})", re.ASCII
)
_MOST_TYPED = 150
_UNKNOWN = "I know no such request that you can see here. Details of a card says its eight digits."
_SEVERAL = "Several requests begin with these digits. Please write more of them."
_NO_ID = "Please write the eight digits that Details of a card says, or a link to the card."
_TOO_LARGE = "Discord did not take this sheet: it is too large to be shown here."
_FILE = "family.png"
_BUTTONS_IN_A_ROW = 5
_NOBODY = discord.AllowedMentions.none()


class Sheet(Layout):
    """The sheet, and a button for each picture on it. `spoiler`: one of them may be seen covered only."""

    def __init__(self, family: Family, rows: Sequence[Row], shown: sheet.Shown) -> None:
        super().__init__()
        spoiler = any(one.spoiler for one in shown.values())
        words = sheet.alt_text(rows, shown)
        self.file_name = f"SPOILER_{_FILE}" if spoiler else _FILE
        gallery: ui.MediaGallery[Sheet] = ui.MediaGallery(
            discord.MediaGalleryItem(f"attachment://{self.file_name}", description=words, spoiler=spoiler)
        )
        head = f"**Family of `{family.run.id[:8]}`**"
        notes = "-# There are more, which do not fit." if family.has_more else ""
        self.add_item(ui.Container(ui.TextDisplay("\n".join(filter(None, (head, notes)))), gallery))
        presses = [
            Press(PICTURE, of_picture(cell.ref), label=f"Open {cell.run.id[:8]}")
            for row in rows
            for cell in row.cells
            if cell.run.id in shown and shown[cell.run.id].why is None
        ]
        for at in range(0, len(presses), _BUTTONS_IN_A_ROW):
            self.add_item(ui.ActionRow(*presses[at : at + _BUTTONS_IN_A_ROW]))


class FamilyCommand:
    """Answers /show and the button Family."""

    def __init__(self, *, runs: Runs, history: History, families: Families) -> None:
        self._runs, self._history, self._families = runs, history, families

    def command(self) -> app_commands.Command[Any, ..., None]:
        """The command. What somebody may not see is unknown to them."""

        async def show(interaction: discord.Interaction, id: app_commands.Transform[str, Words(_MOST_TYPED)]) -> None:  # noqa: A002 - the option's name
            await self.answer(interaction, id)

        command = app_commands.Command[Any, ..., None](
            name="show",
            description="A request with what it was made from, and what was made from it",
            callback=app_commands.describe(id="Its eight digits, as Details says them, or a link to its card")(show),
        )
        command.autocomplete("id")(self.suggest)
        return command

    async def suggest(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The asker's own newest requests here that are like what is typed."""
        guild_id = place_of(interaction).guild_id
        page = await self._history.page(interaction.user.id, guild_id, most=discord_limits.CHOICES)
        named = [(f"{run.id[:8]} · {plain(run.prompt) or 'no words'}", run.id) for run in page.runs]
        like = [(name, one) for name, one in named if typed.strip().lower() in name.lower()]
        return [app_commands.Choice(name=cut(name, discord_limits.CHOICE_NAME), value=one) for name, one in like]

    async def answer(self, interaction: discord.Interaction, typed: str) -> None:
        """Show the family of the run that was named. Raises UserError and Unavailable."""
        await wait_a_moment(interaction)
        await self._show(interaction, await self._named(interaction, typed.strip()))

    async def press(self, interaction: discord.Interaction, run_id: str) -> None:
        """Show the family of the run whose Details this was pressed under. Raises UserError and Unavailable."""
        await wait_a_moment(interaction)
        await self._show(interaction, await self._named(interaction, run_id))

    async def _named(self, interaction: discord.Interaction, typed: str) -> Run:
        guild_id = place_of(interaction).guild_id
        link, digits = _LINK.fullmatch(typed), typed.lower().strip("`")
        if link is not None:
            found = await self._linked(link["message"])
        elif _ID.fullmatch(digits):
            found = await self._families.beginning(digits, guild_id)
        else:
            raise UserError(_NO_ID)
        seen = [run for run in found if may_see(interaction, run)]
        if len(seen) != 1:
            raise UserError(_SEVERAL if seen else _UNKNOWN)
        return seen[0]

    async def _linked(self, message: str) -> tuple[Run, ...]:
        try:
            run = await self._runs.by_message(number(message))
        except ValueError:
            return ()
        return () if run is None else (run,)

    async def _show(self, interaction: discord.Interaction, run: Run) -> None:
        family = await self._families.family(run)
        rows = rows_of(family)
        cells = [cell for row in rows for cell in row.cells if may_see(interaction, cell.run)]
        viewing = Viewing(interaction.user.id, channel_context_at(interaction), interaction.filesize_limit)
        found: tuple[Thumbnail, ...] = await self._history.thumbnails(cells, viewing)
        shown = {cell.run.id: one for cell, one in zip(cells, found, strict=True)}
        drawn = await asyncio.to_thread(sheet.draw, rows, shown)
        view = Sheet(family, rows, shown)
        file = discord.File(Upload(drawn), filename=view.file_name, description=sheet.alt_text(rows, shown))
        try:
            async with asyncio.timeout(UPLOAD_TIMEOUT_S):
                await interaction.edit_original_response(view=view, attachments=[file], allowed_mentions=_NOBODY)
        except CALL_ERRORS as error:
            if outcome_of(error) is EditOutcome.TOO_LARGE:
                raise UserError(_TOO_LARGE) from error
            raise


def may_see(interaction: discord.Interaction, run: Run) -> bool:
    """Whether who asks may see a run here: one of this server, their own or from a channel that they see.

    A private one is its author's alone.
    """
    if run.place.guild_id != place_of(interaction).guild_id:
        return False
    return run.user_id == interaction.user.id or (run.place.guild_id is not None and sees_channel(interaction, run))


async def setup(host: Host) -> None:
    """Add /show, and answer the button."""
    services = host.services
    cog = FamilyCommand(runs=services.runs, history=services.history, families=services.families)
    host.tree.add_command(cog.command())
    host.router.on_press(FAMILY, run_id, cog.press)
