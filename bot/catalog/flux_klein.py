"""FLUX.2 [klein] 4B, text to image.

The fields are those of docs.runflow.io/models/black-forest-labs/flux-2-klein-4b. The page prints neither defaults nor
most ranges; they come from Runflow's own llms.txt of the model. Its `sync_mode` is never sent.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from bot.catalog.model import ModelInput, Option, Size
from bot.catalog.schema import ChoiceEnum, Readable, Withheld, check, options_of
from bot.money import MicroUsd, parse_usd

_MEGAPIXEL = 1_000_000
_PRICE_PER_MEGAPIXEL = parse_usd("0.005")


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


class OutputFormat(ChoiceEnum):
    """The file formats."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"

    @property
    def label(self) -> str:
        """The format as people write it."""
        return self.value.upper()


class FluxKleinInput(BaseModel):
    """A checked input. Strict: no number is taken for a text, no yes or no for a number, no 4.0 for 4."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)

    # 2000 characters are the bot's own limit: Discord's option would take 6000, which no card can show.
    prompt: Annotated[str, Field(min_length=1, max_length=2000, description="What the picture shows"), Readable()]
    image_size: Annotated[ImageSize, Field(description="Shape and pixels")] = ImageSize.LANDSCAPE_4_3
    num_images: Annotated[int, Field(ge=1, le=4, description="How many pictures")] = 1
    num_inference_steps: Annotated[
        int,
        Field(ge=1, le=50, description="Steps of refinement; more take longer, and 4 are what the model is made for"),
    ] = 4
    seed: Annotated[
        int | None,
        Field(ge=0, le=2**32 - 1, description="The same seed and options give the same picture. Left out: random"),
    ] = None
    output_format: Annotated[OutputFormat, Field(description="File format")] = OutputFormat.PNG
    enable_safety_checker: Annotated[bool, Withheld()] = True

    def wire(self) -> dict[str, Any]:
        """The `input` object: defaults are sent as well, so that a change of Runflow's cannot change a picture."""
        return self.model_dump(mode="json", exclude_none=True)

    @classmethod
    def parse(cls, options: Mapping[str, object]) -> Self:
        """The checked input of a person's options. Raises OptionError for the first that does not hold."""
        return check(cls, options)


class FluxKlein:
    """The model: a `bot.catalog.model.Model`. Its price is $0.005 per megapixel (the model's page)."""

    model_id = "black-forest-labs/flux-2-klein-4b"
    title = "FLUX.2 [klein] 4B"
    options: tuple[Option, ...] = options_of(FluxKleinInput)

    def parse(self, options: Mapping[str, object], *, safety_checker: bool = True) -> FluxKleinInput:
        """The checked input. `safety_checker` is the channel policy's. Raises OptionError."""
        return check(FluxKleinInput, options, {"enable_safety_checker": safety_checker})

    def size_of(self, checked: ModelInput) -> Size:
        """The preset's pixels."""
        return self._own(checked).image_size.size

    def dearest_price(self, checked: ModelInput) -> MicroUsd:
        """Whole megapixels for each picture, as the documents leave the rounding open."""
        megapixels = -(-self.size_of(checked).pixels // _MEGAPIXEL)
        return MicroUsd(megapixels * _PRICE_PER_MEGAPIXEL * checked.num_images)

    def proportional_price(self, sizes: tuple[Size, ...]) -> MicroUsd:
        """The pixels of all pictures together, rounded up to a micro-dollar once."""
        pixels = sum(size.pixels for size in sizes)
        return MicroUsd(-(-pixels * _PRICE_PER_MEGAPIXEL // _MEGAPIXEL))

    def _own(self, checked: ModelInput) -> FluxKleinInput:
        if not isinstance(checked, FluxKleinInput):
            raise TypeError(f"an input of {self.model_id} is needed")
        return checked


FLUX_KLEIN = FluxKlein()
