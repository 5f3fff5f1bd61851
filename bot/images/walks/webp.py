"""WebP read by its chunks: the sizes of RIFF, and the headers of the one still image in it."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

_MOST_CHUNKS = 32
_ALPHA, _ANIMATED, _RESERVED = 0x10, 0x02, 0xC1
# What an extended file says it has: the chunk that has to be there then, and in no other case.
_FLAGS = ((b"ICCP", 0x20), (b"EXIF", 0x08), (b"XMP ", 0x04))
_IMAGES = frozenset({b"VP8 ", b"VP8L"})
_KNOWN = frozenset({b"VP8X", b"ICCP", b"ALPH", b"EXIF", b"XMP ", *_IMAGES})
_FRAME_HEADER_BYTES = 10


class _Chunk(NamedTuple):
    name: bytes
    body: memoryview


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height of a still WebP that is whole, with nothing behind it; None where only decoding can tell."""
    if len(data) < 20 or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    if struct.unpack_from("<I", data, 4)[0] + 8 != len(data):
        return None
    chunks = _chunks(data)
    if chunks is None:
        return None
    if len(chunks) == 1:
        return _image_size(chunks[0])
    return _extended_size(chunks)


def _chunks(data: bytes) -> Sequence[_Chunk] | None:
    """All chunks, which fill the file to its end; None where they do not, or where one is unknown."""
    view, at, found = memoryview(data), 12, list[_Chunk]()
    while at < len(data) and len(found) < _MOST_CHUNKS:
        if at + 8 > len(data):
            return None
        name, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length
        if name not in _KNOWN or end > len(data):
            return None
        found.append(_Chunk(name, view[at + 8 : end]))
        at = end + length % 2
    return found if at == len(data) else None


def _extended_size(chunks: Sequence[_Chunk]) -> tuple[int, int] | None:
    first, *others = chunks
    names = [one.name for one in others]
    images = [one for one in others if one.name in _IMAGES]
    if first.name != b"VP8X" or len(first.body) != 10 or len(set(names)) != len(names) or len(images) != 1:
        return None
    if not _says_what_is_there(first.body, names):
        return None
    canvas = _uint24(first.body, 4) + 1, _uint24(first.body, 7) + 1
    return canvas if _image_size(images[0]) == canvas else None


def _says_what_is_there(body: memoryview, names: Sequence[bytes]) -> bool:
    """Whether the flags of an extended file are those of the chunks behind it, and of no animation."""
    flags = body[0]
    if flags & (_ANIMATED | _RESERVED) or any(body[1:4]) or b"VP8X" in names:
        return False
    if any(bool(flags & flag) != (name in names) for name, flag in _FLAGS):
        return False
    if b"ALPH" in names:
        return flags & _ALPHA != 0 and b"VP8 " in names and names.index(b"ALPH") + 1 == names.index(b"VP8 ")
    return b"VP8L" in names or not flags & _ALPHA


def _image_size(chunk: _Chunk) -> tuple[int, int] | None:
    if chunk.name == b"VP8 ":
        return _lossy_size(chunk.body)
    return _lossless_size(chunk.body) if chunk.name == b"VP8L" else None


def _lossy_size(body: memoryview) -> tuple[int, int] | None:
    """The size in the header of a key frame that is to be shown, and whose first partition is there."""
    if len(body) <= _FRAME_HEADER_BYTES or body[3:6].tobytes() != b"\x9d\x01\x2a":
        return None
    tag = _uint24(body, 0)
    is_shown_key = tag & 1 == 0 and (tag >> 1) & 7 <= 3 and tag & 0x10
    width, height = struct.unpack_from("<HH", body, 6)
    if not is_shown_key or (tag >> 5) >= len(body) - _FRAME_HEADER_BYTES or width >> 14 or height >> 14:
        return None
    return (width, height) if width and height else None


def _lossless_size(body: memoryview) -> tuple[int, int] | None:
    if len(body) <= 5 or body[0] != 0x2F:
        return None
    bits = int.from_bytes(body[1:5], "little")
    return None if bits >> 29 else ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)


def _uint24(body: memoryview, at: int) -> int:
    return int.from_bytes(body[at : at + 3], "little")
