"""Modals: the form that an interaction may be answered with (callback type 9)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from sandbox.discord.rules.controls import check_bounds, check_options, check_select
from sandbox.discord.rules.form import CUSTOM_ID_MOST, Form
from sandbox.discord.rules.layout import check_ids, fits
from sandbox.discord.rules.problems import Problem
from sandbox.discord.rules.tree import SELECTS, Kind

_WORDS_MOST: Final = 4000
_PICKED_MOST: Final = 10


def check_modal(data: Mapping[str, object]) -> list[Problem]:
    """What Discord refuses in a modal's `data`: title, custom ids, 1 to 5 components and their limits."""
    modal = Form(data, (), [])
    modal.text("title", 1, 45, required=True)
    modal.text("custom_id", 1, CUSTOM_ID_MOST, required=True)
    for form in modal.forms("components", 1, 5, required=True):
        if fits(form, (Kind.ACTION_ROW, Kind.LABEL, Kind.TEXT_DISPLAY)):
            _check_top(form)
    components = data.get("components")
    if isinstance(components, list | tuple):
        check_ids(modal, cast("Sequence[object]", components))
    return modal.problems


def _check_top(form: Form) -> None:
    kind = form.value["type"]
    if kind == Kind.TEXT_DISPLAY:
        form.text("content", 1, _WORDS_MOST, required=True)
    elif kind == Kind.LABEL:
        _check_label(form)
    else:
        for child in form.forms("components", 1, 1, required=True):
            if fits(child, (Kind.TEXT_INPUT,)):
                child.text("label", 1, 45, required=True)
                _check_input(child)


def _check_label(label: Form) -> None:
    label.text("label", 1, 45, required=True)
    label.text("description", 1, 100)
    child = label.form("component", required=True)
    if child is None or not fits(child, tuple(_FIELDS)):
        return
    _FIELDS[Kind(int(str(child.value["type"])))](child)


def _check_labelled_input(text: Form) -> None:
    if text.has("label"):
        text.note("label", "TEXT_INPUT_LABEL_FORBIDDEN", "A text input in a label cannot have a label of its own")
    _check_input(text)


def _check_input(text: Form) -> None:
    text.text("custom_id", 1, CUSTOM_ID_MOST, required=True)
    text.choice("style", (1, 2), required=True)
    text.text("placeholder", 0, 100)
    text.flag("required")
    least = text.whole("min_length", 0, _WORDS_MOST) or 0
    given = text.whole("max_length", 1, _WORDS_MOST)
    most = _WORDS_MOST if given is None else given
    check_bounds(text, least, most, most_key="max_length")
    if text.value.get("value"):
        text.text("value", least, most)


def _check_files(files: Form) -> None:
    _check_asked(files)
    least = files.whole("min_values", 0, _PICKED_MOST)
    most = files.whole("max_values", 1, _PICKED_MOST)
    _check_required(files)
    check_bounds(files, 1 if least is None else least, 1 if most is None else most, most_key="max_values")


def _check_radio(radio: Form) -> None:
    _check_asked(radio)
    _check_defaults(radio, check_options(radio, 2, _PICKED_MOST), 1)


def _check_boxes(boxes: Form) -> None:
    _check_asked(boxes)
    options = check_options(boxes, 1, _PICKED_MOST)
    least = boxes.whole("min_values", 0, _PICKED_MOST)
    given = boxes.whole("max_values", 1, _PICKED_MOST)
    _check_required(boxes)
    most = len(options) if given is None else given
    check_bounds(boxes, 1 if least is None else least, max(most, 1), most_key="max_values")
    if most > len(options):
        boxes.note("options", "BASE_TYPE_MIN_LENGTH", f"Must be {most} or more in length.")
    _check_defaults(boxes, options, most)


def _check_box(box: Form) -> None:
    box.text("custom_id", 1, CUSTOM_ID_MOST, required=True)
    box.flag("default")


def _check_chosen(select: Form) -> None:
    check_select(select)
    _check_required(select)
    if select.value.get("disabled") is True:
        select.note("disabled", "SELECT_COMPONENT_DISABLED_IN_MODAL", "A select in a modal cannot be disabled")


def _check_asked(field: Form) -> None:
    field.text("custom_id", 1, CUSTOM_ID_MOST, required=True)
    field.flag("required")


def _check_required(field: Form) -> None:
    """What must be filled in cannot be left empty: `min_values` 0 goes only with `required` false."""
    if field.value.get("required") is not False and field.value.get("min_values") == 0:
        field.note("min_values", "NUMBER_TYPE_MIN", "int value should be greater than or equal to 1.")


def _check_defaults(group: Form, options: list[Form], most: int) -> None:
    if sum(option.value.get("default") is True for option in options) > most:
        group.note("options", "SELECT_COMPONENT_TOO_MANY_DEFAULTS", "More options are chosen than can be")


_FIELDS: Final[Mapping[Kind, Callable[[Form], None]]] = {
    Kind.TEXT_INPUT: _check_labelled_input,
    **dict.fromkeys(SELECTS, _check_chosen),
    Kind.FILE_UPLOAD: _check_files,
    Kind.RADIO_GROUP: _check_radio,
    Kind.CHECKBOX_GROUP: _check_boxes,
    Kind.CHECKBOX: _check_box,
}
