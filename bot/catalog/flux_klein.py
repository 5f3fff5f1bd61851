"""black-forest-labs/flux-2-klein-4b: its input schema, its presets in pixels, its price.

Sources: the model's page (fields, choices, price); Runflow's llms.txt of the model (defaults, ranges); fal's page of
model arguments (pixels of the presets, which Runflow does not print).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.catalog.model import Option, Size
from bot.catalog.schema import Labelled, options_of, parse
from bot.money import MicroUsd

_PRICE_PER_MEGAPIXEL = MicroUsd(5_000)  # $0.005 per megapixel: the model's page
_MEGAPIXEL = 1_000_000
_HIDDEN = frozenset({"enable_safety_checker"})
# Discord would take 6,000 characters; a card has room for far fewer, and the prompt should stand there whole.
_LONGEST_PROMPT = 2_000


class ImageSize(Labelled):
    """The presets."""

    SQUARE_HD = "square_hd"
    SQUARE = "square"
    PORTRAIT_4_3 = "portrait_4_3"
    PORTRAIT_16_9 = "portrait_16_9"
    LANDSCAPE_4_3 = "landscape_4_3"
    LANDSCAPE_16_9 = "landscape_16_9"

    @property
    def label(self) -> str:
        """Such as `Landscape 4:3, 1024x768`."""
        name, _, ratio = self.value.partition("_")
        spoken = {"": "", "hd": " HD"}.get(ratio, " " + ratio.replace("_", ":"))
        size = PRESETS[self]
        return f"{name.capitalize()}{spoken}, {size.width_px}x{size.height_px}"


PRESETS: Mapping[ImageSize, Size] = {
    ImageSize.SQUARE_HD: Size(1024, 1024),
    ImageSize.SQUARE: Size(512, 512),
    ImageSize.PORTRAIT_4_3: Size(768, 1024),
    ImageSize.PORTRAIT_16_9: Size(576, 1024),
    ImageSize.LANDSCAPE_4_3: Size(1024, 768),
    ImageSize.LANDSCAPE_16_9: Size(1024, 576),
}


class OutputFormat(Labelled):
    """The formats."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"

    @property
    def label(self) -> str:
        """Such as `PNG`, and `WebP` as its makers write it."""
        return "WebP" if self is OutputFormat.WEBP else self.value.upper()


def _says_something(text: str) -> str:
    if not any(character.isprintable() and not character.isspace() for character in text):
        raise ValueError("blank")
    text.encode()  # a lone surrogate cannot be sent: ValueError
    return text


class FluxKleinInput(BaseModel):
    """The input. Strict: a number is no text, a truth value no number."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    prompt: Annotated[str, AfterValidator(_says_something)] = Field(
        description="What the picture should show.", min_length=1, max_length=_LONGEST_PROMPT
    )
    image_size: Annotated[ImageSize, Field(strict=False)] = Field(
        default=ImageSize.LANDSCAPE_4_3, description="Shape and size of each picture."
    )
    num_images: int = Field(default=1, ge=1, le=4, description="How many pictures. Each one costs.")
    num_inference_steps: int = Field(
        default=4, ge=1, le=50, description="Denoising steps. 4 is right for this model; more is slower."
    )
    seed: int | None = Field(
        default=None, ge=0, le=2**32 - 1, description="The same seed draws the same picture. Leave empty for chance."
    )
    output_format: Annotated[OutputFormat, Field(strict=False)] = Field(
        default=OutputFormat.PNG, description="File format of the pictures."
    )
    enable_safety_checker: bool = Field(default=True, description="Check the pictures for NSFW content.")

    def wire(self) -> dict[str, Any]:
        """The `input` object as Runflow takes it; the seed is absent unless given. `sync_mode` is never sent."""
        return self.model_dump(mode="json", exclude_none=True)

    @property
    def size(self) -> Size:
        """The pixels of each picture."""
        return PRESETS[self.image_size]

    @property
    def dearest_price(self) -> MicroUsd:
        """Whole megapixels of 10^6, rounded up per picture: the dearest reading of "per megapixel"."""
        megapixels = -(-self.size.pixels // _MEGAPIXEL)
        return MicroUsd(self.num_images * megapixels * _PRICE_PER_MEGAPIXEL)


class FluxKlein:
    """The model behind /imagine."""

    model_id = "black-forest-labs/flux-2-klein-4b"
    title = "FLUX.2 [klein] 4B"

    @property
    def options(self) -> tuple[Option, ...]:
        """The options people may set, in order."""
        return options_of(FluxKleinInput, hidden=_HIDDEN)

    def parse(self, options: Mapping[str, object], *, safety_checker: bool = True) -> FluxKleinInput:
        """The checked input. Raises OptionError."""
        return parse(FluxKleinInput, options, hidden=_HIDDEN, enable_safety_checker=safety_checker)

    def proportional_price(self, sizes: Sequence[Size]) -> MicroUsd:
        """The price of the pixels delivered, rounded up to a micro-dollar."""
        pixels = sum(size.pixels for size in sizes)
        return MicroUsd(-(-pixels * _PRICE_PER_MEGAPIXEL // _MEGAPIXEL))


FLUX_KLEIN = FluxKlein()
