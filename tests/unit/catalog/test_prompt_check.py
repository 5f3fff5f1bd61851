"""What a prompt asks for becomes options of any model that marks its fields; others are left alone."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pytest
from pydantic import Field

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.model import Model, ModelInput, Output, Price
from bot.catalog.prompt_check import Became, Noted, noted, with_prompt_checked
from bot.catalog.request import Request
from bot.catalog.schema import (
    ChoiceEnum,
    InputSchema,
    Means,
    Named,
    Withheld,
    check,
    option_names,
    options_given,
    options_of,
)
from bot.money import MicroUsd
from bot.prompting.values import Meaning, Ratio
from tests.unit.catalog.sketch import SKETCH


class Form(ChoiceEnum):
    TALL = "tall"
    WIDE = "wide"
    AS_IT_COMES = "as_it_comes"

    @property
    def ratio(self) -> Ratio | None:
        return {"tall": Ratio(1, 2), "wide": Ratio(2, 1)}.get(self.value)


class OtherInput(InputSchema):
    """Names of its own, no steps, and seeds of one digit."""

    instruction: Annotated[
        str, Field(min_length=1, max_length=90, description="What"), Named("words"), Means(Meaning.PROMPT)
    ]
    form: Annotated[Form, Field(description="Form"), Named("shape"), Means(Meaning.RATIO)] = Form.AS_IT_COMES
    start: Annotated[int | None, Field(ge=1, le=9, description="Start"), Means(Meaning.SEED)] = None
    safe: Annotated[bool, Withheld()] = True

    @property
    def request(self) -> Request:
        return Request(self.instruction, 1)


class Other:
    model_id = "other/one"
    title = "Other"
    command = "other"
    summary = "Other"
    most_images = 1
    has_checker = True
    options = options_of(OtherInput)

    def parse(self, options: Mapping[str, object], *, safety_checker: bool = True) -> OtherInput:
        return check(OtherInput, options, {"safe": safety_checker})

    def read(self, stored: Mapping[str, Any]) -> OtherInput:
        return OtherInput.from_stored(stored)

    def options_given(self, checked: ModelInput, *, anew: bool = False) -> dict[str, object]:
        assert isinstance(checked, OtherInput)
        return options_given(checked)

    def for_images(self, options: Mapping[str, object], images: int) -> dict[str, object]:
        return dict(options)

    def option_names(self, fields: Sequence[str]) -> tuple[str, ...]:
        return option_names(OtherInput, fields)

    def most(self, checked: ModelInput) -> MicroUsd:
        return MicroUsd(1)

    def delivered(self, checked: ModelInput, outputs: Sequence[Output]) -> MicroUsd:
        return MicroUsd(1)

    def prices(self) -> tuple[Price, ...]:
        return ()


OTHER = Other()


def became(model: Model, typed: str, **own: object) -> list[tuple[Became, str | None]]:
    wire = model.parse(with_prompt_checked(model, {"words": typed, **own})).wire()
    return [(line.became, line.option and line.option.name) for line in noted(model, typed, wire).lines]


def test_another_model_has_its_own_names_shapes_and_ranges() -> None:
    asked = {"words": "a fox --ar 16:9 --seed 7 --steps 8"}
    assert with_prompt_checked(OTHER, asked) == {"words": "a fox", "shape": "wide", "start": 7}
    assert became(OTHER, asked["words"]) == [
        (Became.NEAREST, "shape"),
        (Became.SET, "start"),
        (Became.NO_OPTION, None),
    ]
    assert became(OTHER, "a fox --ar 1:2 --seed 10") == [(Became.SET, "shape"), (Became.OUT_OF_RANGE, "start")]
    assert became(OTHER, "a fox --ar 1:2", shape="as_it_comes") == [(Became.YOURS, "shape")]
    assert became(OTHER, "a fox --seed 7", start=3) == [(Became.YOURS, "start")]


def test_a_model_that_marks_no_prompt_is_left_alone() -> None:
    asked = {"text": "a fox --ar 16:9"}
    assert with_prompt_checked(SKETCH, asked) == asked
    assert noted(SKETCH, "a fox --ar 16:9", {"text": "a fox --ar 16:9"}) == Noted()


def test_of_a_prompt_that_was_sent_before_there_was_this_check_nothing_is_said() -> None:
    assert noted(FLUX_KLEIN, "a fox --tile", {"prompt": "a fox --tile"}) == Noted()


@pytest.mark.parametrize("prompt", [None, 7, ["a fox --ar 1:1"], {"a": 1}, True])
def test_what_is_no_text_is_left_to_the_model(prompt: object) -> None:
    assert with_prompt_checked(FLUX_KLEIN, {"prompt": prompt}) == {"prompt": prompt}


def test_an_option_that_was_left_open_is_none_of_the_persons_own() -> None:
    options = with_prompt_checked(FLUX_KLEIN, {"prompt": "a fox --ar 1:1", "image_size": None})
    assert options["image_size"] == "square_hd"
