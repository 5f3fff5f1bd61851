"""Buttons and selects: what people press and choose from.

Limits: Discord's component reference and its OpenAPI file.
"""

from typing import Final

from sandbox.discord.rules.form import CUSTOM_ID_MOST, Form, repeated
from sandbox.discord.rules.tree import Kind

LINK: Final = 5
PREMIUM: Final = 6
_STYLES: Final = (1, 2, 3, 4, LINK, PREMIUM)


def check_button(button: Form) -> None:
    """Style, words, and exactly the one of `custom_id`, `url` and `sku_id` that belongs to the style."""
    style = button.choice("style", _STYLES, required=True)
    button.text("label", 0, 80)
    button.text("custom_id", 1, CUSTOM_ID_MOST)
    button.flag("disabled")
    button.form("emoji")
    button.url("url", ("http", "https", "discord"), most=512)
    if style == LINK:
        _check_link(button)
    elif style == PREMIUM:
        _check_premium(button)
    elif style is not None:
        _check_press(button)
    if style != PREMIUM and not button.value.get("label") and not button.has("emoji"):
        button.note((), "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A label or emoji must be specified")


def _check_link(button: Form) -> None:
    if not button.has("url"):
        button.note("url", "BUTTON_COMPONENT_URL_REQUIRED", "A url is required")
    if button.has("custom_id"):
        _note_both(button)


def _check_press(button: Form) -> None:
    if not button.value.get("custom_id"):
        button.note("custom_id", "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required")
    if button.has("url"):
        _note_both(button)
    if button.has("sku_id"):
        button.note("sku_id", "BUTTON_COMPONENT_SKU_ID_FORBIDDEN", "A sku id is only allowed for premium buttons")


def _check_premium(button: Form) -> None:
    if not button.has("sku_id"):
        button.note("sku_id", "BUTTON_COMPONENT_SKU_ID_REQUIRED", "A sku id is required")
    for key in ("custom_id", "url", "label", "emoji"):
        if button.has(key):
            button.note(key, "BUTTON_COMPONENT_FIELD_FORBIDDEN", f"A premium button cannot have a {key}")


def _note_both(button: Form) -> None:
    button.note((), "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", "A custom id and url cannot both be specified")


def check_select(select: Form) -> None:
    """A select of any type: its bounds, and the options of a string select."""
    select.text("custom_id", 1, CUSTOM_ID_MOST, required=True)
    select.text("placeholder", 0, 150)
    select.flag("disabled")
    select.flag("required")
    least = select.whole("min_values", 0, 25)
    most = select.whole("max_values", 1, 25)
    check_bounds(select, 1 if least is None else least, 1 if most is None else most, most_key="max_values")
    if select.value.get("type") == Kind.STRING_SELECT:
        options = check_options(select, 1, 25)
        defaults = sum(option.value.get("default") is True for option in options)
        limit = 1 if most is None else most
        if limit > len(options):
            select.note("options", "BASE_TYPE_MIN_LENGTH", f"Must be {limit} or more in length.")
        if defaults > limit:
            select.note("options", "SELECT_COMPONENT_TOO_MANY_DEFAULTS", "More options are chosen than can be")
    else:
        select.listed("default_values", 0, 25)


def check_options(group: Form, least: int, most: int) -> list[Form]:
    """The options of a select or a group of boxes: words within their limits, values unlike each other."""
    options = group.forms("options", least, most, required=True)
    for option in options:
        option.text("label", 1, 100, required=True)
        option.text("value", 1, 100, required=True)
        option.text("description", 0, 100)
        option.flag("default")
        option.form("emoji")
    for place in repeated(option.value.get("value") for option in options):
        options[place].note(
            (), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used"
        )
    return options


def check_bounds(form: Form, least: int, most: int, *, most_key: str) -> None:
    """A lower bound may not lie above the upper one."""
    if least > most:
        form.note(most_key, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {least}.")
