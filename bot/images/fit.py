"""Pictures fitted to what Discord takes: as they are, else losslessly, else compressed, else smaller."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, TypeVar

import structlog
from PIL import Image

from bot.errors import PictureFault
from bot.images.image import MissingPicture, Picture

_log = structlog.get_logger(__name__)

_QUALITIES = (95, 90, 80, 65)
_SHRINKS = (0.75, 0.5, 0.25)
_WEBP_LONGEST_PX = 16_383  # of either side: the format has 14 bits for each
# Each time Discord refuses an upload for its size, the next try is fitted to this share of the largest file refused:
# a share of the stated limit could leave small pictures as they are, and send the same bytes again.
_SHARES = (0.5, 0.4, 0.25, None)

Answer = TypeVar("Answer")


def fit(picture: Picture, limit_bytes: int) -> Picture | None:
    """The picture in at most `limit_bytes`: as it is, else without loss, else at a lower quality, else smaller.

    `changed` says which. None when not even a quarter of the sides fits. Blocking: call it in a thread.
    """
    if len(picture.data) <= limit_bytes:
        return picture
    try:
        return _changed(picture, limit_bytes)
    except (OSError, ValueError) as error:  # what a format cannot hold, its writer says in either way
        _log.warning("a picture could not be fitted", picture=repr(picture), why=type(error).__name__)
        return None


def _changed(picture: Picture, limit_bytes: int) -> Picture | None:
    with Image.open(io.BytesIO(picture.data), formats=(picture.format.upper(),)) as opened:
        image = opened.convert("RGBA" if "A" in opened.getbands() else "RGB")
    as_it_is = 1.0 if max(image.size) <= _WEBP_LONGEST_PX else _WEBP_LONGEST_PX / max(image.size)
    return (_at_full_size(picture, image, limit_bytes) if as_it_is == 1 else None) or _made_smaller(
        picture, image, limit_bytes, as_it_is
    )


def _at_full_size(picture: Picture, image: Image.Image, limit_bytes: int) -> Picture | None:
    if len(data := _webp(image, lossless=True)) <= limit_bytes:
        return replace(picture, data=data, format="webp", changed="saved as WebP without loss to fit")
    for quality in _QUALITIES:
        if len(data := _webp(image, quality=quality)) <= limit_bytes:
            return replace(picture, data=data, format="webp", changed="compressed to fit")
    return None


def _made_smaller(picture: Picture, image: Image.Image, limit_bytes: int, most: float) -> Picture | None:
    """`most`: the share of the sides above which the format does not know such a picture."""
    for shrink in (most, *(one for one in _SHRINKS if one < most)) if most < 1 else _SHRINKS:
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


class TooLarge(Enum):
    """Discord refused an upload for its size, or nothing fits however small it is made."""

    TOO_LARGE = "too_large"


TOO_LARGE: Final = TooLarge.TOO_LARGE


@dataclass(frozen=True, slots=True)
class Fitted:
    """Pictures that fit a limit each, and those that do not fit however small they are made."""

    pictures: tuple[Picture, ...]
    missing: tuple[MissingPicture, ...] = ()


async def fit_and_send(
    pictures: Sequence[Picture], limit_bytes: int, send: Callable[[Fitted], Awaitable[Answer | TooLarge]]
) -> Answer | TooLarge:
    """Give `send` the pictures fitted to the limit, and smaller ones each time it answers TOO_LARGE.

    TOO_LARGE in the end where no size was taken; `send` is not called where none of the pictures fits.
    """
    for share in _SHARES:
        fitted = await fit_all(pictures, limit_bytes)
        if not fitted.pictures:
            break
        answer = await send(fitted)
        if not isinstance(answer, TooLarge):
            return answer
        largest_bytes = max(len(one.data) for one in fitted.pictures)
        _log.warning("upload refused as too large", largest_bytes=largest_bytes)
        if share is None:
            break
        limit_bytes = int(largest_bytes * share)
    return TOO_LARGE


async def _fitted(picture: Picture, limit_bytes: int) -> Picture | None:
    """As `fit`, in a thread where there is something to do."""
    return picture if len(picture.data) <= limit_bytes else await asyncio.to_thread(fit, picture, limit_bytes)


async def fit_all(pictures: Sequence[Picture], limit_bytes: int) -> Fitted:
    """The pictures in at most `limit_bytes` each."""
    made = await asyncio.gather(*(_fitted(picture, limit_bytes) for picture in pictures))
    return Fitted(
        tuple(one for one in made if one is not None),
        tuple(
            MissingPicture(picture.index, PictureFault.TOO_LARGE)
            for picture, small in zip(pictures, made, strict=True)
            if small is None
        ),
    )
