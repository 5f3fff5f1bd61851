import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.catalog.flux_klein import FLUX_KLEIN, FluxKleinInput, ImageSize, Size, request_of_wire
from bot.catalog.model import Model, OptionKind
from bot.catalog.request import Request
from bot.errors import OptionError
from cogs.ui.model_command import PRIVATE, model_command

NAMES = tuple(option.name for option in FLUX_KLEIN.options)
MODEL: Model = FLUX_KLEIN


def refused(**options: object) -> OptionError:
    with pytest.raises(OptionError) as caught:
        FLUX_KLEIN.parse({"prompt": "a fox", **options})
    return caught.value


def test_wire_holds_every_default_and_no_unset_seed():
    assert FLUX_KLEIN.parse({"prompt": "a fox", "seed": None}).wire() == {
        "prompt": "a fox",
        "image_size": "landscape_4_3",
        "num_images": 1,
        "num_inference_steps": 4,
        "output_format": "png",
        "enable_safety_checker": True,
    }


def test_wire_holds_what_was_chosen():
    wanted: dict[str, object] = {
        "prompt": "  two\nlines ",
        "image_size": "square_hd",
        "num_images": 4,
        "num_inference_steps": 50,
        "seed": 2**32 - 1,
        "output_format": "webp",
    }
    wire = FLUX_KLEIN.parse(wanted, safety_checker=False).wire()
    assert wire == {**wanted, "enable_safety_checker": False}
    assert json.loads(json.dumps(wire)) == wire
    assert {type(value) for value in wire.values()} == {str, int, bool}


def test_a_wire_input_reads_back_as_the_same_input():
    checked = FLUX_KLEIN.parse({"prompt": "a fox", "seed": 0, "image_size": "square"})
    assert FLUX_KLEIN.read(json.loads(json.dumps(checked.wire()))) == checked
    unchecked = FLUX_KLEIN.parse({"prompt": "a fox"}, safety_checker=False)
    assert FLUX_KLEIN.read(unchecked.wire()) == unchecked


def test_an_input_that_the_schema_does_not_know_any_more_is_not_read():
    with pytest.raises(ValueError, match="strength"):
        FLUX_KLEIN.read({"prompt": "a fox", "strength": 3})


def test_a_request_tells_what_a_card_shows():
    checked = FLUX_KLEIN.parse({"prompt": "a fox", "num_images": 3, "num_inference_steps": 1})
    assert checked.request == Request("a fox", 3, ("1 step",), tells_seed=True)
    assert request_of_wire(checked.wire()) == checked.request


def test_rows_that_kept_little_are_read_all_the_same():
    assert request_of_wire({"prompt": "a fox"}) == Request("a fox", 1, (), tells_seed=True)
    assert request_of_wire({}) == Request("", 1, (), tells_seed=True)


def test_an_input_is_frozen():
    checked = FLUX_KLEIN.parse({"prompt": "a fox"})
    with pytest.raises(ValidationError):
        setattr(checked, "num_images", 5)  # noqa: B010 - the type checker would see through an assignment
    assert (checked.prompt, checked.num_images) == ("a fox", 1)


WHOLE = "a whole number from 1 to 4"
FORMATS = "one of `png`, `jpeg`, `webp`"
TEXT = "text of 1 to 4000 characters, not blank and without control characters"
ONLY = "only the options " + ", ".join(f"`{name}`" for name in NAMES)


