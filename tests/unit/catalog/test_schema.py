"""Which kinds of fields a schema may have, and what becomes of them for people."""

from typing import Annotated, Any

import pytest
from pydantic import Field

from bot.catalog.model import Option, OptionKind
from bot.catalog.schema import InputSchema, Named, Withheld, check, options_given, options_of
from bot.catalog.source import SourceImage
from bot.errors import OptionError
from tests.unit.catalog.sketch import SketchInput

CAT = SourceImage("https://cdn.example/cat?sig=1", "image/png", 10)
TEN_MB = 10 * 1024 * 1024


class Every(InputSchema):
    """A field of each kind that people may leave out."""

    words: Annotated[str, Field(min_length=0, max_length=5, description="Words")] = ""
    level: Annotated[float | None, Field(ge=-1, le=1.5, description="Level")] = None
    loud: Annotated[bool, Field(description="Loud")] = True
    mask: Annotated[SourceImage | None, Field(description="Mask"), Named("cover")] = None
    more: Annotated[tuple[SourceImage, ...], Field(min_length=0, max_length=2, description="More")] = ()
    inner: Annotated[dict[str, int], Withheld()] = {"a": 1}  # noqa: RUF012 - pydantic copies it


def refused(**options: object) -> OptionError:
    with pytest.raises(OptionError) as caught:
        check(Every, options)
    return caught.value


def test_each_kind_of_field_is_an_option_of_its_kind():
    assert options_of(Every) == (
        Option("words", OptionKind.TEXT, "Words", required=False, minimum=0, maximum=5, label="Words"),
        Option("level", OptionKind.DECIMAL, "Level", required=False, minimum=-1, maximum=1.5, label="Level"),
        Option("loud", OptionKind.FLAG, "Loud. Default: true", required=False, label="Loud"),
        Option("cover", OptionKind.IMAGE, "Mask", required=False, label="Cover"),
        Option("more", OptionKind.IMAGE, "More", required=False, label="More"),
        Option("more_2", OptionKind.IMAGE, "More", required=False, label="More"),
    )


def test_nothing_given_is_every_default():
    assert check(Every, {}).wire() == {"words": "", "loud": True, "more": [], "inner": {"a": 1}}


def test_what_is_given_comes_to_the_wire_and_back():
    wire = check(Every, {"level": 1, "loud": False, "cover": CAT, "more_2": CAT}, {"inner": {"b": 2}}).wire()
    assert wire["mask"] == CAT.url
    assert wire["more"] == [CAT.url]
    assert (wire["level"], wire["loud"], wire["inner"]) == (1.0, False, {"b": 2})
    assert Every.from_stored(wire).wire() == wire


def test_what_would_be_given_to_have_an_input_again_is_taken_back():
    checked = check(Every, {"level": 1, "words": "hop", "cover": CAT, "more_2": CAT})
    assert options_given(checked) == {"level": 1, "words": "hop", "loud": True, "cover": CAT, "more": CAT}
    assert check(Every, options_given(checked)) == checked


@pytest.mark.parametrize(
    ("option", "value", "shown", "allowed"),
    [
        ("level", 2, "2", "a number from -1 to 1.5"),
        ("level", float("inf"), "inf", "a number from -1 to 1.5"),
        ("level", float("nan"), "nan", "a number from -1 to 1.5"),
        ("level", True, "true", "a number from -1 to 1.5"),
        ("loud", 1, "1", "true or false"),
        ("loud", "true", "true", "true or false"),
        ("cover", "https://elsewhere.example/x.png", "https://elsewhere.example/x.png", SourceImage.ACCEPTED),
        ("cover", object(), "something else", SourceImage.ACCEPTED),
        ("more_2", 7, "7", SourceImage.ACCEPTED),
    ],
)
def test_what_does_not_hold_is_refused_by_the_name_people_know(option: str, value: object, shown: str, allowed: str):
    error = refused(**{option: value})
    assert (error.option, error.value, error.allowed) == (option, shown, allowed)


@pytest.mark.parametrize(
    ("kind", "size", "accepted"),
    [
        ("image/png", 1, True),
        ("image/jpeg", TEN_MB, True),
        ("IMAGE/WEBP; x=1", 5, True),
        ("image/png", TEN_MB + 1, False),
        ("image/png", 0, False),
        ("image/gif", 5, True),
        ("image/svg+xml", 5, False),
        ("video/mp4", 5, False),
        ("text/html", 5, False),
        ("", 5, False),
    ],
)
def test_sources_are_pictures_of_some_size(kind: str, size: int, accepted: bool):
    options: dict[str, object] = {"cover": SourceImage("https://cdn.example/x?sig=1", kind, size)}
    if accepted:
        assert check(Every, options).wire()["mask"] == "https://cdn.example/x?sig=1"
        return
    error = refused(**options)
    assert error.option == "cover"
    assert f"{size:,} bytes" in error.value
    assert "cdn.example" not in str(error)


def test_of_several_pictures_the_wrong_one_is_named_and_a_missing_one_is_the_first():
    with pytest.raises(OptionError) as caught:
        check(SketchInput, {"text": "x"})
    assert (caught.value.option, caught.value.value) == ("source", "left out")
    with pytest.raises(OptionError) as caught:
        check(SketchInput, {"text": "x", "source_2": CAT, "source": SourceImage("https://x.example", "text/html", 3)})
    assert caught.value.option == "source"
    assert check(SketchInput, {"text": "x", "source_2": CAT}).picture_urls == (CAT,)


def test_a_field_that_no_option_can_carry_is_a_fault_of_the_schema():
    class Deep(InputSchema):
        inner: Annotated[dict[str, Any], Field(description="Inner")]

    class Open(InputSchema):
        words: Annotated[str, Field(max_length=5, description="Words")]

    for schema in (Deep, Open):
        with pytest.raises(TypeError):
            options_of(schema)
