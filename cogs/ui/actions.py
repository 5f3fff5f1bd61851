"""Buttons and forms that live as long as their message: what they are for stands in their custom_id.

So a restart changes nothing. `bot/client/router.py` passes what is pressed or filled in on to whoever answers it; who
may do so, and what a subject can be, is checked there.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import discord
from discord import ui

from bot.custom_ids import CustomId, Values

S = TypeVar("S")


class Router(Protocol):
    """The client's router, as extensions know it. An action that is answered already raises ValueError.

    `hint`: what people read, after that it leads nowhere, of a subject that was never made.
    """

    def on_press(
        self,
        action: str,
        parse: Callable[[str], S],
        handler: Callable[[discord.Interaction[Any], S], Awaitable[None]],
        *,
        hint: str = ...,
    ) -> None:
        """Let `handler` answer presses of buttons with this action."""
        ...

    def on_select(
        self,
        action: str,
        parse: Callable[[str], S],
        handler: Callable[[discord.Interaction[Any], S, str], Awaitable[None]],
        *,
        hint: str = ...,
    ) -> None:
        """Let `handler` answer choices in selects with this action."""
        ...

    def on_form(
        self,
        action: str,
        parse: Callable[[str], S],
        handler: Callable[[discord.Interaction[Any], S, Values], Awaitable[None]],
        *,
        hint: str = ...,
    ) -> None:
        """Let `handler` answer forms with this action, with what was filled in."""
        ...


class Press(ui.Button[Any]):
    """A button for `action` on `subject`. Raises ValueError for a subject that a custom_id cannot hold."""

    def __init__(
        self,
        action: str,
        subject: str,
        *,
        label: str,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        disabled: bool = False,
    ) -> None:
        super().__init__(label=label, style=style, disabled=disabled, custom_id=str(CustomId(action, subject)))

    def is_dispatchable(self) -> bool:
        """discord.py is not to keep it in memory: the router answers it."""
        return False


class Form(ui.Modal):
    """A form for `action` on `subject`. Raises ValueError as a button does."""

    def __init__(self, action: str, subject: str, *, title: str) -> None:
        super().__init__(title=title, custom_id=str(CustomId(action, subject)))


async def open_form(interaction: discord.Interaction, form: Form) -> None:
    """Show a form, as the answer to the interaction. Raises discord.py's errors as any answer does."""
    form.stop()  # discord.py is not to keep it in memory: the router answers it
    await interaction.response.send_modal(form)
