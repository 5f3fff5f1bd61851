"""/imagine, and the command of every other model: a request becomes a card, and the card becomes pictures."""

from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands

from bot.catalog.model import Model
from bot.services import Runs
from cogs import Host
from cogs.ui.asking import DEFER_AFTER_S, Asking, Wish
from cogs.ui.model_command import model_command


class Imagine:
    """Answers the command of a model. `defer_after_s`: how long the checks may take before Discord is told to wait."""

    def __init__(self, *, runs: Runs, model: Model, defer_after_s: float = DEFER_AFTER_S) -> None:
        self._asking, self._model = Asking(runs=runs, defer_after_s=defer_after_s), model

    def command(self) -> app_commands.Command[Any, ..., None]:
        """The command, with the model's options."""
        description = f"{self._model.summary} with {self._model.title}"
        return model_command(name=self._model.command, description=description, model=self._model, answer=self.answer)

    async def answer(self, interaction: discord.Interaction, options: Mapping[str, object]) -> None:
        """Make what was asked for."""
        await self._asking.answer(interaction, Wish(self._model, options))


async def setup(host: Host) -> None:
    """Add the command of every model."""
    services = host.services
    for model in services.models:
        imagine = Imagine(runs=services.runs, model=model)
        host.tree.add_command(imagine.command())
