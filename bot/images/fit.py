"""Pictures fitted to a size limit: as they are, else losslessly, else compressed, else smaller.."""

import io
from dataclasses import replace

from PIL import Image

from bot.images.image import Picture

_QUALITIES = (95, 90, 80, 65)
_SHRINKS = (0.75, 0.5, 0.25)


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
