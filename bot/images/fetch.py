"""Fetching the pictures of a reading, each recognised, and whole as far as its outline tells."""

import asyncio
from collections.abc import Sequence

import structlog

from bot.errors import PictureError
from bot.images.download import Downloader
from bot.images.image import MissingPicture, Picture, by_outline, check, decoded
from bot.runflow.reading import OutputRef

# Up to here an outline is read in about a millisecond: a thread would cost as much, and the picture its place in line.
_READ_AT_ONCE_BYTES = 2 * 1024 * 1024

_log = structlog.get_logger(__name__)


async def fetch_all(downloader: Downloader, outputs: Sequence[OutputRef]) -> list[Picture | MissingPicture]:
    """Every picture of a reading, or why it is not there, in order."""
    return list(await asyncio.gather(*(fetch_one(downloader, i, one) for i, one in enumerate(outputs))))


async def fetch_one(downloader: Downloader, index: int, output: OutputRef) -> Picture | MissingPicture:
    """One picture, downloaded and checked, or why it is not there."""
    try:
        return await checked(index, await downloader.fetch(output.url))
    except PictureError as error:
        _log.warning("picture missing", index=index, fault=error.reason, detail=str(error))
        return MissingPicture(index, error.reason)


async def checked(index: int, data: bytes) -> Picture:
    """The picture in `data`; decoded, in a thread, only where its outline does not tell that it is whole.

    Raises PictureError: UNREADABLE or TOO_LARGE.
    """
    if len(data) > _READ_AT_ONCE_BYTES:
        return await asyncio.to_thread(check, index, data)
    return by_outline(index, data) or await asyncio.to_thread(decoded, index, data)
