"""What the bot knows of a model it can run. Whoever uses a model asks it; no field of its input is named elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from bot.catalog.request import Request
from bot.money import MicroUsd
from bot.prompting.values import Meaning, Ratio

PROMPT_MOST = 4000
"""The most characters of a prompt: as many as a form of Discord's takes, so that every prompt can be changed in one."""


class ModelInput(Protocol):
    """A checked input of a model: frozen, every option within the model's range (a pydantic model stands behind it)."""

    @property
    def request(self) -> Request:
        """What was asked for, in words that fit every model."""
        ...

    def wire(self) -> dict[str, Any]:
        """The `input` object as Runflow takes it and as a row keeps it; unset options are absent."""
        ...


class Output(Protocol):
    """A picture that Runflow made. Its size in pixels is what Runflow claims, None where it claims nothing."""

    @property
    def width_px(self) -> int | None:
        """The width."""
        ...

    @property
    def height_px(self) -> int | None:
        """The height."""
        ...


class OptionKind(StrEnum):
    """What a person gives for an option."""

    TEXT = "text"
    WHOLE = "whole number"
    DECIMAL = "number"
    FLAG = "yes or no"
    IMAGE = "picture"


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value of an option: `value` as Runflow spells it, `label` for people, `ratio` where it is a shape."""

    value: str
    label: str
    ratio: Ratio | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command, derived from the schema. `minimum` and `maximum` bound a number, or a text's length.

    `name` is the schema's; `label` is the word that people read where there is room for one.
    `meaning` is set where what people write into prompts can choose it (`bot/catalog/prompt_check.py`).
    """

    name: str
    kind: OptionKind
    description: str
    required: bool
    choices: tuple[Choice, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    label: str = ""
    meaning: Meaning | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What one picture costs. `what` says which pictures, empty where all cost the same.

    `usual` is what is likely charged; `at_most` is what is held while it is made.
    """

    what: str
    usual: MicroUsd
    at_most: MicroUsd


class Model(Protocol):
    """A model the bot can run."""

    @property
    def model_id(self) -> str:
        """Runflow's id, such as `black-forest-labs/flux-2-klein-4b`."""
        ...

    @property
    def title(self) -> str:
        """The model's name for people."""
        ...

    @property
    def command(self) -> str:
        """The name of the slash command that runs it."""
        ...

    @property
    def summary(self) -> str:
        """What the command does, such as `Make pictures from words`; the model's title is told after it."""
        ...

    @property
    def options(self) -> tuple[Option, ...]:
        """The options people may set, in order, derived from the pydantic schema."""
        ...

    @property
    def most_images(self) -> int:
        """How many pictures one run may give at most."""
        ...

    @property
    def has_checker(self) -> bool:
        """Whether its safety checker can be switched. Where not, what Runflow reports of its pictures counts."""
        ...

    def parse(self, options: Mapping[str, object], *, safety_checker: bool = True) -> ModelInput:
        """The checked input of a person's options. `safety_checker` is the channel policy's.

        Raises OptionError (option, value, what is allowed) for the first option that does not hold.
        """
        ...

    def read(self, stored: Mapping[str, Any]) -> ModelInput:
        """The input whose `wire` a row has kept. Raises ValueError where the schema has changed so that none fits."""
        ...

    def options_given(self, checked: ModelInput, *, anew: bool = False) -> dict[str, object]:
        """What a person would give to have this input again, by option: `parse` takes it back.

        With `anew` without what would bring the very same pictures, such as a seed.
        """
        ...

    def for_images(self, options: Mapping[str, object], images: int) -> dict[str, object]:
        """The same options for so many pictures, as far as the model lets people choose."""
        ...

    def option_names(self, fields: Sequence[str]) -> tuple[str, ...]:
        """What people call the input fields that Runflow named; a field that is no option of theirs keeps its name."""
        ...

    def most(self, checked: ModelInput) -> MicroUsd:
        """The dearest price the documents allow for an input: it is held until the run has its end."""
        ...

    def delivered(self, checked: ModelInput, outputs: Sequence[Output]) -> MicroUsd:
        """The price of what was delivered: an estimate, where Runflow names no cost."""
        ...

    def prices(self) -> tuple[Price, ...]:
        """What a picture costs, for people, cheapest choices and dear ones alike."""
        ...
