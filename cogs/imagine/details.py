"""Details: a run's whole prompt, how it was made, and where it comes from, for the eyes of whoever pressed."""

import asyncio

import discord
from discord import ui

from bot.catalog.registry import Registry
from bot.custom_ids import CustomId, run_id
from bot.money import MicroUsd
from bot.runs.card import Balance
from bot.runs.run import Run
from bot.services import History
from cogs import Host
from cogs.ui import card_texts, discord_limits
from cogs.ui.cards import AGAIN, CHANGE, DETAILS
from cogs.ui.discord_errors import WORDS_TIMEOUT_S
from cogs.ui.markdown import length, literal
from cogs.ui.replies import wait_a_moment
from cogs.ui.sight import need_readable_prompt, seen_run
from cogs.ui.views import Layout

_NO_BALANCE = Balance(used=MicroUsd(0), left=None)
_NOBODY = discord.AllowedMentions.none()


class DetailsView(Layout):
    """What Details shows. Of money it speaks to the one who paid alone."""

    def __init__(self, run: Run, *, is_own: bool, model_title: str) -> None:
        super().__init__()
        lines = [
            f"Made by <@{run.user_id}> {card_texts.relative(run.created_at)} with {literal(model_title, 100)}",
            *_family(run),
            *([card_texts.details(run, (), _NO_BALANCE)] if is_own else []),
        ]
        about = "\n".join(f"-# {line}" for line in lines if line)
        room = discord_limits.LAYOUT_TEXT - length(about) - 8
        prompt = literal(run.prompt, room, starts_line=True) or "(empty prompt)"
        items: list[ui.Item[DetailsView]] = [ui.TextDisplay(f"> {prompt}"), ui.TextDisplay(about)]
        self.add_item(ui.Container(*items))


def _family(run: Run) -> list[str]:
    """Where a run comes from, in words."""
    from_pictures = [f"picture {one.index + 1} of `{one.run_id[:8]}`" for one in run.parents]
    lines = [f"From {', '.join(from_pictures)}"] if from_pictures else []
    origin = _origin(run)
    return [*lines, *([f"Another try of `{origin[:8]}`"] if origin and not from_pictures else [])]


def _origin(run: Run) -> str | None:
    """The run whose card's button asked for this one."""
    if run.button is None:
        return None
    pressed = CustomId.parse(run.button)
    return pressed.subject if pressed.action in {AGAIN, CHANGE} else None


class DetailsButton:
    """Answers the button."""

    def __init__(self, *, history: History, models: Registry) -> None:
        self._history, self._models = history, models

    async def show(self, interaction: discord.Interaction, run_id: str) -> None:
        """Show it to whoever pressed. Raises UserError where the person may not read it, and Unavailable."""
        await wait_a_moment(interaction)
        run = await seen_run(interaction, self._history, run_id)
        need_readable_prompt(interaction, run)
        model = self._models.find(run.model_id)
        title = model.title if model else run.model_id
        view = DetailsView(run, is_own=run.user_id == interaction.user.id, model_title=title)
        async with asyncio.timeout(WORDS_TIMEOUT_S):
            await interaction.edit_original_response(view=view, allowed_mentions=_NOBODY)


async def setup(host: Host) -> None:
    """Answer the button."""
    button = DetailsButton(history=host.services.history, models=host.services.models)
    host.router.on_press(DETAILS, run_id, button.show)
