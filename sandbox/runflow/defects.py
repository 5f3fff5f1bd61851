"""Bytes that a careful client must survive: too many, too few, too large inside, or no picture at all."""

import struct
import zlib
from functools import lru_cache
from typing import Final

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_END: Final = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_BOMB_SIDE_PX: Final = 30_000

NOT_A_PICTURE: Final = b"<!doctype html><title>Moved</title><p>This is not the picture you are looking for.</p>"


def padded_png(png: bytes, total_bytes: int) -> bytes:
    """A valid PNG of about `total_bytes`: the same picture with a chunk of nothing that decoders skip."""
    if not png.startswith(_PNG) or not png.endswith(_END):
        raise ValueError("only a PNG can be padded")
    padding = bytes(max(0, total_bytes - len(png) - 12))
    return png[: -len(_END)] + _chunk(b"paDd", padding) + _END


@lru_cache(maxsize=1)
def bomb() -> bytes:
    """A small PNG of 900 megapixels: decoding it would take the memory of the machine."""
    header = struct.pack(">IIBBBBB", _BOMB_SIDE_PX, _BOMB_SIDE_PX, 1, 0, 0, 0, 0)
    row = bytes(1 + (_BOMB_SIDE_PX + 7) // 8)
    deflate = zlib.compressobj(9)
    rows = row * 1000
    packed = b"".join(deflate.compress(rows) for _ in range(_BOMB_SIDE_PX // 1000)) + deflate.flush()
    return _PNG + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _END


def cut(content: bytes) -> bytes:
    """The first part of some content."""
    return content[: len(content) * 3 // 5]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
