"""Pictures that somebody else made: whether a file is one, how large it is, and its pixels."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import io
import struct
import warnings
import zlib
from typing import Final

from PIL import Image, ImageOps

_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
_BROKEN: Final = (OSError, ValueError, SyntaxError, EOFError, TypeError, LookupError, struct.error, zlib.error)
"""What Pillow raises for files that are broken in one way or another."""


class NotReadable(ValueError):
    """Bytes that are no picture, or not a whole one."""


def picture_size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels, by the header alone. Quick: it may run on the loop. Raises NotReadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # nothing is decoded here
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                width_px, height_px = image.size
    except Image.DecompressionBombError:
        return 2**16, 2**16
    except _BROKEN as error:
        raise NotReadable("no picture that can be read") from error
    return width_px, height_px


def read_picture(content: bytes, width_px: int, height_px: int) -> Image.Image:
    """The picture, upright, filling a size: its first frame, on white where it is see-through. Raises NotReadable.

    Blocks: call it in a thread. Whoever calls has looked at `picture_size`, as every pixel is decoded.
    """
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            image.draft("RGB", (width_px, height_px))  # a JPEG is decoded no larger than needed
            upright = ImageOps.exif_transpose(image)
            return ImageOps.fit(_on_white(upright), (width_px, height_px), Image.Resampling.LANCZOS)
    except (*_BROKEN, Image.DecompressionBombError) as error:
        raise NotReadable("no whole picture") from error


def fitted_size(width_px: int, height_px: int, pixels: int) -> tuple[int, int]:
    """A size of this shape with about so many pixels, not more, in steps of 16. The longer side is at most four times
    the shorter.
    """
    shape = min(4.0, max(0.25, width_px / height_px))
    height = (pixels / shape) ** 0.5
    return max(16, int(height * shape) // 16 * 16), max(16, int(height) // 16 * 16)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        clear = image.convert("RGBA")
        ground = Image.new("RGB", clear.size, (255, 255, 255))
        ground.paste(clear, (0, 0), clear)
        return ground
    return image.convert("RGB")
