"""Fetching the pictures of a reading, each checked, and fitting them to what Discord takes."""

import asyncio
from collections.abc import Sequence

import structlog

from bot.errors import PictureError, PictureFault
from bot.images import image as images
from bot.images.download import Downloader
from bot.images.fit import fit
from bot.images.image import MissingPicture, Picture
from bot.runflow.reading import OutputRef

_log = structlog.get_logger(__name__)


async def fetch_all(downloader: Downloader, outputs: Sequence[OutputRef]) -> list[Picture | MissingPicture]:
    """Every picture of a reading, or why it is not there, in order."""
    return list(await asyncio.gather(*(fetch(downloader, i, one) for i, one in enumerate(outputs))))


async def fetch(downloader: Downloader, index: int, output: OutputRef) -> Picture | MissingPicture:
    """One picture, downloaded and decoded whole, or why it is not there."""
    try:
        data = await downloader.fetch(output.url)
        return await asyncio.to_thread(images.check, index, data)
    except PictureError as error:
        _log.warning("picture missing", index=index, fault=error.reason, detail=str(error))
        return MissingPicture(index, error.reason)


async def fitted(
    fetched: Sequence[Picture], limit_bytes: int
) -> tuple[tuple[Picture, ...], tuple[MissingPicture, ...]]:
    """The pictures in at most `limit_bytes` each, and those that do not fit however small they are made."""
    made = await asyncio.gather(*(asyncio.to_thread(fit, picture, limit_bytes) for picture in fetched))
    lost = tuple(
        MissingPicture(picture.index, PictureFault.TOO_LARGE)
        for picture, small in zip(fetched, made, strict=True)
        if small is None
    )
    return tuple(picture for picture in made if picture is not None), lost
