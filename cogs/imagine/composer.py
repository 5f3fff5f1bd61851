"""The composer: a form with the words, the shape and the number of pictures, as far as the model has them."""

from collections.abc import Mapping

import discord
from discord import ui

from bot.catalog.model import Model, Option, OptionKind
from bot.custom_ids import CustomId, Values
from bot.money import MicroUsd, cost_for_people
from cogs.ui.actions import Form
from cogs.ui.discord_limits import FORM_TEXT
from cogs.ui.markdown import cut

_CHOICES_MOST = 10  # Discord: options of a radio group
_LABEL_LIMIT, _ABOUT_LIMIT = 45, 100  # Discord: a label of a form, and what stands under it
_WORDS_LABEL = "What should the picture show?"


def form(custom_id: CustomId, model: Model, options: Mapping[str, object]) -> Form:
    """The form, filled in with `options`. What it costs at most is said on its last label."""
    made = Form(custom_id.action, custom_id.subject, title="Make pictures")
    fields = _fields(model)
    for option in fields:
        about = _price(model) if option is fields[-1] else None
        label = _WORDS_LABEL if _is_text(option) else cut(option.label, _LABEL_LIMIT)
        made.add_item(ui.Label(text=label, description=about, component=_component(option, options.get(option.name))))
    return made


def words_of(model: Model) -> frozenset[str]:
    """The options that the composer asks for where a command left them out: required words, where all else may be."""
    words = frozenset(option.name for option in _fields(model) if _is_text(option) and option.required)
    return words if all(option.name in words for option in model.options if option.required) else frozenset()


def given(model: Model, values: Values) -> dict[str, object]:
    """What a form says, by option, not checked yet. A field that was forged is no option of the form's."""
    found: dict[str, object] = {}
    for option in _fields(model):
        value = values.get(option.name, "")
        if value:
            is_number = option.kind is OptionKind.WHOLE and value.isascii() and value.isdigit() and len(value) < 3
            found[option.name] = int(value) if is_number else value
    return found


def _fields(model: Model) -> list[Option]:
    """The options that a form has room for, words first."""
    return sorted(
        (option for option in model.options if _is_text(option) or 1 < len(_radios(option)) <= _CHOICES_MOST),
        key=lambda option: not _is_text(option),
    )[:3]


def _is_text(option: Option) -> bool:
    return option.kind is OptionKind.TEXT and not option.choices


def _radios(option: Option) -> list[tuple[str, str]]:
    """What can be chosen of an option, by value and label; none where there is no short list."""
    if option.choices:
        return [(one.value, one.label) for one in option.choices]
    if option.kind is not OptionKind.WHOLE or option.minimum is None or option.maximum is None:
        return []
    least, most = int(option.minimum), int(option.maximum)
    return [(str(one), str(one)) for one in range(least, most + 1)] if most - least < _CHOICES_MOST else []


def _component(option: Option, value: object) -> "ui.TextInput[Form] | ui.RadioGroup[Form]":
    if _is_text(option):
        return ui.TextInput(
            custom_id=option.name,
            style=discord.TextStyle.paragraph,
            default=cut(str(value or ""), FORM_TEXT) or None,
            required=option.required,
            max_length=min(int(option.maximum or FORM_TEXT), FORM_TEXT),
        )
    radios = _radios(option)
    chosen = str(value) if value is not None else None
    return ui.RadioGroup(
        custom_id=option.name,
        required=chosen is not None,
        options=[discord.RadioGroupOption(label=label, value=one, default=one == chosen) for one, label in radios],
    )


def _price(model: Model) -> str:
    dearest = max((price.at_most for price in model.prices()), default=MicroUsd(0))
    return cut(f"Each picture costs at most {cost_for_people(dearest)}.", _ABOUT_LIMIT)
