"""The edit model: what its page allows goes to the wire, and nothing else; its price is flat."""

import json
from dataclasses import dataclass

import pytest

from bot.catalog.flux_klein_edit import FLUX_KLEIN_EDIT
from bot.catalog.model import Model
from bot.catalog.request import Request
from bot.catalog.source import SourceImage
from bot.errors import OptionError

MODEL: Model = FLUX_KLEIN_EDIT
CAT = SourceImage("https://cdn.example/cat?sig=1", "image/png", 10)
FOX = SourceImage.of_run("0f" * 16, 3)


@dataclass(frozen=True)
class Made:
    width_px: int | None = None
    height_px: int | None = None


def refused(**options: object) -> OptionError:
    with pytest.raises(OptionError) as caught:
        FLUX_KLEIN_EDIT.parse({"prompt": "make it night", "image": CAT, **options})
    return caught.value


@pytest.mark.parametrize("checker", [True, False])
def test_the_wire_holds_what_the_page_has_and_no_checker(checker: bool) -> None:
    checked = FLUX_KLEIN_EDIT.parse({"prompt": "make it night", "image": CAT}, safety_checker=checker)
    assert checked.wire() == {"prompt": "make it night", "image_urls": [CAT.url], "steps": 4}


def test_four_sources_come_to_the_wire_in_order_and_back() -> None:
    options: dict[str, object] = {
        "prompt": "all together",
        "image_3": FOX,
        "image": CAT,
        "image_2": FOX,
        "image_4": CAT,
    }
    checked = FLUX_KLEIN_EDIT.parse({**options, "steps": 25, "seed": 0})
    wire = checked.wire()
    assert wire == {
        "prompt": "all together",
        "image_urls": [CAT.url, f"run:{'0f' * 16}:3", f"run:{'0f' * 16}:3", CAT.url],
        "steps": 25,
        "seed": 0,
    }
    read = FLUX_KLEIN_EDIT.read(json.loads(json.dumps(wire)))
    assert read.wire() == wire
    assert [one.run_picture for one in read.sources] == [None, ("0f" * 16, 3), ("0f" * 16, 3), None]


def test_runflow_gets_the_address_of_the_moment_for_each_source_and_for_no_words() -> None:
    checked = FLUX_KLEIN_EDIT.parse({"prompt": FOX.url, "image": FOX, "image_2": CAT})
    sent = checked.sent({FOX.url: "https://storage.example/fresh?sig=2"})
    assert sent["image_urls"] == ["https://storage.example/fresh?sig=2", CAT.url]
    assert sent["prompt"] == FOX.url  # whatever somebody typed stays words


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        ("image", None, SourceImage.ACCEPTED),
        ("image", "https://elsewhere.example/x.png", SourceImage.ACCEPTED),
        ("image", "run:" + "0" * 32 + ":1", SourceImage.ACCEPTED),
        ("image_2", SourceImage("https://cdn.example/x", "application/pdf", 5), SourceImage.ACCEPTED),
        ("steps", 26, "a whole number from 1 to 25"),
        ("steps", 0, "a whole number from 1 to 25"),
        ("seed", -1, "a whole number from 0 to 4294967295"),
        ("prompt", " ", "text of 1 to 4000 characters, not blank and without control characters"),
    ],
)
def test_what_does_not_hold_is_refused_by_name(option: str, value: object, allowed: str) -> None:
    error = refused(**{option: value})
    assert (error.option, error.allowed) == (option, allowed)


@pytest.mark.parametrize("subject", [("0" * 31, 0), ("0" * 32, -1), ("0" * 32, 100), ("G" * 32, 0)])
def test_only_a_picture_of_a_run_is_named_as_one(subject: tuple[str, int]) -> None:
    with pytest.raises(ValueError, match="no picture of a run"):
        SourceImage.of_run(*subject)


def test_a_card_says_from_how_many_pictures_and_how_they_were_taken() -> None:
    moving = CAT.converted("first frame of a moving picture")
    one = FLUX_KLEIN_EDIT.parse({"prompt": "x", "image": moving, "steps": 1})
    assert one.request == Request(
        "x", 1, ("from 1 picture", "first frame of a moving picture", "1 step"), tells_seed=True
    )
    assert (moving.attached_at, moving.is_converted, moving.is_accepted) == (CAT.url, True, True)
    two = FLUX_KLEIN_EDIT.parse({"prompt": "x", "image": moving, "image_2": moving})
    assert two.request.facts == ("from 2 pictures", "first frame of a moving picture", "4 steps")


def test_the_price_is_flat() -> None:
    checked = FLUX_KLEIN_EDIT.parse({"prompt": "x", "image": CAT, "image_2": FOX, "steps": 25})
    assert FLUX_KLEIN_EDIT.most(checked) == 5000
    assert FLUX_KLEIN_EDIT.delivered(checked, (Made(4096, 4096),)) == 5000
    assert FLUX_KLEIN_EDIT.delivered(checked, ()) == 0
    assert [(one.what, one.usual, one.at_most) for one in FLUX_KLEIN_EDIT.prices()] == [("", 5000, 5000)]


def test_addresses_of_sources_are_never_printed() -> None:
    checked = FLUX_KLEIN_EDIT.parse({"prompt": "x", "image": CAT, "image_2": FOX})
    assert "cdn.example" not in repr(checked)
    assert "run:" not in repr(checked)


def test_what_was_asked_for_can_be_asked_for_again_from_a_row() -> None:
    checked = FLUX_KLEIN_EDIT.parse({"prompt": "x", "image": CAT, "image_2": FOX, "seed": 7})
    again = FLUX_KLEIN_EDIT.options_given(FLUX_KLEIN_EDIT.read(checked.wire()))
    assert set(again) == {"prompt", "image", "image_2", "steps", "seed"}
    assert FLUX_KLEIN_EDIT.parse(again).wire() == checked.wire()
    assert "seed" not in FLUX_KLEIN_EDIT.options_given(checked, anew=True)
