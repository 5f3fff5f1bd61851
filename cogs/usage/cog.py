"""/usage: what a person has left here in one sentence; more of it, prices and their last runs behind buttons."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import discord
from discord import app_commands, ui

from bot.catalog.registry import Registry
from bot.ledger.limits import pictures_left
from bot.ledger.sentences import PRIVATE_USE_IS_OFF, left_in
from bot.ledger.values import LimitUse, Measure, RecentRun, UsageReport, Window
from bot.money import MicroUsd, cost_for_people
from bot.runs.run import State
from bot.runs.transitions import FINAL
from bot.services import Ledger
from cogs import Host
from cogs.ui import card_texts
from cogs.ui.actions import Press
from cogs.ui.context import person_of
from cogs.ui.discord_errors import WORDS_TIMEOUT_S
from cogs.ui.limit_texts import bar, use_line
from cogs.ui.markdown import fit_lines, literal
from cogs.ui.replies import turn_page, wait_a_moment
from cogs.ui.views import Layout
from cogs.usage.prices import price_lines

_LIMITS_ROOM, _RUNS_ROOM, _PRICES_ROOM = 1650, 1350, 500  # of the 4,000 units of a message
_PROMPT_LIMIT = 60
_NONE = discord.AllowedMentions.none()
_WINDOWS = {Window.DAY: "today", Window.MONTH: "this month", Window.EVER: "in all"}
_UNSHOWN = {State.CANCELED: "canceled"}
PART = "usage_part"
"""The action of the buttons."""


class Usage:
    """/usage: what a person used and has left, and what pictures cost."""

    def __init__(self, *, ledger: Ledger, models: Registry) -> None:
        self._ledger, self._models = ledger, models

    def command(self) -> app_commands.Command[Any, ..., None]:
        """The command, wherever /imagine is."""

        async def usage(interaction: discord.Interaction) -> None:
            await self.answer(interaction)

        return app_commands.Command(
            name="usage",
            description="How many pictures you have left here, your limits, and what pictures cost",
            callback=usage,
        )

    async def answer(self, interaction: discord.Interaction) -> None:
        """Show the person, and nobody else, what they have left. Raises Unavailable where it cannot be read."""
        await wait_a_moment(interaction)
        await self._show(interaction, None)

    async def turn(self, interaction: discord.Interaction, part: "Part") -> None:
        """Show more of it, of the presser's own, under the same sentence. Raises Unavailable."""
        await turn_page(interaction)
        await self._show(interaction, part)

    async def _show(self, interaction: discord.Interaction, part: "Part | None") -> None:
        person = person_of(interaction)
        report = await self._ledger.usage(person)
        allowed = person.guild_id is not None or (await self._ledger.explain(person)).allowed
        card = UsageCard(report, self._models, allowed=allowed, part=part)
        async with asyncio.timeout(WORDS_TIMEOUT_S):
            await interaction.edit_original_response(view=card, allowed_mentions=_NONE)


class Part(StrEnum):
    """What stands behind a button. The values are in custom_ids, which live for ever."""

    LIMITS = "limits"
    PRICES = "prices"
    RUNS = "runs"


_LABELS = {Part.LIMITS: "My limits", Part.PRICES: "Prices", Part.RUNS: "My pictures"}


class UsageCard(Layout):
    """What /usage shows: a bar and a sentence, and one `part` below. `allowed` False: private use is switched off."""

    def __init__(
        self, report: UsageReport, models: Registry, *, allowed: bool = True, part: Part | None = None
    ) -> None:
        super().__init__()
        head = what_is_left(report.limits, models) if allowed else PRIVATE_USE_IS_OFF
        parts = (head, _part(part, report, models, allowed=allowed))
        self.add_item(ui.Container(*(ui.TextDisplay[UsageCard](text) for text in parts if text)))
        buttons: ui.ActionRow[UsageCard] = ui.ActionRow()
        for one, label in _LABELS.items():
            buttons.add_item(Press(PART, one.value, label=label, disabled=one is part))
        self.add_item(buttons)


