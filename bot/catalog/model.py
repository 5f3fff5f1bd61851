"""What the bot knows of a model it can run: its input schema, the pixels of its presets, its price rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

from bot.money import MicroUsd


class ModelInput(Protocol):
    """A checked input of a model: frozen, every option within the model's range (a pydantic model stands behind it)."""

    @property
    def prompt(self) -> str:
        """The text the picture is made from."""
        ...

    @property
    def num_images(self) -> int:
        """How many pictures."""
        ...

    def wire(self) -> dict[str, Any]:
        """The `input` object as Runflow takes it; unset options are absent, `enable_safety_checker` is always there."""
        ...

    @classmethod
    def parse(cls, options: Mapping[str, object]) -> Self:
        """The checked input. Raises OptionError for the first option that does not hold."""
        ...


@dataclass(frozen=True, slots=True)
class Size:
    """A picture's size in pixels."""

    width_px: int
    height_px: int

    @property
    def pixels(self) -> int:
        """The area."""
        return self.width_px * self.height_px


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
    def options(self) -> "tuple[Option, ...]":
        """The options people may set, in order, derived from the pydantic schema."""
        ...

    def parse(self, options: Mapping[str, object], *, safety_checker: bool = True) -> ModelInput:
        """The checked input. Raises OptionError (option, value, what is allowed)."""
        ...

    def size_of(self, checked: ModelInput) -> Size:
        """The pixels of each picture that the input asks for."""
        ...

    def dearest_price(self, checked: ModelInput) -> MicroUsd:
        """The dearest price the documents allow: whole megapixels of 10^6, rounded up per picture."""
        ...

    def proportional_price(self, sizes: tuple[Size, ...]) -> MicroUsd:
        """The price of the pixels delivered, rounded up to a micro-dollar: an estimate where Runflow names no cost."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value of an option: `value` as Runflow spells it, `label` for people."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command, derived from the schema. `minimum` and `maximum` bound a number, or a text's length."""

    name: str
    kind: type[str] | type[int]
    description: str
    required: bool
    choices: tuple[Choice, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
