"""The prompt check and a model's options: what a prompt asks for is set as an option, unless the person did that.

A model takes part by marking fields of its schema with `Means`; one without a marked prompt has its prompts sent as
they are. What is said of a prompt is found anew from what a row keeps: the prompt as typed, and the input.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import log
from typing import Any

from bot.catalog.model import Choice, Model, Option
from bot.prompting.check import check
from bot.prompting.values import Checked, Fate, Found, Meaning, Ratio, Untouched


class Became(StrEnum):
    """What became of a find."""

    SET = "set"  # the option has this value
    NEAREST = "nearest"  # the option has the value that comes nearest
    YOURS = "yours"  # the person chose the option themselves
    LATER = "later"  # the prompt says another thing further on
    OUT_OF_RANGE = "out of range"  # the model does not take this value, so the option is left alone
    NO_OPTION = "no option"  # the model has no such option
    UNREADABLE = "unreadable"
    LEFT_OUT = "left out"
    UNWRAPPED = "unwrapped"
    QUOTED = "quoted"


@dataclass(frozen=True, slots=True)
class Line:
    """A find and what became of it; `option` and `label` say which option it chose, and the value in words."""

    found: Found
    became: Became
    option: Option | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """What a person is to know of their prompt. `untouched`: it was sent as it was typed, and why."""

    lines: tuple[Line, ...] = ()
    untouched: Untouched | None = None


def with_prompt_checked(model: Model, options: Mapping[str, object]) -> dict[str, object]:
    """A person's options with the prompt that is to be sent, and with what the prompt asks for as options."""
    prompt, checked = _prompt(model), None
    if prompt is not None and isinstance(typed := options.get(prompt.name), str):
        checked = check(typed)
    if prompt is None or checked is None:
        return dict(options)
    asked = {option.name: value for option, value, _ in _chosen(model, checked).values()}
    given = {name: value for name, value in options.items() if value is not None}
    return {**asked, **given, prompt.name: checked.text}


def typed_prompt(model: Model, options: Mapping[str, object]) -> str | None:
    """The prompt as the person typed it; None where the model's prompts are not checked."""
    prompt = _prompt(model)
    typed = options.get(prompt.name) if prompt else None
    return typed if isinstance(typed, str) else None


def noted(model: Model, typed: str, wire: Mapping[str, Any]) -> Noted:
    """What became of a prompt, from what a row keeps; nothing where it was sent before there was this check."""
    values = {model.option_names((field,))[0]: value for field, value in wire.items()}
    prompt, checked = _prompt(model), check(typed)
    if prompt is None or values.get(prompt.name) != checked.text:
        return Noted()
    chosen = _chosen(model, checked)
    last = checked.settings
    lines = tuple(_line(one, model, last, chosen, values) for one in checked.found)
    return Noted(lines, checked.untouched)


_Chosen = Mapping[Meaning, tuple[Option, int | str, str]]

_SIMPLE: Mapping[Fate, Became] = {
    Fate.UNREADABLE: Became.UNREADABLE,
    Fate.LEFT_OUT: Became.LEFT_OUT,
    Fate.UNWRAPPED: Became.UNWRAPPED,
    Fate.QUOTED: Became.QUOTED,
}


def _prompt(model: Model) -> Option | None:
    return _option(model, Meaning.PROMPT)


def _option(model: Model, meaning: Meaning | None) -> Option | None:
    return next((one for one in model.options if meaning is not None and one.meaning is meaning), None)


def _chosen(model: Model, checked: Checked) -> _Chosen:
    """For each meaning that the model has an option for: the option, its value, and the value in words."""
    chosen: dict[Meaning, tuple[Option, int | str, str]] = {}
    for meaning, found in checked.settings.items():
        option = _option(model, meaning)
        if option is None:
            continue
        if isinstance(found.value, Ratio):
            choice = _nearest(option, found.value)
            if choice is not None:
                chosen[meaning] = option, choice.value, choice.label
        elif found.value is not None and (option.minimum or 0) <= found.value <= (option.maximum or 0):
            chosen[meaning] = option, found.value, str(found.value)
    return chosen


def _nearest(option: Option, asked: Ratio) -> Choice | None:
    """The choice whose shape comes nearest, of several alike the first."""
    shapes = [(choice, choice.ratio) for choice in option.choices if choice.ratio is not None]
    return min(shapes, key=lambda shape: abs(_log(shape[1]) - _log(asked)), default=(None, None))[0]


def _log(ratio: Ratio) -> float:
    return log(ratio.width) - log(ratio.height)


def _line(
    found: Found, model: Model, last: Mapping[Meaning, Found], chosen: _Chosen, values: Mapping[str, object]
) -> Line:
    if found.fate in _SIMPLE or found.meaning is None:
        return Line(found, _SIMPLE.get(found.fate, Became.LEFT_OUT), _option(model, found.meaning))
    option = _option(model, found.meaning)
    if option is None:
        return Line(found, Became.NO_OPTION)
    if last[found.meaning] is not found:
        return Line(found, Became.LATER, option)
    if found.meaning not in chosen:
        return Line(found, Became.OUT_OF_RANGE, option)
    _, value, label = chosen[found.meaning]
    if values.get(option.name) != value:
        return Line(found, Became.YOURS, option)
    return Line(found, Became.SET if _is_exact(option, value, found.value) else Became.NEAREST, option, label)


def _is_exact(option: Option, value: int | str, asked: int | Ratio | None) -> bool:
    if not isinstance(asked, Ratio):
        return True
    ratio = next((choice.ratio for choice in option.choices if choice.value == value), None)
    return ratio is not None and ratio.width * asked.height == ratio.height * asked.width
