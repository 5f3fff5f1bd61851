"""FLUX.2 [klein] 4B, text to image.

The fields are those of docs.runflow.io/models/black-forest-labs/flux-2-klein-4b. The page prints neither defaults nor
most ranges; they come from Runflow's own llms.txt of the model. Its `sync_mode` is never sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import Field

from bot.catalog.model import PROMPT_MOST, ModelInput, Option, Output, Price
from bot.catalog.request import Request
from bot.catalog.schema import (
    ChoiceEnum,
    InputSchema,
    Means,
    Readable,
    Withheld,
    check,
    option_names,
    options_given,
    options_of,
)
from bot.money import MicroUsd, parse_usd
from bot.prompting.values import Meaning, Ratio

_MEGAPIXEL = 1_000_000
_PRICE_PER_MEGAPIXEL = parse_usd("0.005")
_MOST_IMAGES = 4


@dataclass(frozen=True, slots=True)
class Size:
    """A picture's size in pixels."""

    width_px: int
    height_px: int

    @property
    def pixels(self) -> int:
        """The area."""
        return self.width_px * self.height_px


class ImageSize(ChoiceEnum):
    """The size presets. Runflow prints no pixels for them; these are fal's, whose presets bear the same names."""

    size: Size

    def __new__(cls, value: str, width_px: int, height_px: int) -> Self:
        """A preset and its pixels."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.size = Size(width_px, height_px)
        return member

    SQUARE_HD = "square_hd", 1024, 1024
    SQUARE = "square", 512, 512
    PORTRAIT_4_3 = "portrait_4_3", 768, 1024
    PORTRAIT_16_9 = "portrait_16_9", 576, 1024
    LANDSCAPE_4_3 = "landscape_4_3", 1024, 768
    LANDSCAPE_16_9 = "landscape_16_9", 1024, 576

    @property
    def label(self) -> str:
        """Such as `Landscape 4:3, 1024x768`; the words are the preset's name, the pixels are told after them."""
        shape, *rest = self.value.split("_")
        ratio = ":".join(part.upper() for part in rest)
        return f"{' '.join(filter(None, (shape.capitalize(), ratio)))}, {self.size.width_px}x{self.size.height_px}"

    @property
    def ratio(self) -> Ratio:
        """Width to height."""
        return Ratio(self.size.width_px, self.size.height_px)


class OutputFormat(ChoiceEnum):
    """The file formats."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"

    @property
    def label(self) -> str:
        """The format as people write it."""
        return self.value.upper()


class FluxKleinInput(InputSchema):
    """A checked input. Defaults are sent as well, so that a change of Runflow's cannot change a picture."""

    prompt: Annotated[
        str,
        Field(min_length=1, max_length=PROMPT_MOST, title="Words", description="What the picture shows"),
        Readable(),
        Means(Meaning.PROMPT),
    ]
    image_size: Annotated[ImageSize, Field(title="Shape", description="Shape and pixels"), Means(Meaning.RATIO)] = (
        ImageSize.LANDSCAPE_4_3
    )
    num_images: Annotated[
        int, Field(ge=1, le=_MOST_IMAGES, title="How many", description="How many pictures"), Means(Meaning.COUNT)
    ] = 1
    num_inference_steps: Annotated[
        int,
        Field(
            ge=1,
            le=50,
            title="Steps",
            description="Steps of refinement; more take longer, and 4 are what the model is made for",
        ),
        Means(Meaning.STEPS),
    ] = 4
    seed: Annotated[
        int | None,
        Field(
            ge=0,
            le=2**32 - 1,
            title="Seed",
            description="The same seed and options give the same picture. Left out: random",
        ),
        Means(Meaning.SEED),
    ] = None
    output_format: Annotated[OutputFormat, Field(title="File format", description="File format")] = OutputFormat.PNG
    enable_safety_checker: Annotated[bool, Withheld()] = True

    @property
    def request(self) -> Request:
        """What was asked for."""
        return _request(self.prompt, self.num_images, self.num_inference_steps)


def request_of_wire(wire: Mapping[str, Any]) -> Request:
    """What an input on the wire asked for, from rows that kept nothing else; whatever it lacks is left unsaid."""
    return _request(str(wire.get("prompt", "")), int(wire.get("num_images", 1)), wire.get("num_inference_steps"))


def _request(prompt: str, images: int, steps: int | None) -> Request:
    facts = () if steps is None else (f"{steps} {'step' if steps == 1 else 'steps'}",)
    return Request(prompt=prompt, images=images, facts=facts, tells_seed=True)


class FluxKlein:
    """The model: a `bot.catalog.model.Model`. Its price is $0.005 per megapixel (the model's page)."""

    model_id = "black-forest-labs/flux-2-klein-4b"
    title = "FLUX.2 [klein] 4B"
    command = "imagine"
    summary = "Make pictures from words"
    most_images = _MOST_IMAGES
    has_checker = True
    options: tuple[Option, ...] = options_of(FluxKleinInput)

    def parse(self, options: Mapping[str, object], *, safety_checker: bool = True) -> FluxKleinInput:
        """The checked input. `safety_checker` is the channel policy's. Raises OptionError."""
        return check(FluxKleinInput, options, {"enable_safety_checker": safety_checker})

    def read(self, stored: Mapping[str, Any]) -> FluxKleinInput:
        """The input of a row. Raises ValueError."""
        return FluxKleinInput.from_stored(stored)

    def options_given(self, checked: ModelInput, *, anew: bool = False) -> dict[str, object]:
        """What a person would give to have this input again; `anew`: with a seed of its own."""
        asked = self._own(checked)
        return options_given(asked.model_copy(update={"seed": None}) if anew else asked)

    def for_images(self, options: Mapping[str, object], images: int) -> dict[str, object]:
        """The same options for so many pictures."""
        return {**options, "num_images": images}

    def option_names(self, fields: Sequence[str]) -> tuple[str, ...]:
        """What people call these fields."""
        return option_names(FluxKleinInput, fields)

    def most(self, checked: ModelInput) -> MicroUsd:
        """Whole megapixels of 10^6 for each picture, as the documents leave the rounding open."""
        asked = self._own(checked)
        megapixels = -(-asked.image_size.size.pixels // _MEGAPIXEL)
        return MicroUsd(megapixels * _PRICE_PER_MEGAPIXEL * asked.num_images)

    def delivered(self, checked: ModelInput, outputs: Sequence[Output]) -> MicroUsd:
        """The pixels of all pictures together, rounded up to a micro-dollar once.

        Where Runflow claims no size, a picture has the size that was asked for.
        """
        asked = self._own(checked).image_size.size
        return _by_pixels([_claimed(output) or asked for output in outputs])

    def prices(self) -> tuple[Price, ...]:
        """One for each preset."""
        return tuple(
            Price(preset.label, _by_pixels([preset.size]), self.most(FluxKleinInput(prompt="-", image_size=preset)))
            for preset in ImageSize
        )

    def _own(self, checked: ModelInput) -> FluxKleinInput:
        if not isinstance(checked, FluxKleinInput):
            raise TypeError(f"an input of {self.model_id} is needed")
        return checked


def _claimed(output: Output) -> Size | None:
    return Size(output.width_px, output.height_px) if output.width_px and output.height_px else None


def _by_pixels(sizes: Sequence[Size]) -> MicroUsd:
    pixels = sum(size.pixels for size in sizes)
    return MicroUsd(-(-pixels * _PRICE_PER_MEGAPIXEL // _MEGAPIXEL))


FLUX_KLEIN = FluxKlein()
