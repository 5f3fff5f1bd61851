"""/spend: what the server spent in a stretch of time, as words, as a chart and as CSV, for admins' eyes only."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, NamedTuple

import discord
from discord import app_commands, ui

from bot.errors import Unavailable, UserError
from bot.guilds.audit import AuditKind
from bot.guilds.permissions import guild_of
from bot.ledger.sentences import amount
from bot.ledger.values import Measure, Spend, SpendReport, Window
from bot.money import cost_for_people
from bot.services import Guilds, Ledger
from cogs import Host
from cogs.spend import chart
from cogs.ui import discord_limits
from cogs.ui.discord_errors import UPLOAD_TIMEOUT_S
from cogs.ui.markdown import fit_lines
from cogs.ui.readings import note_reading
from cogs.ui.replies import wait_a_moment
from cogs.ui.views import Layout

CHART_NAME, CSV_NAME = "spend.png", "spend.csv"
TOO_LONG = "The list of entries is too long to be attached here. Please ask for a shorter stretch of time."
LIST_FOLLOWS = "The list of entries is long: it follows here in a moment."
LIST_NOT_READ = "I could not read the list of entries just now. Please ask again in a minute."

_TOGETHER_S = 0.5  # so much longer than its chart the card may take, to come with its list at once
_READING_TIMEOUT_S = 60.0
_MOST_LINES = discord_limits.LIST_ROOM // len("1. <@1>: $0.01 for 1 picture")  # no more fit, however short they are
_OTHER_FILES_BYTES = 1_000_000  # room for the chart and the words beside the CSV
_NONE = discord.AllowedMentions.none()


class Stretch(NamedTuple):
    """A stretch of UTC time: since <= at < until."""

    since: datetime
    until: datetime


def _last_days(days: int) -> Callable[[datetime], Stretch]:
    def of(now: datetime) -> Stretch:
        tomorrow = Window.DAY.start_of(now) + timedelta(days=1)
        return Stretch(tomorrow - timedelta(days=days), tomorrow)

    return of


def _this_month(now: datetime) -> Stretch:
    return Stretch(Window.MONTH.start_of(now), Window.DAY.start_of(now) + timedelta(days=1))


def _last_month(now: datetime) -> Stretch:
    end = Window.MONTH.start_of(now)
    return Stretch(Window.MONTH.start_of(end - timedelta(days=1)), end)


PERIODS: Mapping[str, Callable[[datetime], Stretch]] = {
    "today": _last_days(1),
    "7 days": _last_days(7),
    "30 days": _last_days(30),
    "this month": _this_month,
    "last month": _last_month,
}
"""The periods by what people choose; days are UTC and those of today and now count in full."""


def stretch_of(period: str, now: datetime) -> Stretch:
    """The stretch of a period. Raises UserError for one that is not offered."""
    if period not in PERIODS:
        raise UserError(f"I do not know this period. Please choose one of: {', '.join(PERIODS)}.")
    return PERIODS[period](now)


class SpendCommand:
    """/spend: what a server spent in a stretch of time, as a chart, two lists and a file of its entries."""

    def __init__(self, *, ledger: Ledger, guild_settings: Guilds) -> None:
        self._ledger, self._guild_settings = ledger, guild_settings

    def command(self) -> app_commands.Command[Any, ..., None]:
        """The command. Discord offers it to those who manage the server; who does is checked again at each use."""

        async def spend(interaction: discord.Interaction, period: str) -> None:
            await self.answer(interaction, period)

        described = app_commands.describe(period="Which days (UTC)")(spend)
        offered = app_commands.choices(period=[app_commands.Choice(name=one, value=one) for one in PERIODS])(described)
        return app_commands.Command(
            name="spend",
            description="What this server spent, by day and by person, as a chart and as CSV",
            callback=offered,
        )

    async def answer(self, interaction: discord.Interaction, period: str) -> None:
        """Show what was spent. Raises UserError for a period that is not offered, Unavailable without the database."""
        guild_id = guild_of(interaction)
        stretch = stretch_of(period, interaction.created_at)
        await wait_a_moment(interaction)
        await note_reading(interaction, self._guild_settings, AuditKind.SPEND_READ, {"period": period})
        report = await self._ledger.spend(guild_id, *stretch)
        if report.total == Spend():
            await _show(interaction, SpendCard(report, period), [])
            return
        most_bytes = interaction.filesize_limit - _OTHER_FILES_BYTES
        reading = asyncio.create_task(self._csv(guild_id, stretch, most_bytes), name="the list of /spend")
        try:
            await _show_with_files(interaction, report, period, reading)
        finally:
            reading.cancel()

    async def _csv(self, guild_id: int, stretch: Stretch, most_bytes: int) -> bytes | None:
        """The entries of the server in that stretch; None where they are too many to be attached."""
        async with asyncio.timeout(_READING_TIMEOUT_S):
            return await self._ledger.entries_csv(guild_id, *stretch, most_bytes=most_bytes)


class SpendCard(Layout):
    """What /spend shows. Its files are attached under `CHART_NAME` and `CSV_NAME`.

    `without_csv` is said where the latter is not.
    """

    def __init__(
        self,
        report: SpendReport,
        period: str,
        *,
        has_chart: bool = False,
        has_csv: bool = False,
        without_csv: str = TOO_LONG,
    ) -> None:
        super().__init__()
        head = f"**{title(period, report)}**"
        if report.total == Spend():
            self.add_item(ui.Container(ui.TextDisplay[SpendCard](f"{head}\nNothing was spent here.")))
            return
        items: list[ui.Item[SpendCard]] = [ui.TextDisplay(f"{head}\n{spent(report.total)}.")]
        if has_chart:
            alt = chart.alt_text(report, title(period, report))
            items.append(ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{CHART_NAME}", description=alt)))
        listed = report.by_person[:_MOST_LINES]
        people = [f"{number}. <@{one.user_id}>: {spent(one.spend)}" for number, one in enumerate(listed, 1)]
        more = len(report.by_person) - len(listed)
        days = [f"{chart.day_name(one.day)}: {spent(one.spend)}" for one in report.by_day if one.spend != Spend()]
        items.append(
            ui.TextDisplay(
                "**By person**, numbered as in the chart\n"
                + fit_lines(people, discord_limits.LIST_ROOM, "more people", unlisted=more)
            )
        )
        items.append(ui.TextDisplay("**By day** (UTC)\n" + fit_lines(days, discord_limits.LIST_ROOM, "more days")))
        if has_csv:
            items.append(ui.File(f"attachment://{CSV_NAME}"))
        else:
            items.append(ui.TextDisplay(without_csv))
        self.add_item(ui.Container(*items))


def title(period: str, report: SpendReport) -> str:
    """What the report is about: `Spending in this server, 7 days: 17 Nov to 23 Nov 2026 (UTC)`."""
    last = (report.until - timedelta(microseconds=1)).date()
    first = report.since.date()
    begin = chart.day_name(first) if first.year == last.year else f"{chart.day_name(first)} {first.year}"
    days = chart.day_name(last) if first == last else f"{begin} to {chart.day_name(last)}"
    return f"Spending in this server, {period}: {days} {last.year} (UTC)"


def spent(spend: Spend) -> str:
    """Money and pictures, and how much of it is an estimate: `$0.30 for 12 pictures (about $0.10 of it estimated)`."""
    words = f"{cost_for_people(spend.money)} for {amount(Measure.PICTURES, spend.pictures)}"
    return f"{words} (about {cost_for_people(spend.estimated)} of it estimated)" if spend.estimated else words


async def _show_with_files(
    interaction: discord.Interaction, report: SpendReport, period: str, reading: asyncio.Task[bytes | None]
) -> None:
    """The chart is drawn while the list is read. Where that takes longer, what is there is shown before it."""
    picture = await asyncio.to_thread(chart.draw, report, title(period, report)) if report.total.money else None

    async def show(csv: bytes | None, without: str) -> None:
        has = {"has_chart": picture is not None, "has_csv": csv is not None}
        files = _files(report, period, picture, csv)
        await _show(interaction, SpendCard(report, period, **has, without_csv=without), files)

    done, _ = await asyncio.wait({reading}, timeout=_TOGETHER_S)
    if done:
        await show(reading.result(), TOO_LONG)
        return
    await show(None, LIST_FOLLOWS)
    try:
        csv, without = await reading, TOO_LONG
    except (Unavailable, TimeoutError):  # what stands there is right, and would else promise for ever
        csv, without = None, LIST_NOT_READ
    await show(csv, without)


async def _show(interaction: discord.Interaction, card: SpendCard, files: list[discord.File]) -> None:
    async with asyncio.timeout(UPLOAD_TIMEOUT_S):
        await interaction.edit_original_response(view=card, attachments=files, allowed_mentions=_NONE)


def _files(report: SpendReport, period: str, picture: bytes | None, csv: bytes | None) -> list[discord.File]:
    files: list[discord.File] = []
    if picture is not None:
        alt = chart.alt_text(report, title(period, report))
        files.append(discord.File(BytesIO(picture), filename=CHART_NAME, description=alt))
    if csv is not None:
        about = "Every entry of the books for this stretch of time, as CSV"
        files.append(discord.File(BytesIO(csv), filename=CSV_NAME, description=about))
    return files


async def setup(host: Host) -> None:
    """Called by discord.py when it loads the extension."""
    spend = SpendCommand(ledger=host.services.ledger, guild_settings=host.services.guild_settings)
    host.tree.add_command(spend.command())
