"""Pictures: recognised by their bytes, decoded whole, fitted to a limit."""

import io
import random

import pytest
from PIL import Image

from bot.errors import PictureError, PictureFault
from bot.images.fit import fit
from bot.images.image import check, recognise


def drawn(kind: str, size: tuple[int, int] = (64, 48), *, noise: bool = False, mode: str = "RGB") -> bytes:
    image = Image.new(mode, size, "#336699")
    if noise:
        image = Image.frombytes(mode, size, random.Random(1).randbytes(size[0] * size[1] * len(mode)))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_the_bytes_tell_the_format(kind: str) -> None:
    data = drawn(kind)
    picture = check(2, data)
    assert (picture.index, picture.format, picture.width_px, picture.height_px) == (2, kind, 64, 48)
    assert picture.data == data


@pytest.mark.parametrize("data", [b"", b"<html>", b"GIF89a" + b"\0" * 40, b"RIFF\0\0\0\0WAVE", drawn("bmp")])
def test_anything_else_is_no_picture(data: bytes) -> None:
    assert recognise(data) is None
    assert _fault(data) is PictureFault.UNREADABLE


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_truncated_picture_is_unreadable(kind: str) -> None:
    data = drawn(kind, (400, 300), noise=True)
    assert _fault(data[: len(data) // 2]) is PictureFault.UNREADABLE


def test_a_picture_of_too_many_pixels_is_not_decoded() -> None:
    assert _fault(drawn("png", (8000, 5000))) is PictureFault.TOO_LARGE


def test_what_fits_is_left_alone() -> None:
    picture = check(0, drawn("png"))
    assert fit(picture, len(picture.data)) is picture


def test_without_loss_first() -> None:
    smooth = check(0, drawn("png", (600, 600), mode="RGBA"))
    small = fit(smooth, len(smooth.data) - 1)
    assert small is not None
    assert (small.format, small.width_px, small.changed) == ("webp", 600, "saved as WebP without loss to fit")


def test_then_at_a_lower_quality_then_smaller_then_not_at_all() -> None:
    noisy = check(0, drawn("png", (300, 300), noise=True))
    compressed = fit(noisy, len(noisy.data) // 2)
    assert compressed is not None
    assert (compressed.changed, compressed.width_px) == ("compressed to fit", 300)
    smaller = fit(noisy, 12_000)
    assert smaller is not None
    assert smaller.changed == "made smaller to fit"
    assert smaller.width_px < 300
    assert check(0, smaller.data).width_px == smaller.width_px
    assert fit(noisy, 100) is None


def test_every_fitting_keeps_its_limit() -> None:
    noisy = check(0, drawn("png", (200, 200), noise=True))
    for limit_bytes in (100_000, 60_000, 30_000, 10_000, 4_000):
        small = fit(noisy, limit_bytes)
        assert small is None or len(small.data) <= limit_bytes


def _fault(data: bytes) -> PictureFault:
    with pytest.raises(PictureError) as caught:
        check(0, data)
    return caught.value.reason


@pytest.mark.parametrize("size", [(20_000, 40), (40, 20_000), (70_000, 3), (16_384, 16)])
@pytest.mark.parametrize("share", [0.9, 0.3])
def test_a_side_longer_than_webp_knows_is_made_shorter(size: tuple[int, int], share: float) -> None:
    long = check(0, drawn("png", size, noise=True))
    fitted = fit(long, int(len(long.data) * share))
    assert fitted is not None
    assert max(fitted.width_px, fitted.height_px) <= 16_383
    assert check(0, fitted.data).width_px == fitted.width_px
    assert (fitted.changed, len(fitted.data) <= len(long.data) * share) == ("made smaller to fit", True)


def test_a_picture_of_the_longest_side_that_webp_knows_keeps_it() -> None:
    long = check(0, drawn("png", (16_383, 40), noise=True))
    fitted = fit(long, len(long.data) // 2)
    assert fitted is not None
    assert fitted.width_px == 16_383


def test_a_long_picture_that_cannot_fit_is_said_to_be_too_large() -> None:
    assert fit(check(0, drawn("png", (20_000, 40), noise=True)), 100) is None
