"""From a pydantic schema to what people are offered, and from its errors to what they are told.

A model's schema is the only place where its options, choices, ranges, defaults and descriptions are written. Its fields
are texts, numbers, yes or no, `ChoiceEnum`s and pictures (`SourceImage`, or a tuple of them), or anything that pydantic
takes where they bear the mark `Withheld`.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import NoneType
from typing import Any, Self, TypeVar, cast, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from bot.catalog.model import Choice, Option, OptionKind
from bot.catalog.shown import shown, shown_name
from bot.catalog.source import STORED, SourceImage
from bot.errors import OptionError
from bot.prompting.blank import is_blank
from bot.prompting.values import Meaning, Ratio

_LINE_WHITESPACE = frozenset("\t\n\r")


class ChoiceEnum(StrEnum):
    """The values of an option, as the wire spells them. A schema takes exactly these strings, strict or not."""

    @property
    def label(self) -> str:
        """The value for people."""
        return self.value.replace("_", " ").capitalize()

    @property
    def ratio(self) -> Ratio | None:
        """Width to height, of a value that is a picture's shape."""
        return None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Takes strings only: pydantic's own check of an enum of strings takes bytes as well, or no string at all."""
        del source, handler
        member = core_schema.no_info_plain_validator_function(cls)
        return core_schema.chain_schema([core_schema.str_schema(strict=True), member])


class InputSchema(BaseModel):
    """What a schema is made from. Strict: no number is taken for a text, no yes or no for a number, no 4.0 for 4."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False, validate_default=True
    )

    def wire(self) -> dict[str, Any]:
        """The `input` object as a row keeps it; unset options are absent."""
        return self.model_dump(mode="json", exclude_none=True)

    def sent(self, addresses: Mapping[str, str]) -> dict[str, Any]:
        """The `input` object as Runflow gets it: with these addresses in place of those of the sources."""
        return self.model_dump(mode="json", exclude_none=True, context=dict(addresses))

    @property
    def sources(self) -> tuple[SourceImage, ...]:
        """The pictures it works from, in order."""
        values = [cast("object", getattr(self, name)) for name in type(self).model_fields]
        every = [one for value in values for one in _each(value)]
        return tuple(one for one in every if isinstance(one, SourceImage))

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """The input whose `wire` was kept. Raises ValueError where it does not fit the schema any more."""
        return cls.model_validate_json(json.dumps(dict(stored)), context=STORED)


def _each(value: object) -> tuple[object, ...]:
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)


@dataclass(frozen=True, slots=True)
class Withheld:
    """Marks a field that the bot sets, and that is no option of a person's."""


@dataclass(frozen=True, slots=True)
class Named:
    """Marks a field whose option has another name for people than the field has on the wire."""

    name: str


@dataclass(frozen=True, slots=True)
class Means:
    """Marks a field that what people write into prompts can choose: a shape, a seed, a count, steps; or the prompt."""

    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Readable:
    """Marks a text that must show something, and hold no control characters but tabs and line breaks."""

    phrase: str = "not blank and without control characters"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Adds the check after the field's own."""
        return core_schema.no_info_after_validator_function(_readable, handler(source))


Schema = TypeVar("Schema", bound=InputSchema)


def options_of(schema: type[InputSchema]) -> tuple[Option, ...]:
    """The options people may set, in the schema's order. Defaults are told at the end of the descriptions.

    A field of several pictures gives an option for each: `image`, `image_2`, … Raises TypeError for a schema that
    leaves a range open, or with a field that no option can carry.
    """
    return tuple(option for name, field in _offered(schema) for option in _options(name, field))


def check(schema: type[Schema], options: Mapping[str, object], withheld: Mapping[str, object] | None = None) -> Schema:
    """The checked input of what a client sent, and of the `withheld` fields as the bot sets them.

    None counts as not given. Raises OptionError for the first option that does not hold; its value is one short line
    without control characters, to be escaped by the face.
    """
    names = _names(schema)
    given = {option: value for option, value in options.items() if value is not None}
    _refuse_unknown(given, [option for ours in names.values() for option in ours])
    try:
        return schema.model_validate({**_by_field(schema, names, given), **(withheld or {})})
    except ValidationError as error:
        where = error.errors(include_url=False, include_context=False, include_input=False)[0]["loc"]
        option = _option_at(where, names, given)
        value = shown(given[option]) if option in given else "left out"
        raise OptionError(option, value, allowed(schema.model_fields[str(where[0])])) from None


def options_given(checked: InputSchema) -> dict[str, object]:
    """What a person would give to have this input again, by option: `check` takes it back. Unset options are absent."""
    schema = type(checked)
    given: dict[str, object] = {}
    for name, ours in _names(schema).items():
        value: object = getattr(checked, name)
        values = cast("tuple[object, ...]", value) if _is_several(schema.model_fields[name]) else (value,)
        given.update({option: one for option, one in zip(ours, values, strict=False) if one is not None})
    return given


@cache  # the same for each press, and what it is made of never changes
def _names(schema: type[InputSchema]) -> Mapping[str, tuple[str, ...]]:
    """The names of each field's options."""
    return {name: tuple(option.name for option in _options(name, field)) for name, field in _offered(schema)}


