"""What Discord demands of a modal."""

from typing import cast

from sandbox.discord.rules.components import LABEL, ROW, TEXT, TEXT_INPUT
from sandbox.discord.rules.refusals import Path, Problems
from sandbox.discord.wire import Payload

MOST_PARTS = 5
_IN_LABEL = frozenset({3, 4, 5, 6, 7, 8, 19, 21, 22, 23})


def check_modal(data: Payload, problems: Problems) -> None:
    """Note everything Discord refuses in the data of a modal."""
    problems.text(data, "custom_id", (), least=1, most=100, needed=True)
    problems.text(data, "title", (), least=1, most=45, needed=True)
    seen: set[str] = set()
    for index, part in enumerate(problems.objects(data, "components", (), least=1, most=MOST_PARTS, needed=True)):
        at = ("components", index)
        match part.get("type"):
            case 18:
                _label(part, at, problems, seen)
            case 1:
                inside = problems.objects(part, "components", at, least=1, most=1, needed=True)
                for child in inside:
                    _input(child, (*at, "components", 0), problems, seen, labelled=False)
            case 10:
                problems.text(part, "content", at, least=1, most=4000, needed=True)
            case _:
                listed = f"({ROW}, {TEXT}, {LABEL})"
                problems.add((*at, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of {listed}.')


def _label(label: Payload, at: Path, problems: Problems, seen: set[str]) -> None:
    problems.text(label, "label", at, least=1, most=45, needed=True)
    problems.text(label, "description", at, least=1, most=100)
    component = label.get("component")
    if not isinstance(component, dict):
        problems.required((*at, "component"))
        return
    _input(cast("Payload", component), (*at, "component"), problems, seen, labelled=True)


def _input(component: Payload, at: Path, problems: Problems, seen: set[str], *, labelled: bool) -> None:
    allowed = _IN_LABEL if labelled else {TEXT_INPUT}
    if component.get("type") not in allowed:
        problems.add((*at, "type"), "UNION_TYPE_CHOICES", "This component cannot be used here.")
        return
    custom_id = problems.text(component, "custom_id", at, least=1, most=100, needed=True)
    if custom_id in seen:
        problems.add((*at, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    if custom_id is not None:
        seen.add(custom_id)
    if component.get("type") == TEXT_INPUT:
        _text_input(component, at, problems, labelled=labelled)


def _text_input(component: Payload, at: Path, problems: Problems, *, labelled: bool) -> None:
    problems.number(component, "style", at, least=1, most=2, needed=True)
    if not labelled:
        problems.text(component, "label", at, least=1, most=45, needed=True)
    problems.text(component, "placeholder", at, most=100)
    problems.text(component, "value", at, most=4000)
    least = problems.number(component, "min_length", at, least=0, most=4000)
    most = problems.number(component, "max_length", at, least=1, most=4000)
    if least is not None and most is not None and least > most:
        problems.add((*at, "min_length"), "TEXT_INPUT_MIN_LENGTH_GT_MAX", "min_length exceeds max_length")
