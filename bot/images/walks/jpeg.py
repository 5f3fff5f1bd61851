"""JPEG read by its segments: tables, the frame and its one scan, up to the end of the image.

Of the usual kind alone: baseline, grey or three colours, one scan. All others (progressive, CMYK, several pictures in
one file) are left to decoding. Damage inside a scan is nothing that decoders refuse: they fill in what is not readable.
"""

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

_MOST_SEGMENTS = 512
_EOI, _SOS, _COMMENT = 0xD9, 0xDA, 0xFE
# What decoders do not look into. Exif (APP1) and Photoshop's (APP13) are read by some.
_SKIPPED = frozenset({_COMMENT, *range(0xE3, 0xED), 0xEF})
_SAMPLINGS = frozenset({0x11, 0x12, 0x21, 0x22})
_LONGEST_PX = 65_500  # of either side: libjpeg takes no more
_MOST_DC_SYMBOL = 15
# In a scan, 0xFF is followed by 0 or by the number of a restart; by anything else where the scan is over.
_SCAN_ENDS = re.compile(rb"\xff[^\x00\xd0-\xd7]")


@dataclass(slots=True)
class _Seen:
    """What came by so far: tables by their numbers, and of the frame its size and each component's number and table."""

    quantisation: set[int] = field(default_factory=set[int])
    huffman: set[int] = field(default_factory=set[int])
    size: tuple[int, int] | None = None
    components: dict[int, int] = field(default_factory=dict[int, int])


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height of a JPEG that is whole, with nothing behind its end; None where only decoding can tell."""
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    seen, at = _Seen(), 2
    for _ in range(_MOST_SEGMENTS):
        if at + 4 > len(data) or data[at] != 0xFF:
            return None
        marker, length = struct.unpack_from(">BH", data, at + 1)
        begin, end = at + 4, at + 2 + length
        if length < 2 or end > len(data):
            return None
        if marker == _SOS:
            return seen.size if _is_scan(data[begin:end], seen) and _ends_after(data, end) else None
        if not _is_plain(marker, data[begin:end], seen):
            return None
        at = end
    return None


def _is_plain(marker: int, body: bytes, seen: _Seen) -> bool:
    """Whether a segment is as it has to be."""
    check = _CHECKS.get(marker)
    return marker in _SKIPPED if check is None else check(body, seen)


def _is_jfif(body: bytes, _: _Seen) -> bool:
    return len(body) >= 14 and body.startswith(b"JFIF\0")


def _is_colour_profile(body: bytes, _: _Seen) -> bool:
    return len(body) >= 14 and body.startswith(b"ICC_PROFILE\0")


def _is_adobe(body: bytes, _: _Seen) -> bool:
    return len(body) == 12 and body.startswith(b"Adobe")


def _is_restart_interval(body: bytes, _: _Seen) -> bool:
    return len(body) == 2


def _is_frame(body: bytes, seen: _Seen) -> bool:
    if len(body) < 6 or seen.size is not None:
        return False
    depth, height, width, count = struct.unpack_from(">BHHB", body)
    if depth != 8 or count not in {1, 3} or len(body) != 6 + 3 * count:
        return False
    parts = [tuple(body[at : at + 3]) for at in range(6, len(body), 3)]
    seen.components = {number: table for number, _, table in parts}
    seen.size = width, height
    samplings = [sampling for _, sampling, _ in parts]
    fits = 1 <= width <= _LONGEST_PX and 1 <= height <= _LONGEST_PX
    return fits and len(seen.components) == count and samplings[0] in _SAMPLINGS and set(samplings[1:]) <= {0x11}


def _are_quantisation_tables(body: bytes, seen: _Seen) -> bool:
    at = 0
    while at < len(body):
        wide, number = divmod(body[at], 16)
        at += 129 if wide else 65
        if wide > 1 or number > 3 or at > len(body):
            return False
        seen.quantisation.add(number)
    return at > 0


def _are_huffman_tables(body: bytes, seen: _Seen) -> bool:
    at = 0
    while at < len(body):
        is_ac, number = divmod(body[at], 16)
        counts = body[at + 1 : at + 17]
        symbols = body[at + 17 : at + 17 + sum(counts)]
        at += 17 + sum(counts)
        if is_ac > 1 or number > 3 or at > len(body) or not _is_code(counts):
            return False
        if not is_ac and max(symbols, default=0) > _MOST_DC_SYMBOL:
            return False
        seen.huffman.add(is_ac * 16 + number)
    return at > 0


def _is_code(counts: bytes) -> bool:
    """Whether there are words of a code for so many symbols of each length, the one of ones alone left free."""
    word = 0
    for bits, count in enumerate(counts, start=1):
        word = word * 2 + count
        if count and word >= 1 << bits:
            return False
    return 1 <= sum(counts) <= 256


def _is_scan(body: bytes, seen: _Seen) -> bool:
    """Whether a scan holds every component, with tables that are there."""
    count = len(seen.components)
    if count == 0 or len(body) != 4 + 2 * count or body[0] != count or body[-3:] != b"\0\x3f\0":
        return False
    if list(body[1:-3:2]) != list(seen.components):
        return False
    coded = [(one >> 4, 16 + (one & 15)) for one in body[2:-3:2]]
    return set(seen.components.values()) <= seen.quantisation and {t for pair in coded for t in pair} <= seen.huffman


def _ends_after(data: bytes, at: int) -> bool:
    """Whether a scan that begins here goes on to the end of the image, which is the end of the file."""
    found = _SCAN_ENDS.search(data, at)
    return found is not None and found.start() > at and data[found.start() :] == bytes((0xFF, _EOI))


_CHECKS: Mapping[int, Callable[[bytes, _Seen], bool]] = {
    0xC0: _is_frame,  # baseline
    0xC1: _is_frame,  # the same, with more tables
    0xC4: _are_huffman_tables,
    0xDB: _are_quantisation_tables,
    0xDD: _is_restart_interval,
    0xE0: _is_jfif,
    0xE2: _is_colour_profile,
    0xEE: _is_adobe,
}
