"""A third model, in one file: it works from pictures, has a flat price, and names its fields its own way."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from bot.catalog.model import ModelInput, Option, Output, Price
from bot.catalog.request import Request
from bot.catalog.schema import (
    ChoiceEnum,
    InputSchema,
    Named,
    Readable,
    Withheld,
    check,
    option_names,
    options_given,
    options_of,
)
from bot.catalog.source import SourceImage
from bot.money import MicroUsd, parse_usd

_PRICE = parse_usd("0.02")
_MOST = 6


class Stroke(ChoiceEnum):
    """What it is drawn with."""

    INK = "ink"
    SOFT_CHALK = "soft_chalk"


class SketchInput(InputSchema):
    """The fields as this model's page would name them."""

    text: Annotated[str, Field(min_length=1, max_length=500, description="What to draw of it"), Readable()]
    picture_urls: Annotated[
        tuple[SourceImage, ...],
        Field(min_length=1, max_length=2, description="A picture to draw from"),
        Named("source"),
    ]
    count: Annotated[int, Field(ge=1, le=_MOST, description="How many sketches")] = 2
    freedom: Annotated[float, Field(ge=0, le=1, description="How far it may stray")] = 0.5
    in_colour: Annotated[bool, Field(description="Draw in colour")] = False
    stroke: Annotated[Stroke, Field(description="What to draw with")] = Stroke.INK
    filtered: Annotated[bool, Withheld()] = True

    @property
    def request(self) -> Request:
        return Request(self.text, self.count, (f"drawn in {self.stroke.label.lower()}",))


class Sketch:
    """The model."""

    model_id = "atelier/sketch-1"
    title = "Sketch 1"
    command = "sketch"
    summary = "Draw sketches of a picture"
    most_images = _MOST
    has_checker = True
    options: tuple[Option, ...] = options_of(SketchInput)

    def parse(self, options: Mapping[str, object], *, safety_checker: bool = True) -> SketchInput:
        return check(SketchInput, options, {"filtered": safety_checker})

    def read(self, stored: Mapping[str, Any]) -> SketchInput:
        return SketchInput.from_stored(stored)

    def options_given(self, checked: ModelInput, *, anew: bool = False) -> dict[str, object]:
        assert isinstance(checked, SketchInput)
        return options_given(checked)

    def for_images(self, options: Mapping[str, object], images: int) -> dict[str, object]:
        return {**options, "count": images}

    def option_names(self, fields: Sequence[str]) -> tuple[str, ...]:
        """What people call these fields."""
        return option_names(SketchInput, fields)

    def most(self, checked: ModelInput) -> MicroUsd:
        return MicroUsd(_PRICE * checked.request.images)

    def delivered(self, checked: ModelInput, outputs: Sequence[Output]) -> MicroUsd:
        return MicroUsd(_PRICE * len(outputs))

    def prices(self) -> tuple[Price, ...]:
        return (Price("", _PRICE, _PRICE),)


SKETCH = Sketch()
