"""Forms that live as long as people fill them in: what they are for stands in their custom_id, as with buttons.

discord.py keeps a form in memory, so that one sent after a restart would reach nobody. Here every form that is sent
comes in through the client's own event, whichever process opened it.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from typing import Any, Protocol, cast

import discord

from cogs.ui import errors
from cogs.ui.views import Form

Values = Mapping[str, str]
"""What was filled in, by the custom_id of the field; of a select the first value, and "" for nothing."""

FormHandler = Callable[[discord.Interaction, str, Values], Awaitable[None]]
"""Answers a form: the interaction, the subject that it names, and what was filled in. All of it can be forged."""

_CUSTOM_ID = re.compile(r"(?P<action>[a-z][a-z_]*):(?P<subject>[0-9A-Za-z_.:-]{1,80})")


class FormHost(Protocol):
    """The client, as forms know it."""

    def add_listener(self, func: Callable[..., Coroutine[Any, Any, Any]], /, name: str = ...) -> None:
        """Let a function hear an event (discord.py's)."""
        ...


async def open_form(interaction: discord.Interaction, form: Form) -> None:
    """Show a form, made with the custom_id `action:subject`. discord.py itself is not to answer it."""
    form.stop()
    await interaction.response.send_modal(form)


def answer_forms(host: FormHost, action: str, handler: FormHandler) -> None:
    """Let `handler` answer every form of this action. Errors go through the one error door."""

    async def heard(interaction: discord.Interaction) -> None:
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        data = cast("Mapping[str, Any]", interaction.data or {})
        match = _CUSTOM_ID.fullmatch(str(data.get("custom_id", "")))
        if match is None or match["action"] != action:
            return
        try:
            await handler(interaction, match["subject"], dict(_fields(data.get("components"))))
        except Exception as error:  # noqa: BLE001 - the door tells faults from refusals, and logs them
            await errors.say(interaction, error)

    host.add_listener(heard, "on_interaction")


def _fields(components: object) -> Iterator[tuple[str, str]]:
    """The fields of a form, whatever they are wrapped in."""
    listed = cast("list[object]", components) if isinstance(components, list) else [components]
    for one in listed:
        if not isinstance(one, dict):
            continue
        part = cast("Mapping[str, object]", one)
        yield from _fields(part.get("components"))
        yield from _fields(part.get("component"))
        custom_id, value, values = part.get("custom_id"), part.get("value"), part.get("values")
        if not isinstance(custom_id, str):
            continue
        if isinstance(values, list):
            value = next((each for each in cast("list[object]", values) if isinstance(each, str)), "")
        yield custom_id, value if isinstance(value, str) else ""