@pytest.mark.parametrize(
    ("option", "value", "shown", "allowed"),
    [
        ("num_images", 0, "0", WHOLE),
        ("num_images", 5, "5", WHOLE),
        ("num_images", True, "true", WHOLE),
        ("num_images", 4.0, "4.0", WHOLE),
        ("num_images", "4", "4", WHOLE),
        ("num_images", float("nan"), "nan", WHOLE),
        ("num_images", float("inf"), "inf", WHOLE),
        pytest.param("num_images", 10**6000, "a far longer number", WHOLE, id="beyond what Python prints"),
        ("num_images", [1], "a list", WHOLE),
        ("num_images", {"a": 1}, "an object", WHOLE),
        ("num_images", b"1", "something else", WHOLE),
        ("num_inference_steps", 51, "51", "a whole number from 1 to 50"),
        ("seed", -1, "-1", "a whole number from 0 to 4294967295"),
        ("seed", 2**32, "4294967296", "a whole number from 0 to 4294967295"),
        ("output_format", "gif", "gif", FORMATS),
        ("output_format", "PNG", "PNG", FORMATS),
        ("output_format", b"png", "something else", FORMATS),
        ("output_format", ["png"], "a list", FORMATS),
        ("output_format", "\ud800", "\ufffd", FORMATS),
        ("output_format", "", "blank", FORMATS),
        ("prompt", "", "blank", TEXT),
        ("prompt", " \n\t\u3000", "blank", TEXT),
        ("prompt", "\u200b\u200b", "blank", TEXT),
        ("prompt", 7, "7", TEXT),
        ("prompt", b"a fox", "something else", TEXT),
        ("prompt", "a\x00fox", "a fox", TEXT),
        ("prompt", "a\x9bfox", "a fox", TEXT),
        ("prompt", "a \udc00 fox", "a \ufffd fox", TEXT),
        ("prompt", "x" * 4001, "x" * 80 + "… (4001 characters)", TEXT),
        ("sync_mode", True, "true", ONLY),
        ("enable_safety_checker", False, "false", ONLY),
    ],
)
def test_refusals_name_option_value_and_what_is_allowed(option: str, value: object, shown: str, allowed: str):
    error = refused(**{option: value})
    assert (error.option, error.value, error.allowed) == (option, shown, allowed)


def test_the_presets_are_told():
    presets = ", ".join(f"`{size.value}`" for size in ImageSize)
    assert refused(image_size="huge").allowed == f"one of {presets}"


def test_a_prompt_is_needed():
    for missing in ({}, {"prompt": None}):
        with pytest.raises(OptionError) as caught:
            FLUX_KLEIN.parse(missing)
        assert (caught.value.option, caught.value.value) == ("prompt", "left out")


@pytest.mark.parametrize("prompt", ["x", "x" * 4000, "🦊" * 4000, "line\none", "שלום", "👩‍🚀", "a \u200f fox"])
def test_prompts_of_any_script_are_taken_as_they_are(prompt: str):
    assert FLUX_KLEIN.parse({"prompt": prompt}).wire()["prompt"] == prompt


def test_an_unknown_name_breaks_out_of_no_markup():
    assert refused(**{"`@everyone`\n# x" + "y" * 100: 1}).option == "everyonex" + "y" * 17
    assert refused(**{"\ud800": 1}).option == "option"


def parsed(options: Mapping[str, object]) -> tuple[FluxKleinInput | None, OptionError | None]:
    try:
        return FLUX_KLEIN.parse(options), None
    except OptionError as error:
        return None, error


SENT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)
ANY_OPTIONS = st.dictionaries(st.sampled_from((*NAMES, "enable_safety_checker", "sync_mode")) | st.text(), SENT)
LIKELY = st.fixed_dictionaries(
    {"prompt": st.text(min_size=1) | SENT},
    optional={
        "image_size": st.sampled_from([size.value for size in ImageSize]) | SENT,
        "num_images": st.integers(-1, 6),
        "num_inference_steps": st.integers(-1, 60),
        "seed": st.integers(-(2**40), 2**40),
        "output_format": st.sampled_from(["png", "jpeg", "webp", "gif"]),
    },
)


@given(ANY_OPTIONS | LIKELY)
def test_whatever_is_sent_holds_or_is_refused_as_an_option(options: Mapping[str, object]):
    checked, error = parsed(options)
    if error is not None:
        text = "".join((str(error), error.option, error.value, error.allowed))
        assert text.encode()
        assert not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text)
        assert 0 < len(error.value) <= 120
        assert 0 < len(error.option) <= 32
    if checked is not None:
        assert json.dumps(checked.wire(), ensure_ascii=False).encode()
        assert checked.wire()["enable_safety_checker"] is True
        assert 1 <= checked.request.images <= FLUX_KLEIN.most_images
        assert 1 <= len(checked.request.prompt) <= 4000
        assert FLUX_KLEIN.parse(FLUX_KLEIN.options_given(checked)) == checked


@dataclass(frozen=True)
class Made:
    """A picture as Runflow claims it."""

    width_px: int | None = None
    height_px: int | None = None


PRESETS = {
    "square_hd": (Size(1024, 1024), 10_000, 5243),
    "square": (Size(512, 512), 5000, 1311),
    "portrait_4_3": (Size(768, 1024), 5000, 3933),
    "portrait_16_9": (Size(576, 1024), 5000, 2950),
    "landscape_4_3": (Size(1024, 768), 5000, 3933),
    "landscape_16_9": (Size(1024, 576), 5000, 2950),
}


