"""/usage: what a person used and has left here, what pictures cost, and their last runs, for their eyes only."""

import asyncio
from collections.abc import Sequence
from typing import Any

import discord
from discord import app_commands, ui

from bot.catalog.registry import Registry
from bot.ledger.sentences import PRIVATE_USE_IS_OFF
from bot.ledger.values import LimitUse, Measure, RecentRun, UsageReport, Window
from bot.money import MicroUsd, cost_for_people
from bot.runs.run import State
from bot.runs.transitions import FINAL
from bot.services import Ledger
from cogs import Host
from cogs.ui import card_texts
from cogs.ui.context import person_of
from cogs.ui.discord_errors import WORDS_TIMEOUT_S
from cogs.ui.limit_texts import use_line
from cogs.ui.markdown import fit_lines, literal
from cogs.ui.replies import wait_a_moment
from cogs.ui.views import Layout
from cogs.usage.prices import price_lines

_LIMITS_ROOM, _RUNS_ROOM, _PRICES_ROOM = 1650, 1350, 500  # of the 4,000 units of a message
_PROMPT_LIMIT = 60
_NONE = discord.AllowedMentions.none()
_WINDOWS = {Window.DAY: "today", Window.MONTH: "this month", Window.EVER: "in all"}
_ENDED = {
    State.SUCCEEDED: "finished",
    State.PARTIAL: "finished in part",
    State.FAILED: "no pictures",
    State.CANCELED: "canceled",
    State.LOST: "no pictures",
}


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
            description="What you used and have left here, and what pictures cost",
            callback=usage,
        )

    async def answer(self, interaction: discord.Interaction) -> None:
        """Show the person, and nobody else, what they used. Raises Unavailable where it cannot be read."""
        await wait_a_moment(interaction)
        person = person_of(interaction)
        report = await self._ledger.usage(person)
        allowed = person.guild_id is not None or (await self._ledger.explain(person)).allowed
        card = UsageCard(report, self._models, allowed=allowed)
        async with asyncio.timeout(WORDS_TIMEOUT_S):
            await interaction.edit_original_response(view=card, allowed_mentions=_NONE)


class UsageCard(Layout):
    """What /usage shows. `allowed` False: nothing can be made here, because private use is switched off."""

    def __init__(self, report: UsageReport, models: Registry, *, allowed: bool = True) -> None:
        super().__init__()
        parts = (
            f"**What you used here**: {_used(report)}",
            "**Your limits**\n" + (_limits(report.limits) if allowed else PRIVATE_USE_IS_OFF),
            fit_lines([line for model in models for line in price_lines(model)], _PRICES_ROOM, "other prices")
            + "\n-# The highest amount is kept aside while a picture is made; what is not charged comes back.",
            "**Your last requests here**\n" + _runs(report.runs),
        )
        self.add_item(ui.Container(*(ui.TextDisplay[UsageCard](part) for part in parts)))


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
    """A run as /usage lists it: prompt, state, cost, when."""
    prompt = literal(run.prompt, _PROMPT_LIMIT, starts_line=True) or "(empty prompt)"
    state = State(run.state)
    pictures = "1 picture" if run.pictures == 1 else f"{run.pictures} pictures"
    if state not in FINAL:
        standing = "waiting in line" if state is State.ACCEPTED else "in progress"
    else:
        standing = _ENDED[state]
    if state not in FINAL or run.held:  # what a lost run cost is known later
        cost = f"up to {cost_for_people(run.held)} on hold"
    else:
        cost = card_texts.cost(run.cost, estimated=run.estimated) if run.cost else "no charge"
    return f"{prompt} · {pictures}, {standing} · {cost} · {card_texts.relative(run.created_at)}"


async def setup(host: Host) -> None:
    """Called by discord.py when it loads the extension."""
    host.tree.add_command(Usage(ledger=host.services.ledger, models=host.services.models).command())