def option_names(schema: type[InputSchema], fields: Sequence[str]) -> tuple[str, ...]:
    """What people call these fields, of several pictures the first; a field that is no option keeps its name."""
    names = {name: _options(name, field)[0].name for name, field in _offered(schema)}
    return tuple(names.get(field, field) for field in fields)


def allowed(field: FieldInfo) -> str:
    """What an option takes, as a phrase."""
    kind = _type(field)
    if issubclass(kind, ChoiceEnum):
        return "one of " + ", ".join(f"`{choice.value}`" for choice in kind)
    match _KINDS[kind]:
        case OptionKind.FLAG:
            return "true or false"
        case OptionKind.IMAGE:
            return SourceImage.ACCEPTED
        case OptionKind.TEXT:
            least, most = _bounds(field)
            readable = _mark(field, Readable)
            return f"text of {least} to {most} characters" + (f", {readable.phrase}" if readable else "")
        case OptionKind.WHOLE | OptionKind.DECIMAL as number:
            least, most = _bounds(field)
            return f"a {number.value} from {least} to {most}"


_KINDS: Mapping[type, OptionKind] = {
    str: OptionKind.TEXT,
    int: OptionKind.WHOLE,
    float: OptionKind.DECIMAL,
    bool: OptionKind.FLAG,
    SourceImage: OptionKind.IMAGE,
}


def _offered(schema: type[InputSchema]) -> list[tuple[str, FieldInfo]]:
    return [(name, field) for name, field in schema.model_fields.items() if _mark(field, Withheld) is None]


def _options(name: str, field: FieldInfo) -> tuple[Option, ...]:
    kind, named, means = _type(field), _mark(field, Named), _mark(field, Means)
    meaning = means.meaning if means else None
    option = named.name if named else name
    label = field.title or option.replace("_", " ").capitalize()
    description, required = _description(field), field.is_required()
    if issubclass(kind, ChoiceEnum):
        choices = tuple(Choice(choice.value, choice.label, choice.ratio) for choice in kind)
        return (Option(option, OptionKind.TEXT, description, required, choices, label=label, meaning=meaning),)
    if kind not in _KINDS:
        raise TypeError(f"no option can carry {kind.__name__}")
    if _is_several(field):
        least, most = _bounds(field)
        numbered = [option, *(f"{option}_{number}" for number in range(2, int(most) + 1))]
        return tuple(
            Option(one, _KINDS[kind], description, required and number <= least, label=label)
            for number, one in enumerate(numbered, 1)
        )
    if _KINDS[kind] in {OptionKind.FLAG, OptionKind.IMAGE}:
        return (Option(option, _KINDS[kind], description, required, label=label),)
    least, most = _bounds(field)
    return (
        Option(option, _KINDS[kind], description, required, minimum=least, maximum=most, label=label, meaning=meaning),
    )


def _refuse_unknown(given: Mapping[str, object], offered: list[str]) -> None:
    for option, value in given.items():
        if option not in offered:
            known = ", ".join(f"`{name}`" for name in offered)
            raise OptionError(shown_name(option), shown(value), f"only the options {known}")


def _by_field(
    schema: type[InputSchema], names: Mapping[str, tuple[str, ...]], given: Mapping[str, object]
) -> dict[str, object]:
    """What was given, by field; the options of one field of several together, in order."""
    values: dict[str, object] = {}
    for name, ours in names.items():
        found = [given[option] for option in ours if option in given]
        if found:
            values[name] = tuple(found) if _is_several(schema.model_fields[name]) else found[0]
    return values


def _option_at(where: tuple[int | str, ...], names: Mapping[str, tuple[str, ...]], given: Mapping[str, object]) -> str:
    """The option that an error of pydantic's is about: of several pictures, the one, or the first that is missing."""
    ours = names.get(str(where[0]), (str(where[0]),))
    found = [option for option in ours if option in given]
    if len(where) > 1 and isinstance(where[1], int) and where[1] < len(found):
        return found[where[1]]
    if len(ours) == 1:
        return ours[0]
    return next((option for option in ours if option not in given), ours[0])


def _description(field: FieldInfo) -> str:
    default: object = field.default
    match default:
        case _ if field.is_required() or default is None or default in ((), ""):
            return field.description or ""
        case ChoiceEnum():
            told = default.label
        case bool():
            told = "true" if default else "false"
        case _:
            told = str(default)
    return f"{field.description}. Default: {told}"


def _type(field: FieldInfo) -> type:
    """The kind of a field's value, or of each of several."""
    annotation: Any = field.annotation
    kinds: list[Any] = [annotation]
    if get_origin(annotation) is not tuple:
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType] or kinds
    found: Any = kinds[0]
    return get_args(found)[0] if get_origin(found) is tuple else found


def _is_several(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is tuple


def _bounds(field: FieldInfo) -> tuple[float, float]:
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
    if not isinstance(least, int | float) or not isinstance(most, int | float):
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
    if is_blank(text):
        raise PydanticCustomError("blank", "is blank")
    return text
