"""Fetching the pictures of a reading, each recognised and decoded whole."""

import asyncio
from collections.abc import Sequence

import structlog

from bot.errors import PictureError
from bot.images.download import Downloader
from bot.images.image import MissingPicture, Picture, check
from bot.runflow.reading import OutputRef

_log = structlog.get_logger(__name__)


async def fetch_all(downloader: Downloader, outputs: Sequence[OutputRef]) -> list[Picture | MissingPicture]:
    """Every picture of a reading, or why it is not there, in order."""
    return list(await asyncio.gather(*(fetch_one(downloader, i, one) for i, one in enumerate(outputs))))


async def fetch_one(downloader: Downloader, index: int, output: OutputRef) -> Picture | MissingPicture:
    """One picture, downloaded and decoded whole, or why it is not there."""
    try:
        data = await downloader.fetch(output.url)
        return await asyncio.to_thread(check, index, data)
    except PictureError as error:
        _log.warning("picture missing", index=index, fault=error.reason, detail=str(error))
        return MissingPicture(index, error.reason)
