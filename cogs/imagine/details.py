"""Details: a run's whole prompt, how it was made, and where it comes from, for the eyes of whoever pressed."""

import asyncio
from collections.abc import Sequence

import discord
from discord import ui

from bot.catalog.model import Model
from bot.catalog.prompt_check import noted
from bot.catalog.registry import Registry
from bot.custom_ids import CustomId, run_id
from bot.runs.run import Run
from bot.services import Families, History, Policies, Runs
from cogs import Host
from cogs.ui import card_texts, detail_texts, discord_limits, prompt_texts
from cogs.ui.actions import Press
from cogs.ui.cards import AGAIN, CHANGE, DETAILS, FAMILY
from cogs.ui.discord_errors import WORDS_TIMEOUT_S
from cogs.ui.markdown import cut, length, literal
from cogs.ui.replies import wait_a_moment
from cogs.ui.sight import need_readable_prompt, seen_run
from cogs.ui.views import Layout

_ABOUT_LIMIT = 1500
_TITLE_LIMIT = 100
_MANY = 100  # so far they are counted
_NOBODY = discord.AllowedMentions.none()


class DetailsView(Layout):
    """What Details shows: the prompt, and `lines` about it. `removable`: whether the pictures can still be removed.

    `has_family`: whether it was made from others, or others from it.
    """

    def __init__(self, run: Run, lines: Sequence[str], *, removable: bool, has_family: bool = False) -> None:
        super().__init__()
        about = cut("\n".join(f"-# {line}" for line in lines), _ABOUT_LIMIT)
        room = discord_limits.LAYOUT_TEXT - length(about) - len("> ")
        prompt = literal(run.prompt, room, starts_line=True) or "(empty prompt)"
        items: list[ui.Item[DetailsView]] = [ui.TextDisplay(f"> {prompt}"), ui.TextDisplay(about)]
        self.add_item(ui.Container(*items))
        buttons = [Press(FAMILY, run.id, label="Family")] if has_family else []
        buttons += [Press("remove", run.id, label="Remove picture…")] if removable else []
        if buttons:
            self.add_item(ui.ActionRow(*buttons))


def lines_for_everybody(run: Run, model: Model | None) -> list[str]:
    """Who made it, with what, from what, and how."""
    title = literal(model.title if model else run.model_id, _TITLE_LIMIT)
    facts = card_texts.facts(run)
    checked = prompt_texts.lines(noted(model, run.prompt, run.input)) if model else ()
    made = f"Made by <@{run.user_id}> {card_texts.relative(run.created_at)} with {title}"
    return [made, *_family(run), *([facts] if facts else []), *checked]


def _family(run: Run) -> list[str]:
    """Where a run comes from, in words."""
    if run.parents:
        return ["From " + ", ".join(f"picture {one.index + 1} of `{one.run_id[:8]}`" for one in run.parents)]
    pressed = CustomId.parse(run.button) if run.button else None
    is_another_try = pressed is not None and pressed.action in {AGAIN, CHANGE}
    return [f"Another try of `{pressed.subject[:8]}`"] if pressed is not None and is_another_try else []


def _made_from(count: int) -> list[str]:
    """How many requests worked on with its pictures, in words."""
    return [f"{count if count < _MANY else f'At least {count}'} made from this"] if count else []


class DetailsButton:
    """Answers the button."""

    def __init__(
        self, *, runs: Runs, history: History, families: Families, policies: Policies, models: Registry
    ) -> None:
        self._runs, self._history, self._families = runs, history, families
        self._policies, self._models = policies, models

    async def show(self, interaction: discord.Interaction, run_id: str) -> None:
        """Show it to whoever pressed. Raises UserError where the person may not read it, and Unavailable."""
        await wait_a_moment(interaction)
        run = await seen_run(interaction, self._history, run_id, self._policies, DETAILS)
        need_readable_prompt(interaction, run)
        lines = lines_for_everybody(run, self._models.find(run.model_id))
        made_from = await self._families.made_from(run.id)
        lines += _made_from(made_from)
        is_own = run.user_id == interaction.user.id
        if is_own:
            balance, ending = await self._runs.balance(run), await self._history.kept_back(run)
            private = detail_texts.private_details(run, balance, ending)
            lines += [line for line in private if line not in lines]
        removable = is_own and run.made_pictures and not run.is_removed
        view = DetailsView(run, lines, removable=removable, has_family=bool(run.parents or made_from))
        async with asyncio.timeout(WORDS_TIMEOUT_S):
            await interaction.edit_original_response(view=view, allowed_mentions=_NOBODY)


async def setup(host: Host) -> None:
    """Answer the button."""
    services = host.services
    button = DetailsButton(
        runs=services.runs,
        history=services.history,
        families=services.families,
        policies=services.policies,
        models=services.models,
    )
    host.router.on_press(DETAILS, run_id, button.show)
