"""Suggestions a bot offers while an option is typed (callback type 8)."""

from collections.abc import Mapping

from sandbox.discord.rules.form import Form
from sandbox.discord.rules.problems import Problem


def check_choices(data: Mapping[str, object]) -> list[Problem]:
    """What Discord refuses in an autocomplete's `data`: up to 25 choices, each with a name and a value."""
    form = Form(data, (), [])
    for choice in form.forms("choices", 0, 25, required=True):
        choice.text("name", 1, 100, required=True)
        if not choice.has("value"):
            choice.note("value", "BASE_TYPE_REQUIRED", "This field is required")
        elif isinstance(choice.value["value"], str):
            choice.text("value", 0, 100)
    return form.problems