@pytest.mark.parametrize(("preset", "size", "most", "delivered"), [(name, *prices) for name, prices in PRESETS.items()])
def test_prices(preset: str, size: Size, most: int, delivered: int):
    for count in range(1, 5):
        checked = FLUX_KLEIN.parse({"prompt": "a fox", "image_size": preset, "num_images": count})
        assert checked.image_size.size == size
        assert FLUX_KLEIN.most(checked) == most * count
        for claimed in (Made(size.width_px, size.height_px), Made()):  # what is not claimed is as it was asked for
            assert FLUX_KLEIN.delivered(checked, (claimed,)) == delivered


def test_the_prices_people_are_told_are_those_of_one_picture_of_each_preset():
    told = [(price.what, price.usual, price.at_most) for price in FLUX_KLEIN.prices()]
    assert told == [(ImageSize(name).label, usual, most) for name, (_, most, usual) in PRESETS.items()]


def test_pixels_of_several_pictures_are_rounded_once():
    checked = FLUX_KLEIN.parse({"prompt": "a fox"})
    assert FLUX_KLEIN.delivered(checked, ()) == 0
    assert FLUX_KLEIN.delivered(checked, (Made(1, 1),)) == 1
    assert FLUX_KLEIN.delivered(checked, (Made(512, 512),) * 4) == 5243  # 5242.88


@given(st.sampled_from(list(PRESETS)), st.integers(1, 4))
def test_pixels_never_cost_more_than_was_held(preset: str, count: int):
    checked = FLUX_KLEIN.parse({"prompt": "a fox", "image_size": preset, "num_images": count})
    assert 0 < FLUX_KLEIN.delivered(checked, (Made(),) * count) <= FLUX_KLEIN.most(checked)


@given(st.lists(st.builds(Made, st.integers(1, 8192), st.integers(1, 8192))))
def test_pixels_cost_five_thousandths_of_a_dollar_for_a_million(made: list[Made]):
    price = FLUX_KLEIN.delivered(FLUX_KLEIN.parse({"prompt": "a fox"}), made)
    exact = sum((one.width_px or 0) * (one.height_px or 0) for one in made) * 5000
    assert exact <= price * 1_000_000 < exact + 1_000_000


class _Stranger:
    request = Request("a fox", 1)

    def wire(self) -> dict[str, Any]:
        return {}


def test_the_input_of_another_model_is_a_fault():
    with pytest.raises(TypeError):
        FLUX_KLEIN.most(_Stranger())


def test_what_discord_is_told_equals_the_schema():
    async def answer(_interaction: discord.Interaction, _options: Mapping[str, object]) -> None: ...

    command = model_command(name="imagine", description="Make pictures", model=MODEL, answer=answer)
    told = {parameter.name: parameter for parameter in command.parameters}
    schema = FluxKleinInput.model_json_schema()["properties"]

    assert set(told) - {PRIVATE} == set(NAMES) == set(schema) - {"enable_safety_checker"}
    assert [name for name, parameter in told.items() if parameter.required] == ["prompt"]
    for option in FLUX_KLEIN.options:
        parameter = told[option.name]
        assert parameter.description == option.description
        assert 1 <= len(option.description) <= 100
        assert [(choice.value, choice.name) for choice in parameter.choices] == [
            (choice.value, choice.label) for choice in option.choices
        ]
        assert all(1 <= len(choice.label) <= 100 for choice in option.choices)
    assert (told["prompt"].min_value, told["prompt"].max_value) == (1, 4000)
    assert (told["num_images"].min_value, told["num_images"].max_value) == (1, 4)
    assert (told["num_inference_steps"].min_value, told["num_inference_steps"].max_value) == (1, 50)
    assert (told["seed"].min_value, told["seed"].max_value) == (0, 2**32 - 1)
    assert told["seed"].type is discord.AppCommandOptionType.integer
    assert [choice.value for choice in told["output_format"].choices] == ["png", "jpeg", "webp"]
    assert told["image_size"].choices[4].name == "Landscape 4:3, 1024x768"


def test_every_offered_value_is_taken():
    for option in FLUX_KLEIN.options:
        ends: tuple[object, ...] = tuple(choice.value for choice in option.choices)
        if option.kind is OptionKind.WHOLE:
            ends = (option.minimum, option.maximum)
        for value in ends:
            FLUX_KLEIN.parse({"prompt": "a fox", option.name: value})
