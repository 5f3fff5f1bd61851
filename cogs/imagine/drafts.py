"""What was typed and refused: made with fewer pictures, or changed, without typing it again."""

from typing import NamedTuple

import discord

from bot.catalog.model import Model
from bot.catalog.registry import Registry
from bot.custom_ids import CustomId, Values, run_id
from bot.errors import UserError
from bot.runs.drafts import Draft
from bot.services import Drafts, History, Policies, Runs
from cogs import Host
from cogs.imagine import composer
from cogs.ui.actions import open_form
from cogs.ui.asking import Asking, Wish
from cogs.ui.errors import FEWER, TAKE_UP
from cogs.ui.replies import in_time
from cogs.ui.sight import seen_run

_GONE = "The model that this was for is not offered any more. Please start with a command."
_MOST_IMAGES = 10  # Discord: one answer can show no more


class Fewer(NamedTuple):
    """A draft, and how many pictures are wanted of it."""

    draft_id: str
    images: int


def fewer_of(subject: str) -> Fewer:
    """What a button's subject asks for. Raises ValueError for one that was never made."""
    draft_id, _, images = subject.partition(":")
    if not (images.isascii() and images.isdigit() and len(images) < 3 and 1 <= int(images) <= _MOST_IMAGES):
        raise ValueError("no number of pictures")
    return Fewer(run_id(draft_id), int(images))


class DraftButtons:
    """Answers the buttons under a refusal, and the form they open. Each draft is its author's alone."""

    def __init__(self, *, runs: Runs, drafts: Drafts, history: History, policies: Policies, models: Registry) -> None:
        self._asking = Asking(runs=runs, drafts=drafts, policies=policies)
        self._drafts, self._models = drafts, models
        self._history, self._policies = history, policies

    async def fewer(self, interaction: discord.Interaction, fewer: Fewer) -> None:
        """Make it with so many pictures. Raises as a command does."""
        async with in_time():
            draft, model = await self._draft(interaction, fewer.draft_id, FEWER)
        options = model.for_images(draft.options, fewer.images)
        button = str(CustomId(FEWER, f"{draft.id}:{fewer.images}"))
        await self._asking.answer(interaction, Wish(model, options, draft.parents, button, draft.card))

    async def change(self, interaction: discord.Interaction, draft_id: str) -> None:
        """Open the form with all that was typed. Raises UserError and Unavailable."""
        async with in_time():
            draft, model = await self._draft(interaction, draft_id, TAKE_UP)
        await open_form(interaction, composer.form(CustomId(TAKE_UP, draft.id), model, draft.options))

    async def changed(self, interaction: discord.Interaction, draft_id: str, values: Values) -> None:
        """Make what the form says; what it does not ask for stays as it was typed. Raises as a command does."""
        draft, model = await self._draft(interaction, draft_id, TAKE_UP)
        wanted = {**draft.options, **composer.given(model, values)}
        button = str(CustomId(TAKE_UP, draft.id))
        await self._asking.answer(interaction, Wish(model, wanted, draft.parents, button, draft.card))

    async def _draft(self, interaction: discord.Interaction, draft_id: str, action: str) -> tuple[Draft, Model]:
        """The draft and its model; of one that came from a card, as far as its buttons may be pressed now."""
        draft = await self._drafts.find(interaction.user.id, draft_id)
        if draft.card is not None:
            await seen_run(interaction, self._history, draft.card, self._policies, action)
        model = self._models.find(draft.model_id)
        if model is None:
            raise UserError(_GONE)
        return draft, model


async def setup(host: Host) -> None:
    """Answer the buttons and the form."""
    services = host.services
    buttons = DraftButtons(
        runs=services.runs,
        drafts=services.drafts,
        history=services.history,
        policies=services.policies,
        models=services.models,
    )
    host.router.on_press(FEWER, fewer_of, buttons.fewer)
    host.router.on_press(TAKE_UP, run_id, buttons.change)
    host.router.on_form(TAKE_UP, run_id, buttons.changed)
