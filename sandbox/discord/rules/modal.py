"""Modals: the form that an interaction may be answered with (callback type 9)."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from sandbox.discord.rules.controls import check_bounds, check_options, check_select
from sandbox.discord.rules.form import CUSTOM_ID_MOST, Form
from sandbox.discord.rules.layout import check_ids, fits
from sandbox.discord.rules.problems import Problem
from sandbox.discord.rules.tree import SELECTS, Kind

_WORDS_MOST: Final = 4000
_IN_LABEL: Final = (
    Kind.TEXT_INPUT,
    *SELECTS,
    Kind.FILE_UPLOAD,
    Kind.RADIO_GROUP,
    Kind.CHECKBOX_GROUP,
    Kind.CHECKBOX,
)


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
    if child is None or not fits(child, _IN_LABEL):
        return
    kind = child.value["type"]
    if kind == Kind.TEXT_INPUT:
        if child.has("label"):
            child.note("label", "TEXT_INPUT_LABEL_FORBIDDEN", "A text input in a label cannot have a label of its own")
        _check_input(child)
    elif kind in SELECTS:
        check_select(child)
        if child.value.get("disabled") is True:
            child.note("disabled", "SELECT_COMPONENT_DISABLED_IN_MODAL", "A select in a modal cannot be disabled")
    else:
        _check_boxes(child)


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


def _check_boxes(boxes: Form) -> None:
    boxes.text("custom_id", 1, CUSTOM_ID_MOST, required=True)
    boxes.flag("required")
    least = boxes.whole("min_values", 0, 10)
    most = boxes.whole("max_values", 1, 10)
    if least is not None and most is not None:
        check_bounds(boxes, least, most, most_key="max_values")
    kind = boxes.value["type"]
    if kind == Kind.RADIO_GROUP:
        check_options(boxes, 2, 10)
    elif kind == Kind.CHECKBOX_GROUP:
        check_options(boxes, 1, 10)
