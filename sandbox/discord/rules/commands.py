"""Application commands: what Discord refuses when a bot registers its whole list.

Limits: Discord's reference of application commands.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from sandbox.discord.rules.form import Form, repeated
from sandbox.discord.rules.options import LARGEST_WHOLE, NESTING, TEXT_MOST, Option, check_options, fits_type
from sandbox.discord.rules.problems import Problem

__all__ = ["check_commands", "check_options"]

CHAT_INPUT: Final = 1
USER_MENU: Final = 2
MESSAGE_MENU: Final = 3
_PRIMARY_ENTRY_POINT: Final = 4
_MOST_OF_TYPE: Final = {CHAT_INPUT: 100, USER_MENU: 15, MESSAGE_MENU: 15, _PRIMARY_ENTRY_POINT: 1}
_CHARACTERS_MOST: Final = 8000
_DEEPEST_PATH: Final = 12  # deeper than any option may lie, and far from Python's limit of recursion
_CHOICES_MOST: Final = 25
_WITH_CHOICES: Final = (Option.STRING, Option.INTEGER, Option.NUMBER)
_LEAVES: Final = tuple(option for option in Option if option not in NESTING)


def check_commands(payload: Sequence[Mapping[str, object]]) -> list[Problem]:
    """What Discord refuses in a bulk overwrite of commands; paths begin with the command's place in the list."""
    problems: list[Problem] = []
    forms = [Form(command, (place,), problems) for place, command in enumerate(payload)]
    for form in forms:
        _check_command(form)
    kinds = [_kind(form) for form in forms]
    for kind, most in _MOST_OF_TYPE.items():
        if kinds.count(kind) > most:
            text = f"Maximum number of application commands reached ({most})"
            problems.append(Problem((), "APPLICATION_COMMANDS_MAX_REACHED", text))
    named = [f"{kind} {form.value.get('name')}" for kind, form in zip(kinds, forms, strict=True)]
    for place in repeated(named):
        forms[place].note((), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
    return problems


def _kind(command: Form) -> object:
    return command.value["type"] if command.has("type") else CHAT_INPUT


def _check_command(command: Form) -> None:
    command.choice("type", tuple(_MOST_OF_TYPE))
    command.flag("nsfw")
    command.flag("dm_permission")
    _check_enums(command, "contexts", 3)
    _check_enums(command, "integration_types", 2)
    if _kind(command) == CHAT_INPUT:
        _check_name(command)
        command.text("description", 1, 100, required=True)
        _check_options(command, tuple(Option))
    else:
        command.text("name", 1, 32, required=True)
        _check_menu(command)
    if _characters(command) > _CHARACTERS_MOST:
        command.note((), "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({_CHARACTERS_MOST})")


def _check_menu(menu: Form) -> None:
    if menu.value.get("description") and _kind(menu) != _PRIMARY_ENTRY_POINT:
        text = "Context menu commands cannot have description"
        menu.note("description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_INVALID", text)
    if menu.value.get("options"):
        text = "Context menu commands cannot have options"
        menu.note("options", "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_INVALID", text)


def _check_enums(command: Form, key: str, count: int) -> None:
    entries = command.listed(key, 1, count)
    for place, entry in enumerate(entries):
        if isinstance(entry, bool) or entry not in range(count):
            listed = ", ".join(map(str, range(count)))
            command.note((key, place), "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")
    for place in repeated(entries):
        command.note((key, place), "SET_TYPE_DUPLICATED", "The value stands in the list already")


def _check_name(form: Form) -> None:
    name = form.text("name", 1, 32, required=True)
    if name is None:
        return
    if not all(map(_nameable, name)):
        form.note("name", "STRING_TYPE_REGEX", "String value did not match validation regex.")
    elif name != name.lower():
        form.note("name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _nameable(character: str) -> bool:
    """Letters, digits, hyphen, underscore, apostrophe, and all of Devanagari and Thai, as Discord's regex has it."""
    return (
        character in "-_'"
        or unicodedata.category(character)[0] in "LN"
        or "\u0900" <= character <= "\u097f"
        or "\u0e00" <= character <= "\u0e7f"
    )


def _check_options(holder: Form, allowed: Sequence[Option]) -> None:
    options = holder.forms("options", 0, 25)
    for option in options:
        _check_option(option, allowed)
    for place in repeated(option.value.get("name") for option in options):
        text = "Option name already exists"
        options[place].note("name", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", text)
    nested = [option.value.get("type") in NESTING for option in options]
    if any(nested) and not all(nested):
        text = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        holder.note("options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", text)
    _check_order(options)


def _check_order(options: Sequence[Form]) -> None:
    optional_before = False
    for option in options:
        if option.value.get("required") is not True:
            optional_before = optional_before or option.value.get("type") not in NESTING
        elif optional_before:
            text = "Required options must be placed before non-required options"
            option.note((), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text)


def _check_option(option: Form, allowed: Sequence[Option]) -> None:
    _check_name(option)
    option.text("description", 1, 100, required=True)
    option.flag("required")
    kind = option.choice("type", [int(entry) for entry in allowed], required=True)
    if kind == Option.GROUP:
        _check_options(option, (Option.SUBCOMMAND,))
    elif kind == Option.SUBCOMMAND:
        _check_options(option, _LEAVES)
    elif kind is not None:
        _check_leaf(option, Option(kind))


def _check_leaf(option: Form, kind: Option) -> None:
    if option.value.get("options"):
        option.note("options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Only sub-commands may hold options")
    completed = option.flag("autocomplete") is True
    for key, kinds in (
        ("choices", _WITH_CHOICES),
        ("min_value", (Option.INTEGER, Option.NUMBER)),
        ("max_value", (Option.INTEGER, Option.NUMBER)),
        ("min_length", (Option.STRING,)),
        ("max_length", (Option.STRING,)),
        ("channel_types", (Option.CHANNEL,)),
    ):
        if option.value.get(key) not in (None, []) and kind not in kinds:
            option.note(key, "APPLICATION_COMMAND_OPTION_FIELD_INVALID", f"{key} cannot be set on this type of option")
    if completed and kind not in _WITH_CHOICES:
        text = "Autocomplete is only for string, integer and number options"
        option.note("autocomplete", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID", text)
    if completed and option.value.get("choices"):
        text = "Autocomplete and choices are mutually exclusive"
        option.note("autocomplete", "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES", text)
    if kind in _WITH_CHOICES:
        _check_choices(option, kind)
        _check_bounds(option, kind)


def _check_choices(option: Form, kind: Option) -> None:
    choices = option.forms("choices", 0, _CHOICES_MOST)
    for choice in choices:
        choice.text("name", 1, 100, required=True)
        value = choice.value.get("value")
        if value is None:
            choice.note("value", "BASE_TYPE_REQUIRED", "This field is required")
        elif not fits_type(kind, value):
            text = "The value does not fit the type of the option"
            choice.note("value", "APPLICATION_COMMAND_OPTION_CHOICE_VALUE_INVALID", text)
        elif isinstance(value, str):
            choice.text("value", 1, TEXT_MOST)
    for place in repeated(choice.value.get("name") for choice in choices):
        text = "Option choice names must be unique"
        choices[place].note("name", "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS", text)


def _check_bounds(option: Form, kind: Option) -> None:
    if kind == Option.STRING:
        low: float | None = option.whole("min_length", 0, TEXT_MOST)
        high: float | None = option.whole("max_length", 1, TEXT_MOST)
        key = "max_length"
    else:
        low, high = _bound(option, "min_value", kind), _bound(option, "max_value", kind)
        key = "max_value"
    if low is not None and high is not None and low > high:
        option.note(key, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {low}.")


def _bound(option: Form, key: str, kind: Option) -> float | None:
    value = option.value.get(key)
    if value is None:
        return None
    if isinstance(value, int | float) and fits_type(kind, value):
        return value
    wanted = "int" if kind == Option.INTEGER else "float"
    option.note(key, "NUMBER_TYPE_COERCE", f'Value "{value}" is not {wanted} within {LARGEST_WHOLE}.')
    return None


def _characters(holder: Form) -> int:
    """Characters of names, descriptions and choices, with those of all that lies within, as Discord adds them up."""
    if len(holder.path) > _DEEPEST_PATH:
        return 0
    # A form on a list of its own: what is malformed was noted by the checks already.
    quiet = Form(holder.value, holder.path, [])
    texts = [quiet.value.get("name"), quiet.value.get("description")]
    for choice in quiet.forms("choices", 0, _CHOICES_MOST):
        texts += [choice.value.get("name"), choice.value.get("value")]
    own = sum(len(text) for text in texts if isinstance(text, str))
    return own + sum(map(_characters, quiet.forms("options", 0, 25)))
