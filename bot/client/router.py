"""The one router of buttons, selects and forms: by the action in their custom_id, to whoever answers it.

discord.py keeps what was sent in memory, so that a press after a restart, or under a message that was edited, would
reach nobody. Here all of them come in through the client's own event, whichever process sent them.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

import discord

from bot.client.intake import Intake
from bot.custom_ids import CustomId, Values
from bot.errors import UserError
from bot.guilds.permissions import Permissions, Rule, need

S = TypeVar("S")

ErrorDoor = Callable[[discord.Interaction[Any], BaseException], Awaitable[None]]
"""Says an error to the one who pressed; never raises."""

Parser = Callable[[str], S]
"""Reads a subject. Raises ValueError for one that was never made."""

NOTHING_CHANGED = "Nothing was changed."

_Answer = Callable[[discord.Interaction[Any], str, Values], Awaitable[None]]


class Kind(StrEnum):
    """What was used, in the word that people read."""

    BUTTON = "button"
    SELECT = "list"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class _Use:
    rule: Rule
    answer: _Answer


class Router:
    """Who answers which action. Who may use it is checked here, from the table; so is what its subject can be."""

    def __init__(self, *, intake: Intake, permissions: Permissions, say_error: ErrorDoor) -> None:
        self._intake, self._permissions, self._say_error = intake, permissions, say_error
        self._uses: dict[tuple[Kind, str], _Use] = {}

    def on_press(
        self,
        action: str,
        parse: Parser[S],
        handler: Callable[[discord.Interaction[Any], S], Awaitable[None]],
        *,
        hint: str = NOTHING_CHANGED,
    ) -> None:
        """Let `handler` answer presses of buttons with this action.

        `hint`: what people read of a subject that was never made, after that it leads nowhere.

        Raises ValueError for an action that is answered already, LookupError for one without a rule.
        """

        async def answer(interaction: discord.Interaction[Any], subject: str, _values: Values) -> None:
            await handler(interaction, _read(Kind.BUTTON, parse, subject, hint))

        self._add(Kind.BUTTON, action, answer)

    def on_select(
        self,
        action: str,
        parse: Parser[S],
        handler: Callable[[discord.Interaction[Any], S, str], Awaitable[None]],
        *,
        hint: str = NOTHING_CHANGED,
    ) -> None:
        """Let `handler` answer choices in selects with this action; it gets the value, "" for none. As `on_press`."""

        async def answer(interaction: discord.Interaction[Any], subject: str, values: Values) -> None:
            chosen = next(iter(values.values()), "")
            await handler(interaction, _read(Kind.SELECT, parse, subject, hint), chosen)

        self._add(Kind.SELECT, action, answer)

    def on_form(
        self,
        action: str,
        parse: Parser[S],
        handler: Callable[[discord.Interaction[Any], S, Values], Awaitable[None]],
        *,
        hint: str = NOTHING_CHANGED,
    ) -> None:
        """Let `handler` answer forms with this action, with what was filled in. As `on_press`."""

        async def answer(interaction: discord.Interaction[Any], subject: str, values: Values) -> None:
            await handler(interaction, _read(Kind.FORM, parse, subject, hint), values)

        self._add(Kind.FORM, action, answer)

    def actions(self, kind: Kind) -> frozenset[str]:
        """The actions of a kind that are answered."""
        return frozenset(action for one, action in self._uses if one is kind)

    async def route(self, interaction: discord.Interaction[Any]) -> None:
        """Pass a press, a choice or a form on, once. Errors of every kind go through the one error door.

        Commands pass by.
        """
        data = cast("Mapping[str, object]", interaction.data or {})
        kind = _kind_of(interaction, data)
        if kind is None or not self._intake.is_new(interaction.id):
            return
        with self._intake.under_way():
            try:
                self._intake.check_open()
                custom_id, use = self._find(kind, str(data.get("custom_id", "")))
                need(interaction, use.rule)
                await use.answer(interaction, custom_id.subject, _values_of(kind, data))
            except Exception as error:  # noqa: BLE001 - the door tells faults from refusals, and logs them
                await self._say_error(interaction, error)

    def _add(self, kind: Kind, action: str, answer: _Answer) -> None:
        rules = {
            Kind.BUTTON: self._permissions.buttons,
            Kind.SELECT: self._permissions.selects,
            Kind.FORM: self._permissions.forms,
        }[kind]
        if (kind, action) in self._uses:
            raise ValueError(f"{action} is answered already: {kind}")
        if action not in rules:
            raise LookupError(f"nobody has said who may use {action}: {kind}")
        self._uses[kind, action] = _Use(rules[action], answer)

    def _find(self, kind: Kind, text: str) -> tuple[CustomId, _Use]:
        try:
            custom_id = CustomId.parse(text)
            return custom_id, self._uses[kind, custom_id.action]
        except (ValueError, KeyError):
            raise UserError(f"This {kind} is no longer in use.") from None


def _kind_of(interaction: discord.Interaction[Any], data: Mapping[str, object]) -> Kind | None:
    match interaction.type:
        case discord.InteractionType.modal_submit:
            return Kind.FORM
        case discord.InteractionType.component:
            is_button = data.get("component_type") == discord.ComponentType.button.value
            return Kind.BUTTON if is_button else Kind.SELECT
        case _:
            return None


def _read(kind: Kind, parse: Parser[S], subject: str, hint: str) -> S:
    try:
        return parse(subject)
    except ValueError:
        raise UserError(f"This {kind} leads nowhere any more. {hint}") from None


def _values_of(kind: Kind, data: Mapping[str, object]) -> Values:
    return dict(_fields(data.get("components") if kind is Kind.FORM else data))


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
