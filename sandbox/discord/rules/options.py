"""Command options by their numbers, and what a Discord client checks of the values before it sends them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Final, cast

LARGEST_WHOLE: Final = 2**53 - 1
"""The largest whole number an option takes: those that every client can hold."""

TEXT_MOST: Final = 6000


class Option(IntEnum):
    """The types of command options, by Discord's numbers."""

    SUBCOMMAND = 1
    GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


NESTING: Final = (Option.SUBCOMMAND, Option.GROUP)

_WANTED: Final[Mapping[int, str]] = {
    Option.STRING: "text",
    Option.INTEGER: "a whole number",
    Option.BOOLEAN: "yes or no",
    Option.NUMBER: "a number",
    Option.USER: "a person",
    Option.CHANNEL: "a channel",
    Option.ROLE: "a role",
    Option.MENTIONABLE: "a person or a role",
    Option.ATTACHMENT: "a file",
}


def check_options(command: Mapping[str, object], options: Mapping[str, object]) -> str | None:
    """What a client says instead of sending the command: one sentence for the person, or None when all is well.

    `command` is the command as registered, or the subcommand chosen; `options` maps each option's name to the value
    entered. People, channels, roles and files stand by their ids.
    """
    known = {str(option["name"]): option for option in _mappings(command.get("options")) if "name" in option}
    for name in options:
        if name not in known:
            return f"This command has no option called {name}. Please choose one of those it offers."
    for name, option in known.items():
        sentence = _check_one(name, option, options.get(name))
        if sentence is not None:
            return sentence
    return None


def _check_one(name: str, option: Mapping[str, object], value: object) -> str | None:
    if value is None or (value == "" and option.get("type") != Option.BOOLEAN):
        return f"{name} is required. Please fill it in." if option.get("required") is True else None
    kind = option.get("type")
    if not fits_type(kind, value):
        wanted = _WANTED.get(kind, "another kind of value") if isinstance(kind, int) else "another kind of value"
        return f"{name} must be {wanted}. Please change it."
    choices = [choice for choice in _mappings(option.get("choices")) if "value" in choice]
    if choices and not any(_same(value, choice["value"]) for choice in choices):
        names = ", ".join(str(choice.get("name", choice["value"])) for choice in choices)
        return f"{name} must be one of the choices: {names}."
    return _check_range(name, option, value)


def fits_type(kind: object, value: object) -> bool:
    """Whether a value is of the option's type."""
    if kind == Option.BOOLEAN:
        return isinstance(value, bool)
    if kind == Option.INTEGER:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_WHOLE
    if kind == Option.NUMBER:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return math.isfinite(value) and abs(value) <= LARGEST_WHOLE
    return isinstance(value, str)


def _same(value: object, choice: object) -> bool:
    # True equals 1 in Python, but not for Discord.
    return isinstance(value, bool) == isinstance(choice, bool) and value == choice


def _check_range(name: str, option: Mapping[str, object], value: object) -> str | None:
    if isinstance(value, str):
        if option.get("type") != Option.STRING:
            return None
        return _outside(name, len(value), option.get("min_length"), option.get("max_length", TEXT_MOST), " characters")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _outside(name, value, option.get("min_value"), option.get("max_value"), "")
    return None


def _outside(name: str, size: float, least: object, most: object, unit: str) -> str | None:
    low = least if isinstance(least, int | float) else None
    high = most if isinstance(most, int | float) else (TEXT_MOST if unit else None)
    if (low is None or size >= low) and (high is None or size <= high):
        return None
    if low is not None and high is not None:
        allowed = f"between {low} and {high}"
    else:
        allowed = f"{low} or more" if low is not None else f"{high} or fewer" if unit else f"{high} or less"
    verb = "must have" if unit else "must be"
    told = f" It has {size}." if unit else ""
    return f"{name} {verb} {allowed}{unit}.{told}"


def _mappings(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, list | tuple):
        for entry in cast("Sequence[object]", value):
            if isinstance(entry, Mapping):
                yield cast("Mapping[str, object]", entry)
