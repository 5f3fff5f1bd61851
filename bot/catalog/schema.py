"""From a pydantic schema to what people are offered, and from its errors to what they are told.

A model's schema is the only place where its options, choices, ranges, defaults and descriptions are written. A schema
is a frozen, strict pydantic model; its fields are texts, whole numbers and `ChoiceEnum`s, or bear the mark `Withheld`.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType
from typing import Any, TypeVar, get_args

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel, GetCoreSchemaHandler, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from bot.catalog.model import Choice, Option
from bot.errors import OptionError

Schema = TypeVar("Schema", bound=BaseModel)

_SHOWN_CHARACTERS = 80
_SHOWN_DIGITS_BITS = 128  # longer numbers are not spelled out; beyond 4,300 digits Python itself refuses to
_NAME_CHARACTERS = 32  # as long as Discord lets an option's name be
_LINE_WHITESPACE = frozenset("\t\n\r")
_BLANK_KINDS = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # fillers: letters and symbols by kind, but never seen


class ChoiceEnum(StrEnum):
    """The values of an option, as the wire spells them. A schema takes exactly these strings, strict or not."""

    @property
    def label(self) -> str:
        """The value for people."""
        return self.value.replace("_", " ").capitalize()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Takes strings only: pydantic's own check of an enum of strings takes bytes as well, or no string at all."""
        del source, handler
        member = core_schema.no_info_plain_validator_function(cls)
        return core_schema.chain_schema([core_schema.str_schema(strict=True), member])


@dataclass(frozen=True, slots=True)
class Withheld:
    """Marks a field that the bot sets, and that is no option of a person's."""


@dataclass(frozen=True, slots=True)
class Readable:
    """Marks a text that must show something, and hold no control characters but tabs and line breaks."""

    phrase: str = "not blank and without control characters"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Adds the check after the field's own."""
        return core_schema.no_info_after_validator_function(_readable, handler(source))


def options_of(schema: type[BaseModel]) -> tuple[Option, ...]:
    """The options people may set, in the schema's order. Defaults are told at the end of the descriptions."""
    return tuple(_option(name, field) for name, field in schema.model_fields.items() if _mark(field, Withheld) is None)


def check(schema: type[Schema], options: Mapping[str, object], withheld: Mapping[str, object] | None = None) -> Schema:
    """The checked input of what a client sent, and of the `withheld` fields as the bot sets them.

    None counts as not given. Raises OptionError for the first option that does not hold; its value is one short line
    without control characters, to be escaped by the face.
    """
    offered = tuple(option.name for option in options_of(schema))
    given = {name: value for name, value in options.items() if value is not None}
    for name, value in given.items():
        if name not in offered:
            names = ", ".join(f"`{known}`" for known in offered)
            raise OptionError(_shown_name(name), _shown(value), f"only the options {names}")
    try:
        return schema.model_validate({**given, **(withheld or {})})
    except ValidationError as error:
        name = str(error.errors(include_url=False, include_context=False, include_input=False)[0]["loc"][0])
        value = _shown(given[name]) if name in given else "left out"
        raise OptionError(name, value, allowed(schema.model_fields[name])) from None


def allowed(field: FieldInfo) -> str:
    """What a field takes, as a phrase."""
    kind = _kind(field)
    if issubclass(kind, ChoiceEnum):
        return "one of " + ", ".join(f"`{choice.value}`" for choice in kind)
    least, most = _bounds(field)
    if kind is int:
        return f"a whole number from {least} to {most}"
    readable = _mark(field, Readable)
    return f"text of {least} to {most} characters" + (f", {readable.phrase}" if readable else "")


def _option(name: str, field: FieldInfo) -> Option:
    kind = _kind(field)
    if issubclass(kind, ChoiceEnum):
        choices = tuple(Choice(choice.value, choice.label) for choice in kind)
        return Option(name, str, _description(field), field.is_required(), choices)
    least, most = _bounds(field)
    return Option(
        name, int if kind is int else str, _description(field), field.is_required(), minimum=least, maximum=most
    )


def _description(field: FieldInfo) -> str:
    default: object = field.default
    if field.is_required() or default is None:
        return field.description or ""
    return f"{field.description}. Default: {default.label if isinstance(default, ChoiceEnum) else default}"


def _kind(field: FieldInfo) -> type:
    annotation: Any = field.annotation
    kinds: list[type] = [kind for kind in get_args(annotation) if kind is not NoneType] or [annotation]
    return kinds[0]


def _bounds(field: FieldInfo) -> tuple[int, int]:
    """The least and greatest number, or length. Raises TypeError for a schema that leaves one open."""
    least: Any = None
    most: Any = None
    for mark in field.metadata:
        match mark:
            case Ge(ge=bound) | MinLen(min_length=bound):
                least = bound
            case Le(le=bound) | MaxLen(max_length=bound):
                most = bound
            case _:
                pass
    if not isinstance(least, int) or not isinstance(most, int):
        raise TypeError("an option of a schema needs a least and a greatest number or length")
    return least, most


Mark = TypeVar("Mark")


def _mark(field: FieldInfo, kind: type[Mark]) -> Mark | None:
    return next((mark for mark in field.metadata if isinstance(mark, kind)), None)


def _readable(text: str) -> str:
    kinds = {character: unicodedata.category(character) for character in set(text)}
    if any(kind == "Cc" and character not in _LINE_WHITESPACE for character, kind in kinds.items()):
        raise PydanticCustomError("control_characters", "has control characters")
    if "Cs" in kinds.values():  # half a character: no UTF-8 can carry it, and pydantic lets it pass
        raise PydanticCustomError("surrogate", "has half a character")
    if all(kind in _BLANK_KINDS or character in _BLANK_LETTERS for character, kind in kinds.items()):
        raise PydanticCustomError("blank", "is blank")
    return text


def _shown(value: object) -> str:  # noqa: PLR0911 - one phrase for each kind of value
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(int(value)) if value.bit_length() <= _SHOWN_DIGITS_BITS else "a far longer number"
        case float():
            return repr(float(value))
        case str():
            return _shown_text(value)
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
        case _:
            return "something else"


def _shown_text(text: str) -> str:
    line = "".join(_replaced(character) for character in text[:_SHOWN_CHARACTERS]).strip()
    if len(text) > _SHOWN_CHARACTERS:
        return f"{line}… ({len(text)} characters)".lstrip()
    return line or "blank"


def _replaced(character: str) -> str:
    match unicodedata.category(character):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cs":
            return "\ufffd"
        case "Cf":
            return ""  # unseen, and some turn the direction of the line they stand in
        case _:
            return character


def _shown_name(name: object) -> str:
    """An unknown option's name; it is shown between backticks, so only letters that names are made of are kept."""
    text = name if isinstance(name, str) else ""
    kept = "".join(character for character in text[:_NAME_CHARACTERS] if character.isalnum() or character in "_-")
    return kept or "option"
