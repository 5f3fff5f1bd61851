"""Pictures: recognised by their first bytes, decoded whole, fitted to a size limit. Blocking: call in a thread."""

import io
from dataclasses import replace

from PIL import Image

from bot.errors import PictureError, PictureFault
from bot.runs.run import Picture

_MOST_PIXELS = 32_000_000  # eight times the largest picture the model's page speaks of
_MAGIC = (("png", 0, b"\x89PNG\r\n\x1a\n"), ("jpeg", 0, b"\xff\xd8\xff"), ("webp", 8, b"WEBP"))
_QUALITIES = (95, 90, 80, 65)
_BLACK_MOST = 8  # of 255: JPEG and WebP do not keep black exactly
_SHRINKS = (0.75, 0.5, 0.25)


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


def fit(picture: Picture, limit_bytes: int) -> Picture | None:
    """The picture in at most `limit_bytes`: as it is, else without loss, else at a lower quality, else smaller.

    `changed` says which. None when not even a quarter of the sides fits.
    """
    if len(picture.data) <= limit_bytes:
        return picture
    with Image.open(io.BytesIO(picture.data), formats=(picture.format.upper(),)) as opened:
        image = opened.convert("RGBA" if "A" in opened.getbands() else "RGB")
    if len(data := _webp(image, lossless=True)) <= limit_bytes:
        return replace(picture, data=data, format="webp", changed="saved as WebP without loss to fit")
    for quality in _QUALITIES:
        if len(data := _webp(image, quality=quality)) <= limit_bytes:
            return replace(picture, data=data, format="webp", changed="compressed to fit")
    for shrink in _SHRINKS:
        size = (max(1, int(image.width * shrink)), max(1, int(image.height * shrink)))
        if len(data := _webp(_resized(image, size), quality=80)) <= limit_bytes:
            return replace(
                picture,
                data=data,
                format="webp",
                width_px=size[0],
                height_px=size[1],
                changed="made smaller to fit",
            )
    return None


def _webp(image: Image.Image, *, lossless: bool = False, quality: int = 80) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=lossless, quality=quality, method=3)
    return out.getvalue()


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image.resize(size, Image.Resampling.LANCZOS)  # pyright: ignore[reportUnknownMemberType] - Pillow's stub
