"""The painter's pictures: the same request, the same bytes; the words of the prompt seen."""

import io
import random
import subprocess
import sys
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sandbox.painter.palette import scene_of
from sandbox.painter.pictures import LABEL, black_picture, draw_picture, paint
from tests.examples import share

ONE = "from sandbox.painter.pictures import draw_picture as d; import zlib; "
TWO = "print(zlib.crc32(d('a red fox in snow', seed=4, index=1, width_px=256, height_px=256, file_format='png')))"


def test_the_same_request_gives_the_same_bytes_in_another_process() -> None:
    mine = draw_picture("a red fox in snow", seed=4, index=1, width_px=256, height_px=256, file_format="png")
    theirs = subprocess.run([sys.executable, "-c", ONE + TWO], capture_output=True, check=True, text=True, timeout=60)
    assert int(theirs.stdout) == zlib.crc32(mine)


def test_seed_index_and_prompt_each_change_the_picture() -> None:
    def bytes_of(prompt: str, seed: int, index: int) -> bytes:
        return paint(prompt, seed=seed, index=index, width_px=128, height_px=128).tobytes()

    assert (
        len({bytes_of("a fox", 1, 0), bytes_of("a fox", 2, 0), bytes_of("a fox", 1, 1), bytes_of("a cat", 1, 0)}) == 4
    )


@pytest.mark.parametrize(
    ("prompt", "time", "place", "weather", "subject"),
    [
        ("a red fox in snow at night", "night", None, "snow", "fox"),
        ("sailing boat, golden sea", "sunset", "sea", None, "boat"),
        ("neon city in the rain", "night", "city", "rain", ""),
        ("aurora over snowy mountains", "night", "mountains", "aurora", ""),
        ("a cottage in the meadow, sunny", "day", "hills", "clear", "house"),
    ],
)
def test_words_are_heard(prompt: str, time: str, place: str | None, weather: str | None, subject: str) -> None:
    scene = scene_of(prompt, random.Random(1))
    assert (scene.time, scene.subject) == (time, subject)
    assert place in {None, scene.place}
    assert weather in {None, scene.weather}


def test_a_colour_before_the_subject_is_the_subjects() -> None:
    plain, green = (scene_of(prompt, random.Random(1)) for prompt in ("a cat at noon", "a green cat at noon"))
    assert plain.sky == green.sky
    assert green.accent[1] > max(green.accent[0], green.accent[2])


def test_colours_tint_the_rest() -> None:
    plain, pink = (scene_of(prompt, random.Random(1)) for prompt in ("noon hills, clear", "pink noon hills, clear"))
    assert pink.sky[-1][0] >= plain.sky[-1][0]
    assert pink.sky != plain.sky


@share(0.3)
@given(st.text(max_size=300), st.integers(0, 2**32 - 1))
def test_any_text_makes_a_picture(prompt: str, seed: int) -> None:
    assert paint(prompt, seed=seed, index=0, width_px=144, height_px=96).size == (144, 96)


def test_the_label_is_there() -> None:
    assert LABEL == "sandbox picture"
    picture = paint("noon", seed=1, index=0, width_px=512, height_px=512)
    corner = picture.crop((380, 480, 502, 504)).convert("L")
    low, high = corner.getextrema()
    assert isinstance(low, float | int)
    assert isinstance(high, float | int)
    assert high > 225 > low


def test_black_is_black() -> None:
    assert Image.open(io.BytesIO(black_picture(64, 32, "png"))).convert("L").getextrema() == (0, 0)
