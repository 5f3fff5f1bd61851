"""Pictures read by their outlines alone: sizes, order and checksums of their parts, nothing unpacked. Pure.

A walk answers with the size in pixels, or with None where only decoding can tell: then the picture may be broken, or of
a rarer kind. It takes a few microseconds for each part of a file and, for PNG, half a millisecond a megabyte.

What a walk passes has every part that it says it has, and a header that decoders take. Of PNG the checksums cover all
that an accident can break on the way. JPEG and WebP have none, and a file made on purpose can have right checksums
around broken pixels: such a picture passes, and is shown as whatever a viewer makes of it.
"""

from collections.abc import Callable, Mapping

from bot.images.walks import jpeg, png, webp

_WALKS: Mapping[str, Callable[[bytes], tuple[int, int] | None]] = {
    "png": png.size_of,
    "jpeg": jpeg.size_of,
    "webp": webp.size_of,
}


def size_of(kind: str, data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a whole picture of this kind (`png`, `jpeg`, `webp`), as decoding would say.

    None where only decoding can tell. Raises KeyError for any other kind.
    """
    return _WALKS[kind](data)