def _part(part: Part | None, report: UsageReport, models: Registry, *, allowed: bool) -> str:
    match part:
        case None:
            return ""
        case Part.LIMITS:
            limits = _limits(report.limits) if allowed else PRIVATE_USE_IS_OFF
            return f"**What you used here**: {_used(report)}\n**Your limits**\n{limits}"
        case Part.PRICES:
            lines = [line for model in models for line in price_lines(model)]
            return (
                fit_lines(lines, _PRICES_ROOM, "other prices")
                + "\n-# The highest amount is kept aside while a picture is made; what is not charged comes back."
            )
        case Part.RUNS:
            return "**Your last requests here**\n" + _runs(report.runs) + "\n-# /history shows the pictures again."


def what_is_left(uses: Sequence[LimitUse], models: Registry) -> str:
    """A bar, and how many pictures are left, as many as fit at the dearest price that a picture of these models has."""
    prices = [price.at_most for model in models for price in model.prices()]
    dearest, cheapest = max(prices, default=MicroUsd(0)), min(prices, default=MicroUsd(0))
    found = pictures_left(uses, dearest)
    if found is None:
        return "**No limit on pictures holds for you here.**"
    left, use = found
    is_money = use.applied.limit.measure is Measure.MONEY
    whole = use.amount // dearest if is_money else use.amount
    renews = f" Renews {card_texts.relative(use.resets_at)}." if use.resets_at else ""
    where = left_in(use)
    if left:
        about, of = "About " if is_money else "", f"{left:,} of {whole:,} picture{'' if whole == 1 else 's'}"
        sentence = f"**{about}{of} left {where}.**{renews}"
    elif (cheaper := pictures_left(uses, cheapest)) is not None and cheaper[0]:
        sentence = f"**Only cheaper pictures still fit {where}.**{renews}"
    else:
        sentence = f"**No pictures left {where}.**{renews}"
    return f"`{bar(use.used, use.amount)}` used\n{sentence}"


def _used(report: UsageReport) -> str:
    """Money and pictures of the present windows, what is in flight included, which comes back where it is not used."""
    parts: list[str] = []
    for window, words in _WINDOWS.items():
        total = report.totals.get(window)
        money = MicroUsd(0 if total is None else total.used(Measure.MONEY))
        held = MicroUsd(0 if total is None else total.held)
        parts.append(
            f"{cost_for_people(money)} {words}" + (f" (of which {cost_for_people(held)} on hold)" if held else "")
        )
    return ", ".join(parts)


def _limits(uses: Sequence[LimitUse]) -> str:
    """A line for each limit; those that are used most come first, and the rest is counted where there are too many."""
    if not uses:
        return "No limit holds for you here."
    by_fullness = sorted(uses, key=lambda use: use.used * 1_000_000 // use.amount if use.amount else -1, reverse=True)
    return fit_lines([use_line(use) for use in by_fullness], _LIMITS_ROOM, "limits that are used less")


def _runs(runs: Sequence[RecentRun]) -> str:
    if not runs:
        return "You have not asked for anything here yet."
    return fit_lines([run_line(run) for run in runs], _RUNS_ROOM, "earlier ones")


def run_line(run: RecentRun) -> str:
    """A run as /usage lists it: prompt, how many pictures were shown, cost, when."""
    prompt = literal(run.prompt, _PROMPT_LIMIT, starts_line=True) or "(empty prompt)"
    state = State(run.state)
    if state not in FINAL:
        standing = f"{_pictures(run.pictures)}, {'waiting in line' if state is State.ACCEPTED else 'in progress'}"
    elif run.shown is not None:
        standing = f"{_pictures(run.shown)} shown"
    else:
        standing = _UNSHOWN.get(state, "no pictures shown")
    if state not in FINAL or run.held:  # what a lost run cost is known later
        cost = f"up to {cost_for_people(run.held)} on hold"
    else:
        cost = card_texts.cost(run.cost, estimated=run.estimated) if run.cost else "no charge"
        cost += ", given back" if run.cost and run.given_back == run.cost else ""
    return f"{prompt} · {standing} · {cost} · {card_texts.relative(run.created_at)}"


def _pictures(number: int) -> str:
    return "1 picture" if number == 1 else f"{number:,} pictures"


async def setup(host: Host) -> None:
    """Called by discord.py when it loads the extension."""
    usage = Usage(ledger=host.services.ledger, models=host.services.models)
    host.tree.add_command(usage.command())
    host.router.on_press(PART, Part, usage.turn, hint="Use /usage again.")
