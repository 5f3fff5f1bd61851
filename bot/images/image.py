"""Pictures: recognised by their first bytes and decoded whole. Blocking: call in a thread."""

import io
from dataclasses import dataclass

from PIL import Image

from bot.errors import PictureError, PictureFault

_MOST_PIXELS = 32_000_000  # eight times the largest picture the model's page speaks of
_MAGIC = (("png", 0, b"\x89PNG\r\n\x1a\n"), ("jpeg", 0, b"\xff\xd8\xff"), ("webp", 8, b"WEBP"))
_BLACK_MOST = 8  # of 255: JPEG and WebP do not keep black exactly


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was fetched, recognised by its first bytes and decoded whole.

    `changed` says how it was fitted to Discord's limit (None: as it came); `format` is the real one
    (`png`, `jpeg`, `webp`).
    """

    index: int
    data: bytes
    format: str
    width_px: int
    height_px: int
    changed: str | None = None

    def __repr__(self) -> str:
        return f"Picture({self.index}, {self.format}, {self.width_px}x{self.height_px}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True)
class MissingPicture:
    """A picture that was paid for and could not be shown, and why."""

    index: int
    fault: PictureFault


def recognise(data: bytes) -> str | None:
    """The format that the first bytes tell (`png`, `jpeg`, `webp`), whatever name or type came along."""
    return next((name for name, at, magic in _MAGIC if data[at : at + len(magic)] == magic), None)


def check(index: int, data: bytes) -> Picture:
    """The picture in `data`, decoded to its last row. Raises PictureError: UNREADABLE or TOO_LARGE."""
    kind = recognise(data)
    if kind is None:
        raise PictureError(PictureFault.UNREADABLE, f"picture {index}: unknown first bytes")
    try:
        with Image.open(io.BytesIO(data), formats=(kind.upper(),)) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise PictureError(PictureFault.TOO_LARGE, f"picture {index}: {image.width}x{image.height}")
            image.load()
            return Picture(index, data, kind, image.width, image.height)
    except Image.DecompressionBombError as error:
        raise PictureError(PictureFault.TOO_LARGE, f"picture {index}: too many pixels") from error
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombWarning) as error:
        # Pillow's plugins raise any of these for a broken file.
        raise PictureError(PictureFault.UNREADABLE, f"picture {index}: {type(error).__name__}") from error


def is_black(picture: Picture) -> bool:
    """Whether the picture is black all over, but for the noise that compression leaves."""
    with Image.open(io.BytesIO(picture.data), formats=(picture.format.upper(),)) as opened:
        extrema = opened.convert("L").getextrema()
    return isinstance(extrema[1], int | float) and extrema[1] <= _BLACK_MOST
