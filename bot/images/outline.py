"""A strange file's outline: format, size, whether it moves, and where it ends. Pure; nothing is unpacked.

`walks` tells of files of the kinds the bot passes on whether they are whole, and leaves what is unusual to decoding.
Here the unusual is read too, so that a file that is cut off, goes on behind its end, or would unpack to a wall of
pixels is known as such before anything decodes it.
"""

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_MOST_PARTS = 60_000  # a GIF of 10 MB has 41,000 blocks of the usual length; each takes less than a microsecond
_SCAN_ENDS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
_EOI, _SOS = 0xD9, 0xDA
_PNG_HEADER_BYTES = 13
_WEBP_ANIMATED = 0x02


class NoOutline(Exception):
    """The file is cut off, or is not made as its format asks."""


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file says of itself. `end` is where its format ends, in bytes; `moves`: it has more than one frame."""

    kind: str
    width_px: int
    height_px: int
    moves: bool
    end: int


def outline_of(data: bytes) -> Outline | None:
    """The outline of a PNG, JPEG, WebP or GIF; None where the first bytes are of none. Raises NoOutline."""
    kind = next((name for name, begins in _BEGINNINGS.items() if begins(data)), None)
    if kind is None:
        return None
    try:
        found = _OUTLINES[kind](data)
    except (struct.error, IndexError):  # read beyond the last byte
        raise NoOutline("cut off") from None
    if found.end > len(data):
        raise NoOutline("cut off")
    if found.width_px < 1 or found.height_px < 1:
        raise NoOutline("no size")
    return found


def _png(data: bytes) -> Outline:
    size, moves, at = None, False, 8
    for _ in range(_MOST_PARTS):
        length, name = struct.unpack_from(">I4s", data, at)
        if size is None:
            if name != b"IHDR" or length != _PNG_HEADER_BYTES:
                raise NoOutline("no header")
            size = struct.unpack_from(">II", data, at + 8)
        if name == b"acTL":
            moves = moves or struct.unpack_from(">I", data, at + 8)[0] > 1
        at += 12 + length
        if name == b"IEND":
            return Outline("png", *size, moves, at)
    raise NoOutline("too many parts")


def _jpeg(data: bytes) -> Outline:
    size, at = (0, 0), 2
    for _ in range(_MOST_PARTS):
        marker = _marker_at(data, at)
        at += 2
        if marker == _EOI:
            return Outline("jpeg", *size, moves=False, end=at)
        if marker in _JPEG_BARE or marker == 0xFF:
            at -= marker == 0xFF  # any number of these may stand before a marker
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if length < 2:
            raise NoOutline("no segment")
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 3)
            size = max(size, (width, height), key=lambda one: one[0] * one[1])
        at += length
        if marker == _SOS:
            found = _SCAN_ENDS.search(data, at)
            if found is None:
                raise NoOutline("cut off")
            at = found.start()
    raise NoOutline("too many parts")


def _marker_at(data: bytes, at: int) -> int:
    if data[at] != 0xFF:
        raise NoOutline("no marker")
    return data[at + 1]


def _webp(data: bytes) -> Outline:
    end = 8 + struct.unpack_from("<I", data, 4)[0]
    name, body = data[12:16], 20
    moves, size = False, (0, 0)
    if name == b"VP8X":
        moves = bool(data[body] & _WEBP_ANIMATED)
        size = _uint24(data, body + 4) + 1, _uint24(data, body + 7) + 1
    elif name == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, body + 6)
        size = width & 0x3FFF, height & 0x3FFF
    elif name == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, body + 1)
        size = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return Outline("webp", *size, moves, end)


def _uint24(data: bytes, at: int) -> int:
    low, high = struct.unpack_from("<HB", data, at)
    return low | high << 16


def _gif(data: bytes) -> Outline:
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at, frames, parts = 13 + _palette_bytes(flags), 0, 0
    while True:
        block = data[at]
        if block == 0x3B:
            return Outline("gif", width, height, frames > 1, at + 1)
        if block == 0x21:
            at += 2
        elif block == 0x2C:
            left, top, across, down, flags = struct.unpack_from("<HHHHB", data, at + 1)
            if frames == 0:  # a decoder makes room for a first frame that is larger than the screen
                width, height = max(width, left + across), max(height, top + down)
            frames += 1
            at += 11 + _palette_bytes(flags)
        else:
            raise NoOutline("no block")
        while (length := data[at]) != 0:
            at, parts = at + 1 + length, parts + 1
            if parts > _MOST_PARTS:
                raise NoOutline("too many parts")
        at, parts = at + 1, parts + 1
        if parts > _MOST_PARTS:
            raise NoOutline("too many parts")


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


_BEGINNINGS: Mapping[str, Callable[[bytes], bool]] = {
    "png": lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
    "jpeg": lambda data: data.startswith(b"\xff\xd8\xff"),
    "webp": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP",
    "gif": lambda data: data[:6] in {b"GIF87a", b"GIF89a"},
}
_OUTLINES: Mapping[str, Callable[[bytes], Outline]] = {"png": _png, "jpeg": _jpeg, "webp": _webp, "gif": _gif}
