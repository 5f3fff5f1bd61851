"""Outlines of pictures, with Pillow as the reference: what passes is as Pillow says, and what is odd is left to it."""

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.errors import PictureError, PictureFault
from bot.images.image import by_outline, check, decoded, recognise
from bot.images.walks import size_of
from tests.examples import share

_NOISE = Image.frombytes("RGB", (48, 40), random.Random(5).randbytes(48 * 40 * 3))
_EXIF = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"


def saved(kind: str, mode: str = "RGB", size: tuple[int, int] = (48, 40), **options: Any) -> bytes:
    out = io.BytesIO()
    image = Image.new("I;16", size, 4000) if mode == "I;16" else _NOISE.convert(mode).crop((0, 0, *size))
    image.save(out, kind, **options)
    return out.getvalue()


def moving(kind: str) -> bytes:
    out = io.BytesIO()
    frames = [_NOISE.rotate(90 * turn, expand=False) for turn in (1, 2)]
    _NOISE.save(out, kind, save_all=True, append_images=frames, duration=100)
    return out.getvalue()


_USUAL: Mapping[str, bytes] = {
    **{f"png {mode}": saved("png", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")},
    "png one pixel": saved("png", size=(1, 1)),
    "png with resolution": saved("png", dpi=(72, 72)),
    "png with transparency": saved("png", "P", transparency=0),
    "jpeg": saved("jpeg"),
    "jpeg grey": saved("jpeg", "L"),
    "jpeg without subsampling": saved("jpeg", quality=95, subsampling=0),
    "jpeg with tables of its own": saved("jpeg", optimize=True),
    "jpeg with restarts": saved("jpeg", restart_marker_rows=1),
    "jpeg with a comment": saved("jpeg", comment=b"made by nobody"),
    "jpeg with colours": saved("jpeg", icc_profile=b"x" * 300),
    "webp": saved("webp"),
    "webp with alpha": saved("webp", "RGBA"),
    "webp without loss": saved("webp", "RGBA", lossless=True),
    "webp with more": saved("webp", exif=_EXIF, icc_profile=b"y" * 41, xmp=b"<x/>"),
}
_RARE: Mapping[str, bytes] = {
    "png with colours": saved("png", icc_profile=b"x" * 300),
    "png that moves": moving("png"),
    "png with more behind it": saved("png") + b"PK\x03\x04 an archive",
    "jpeg in steps": saved("jpeg", progressive=True),
    "jpeg for printing": saved("jpeg", "CMYK"),
    "jpeg with exif": saved("jpeg", exif=_EXIF),
    "jpeg with more behind it": saved("jpeg") + b"<html>",
    "webp that moves": moving("webp"),
}


_ALL: Mapping[str, bytes] = {**_USUAL, **_RARE}


@pytest.mark.parametrize("name", _USUAL)
def test_the_usual_kinds_are_not_decoded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = _USUAL[name]
    reference = decoded(3, data)
    monkeypatch.delattr(Image, "open")
    assert by_outline(3, data) == check(3, data) == reference


@pytest.mark.parametrize("name", _RARE)
def test_rare_kinds_are_left_to_decoding_and_pass_as_they_are(name: str) -> None:
    data = _RARE[name]
    assert by_outline(0, data) is None
    assert check(0, data) == decoded(0, data)
    assert check(0, data).data == data


def _of_another_length(webp: bytes) -> bytes:
    return webp[:4] + struct.pack("<I", len(webp) - 10) + webp[8:]


def _on_another_canvas(webp: bytes) -> bytes:
    assert webp[12:16] == b"VP8X"
    return webp[:24] + bytes((99, 0, 0)) + webp[27:]


def _without_its_last_byte(webp: bytes) -> bytes:
    return webp[:4] + struct.pack("<I", len(webp) - 9) + webp[8:-1]


@pytest.mark.parametrize("changed", [_of_another_length, _on_another_canvas, _without_its_last_byte])
def test_a_webp_that_contradicts_itself_is_left_to_decoding(changed: Callable[[bytes], bytes]) -> None:
    webp = saved("webp", xmp=b"<x/> ")  # of an odd length: a byte follows that says nothing
    assert size_of("webp", webp) == (48, 40)
    assert size_of("webp", changed(webp)) is None


@share(4)
@given(name=st.sampled_from(sorted(_ALL)), data=st.data())
def test_what_passes_after_an_accident_has_the_size_that_pillow_says(name: str, data: st.DataObject) -> None:
    kind, hurt = _kind_of(name), bytes(_hurt(_ALL[name], data))
    size = size_of(kind, hurt)
    if size is None:
        return
    with Image.open(io.BytesIO(hurt), formats=(kind.upper(),)) as image:
        assert image.size == size
        if kind != "webp":  # it has no checksums, and its decoder fills in nothing
            image.load()


@share(4)
@given(name=st.sampled_from([name for name in _USUAL if not name.startswith("jpeg")]), data=st.data())
def test_what_passes_although_it_was_made_on_purpose_has_the_size_that_pillow_says(
    name: str, data: st.DataObject
) -> None:
    kind, hurt = _kind_of(name), _hurt(_USUAL[name], data)
    forged = with_right_checksums(bytes(hurt)) if kind == "png" else with_right_length(bytes(hurt))
    if (size := size_of(kind, forged)) is not None:
        with Image.open(io.BytesIO(forged), formats=(kind.upper(),)) as image:
            assert image.size == size


@share(2)
@given(kind=st.sampled_from(["png", "jpeg", "webp"]), rest=st.binary(max_size=200), keep=st.integers(0, 60))
def test_any_bytes_are_answered(kind: str, rest: bytes, keep: int) -> None:
    data = _USUAL[kind if kind != "png" else "png RGB"][:keep] + rest
    if (size := size_of(kind, data)) is not None:
        assert recognise(data) == kind
        assert check(0, data).width_px == size[0]


@pytest.mark.parametrize("name", _USUAL)
def test_no_beginning_of_a_picture_passes(name: str) -> None:
    kind, data = _kind_of(name), _USUAL[name]
    assert not [length for length in range(len(data)) if size_of(kind, data[:length]) is not None]


@pytest.mark.parametrize("name", [name for name in _USUAL if name.startswith("png")])
def test_any_changed_byte_of_a_png_shows(name: str) -> None:
    data = bytearray(_USUAL[name])
    for at in range(0, len(data), 7):
        data[at] ^= 0x10
        assert size_of("png", bytes(data)) is None
        data[at] ^= 0x10


def test_right_checksums_around_broken_pixels_pass() -> None:
    """The price of not decoding. Only a file made on purpose is like this."""
    whole = saved("png")
    broken = with_right_checksums(whole.replace(whole[60:90], bytes(30)))
    assert check(0, broken).data == broken
    with pytest.raises(PictureError) as caught:
        decoded(0, broken)
    assert caught.value.reason is PictureFault.UNREADABLE


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_a_size_beyond_the_limit_is_refused_unread(kind: str) -> None:
    bomb = {"png": _png_of(30_000, 30_000, b"\0" * 900_000), "jpeg": _jpeg_of(30_000), "webp": _webp_of(16_000)}[kind]
    with pytest.raises(PictureError) as caught:
        check(0, bomb)
    assert caught.value.reason is PictureFault.TOO_LARGE


def test_too_little_to_be_unpacked_to_so_many_pixels_is_left_to_decoding() -> None:
    assert size_of("png", _png_of(4000, 4000, b"\0" * 400_000)) is None


def test_so_many_chunks_are_left_to_decoding() -> None:
    whole = saved("png")
    many = whole[:33] + _chunk(b"quIz", b"") * 5000 + whole[33:]
    assert size_of("png", many) is None
    assert check(0, many).width_px == 48


@pytest.mark.parametrize("broken", [b"abc", bytes(13), b"\xff" * 40])
def test_chunks_that_decoders_stumble_over_are_left_to_them(broken: bytes) -> None:
    whole = saved("png")
    for name in (b"gAMA", b"cHRM", b"pHYs", b"iCCP", b"zTXt", b"iTXt", b"acTL", b"tRNS", b"CgBI"):
        assert size_of("png", whole[:33] + _chunk(name, broken) + whole[33:]) is None


def _kind_of(name: str) -> str:
    return name.partition(" ")[0]


def _hurt(data: bytes, draw: st.DataObject) -> bytearray:
    """One to three accidents: a byte changed, some lost or put in, the end cut off or grown."""
    hurt = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 3))):
        beginning = draw.draw(st.booleans())  # where the headers are
        at = draw.draw(st.integers(0, (min(len(hurt), 200) if beginning else len(hurt)) - 1)) if hurt else 0
        some = draw.draw(st.binary(min_size=1, max_size=8))
        accident = draw.draw(st.sampled_from(["change", "lose", "put in", "cut", "grow"]))
        accidents: Mapping[str, Callable[[], bytearray]] = {
            "change": lambda hurt=hurt, at=at, some=some: hurt[:at] + some[:1] + hurt[at + 1 :],
            "lose": lambda hurt=hurt, at=at, some=some: hurt[:at] + hurt[at + len(some) :],
            "put in": lambda hurt=hurt, at=at, some=some: hurt[:at] + some + hurt[at:],
            "cut": lambda hurt=hurt, at=at: hurt[:at],
            "grow": lambda hurt=hurt, some=some: hurt + some,
        }
        hurt = accidents[accident]()
    return hurt


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def with_right_checksums(data: bytes) -> bytes:
    """A PNG's chunks, each with the checksum that it has to have."""
    return data[:8] + b"".join(_chunk(name, body) for name, body in _parts(data))


def with_right_length(data: bytes) -> bytes:
    """A WebP that says its own length."""
    return data[:4] + struct.pack("<I", max(len(data) - 8, 0)) + data[8:]


def _png_of(width: int, height: int, pixels: bytes) -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    packed = _chunk(b"IDAT", zlib.compress(pixels))
    return b"\x89PNG\r\n\x1a\n" + head + packed + _chunk(b"IEND", b"")


def _jpeg_of(side_px: int) -> bytes:
    whole = bytearray(saved("jpeg"))
    at = whole.index(b"\xff\xc0") + 5
    whole[at : at + 4] = struct.pack(">HH", side_px, side_px)
    return bytes(whole)


def _webp_of(side_px: int) -> bytes:
    whole = bytearray(saved("webp"))
    at = whole.index(b"\x9d\x01\x2a") + 3
    whole[at : at + 4] = struct.pack("<HH", side_px, side_px)
    return bytes(whole)
