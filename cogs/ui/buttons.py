"""Buttons that live as long as their message: what they do stands in their custom_id, so a restart changes nothing."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, Self, cast

import discord
from discord import ui

PressHandler = Callable[[discord.Interaction, str], Awaitable[None]]
"""Answers a press: the interaction, and the subject that the button names (a run's id, for example)."""

_TEMPLATE = re.compile(r"(?P<action>[a-z][a-z_]*):(?P<subject>[0-9A-Za-z_.:-]{1,80})")


class PressHost(Protocol):
    """The client, as buttons know it."""

    def add_dynamic_items(self, *items: type[ui.DynamicItem[Any]]) -> None:
        """Let a class answer for every component whose custom_id is like its template (discord.py's)."""
        ...

    def on_press(self, action: str, handler: PressHandler) -> None:
        """Let `handler` answer presses of buttons with this action. Raises ValueError for one that is answered."""
        ...

    async def pressed(self, interaction: discord.Interaction, action: str, subject: str) -> None:
        """Pass a press on to the handler of its action. Never raises: errors go through the one error door."""
        ...


class Press(ui.DynamicItem[ui.Button[Any]], template=_TEMPLATE):
    """A button for `action` on `subject`. Whoever presses is checked by the handler: a custom_id can be forged."""

    def __init__(
        self,
        action: str,
        subject: str,
        *,
        label: str,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        disabled: bool = False,
    ) -> None:
        super().__init__(ui.Button(label=label, style=style, disabled=disabled, custom_id=f"{action}:{subject}"))
        self._action, self._subject = action, subject

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 - discord.py's signature
        item: ui.Item[Any],
        match: re.Match[str],
        /,
    ) -> Self:
        """The button that was pressed, after whatever restart."""
        label = item.label if isinstance(item, ui.Button) else None
        return cls(match["action"], match["subject"], label=label or match["action"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the press to the client's table of handlers."""
        await cast("PressHost", interaction.client).pressed(interaction, self._action, self._subject)


def answer_presses(host: PressHost, action: str, handler: PressHandler) -> None:
    """Let `handler` answer every press of a button of this action, those of messages from before a restart too.

    Call it in an extension's `setup`. Raises ValueError for an action that has its handler already.
    """
    host.add_dynamic_items(Press)
    host.on_press(action, handler)
