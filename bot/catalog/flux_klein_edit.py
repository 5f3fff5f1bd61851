"""FLUX.2 [klein] 4B, editing: one picture made from one to four others and words.

The fields are those of docs.runflow.io/models/black-forest-labs/flux-2-klein-4b/edit, which has no size, count, format
or safety checker: a run makes one JPEG, and whether somebody checked it is what Runflow reports.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from bot.catalog.model import PROMPT_MOST, ModelInput, Option, Output, Price
from bot.catalog.request import Request
from bot.catalog.schema import InputSchema, Means, Named, Readable, check, option_names, options_given, options_of
from bot.catalog.source import SourceImage
from bot.money import MicroUsd, parse_usd
from bot.prompting.values import Meaning

_PRICE = parse_usd("0.005")
_MOST_SOURCES = 4
_MOST_STEPS = 25  # the flat price holds up to here (the model's page)


class FluxKleinEditInput(InputSchema):
    """A checked input. Defaults are sent as well, so that a change of Runflow's cannot change a picture.

    The page names no default for the steps; 4 are what the model was distilled to.
    """

    prompt: Annotated[
        str, Field(min_length=1, max_length=PROMPT_MOST, title="Words", description="What should change"), Readable()
    ]
    image_urls: Annotated[
        tuple[SourceImage, ...],
        Field(min_length=1, max_length=_MOST_SOURCES, title="Picture", description="A picture to work from"),
        Named("image"),
    ]
    steps: Annotated[
        int,
        Field(
            ge=1,
            le=_MOST_STEPS,
            title="Steps",
            description="Steps of refinement; more take longer, and 4 are what it is made for",
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

    @property
    def request(self) -> Request:
        """What was asked for, and from how many pictures; of each, what a person should know of how it was taken."""
        count = len(self.image_urls)
        sources = "from 1 picture" if count == 1 else f"from {count} pictures"
        remarks = dict.fromkeys(one.remark for one in self.image_urls if one.remark)
        steps = f"{self.steps} {'step' if self.steps == 1 else 'steps'}"
        return Request(prompt=self.prompt, images=1, facts=(sources, *remarks, steps), tells_seed=True)


class FluxKleinEdit:
    """The model: a `bot.catalog.model.Model`. Its price is $0.005 a picture, whatever is asked (the model's page)."""

    model_id = "black-forest-labs/flux-2-klein-4b/edit"
    title = "FLUX.2 [klein] 4B Edit"
    command = "edit"
    summary = "Change a picture by words"
    most_images = 1
    has_checker = False
    options: tuple[Option, ...] = options_of(FluxKleinEditInput)

    def parse(self, options: Mapping[str, object], *, safety_checker: bool = True) -> FluxKleinEditInput:
        """The checked input. There is no checker to switch. Raises OptionError."""
        del safety_checker
        return check(FluxKleinEditInput, options)

    def read(self, stored: Mapping[str, Any]) -> FluxKleinEditInput:
        """The input of a row. Raises ValueError."""
        return FluxKleinEditInput.from_stored(stored)

    def options_given(self, checked: ModelInput, *, anew: bool = False) -> dict[str, object]:
        """What a person would give to have this input again; `anew`: with a seed of its own. Raises TypeError."""
        if not isinstance(checked, FluxKleinEditInput):
            raise TypeError(f"an input of {self.model_id} is needed")
        return options_given(checked.model_copy(update={"seed": None}) if anew else checked)

    def for_images(self, options: Mapping[str, object], images: int) -> dict[str, object]:
        """The same options: a run makes one picture."""
        del images
        return dict(options)

    def option_names(self, fields: Sequence[str]) -> tuple[str, ...]:
        """What people call these fields."""
        return option_names(FluxKleinEditInput, fields)

    def most(self, checked: ModelInput) -> MicroUsd:
        """The one picture of a run."""
        del checked
        return _PRICE

    def delivered(self, checked: ModelInput, outputs: Sequence[Output]) -> MicroUsd:
        """Each picture that was made."""
        del checked
        return MicroUsd(_PRICE * len(outputs))

    def prices(self) -> tuple[Price, ...]:
        """One for all."""
        return (Price("", _PRICE, _PRICE),)


FLUX_KLEIN_EDIT = FluxKleinEdit()
