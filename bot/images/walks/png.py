"""PNG read by its chunks: order, lengths and checksums, and what the header says of the pixels."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from zlib import crc32

_BEGINNING = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"
_FIRST_CHUNK_AT = 8
_MOST_CHUNKS = 2048  # writers make chunks of 8 kB and more; each one here takes a few microseconds
_MOST_TEXT_BYTES = 1024 * 1024
_MOST_SIDE_PX = 2**31 - 1
# The most that one byte of deflate unpacks to. Whatever has fewer for its pixels was cut.
_MOST_UNPACKED = 1032
_CHANNELS: Mapping[int, int] = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_DEPTHS: Mapping[int, tuple[int, ...]] = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PALETTE = 3
# Chunks whose length is fixed; of any other length, decoders do what they like.
_LENGTHS: Mapping[bytes, int] = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9, b"tIME": 7}
# What decoders unpack or animate: left to them.
_LEFT_TO_DECODING = frozenset({b"acTL", b"fcTL", b"fdAT", b"iCCP", b"zTXt", b"iTXt"})


class _Chunk(NamedTuple):
    name: bytes
    start: int
    length: int


@dataclass(slots=True)
class _Seen:
    """What came by so far. `palette`: how many colours it has."""

    names: set[bytes] = field(default_factory=set[bytes])
    last: bytes = b""
    palette: int = 0
    packed_bytes: int = 0
    text_bytes: int = 0


class _Header(NamedTuple):
    width: int
    height: int
    depth: int
    colour: int


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG that is whole, with nothing behind its end; None where only decoding can tell."""
    header = _header(data)
    if header is None:
        return None
    seen = _Seen()
    for chunk in _chunks(data):
        if chunk.name == b"IEND":
            is_whole = chunk.length == 0 and chunk.start + 4 == len(data) and _has_its_pixels(header, seen)
            return (header.width, header.height) if is_whole else None
        if not _is_in_order(chunk, header, seen) or not _is_plain(chunk, data, header, seen):
            return None
        seen.names.add(chunk.name)
        seen.last = chunk.name
    return None


def _header(data: bytes) -> _Header | None:
    if not data.startswith(_BEGINNING) or len(data) < 33:
        return None
    width, height, depth, colour, compression, filtering, interlace = struct.unpack_from(">IIBBBBB", data, 16)
    is_known = depth in _DEPTHS.get(colour, ()) and compression == filtering == 0 and interlace in {0, 1}
    fits = 1 <= width <= _MOST_SIDE_PX and 1 <= height <= _MOST_SIDE_PX
    return _Header(width, height, depth, colour) if is_known and fits else None


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """The chunks with right checksums, up to the first without."""
    view, at = memoryview(data), _FIRST_CHUNK_AT
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(data):
            return
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if end + 4 > len(data) or not name.isalpha():
            return
        if crc32(view[at + 4 : end]) != int.from_bytes(view[end : end + 4]):
            return
        yield _Chunk(name, at + 8, length)
        at = end + 4


def _is_in_order(chunk: _Chunk, header: _Header, seen: _Seen) -> bool:
    """Whether a chunk may come here, and come again."""
    match chunk.name:
        case b"IHDR":
            return not seen.names
        case b"PLTE" | b"tRNS":
            return chunk.name not in seen.names and b"IDAT" not in seen.names
        case b"IDAT":
            has_colours = header.colour != _PALETTE or seen.palette > 0
            return has_colours and (b"IDAT" not in seen.names or seen.last == b"IDAT")
        case name:
            return name[:1].islower() and name not in _LEFT_TO_DECODING


def _is_plain(chunk: _Chunk, data: bytes, header: _Header, seen: _Seen) -> bool:
    """Whether what is in a chunk is as it has to be."""
    match chunk.name:
        case b"PLTE":
            seen.palette = chunk.length // 3
            return chunk.length % 3 == 0 and 1 <= seen.palette <= 256 and header.colour in {2, _PALETTE, 6}
        case b"tRNS":
            return _is_transparency(chunk.length, header, seen)
        case b"IDAT":
            is_packed = seen.packed_bytes > 0 or (chunk.length >= 2 and _begins_packed(data, chunk.start))
            seen.packed_bytes += chunk.length
            return is_packed
        case b"tEXt":
            seen.text_bytes += chunk.length
            return seen.text_bytes <= _MOST_TEXT_BYTES
        case name:
            return chunk.length == _LENGTHS.get(name, chunk.length)


def _is_transparency(length: int, header: _Header, seen: _Seen) -> bool:
    if header.colour == _PALETTE:
        return 1 <= length <= seen.palette
    return length == {0: 2, 2: 6}.get(header.colour)


def _begins_packed(data: bytes, at: int) -> bool:
    """Whether the stream has zlib's two bytes in front, without a dictionary of its own."""
    method, flags = data[at], data[at + 1]
    return method & 0x0F == 8 and method >> 4 <= 7 and (method << 8 | flags) % 31 == 0 and not flags & 0x20


def _has_its_pixels(header: _Header, seen: _Seen) -> bool:
    bits = header.width * header.height * header.depth * _CHANNELS[header.colour]
    return seen.packed_bytes * _MOST_UNPACKED * 8 >= bits
