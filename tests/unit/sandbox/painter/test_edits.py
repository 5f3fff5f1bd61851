"""Edits: the source is still to be recognised, what was asked for is there; the same request, the same bytes."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import contextlib
import io
import zlib
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from sandbox.painter import NotReadable, edit_picture, fitted_size, picture_size, read_picture
from sandbox.painter.edits import edited
from sandbox.painter.pictures import LABEL, encode, label, paint, without_label
from tests.examples import share

FOX = paint("a red fox in snow, morning", seed=3, index=0, width_px=512, height_px=384)
BOAT = paint("a sailing boat on the sea at noon", seed=5, index=0, width_px=512, height_px=384)
CITY = paint("neon city at night", seed=5, index=0, width_px=512, height_px=384)
SMALL = {kind: encode(FOX.resize((48, 32)), kind) for kind in ("png", "jpeg", "webp")}
CAT = paint("a cat in the hills, day", seed=8, index=0, width_px=512, height_px=384)

INSTRUCTIONS = [
    "make it night, keep the fox",
    "evening light",
    "an early morning",
    "make it snow",
    "rain",
    "fog",
    "warmer",
    "colder colours",
    "black and white",
    "make it purple",
    "add a hat",
    "add a red balloon and a moon",
    "put a boat beside it",
    "watercolour",
    "pixel art",
    "a pencil sketch",
    "comic",
    "poster",
    "a subtle variation",
    "a strong variation",
    "qwerty",
]


def likeness(first: Image.Image, second: Image.Image) -> float:
    """How far the outlines of two pictures lie in the same places: 1 everywhere, 0 by chance alone."""
    one, two = (_outlines(each) for each in (first, second))
    mean_one, mean_two = sum(one) / len(one), sum(two) / len(two)
    together = sum((a - mean_one) * (b - mean_two) for a, b in zip(one, two, strict=True))
    alone = sum((a - mean_one) ** 2 for a in one) * sum((b - mean_two) ** 2 for b in two)
    return together / max(1.0, alone**0.5)


def _outlines(image: Image.Image) -> list[float]:
    """How much changes at each place, whatever the light: its root, as strong edges are not all."""
    small = ImageOps.equalize(image.convert("L").resize((96, 96), Image.Resampling.BOX))
    inner = small.filter(ImageFilter.FIND_EDGES).crop((2, 2, 94, 94)).filter(ImageFilter.GaussianBlur(1.5))
    return [level**0.5 for level in inner.tobytes()]


def difference(first: Image.Image, second: Image.Image) -> float:
    """The mean difference of a pixel's channel."""
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean) / 3


def lightness(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("L")).mean[0]


def saved(image: Image.Image, file_format: str) -> bytes:
    return encode(image, file_format)


@cache
def _fresh(instruction: str) -> list[Image.Image]:
    return [paint(instruction, seed=seed, index=0, width_px=512, height_px=384) for seed in range(3)]


@pytest.mark.parametrize("instruction", INSTRUCTIONS)
@pytest.mark.parametrize("source", [FOX, BOAT, CAT], ids=["fox", "boat", "cat"])
def test_an_edit_resembles_its_source_more_than_a_fresh_picture_does(source: Image.Image, instruction: str) -> None:
    content = edit_picture([saved(source, "png")], instruction, seed=1, width_px=512, height_px=384, file_format="jpeg")
    edit = Image.open(io.BytesIO(content))
    fresh = _fresh(instruction)
    assert (edit.format, edit.size) == ("JPEG", source.size)
    assert likeness(source, edit) > 0.05 + sum(likeness(source, other) for other in fresh) / len(fresh)
    assert difference(source, edit) > 1.5


def test_light_and_colour_are_what_was_asked_for() -> None:
    def mean(instruction: str, of: Image.Image = BOAT) -> list[float]:
        return ImageStat.Stat(edited([of], instruction, seed=1)).mean

    assert lightness(edited([BOAT], "make it night", seed=1)) < 0.6 * lightness(BOAT)
    assert lightness(edited([CITY], "make it a sunny day", seed=1)) > 1.5 * lightness(CITY)
    assert mean("warmer")[0] - mean("warmer")[2] > mean("colder")[0] - mean("colder")[2] + 60
    red, green, blue = mean("black and white")
    assert max(red, green, blue) - min(red, green, blue) < 2
    assert mean("make it red")[0] > mean("make it blue")[0] + 30
    assert mean("evening")[0] > mean("evening")[2] + 20


def test_an_added_thing_leaves_the_rest_as_it_is() -> None:
    added = edited([FOX], "add a red balloon", seed=1)
    changed = ImageChops.difference(FOX, added).convert("L").point([0] * 40 + [255] * 216)
    assert 0.02 < ImageStat.Stat(changed).mean[0] / 255 < 0.15


