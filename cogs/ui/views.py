"""The bases of everything that can be pressed: their errors go through the one door."""

from typing import Any

import discord
from discord import ui

from cogs.ui import errors


class Layout(ui.LayoutView):
    """A layout without a time of its own: nothing on it ever expires."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    async def on_error(
        self,
        interaction: discord.Interaction,
        error: Exception,
        item: ui.Item[Any],  # noqa: ARG002 - discord.py names the part that was pressed; the sentence needs no name
        /,
    ) -> None:
        """Say it."""
        await errors.say(interaction, error)


class Form(ui.Modal):
    """A form to fill in."""

    async def on_error(self, interaction: discord.Interaction, error: Exception, /) -> None:
        """Say it."""
        await errors.say(interaction, error)
