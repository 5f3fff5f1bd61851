"""Bytes that a careful client must survive are what they claim to be."""

import io

from PIL import Image

from sandbox.painter import black_picture
from sandbox.runflow import defects


def test_a_padded_png_is_valid_and_long() -> None:
    padded = defects.padded_png(black_picture(64, 32, "png"), 500_000)
    assert len(padded) == 500_000
    Image.open(io.BytesIO(padded)).load()


def test_the_bomb_is_small_outside() -> None:
    assert len(defects.bomb()) < 300_000