def test_a_wider_view_has_the_whole_picture_in_its_middle() -> None:
    wide = edited([BOAT], "zoom out", seed=1)
    width, height = BOAT.size
    left, top = (width - round(width * 0.6)) // 2, round((height - round(height * 0.6)) * 0.55)
    middle = wide.crop((left, top, left + round(width * 0.6), top + round(height * 0.6))).resize(BOAT.size)
    assert likeness(middle, BOAT) > 0.85
    border = wide.crop((0, 0, left - 8, height))
    assert max(high - low for low, high in ImageStat.Stat(border).extrema) > 40
    assert lightness(border) > 30


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_blend_has_a_part_of_each(count: int) -> None:
    images = [FOX, BOAT, CITY, CAT][:count]
    blended = edited(images, "blend these", seed=2)
    assert blended.size == FOX.size
    for left_out in range(count):
        others = [image if place != left_out else Image.new("RGB", FOX.size) for place, image in enumerate(images)]
        assert difference(blended, edited(others, "blend these", seed=2)) > 5


def test_strong_changes_more_than_subtle() -> None:
    subtle, strong = (difference(FOX, edited([FOX], f"a {much} variation", seed=4)) for much in ("subtle", "strong"))
    assert strong > 1.3 * subtle > 2


@pytest.mark.parametrize("instruction", ["add a tree", "a subtle variation", "make it night", "warmer"])
def test_the_seed_decides(instruction: str) -> None:
    def checksum(seed: int) -> int:
        return zlib.crc32(
            edit_picture([saved(FOX, "jpeg")], instruction, seed=seed, width_px=256, height_px=192, file_format="jpeg")
        )

    assert checksum(1) == checksum(1)
    assert len({checksum(seed) for seed in range(4)}) == 4


def test_a_source_is_left_as_it_is() -> None:
    before = FOX.tobytes()
    edited([FOX], "add a hat, make it night", seed=1)
    edited([FOX, BOAT], "blend", seed=1)
    assert FOX.tobytes() == before


@share(0.2)
@given(st.text(max_size=200), st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_any_words_make_an_edit(words: str, seed: int, count: int) -> None:
    images = [each.resize((96, 64)) for each in (FOX, BOAT, CITY, CAT)][:count]
    assert edited(images, words, seed=seed).size == (96, 64)


@pytest.mark.parametrize("size", [(16, 16), (64, 16), (16, 64), (1024, 256)])
def test_odd_sizes_are_edited_too(size: tuple[int, int]) -> None:
    for words in INSTRUCTIONS:
        assert edited([BOAT.resize(size)], words, seed=1).size == size


def test_only_our_own_line_is_taken_off() -> None:
    kinds = (LABEL,)
    bare = without_label(FOX, kinds)
    assert difference(bare, FOX) > 0.02
    again = bare.copy()
    label(again, LABEL)
    assert without_label(bare, kinds).tobytes() == bare.tobytes()
    assert difference(without_label(again, kinds), bare) < difference(again, bare)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_pictures_of_others_are_read(file_format: str) -> None:
    buffer = io.BytesIO()
    FOX.save(buffer, file_format)
    assert picture_size(buffer.getvalue()) == FOX.size
    assert likeness(read_picture(buffer.getvalue(), 256, 192), FOX) > 0.95


def test_animations_give_their_first_frame_and_the_see_through_is_white() -> None:
    buffer = io.BytesIO()
    FOX.save(buffer, "GIF", save_all=True, append_images=[BOAT])
    assert likeness(read_picture(buffer.getvalue(), 256, 192), FOX) > 0.95
    buffer = io.BytesIO()
    Image.new("RGBA", (64, 64)).save(buffer, "PNG")
    assert read_picture(buffer.getvalue(), 32, 32).getextrema() == ((255, 255),) * 3


def test_pictures_are_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    FOX.save(buffer, "JPEG", exif=exif)
    assert likeness(read_picture(buffer.getvalue(), 192, 256), FOX.rotate(-90, expand=True)) > 0.95


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<html>", saved(FOX, "png")[:60]])
def test_what_is_no_picture_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(NotReadable):
        read_picture(content, 64, 64)


@pytest.mark.parametrize("file_format", ["png", "jpeg", "webp"])
def test_half_a_picture_is_none(file_format: str) -> None:
    content = saved(FOX, file_format)
    with pytest.raises(NotReadable):
        read_picture(content[: len(content) // 2], 64, 64)


@given(st.binary(max_size=40), st.integers(0, 400), st.sampled_from(["png", "jpeg", "webp"]))
def test_broken_files_are_read_or_refused(patch: bytes, at: int, file_format: str) -> None:
    content = SMALL[file_format]
    broken = content[:at] + patch + content[at + len(patch) :]
    with contextlib.suppress(NotReadable):
        width_px, height_px = picture_size(broken)
        if width_px * height_px < 1_000_000:
            assert read_picture(broken, 32, 32).size == (32, 32)


@given(st.integers(1, 60_000), st.integers(1, 60_000))
def test_fitted_sizes_keep_the_shape_within_the_price(width_px: int, height_px: int) -> None:
    width, height = fitted_size(width_px, height_px, 1024 * 1024)
    assert width * height <= 1024 * 1024
    assert (width % 16, height % 16) == (0, 0)
    assert min(width, height) >= 256
    if 0.3 < width_px / height_px < 3:
        assert width / height == pytest.approx(width_px / height_px, rel=0.1)
