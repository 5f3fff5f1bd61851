"""From a pydantic input schema to what people may set, and to the words for what they may not. Nothing typed twice."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar, cast, get_args

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from bot.catalog.model import Choice, Option
from bot.errors import OptionError

Schema = TypeVar("Schema", bound=BaseModel)

_SHOWN_CHARACTERS = 60
_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f`\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff]")


class Labelled(StrEnum):
    """An enum of allowed values whose members know their own name for people."""

    @property
    def label(self) -> str:
        """The value for people."""
        return self.value


def options_of(schema: type[BaseModel], *, hidden: frozenset[str] = frozenset()) -> tuple[Option, ...]:
    """The options people may set, required ones first, derived from the schema's fields."""
    shown = [_option(name, field) for name, field in schema.model_fields.items() if name not in hidden]
    return tuple(sorted(shown, key=lambda option: not option.required))


def parse(
    schema: type[Schema], options: Mapping[str, object], *, hidden: frozenset[str] = frozenset(), **fixed: object
) -> Schema:
    """The checked input; an option that is None counts as not given. `fixed` are fields that people do not set.

    Raises OptionError for the first option that does not hold.
    """
    known = {option.name: option for option in options_of(schema, hidden=hidden)}
    for name in options:
        if name not in known:
            raise OptionError(shown(name), "set", "the options " + _listed(tuple(known)))
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return schema.model_validate({**given, **fixed})
    except ValidationError as error:
        where = error.errors(include_url=False, include_context=False)[0]["loc"]
        option = known[str(where[0])]
        raise OptionError(option.name, _told(given, option.name), allowed(option)) from error


def allowed(option: Option) -> str:
    """What an option may be, in plain English."""
    if option.choices:
        return "one of " + _listed(tuple(choice.value for choice in option.choices))
    if option.kind is int:
        if option.minimum is not None and option.maximum is not None:
            return f"a whole number from {option.minimum} to {option.maximum}"
        return "a whole number"
    longest = f" of at most {option.maximum:,} characters" if option.maximum else ""
    return f"a text{longest}, with at least one letter, digit or sign in it"


def shown(value: object) -> str:
    """A refused value as it may stand in a sentence: one short line, without anything that could break out of it."""
    text = _UNSHOWABLE.sub(" ", str(value)[: _SHOWN_CHARACTERS * 4])
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


def _told(given: Mapping[str, object], name: str) -> str:
    if name not in given:
        return "left out"
    value = given[name]
    if isinstance(value, str) and not value.strip():
        return "empty"
    return shown(value) or "that"


def _option(name: str, field: FieldInfo) -> Option:
    kind, choices = _kind(field)
    low, high = ((Ge, Le), (MinLen, MaxLen))[kind is str]
    return Option(
        name=name,
        kind=kind,
        description=field.description or name,
        required=field.is_required(),
        choices=choices,
        minimum=_bound(field, low),
        maximum=_bound(field, high),
    )


def _bound(field: FieldInfo, kind: type[Ge | Le | MinLen | MaxLen]) -> int | None:
    match next((one for one in field.metadata if isinstance(one, kind)), None):
        case Ge(ge=value) | Le(le=value):
            return int(cast("int", value))
        case MinLen(min_length=value) | MaxLen(max_length=value):
            return value
        case _:
            return None


def _kind(field: FieldInfo) -> tuple[type[str] | type[int], tuple[Choice, ...]]:
    of: list[Any] = [one for one in get_args(field.annotation) if one is not type(None)] or [field.annotation]
    kind = of[0]
    if isinstance(kind, type) and issubclass(kind, Labelled):
        return str, tuple(Choice(member.value, member.label) for member in kind)
    return (int if kind is int else str), ()


def _listed(names: tuple[str, ...]) -> str:
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}" if most else last
