"""Pictures: recognised by their first bytes, read by their outlines or decoded whole. Blocking where it says so."""

import io
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image

from bot.errors import PictureError, PictureFault
from bot.images.walks import size_of

_MOST_PIXELS = 32_000_000  # eight times the largest picture the model's page speaks of
_MAGIC = (("png", 0, b"\x89PNG\r\n\x1a\n"), ("jpeg", 0, b"\xff\xd8\xff"), ("webp", 8, b"WEBP"))
_BLACK_MOST = 8  # of 255: JPEG and WebP do not keep black exactly


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was fetched and recognised by its first bytes, and is whole as far as `check` can tell.

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


def by_outline(index: int, data: bytes) -> Picture | None:
    """The picture in `data`, read without decoding it; None where only decoding can tell.

    Quick: about half a millisecond a megabyte. A file made on purpose may have right checksums, or a format that has
    none, around broken pixels: it passes here. Raises PictureError: UNREADABLE or TOO_LARGE.
    """
    kind = _kind(index, data)
    size = size_of(kind, data)
    if size is None:
        return None
    _need_few_pixels(index, *size)
    return Picture(index, data, kind, *size)


def decoded(index: int, data: bytes) -> Picture:
    """The picture in `data`, decoded to its last row. Blocking. Raises PictureError: UNREADABLE or TOO_LARGE."""
    kind = _kind(index, data)
    with _opened(index, kind, data) as image:
        image.load()
        return Picture(index, data, kind, image.width, image.height)


def check(index: int, data: bytes) -> Picture:
    """The picture in `data`, decoded only where its outline does not tell that it is whole. Blocking.

    Raises PictureError: UNREADABLE or TOO_LARGE.
    """
    return by_outline(index, data) or decoded(index, data)


def is_black(picture: Picture) -> bool:
    """Whether the picture is black all over, but for the noise that compression leaves. Blocking.

    Raises PictureError: UNREADABLE, where the pixels are broken.
    """
    with _opened(picture.index, picture.format, picture.data) as opened:
        extrema = opened.convert("L").getextrema()
    return isinstance(extrema[1], int | float) and extrema[1] <= _BLACK_MOST


def _kind(index: int, data: bytes) -> str:
    kind = recognise(data)
    if kind is None:
        raise PictureError(PictureFault.UNREADABLE, f"picture {index}: unknown first bytes")
    return kind


def _need_few_pixels(index: int, width: int, height: int) -> None:
    if width * height > _MOST_PIXELS:
        raise PictureError(PictureFault.TOO_LARGE, f"picture {index}: {width}x{height}")


@contextmanager
def _opened(index: int, kind: str, data: bytes) -> Generator[Image.Image]:
    """The picture, to be decoded by what is done with it. Raises PictureError: UNREADABLE or TOO_LARGE."""
    try:
        with Image.open(io.BytesIO(data), formats=(kind.upper(),)) as image:
            _need_few_pixels(index, image.width, image.height)
            yield image
    except Image.DecompressionBombError as error:
        raise PictureError(PictureFault.TOO_LARGE, f"picture {index}: too many pixels") from error
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombWarning) as error:
        # Pillow's plugins raise any of these for a broken file.
        raise PictureError(PictureFault.UNREADABLE, f"picture {index}: {type(error).__name__}") from error
