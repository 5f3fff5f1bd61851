"""What Discord is told of a command is what the model says, and nothing else."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import ANY

import discord
import pytest

from bot.catalog.model import Model, Option, OptionKind
from cogs.ui.model_command import model_command
from tests.unit.cogs.samples import SampleModel


async def _answer(_interaction: discord.Interaction, _options: Mapping[str, object]) -> None:
    """Never called."""


def declared(model: Model) -> list[dict[str, Any]]:
    command = model_command(name="draw", description="Draw", model=model, answer=_answer)
    return [parameter_dict(command, parameter.name) for parameter in command.parameters]


def parameter_dict(command: discord.app_commands.Command[Any, ..., None], name: str) -> dict[str, Any]:
    return command._params[name].to_dict()  # pyright: ignore[reportPrivateUsage]


def expected(option: Option) -> dict[str, Any]:
    number = option.kind is OptionKind.WHOLE
    payload: dict[str, Any] = {
        "type": 4 if number else 3,
        "name": option.name,
        "description": option.description,
        "required": option.required,
    }
    if option.choices:
        return payload | {"choices": [{"name": choice.label, "value": choice.value} for choice in option.choices]}
    bounds = {"min": option.minimum, "max": option.maximum}
    unit = "value" if number else "length"
    return payload | {f"{end}_{unit}": bound for end, bound in bounds.items() if bound is not None}


def test_every_option_is_declared_as_the_model_says_the_required_first() -> None:
    model = SampleModel()
    wanted = sorted(model.options, key=lambda option: not option.required)
    own = declared(model)
    assert own.pop() == {"type": 5, "name": "private", "description": ANY, "required": False}
    assert own == [expected(option) for option in wanted]


def test_a_model_has_no_option_of_its_own_for_what_every_command_asks() -> None:
    class Secretive(SampleModel):
        options = (*SampleModel.options, Option("private", OptionKind.FLAG, "Hide it", required=False))

    with pytest.raises(ValueError, match="private"):
        declared(Secretive())
