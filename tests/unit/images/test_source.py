"""What people hand in to be worked from is judged by its bytes, with Pillow as the reference."""

import io
import random
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.catalog.source import MOST_BYTES
from bot.errors import SourceError
from bot.images.outline import NoOutline, outline_of
from bot.images.source import MOST_PIXELS, Source, first_frame_of, look_at_source
from tests.examples import share

_NOISE = Image.frombytes("RGB", (48, 40), random.Random(5).randbytes(48 * 40 * 3))


def saved(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    _NOISE.convert(mode).save(out, kind, **options)
    return out.getvalue()


def moving(kind: str, first: Image.Image = _NOISE) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", first.size, colour) for colour in ("red", "blue")]
    first.save(out, kind, save_all=True, append_images=frames, duration=100)
    return out.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that unpacks to this many pixels of grey."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def gif_whose_frame_is_larger(across: int, down: int) -> bytes:
    data = bytearray(saved("gif", "P"))
    at = data.index(b"\x2c", 13 + 768)
    data[at + 5 : at + 9] = struct.pack("<HH", across, down)
    return bytes(data)


_STILL: Mapping[str, tuple[str, bytes]] = {
    **{f"png {mode}": ("png", saved("png", mode)) for mode in ("1", "L", "LA", "P", "RGB", "RGBA")},
    "png with colours": ("png", saved("png", icc_profile=b"x" * 300)),
    "jpeg": ("jpeg", saved("jpeg")),
    "jpeg grey": ("jpeg", saved("jpeg", "L")),
    "jpeg in steps": ("jpeg", saved("jpeg", progressive=True)),
    "jpeg for printing": ("jpeg", saved("jpeg", "CMYK")),
    "jpeg with restarts": ("jpeg", saved("jpeg", restart_marker_rows=1)),
    "webp": ("webp", saved("webp")),
    "webp with alpha": ("webp", saved("webp", "RGBA")),
    "webp without loss": ("webp", saved("webp", "RGBA", lossless=True)),
    "webp with more": ("webp", saved("webp", xmp=b"<x/>")),
}
_MOVING: Mapping[str, bytes] = {kind: moving(kind) for kind in ("png", "webp", "gif")}
_EVERY = [*(data for _, data in _STILL.values()), *_MOVING.values(), saved("gif", "P")]


def refused(data: bytes) -> str:
    with pytest.raises(SourceError) as caught:
        look_at_source(data)
    return str(caught.value)


@pytest.mark.parametrize("name", _STILL)
def test_whole_still_pictures_are_sent_as_they_are(name: str) -> None:
    kind, data = _STILL[name]
    found = look_at_source(data)
    assert found == Source(kind, 48, 40, moves=False)
    assert found.is_sent_as_it_is


@pytest.mark.parametrize("kind", _MOVING)
def test_what_moves_is_known_and_its_first_frame_is_what_is_sent(kind: str) -> None:
    found = look_at_source(_MOVING[kind])
    assert found == Source(kind, 48, 40, moves=True)
    assert not found.is_sent_as_it_is
    media_type, frame = first_frame_of(_MOVING[kind])
    sent = Image.open(io.BytesIO(frame)).convert("RGB")
    with Image.open(io.BytesIO(_MOVING[kind])) as opened:
        assert sent.tobytes() == opened.convert("RGB").tobytes()
    assert media_type == "image/png"
    assert look_at_source(frame).is_sent_as_it_is


def test_a_gif_that_stands_still_is_converted_and_does_not_move() -> None:
    found = look_at_source(saved("gif", "P"))
    assert (found.moves, found.is_sent_as_it_is) == (False, False)


def test_a_first_frame_that_is_large_is_made_to_fit() -> None:
    noise = Image.frombytes("RGB", (2000, 1500), random.Random(6).randbytes(2000 * 1500 * 3))
    media_type, frame = first_frame_of(moving("webp", noise))
    assert len(frame) <= 4 * 1024 * 1024
    assert media_type == "image/webp"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no such picture"),
        (b"%PDF-1.7 not a picture", "no such picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no such picture"),
        (b"BM" + bytes(100), "no such picture"),
        (bomb(10_000, 10_000), "10,000 × 10,000 pixels"),  # noqa: RUF001
        (bomb(4001, 4000), "4,001 × 4,000 pixels"),  # noqa: RUF001
        (bomb(2**31 - 1, 2**31 - 1), "pixels"),
        (bomb(100, 0), "broken or cut off"),
        (bomb(1000, 1000), "broken or cut off"),  # has fewer bytes than its pixels
        (gif_whose_frame_is_larger(60_000, 60_000), "60,000 × 60,000 pixels"),  # noqa: RUF001
        (saved("png") + b"PK\x03\x04 an archive", "behind the end"),
        (saved("jpeg") + b"<html><script>", "behind the end"),
        (saved("jpeg") + saved("png"), "behind the end"),
        (saved("gif", "P") + b"%PDF-1.7", "behind the end"),
        (saved("webp") + saved("webp"), "behind the end"),
        (saved("png") + bytes(MOST_BYTES), "more than 10 MB"),
    ],
    ids=str,
)
def test_what_cannot_be_worked_from_is_said_in_a_phrase(data: bytes, said: str) -> None:
    assert said in refused(data)


def test_a_bomb_is_refused_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Image, "open")
    assert "pixels" in refused(bomb(10_000, 10_000))


def test_zeros_behind_the_end_are_what_cameras_leave_there() -> None:
    assert look_at_source(saved("jpeg") + bytes(512)).kind == "jpeg"


def test_as_many_pixels_as_are_allowed_pass() -> None:
    out = io.BytesIO()
    Image.new("L", (4000, MOST_PIXELS // 4000)).save(out, "png")
    assert look_at_source(out.getvalue()).height_px == 4000


@pytest.mark.parametrize("data", _EVERY, ids=range(len(_EVERY)))
def test_a_file_that_is_cut_off_anywhere_is_refused(data: bytes) -> None:
    for end in sorted({*range(0, len(data), max(1, len(data) // 97)), len(data) - 1, len(data) - 2}):
        refused(data[:end])


@pytest.mark.filterwarnings("ignore")  # Pillow's, of what a broken file says of itself
@given(st.sampled_from(_EVERY), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4))
@share(0.5)
def test_whatever_is_broken_is_refused_or_read_and_nothing_else_happens(
    data: bytes, broken: list[tuple[float, int]]
) -> None:
    changed = bytearray(data)
    for at, byte in broken:
        changed[min(int(at * len(changed)), len(changed) - 1)] = byte
    try:
        found = look_at_source(bytes(changed))
        _, frame = first_frame_of(bytes(changed))
    except SourceError:
        return
    assert found.width_px * found.height_px <= MOST_PIXELS
    assert look_at_source(frame).is_sent_as_it_is


@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBP", b"GIF89a"]), st.binary(max_size=400)
)
def test_any_bytes_behind_a_true_beginning_have_an_outline_or_none(beginning: bytes, rest: bytes) -> None:
    try:
        outline = outline_of(beginning + rest)
    except NoOutline:
        return
    assert outline is not None
    assert 0 < outline.end <= len(beginning + rest)
