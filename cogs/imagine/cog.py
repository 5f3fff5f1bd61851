"""/imagine, and the command of every other model: a request becomes a card, and the card becomes pictures."""

import asyncio
from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands

from bot.catalog.model import Model
from bot.custom_ids import CustomId
from bot.errors import Unavailable
from bot.services import Drafts, Runs
from cogs import Host
from cogs.imagine import composer
from cogs.ui.actions import open_form
from cogs.ui.asking import DEFER_AFTER_S, Asking, Wish
from cogs.ui.errors import TAKE_UP
from cogs.ui.model_command import model_command

_SLOW = "I could not open the form in time. Please try again, or write the words with the command."


class Imagine:
    """Answers the command of a model. `defer_after_s`: how long the checks may take before Discord is told to wait."""

    def __init__(self, *, runs: Runs, drafts: Drafts, model: Model, defer_after_s: float = DEFER_AFTER_S) -> None:
        self._asking, self._model = Asking(runs=runs, drafts=drafts, defer_after_s=defer_after_s), model
        self._drafts, self._asked_later = drafts, composer.words_of(model)

    def command(self) -> app_commands.Command[Any, ..., None]:
        """The command, with the model's options."""
        description = f"{self._model.summary} with {self._model.title}"
        return model_command(
            name=self._model.command,
            description=description,
            model=self._model,
            answer=self.answer,
            asked_later=self._asked_later,
        )

    async def answer(self, interaction: discord.Interaction, options: Mapping[str, object]) -> None:
        """Make what was asked for. Without words the composer asks for them, and keeps the options that were given."""
        if not self._asked_later - options.keys():
            await self._asking.answer(interaction, Wish(self._model, options))
            return
        try:
            async with asyncio.timeout(DEFER_AFTER_S):  # Discord takes a form as the first answer alone
                draft = await self._drafts.keep(interaction.user.id, self._model.model_id, options)
        except TimeoutError:
            raise Unavailable(_SLOW) from None
        await open_form(interaction, composer.form(CustomId(TAKE_UP, draft.id), self._model, options))


async def setup(host: Host) -> None:
    """Add the command of every model."""
    services = host.services
    for model in services.models:
        imagine = Imagine(runs=services.runs, drafts=services.drafts, model=model)
        host.tree.add_command(imagine.command())
