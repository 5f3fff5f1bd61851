"""A run's images: from Runflow, once more with fresh addresses, or as moderators were shown them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.errors import PictureError, PictureFault, RunflowError
from bot.images.download import Downloader
from bot.images.fetch import fetch_all, fetch_one
from bot.images.image import MissingPicture, Picture, decoded, is_black
from bot.runflow.client import RunflowClient
from bot.runflow.reading import Reading
from bot.runs.run import Run

_log = structlog.get_logger(__name__)

# None so long that what is back would not be seen within half a minute.
_RETRY_S = (1.0, 2.0, 4.0, 8.0, 16.0, 25.0)
_STORAGE_RETRY_S = (1.0, 3.0, 8.0, 15.0, 25.0, 25.0, 25.0, 25.0)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The pictures of a run that are there, and those that are not. Both are in the order of their indices."""

    pictures: tuple[Picture, ...] = ()
    missing: tuple[MissingPicture, ...] = ()

    @classmethod
    def of(cls, found: Sequence[Picture | MissingPicture]) -> "Fetched":
        """What was found, told apart."""
        return cls(
            tuple(one for one in found if isinstance(one, Picture)),
            tuple(one for one in found if isinstance(one, MissingPicture)),
        )

    @property
    def faults(self) -> frozenset[PictureFault]:
        """Why pictures are missing."""
        return frozenset(one.fault for one in self.missing)


class ReviewedCopies(Protocol):
    """What moderators were shown. bot/runs/review/held_images.py answers it."""

    async def as_moderators_saw(self, run: Run) -> list[Picture]:
        """The pictures of the moderators' message; none where there is none."""
        ...


class RunImages:
    """Fetches the images of runs. The bot keeps none: Runflow is read for their addresses, which expire."""

    def __init__(self, *, runflow: RunflowClient, downloader: Downloader, copies: ReviewedCopies, clock: Clock) -> None:
        self._runflow, self._downloader, self._copies, self._clock = runflow, downloader, copies, clock

    async def fetch(self, run: Run, reading: Reading | None = None) -> Fetched:
        """The images of a run. `reading`: what Runflow said just now, where that is known.

        The pictures are paid for: a Runflow that is out of reach is waited for about a minute, its storage for two.
        """
        if reading is None or not reading.outputs:
            reading = await self._read_again(run)
        return Fetched() if reading is None else await self._fetch_patiently(run, reading)

    async def fetch_reviewed(self, run: Run) -> Fetched:
        """The images of a run that moderators were asked about: what Runflow no longer has, as they were shown it."""
        reading = await self._read(run)
        if reading is None and (copies := await self._copies.as_moderators_saw(run)):
            return Fetched(tuple(copies))
        fetched = await self.fetch(run, reading)
        return (
            fetched if fetched.pictures else Fetched(tuple(await self._copies.as_moderators_saw(run)), fetched.missing)
        )

    async def fetch_now(self, reading: Reading, only: int | None = None) -> Fetched:
        """The images that a reading of this moment names, or one of them; nothing is waited for or asked again."""
        if only is None:
            return Fetched.of(await fetch_all(self._downloader, reading.outputs))
        if only >= len(reading.outputs):
            return Fetched()
        return Fetched.of([await fetch_one(self._downloader, only, reading.outputs[only])])

    async def read_now(self, runflow_id: str) -> Reading:
        """The run as Runflow tells it now, with fresh addresses. Raises RunflowError."""
        return await self._runflow.read(runflow_id)

    async def _fetch_patiently(self, run: Run, reading: Reading) -> Fetched:
        """Fetch, and try again what may pass: an expired address at once, a failing storage later and later.

        The pictures are paid for, so a storage that fails for two minutes costs nobody theirs.
        """
        found = await fetch_all(self._downloader, reading.outputs)
        for delay_s in (0.0, *_STORAGE_RETRY_S):
            # An address that is refused although it is fresh leads nowhere any more: it is asked for anew once.
            passing = {PictureFault.UNREACHABLE} if delay_s else {PictureFault.UNREACHABLE, PictureFault.EXPIRED}
            wanted = [i for i, one in enumerate(found) if isinstance(one, MissingPicture) and one.fault in passing]
            if wanted and delay_s:
                await self._clock.sleep(delay_s)
            if wanted:
                await self._renew(run, found, wanted)
        return Fetched.of(found)

    async def _renew(self, run: Run, found: list[Picture | MissingPicture], wanted: Sequence[int]) -> None:
        """Fetch these once more, by fresh addresses, into `found`."""
        again = await self._read_again(run)
        outputs = again.outputs if again else ()
        there = [i for i in wanted if i < len(outputs)]
        renewed = await asyncio.gather(*(fetch_one(self._downloader, i, outputs[i]) for i in there))
        for i, one in zip(there, renewed, strict=True):
            found[i] = one

    async def _read_again(self, run: Run) -> Reading | None:
        reading = await self._read(run)
        for delay_s in _RETRY_S:
            if reading is not None:
                break
            await self._clock.sleep(delay_s)
            reading = await self._read(run)
        return reading

    async def _read(self, run: Run) -> Reading | None:
        if run.runflow_id is None:
            return None
        try:
            return await self._runflow.read(run.runflow_id)
        except RunflowError as error:
            _log.warning("a run's images could not be asked for", run=run.id, detail=str(error))
            return None


@dataclass(frozen=True, slots=True)
class Seen:
    """What is left of a run's pictures after a look at their pixels; `black`: the indices of those black all over."""

    fetched: Fetched
    black: tuple[int, ...] = ()


async def look_at(run: Run, fetched: Fetched, limit_bytes: int) -> Seen:
    """Decode the pictures whose pixels matter: all where nobody cleared the run, else those to be made smaller.

    Black counts only where nobody cleared the run: else it may be what was asked for. One whose pixels are broken is
    missing then. What is shown as it came, in a run that was cleared, is never decoded.
    """
    uncleared = run.result is not None and run.nsfw_flag is not False
    pictures = fetched.pictures
    seen = await asyncio.gather(*(_black_or_missing(one, limit_bytes, uncleared=uncleared) for one in pictures))
    broken = {one.index: one for one in seen if isinstance(one, MissingPicture)}
    if broken:
        missing = sorted((*fetched.missing, *broken.values()), key=lambda one: one.index)
        fetched = Fetched(tuple(one for one in pictures if one.index not in broken), tuple(missing))
    return Seen(fetched, tuple(one.index for one, is_it in zip(pictures, seen, strict=True) if is_it is True))


async def _black_or_missing(picture: Picture, limit_bytes: int, *, uncleared: bool) -> bool | MissingPicture:
    """Whether a picture is black; False where that does not count."""
    try:
        if uncleared:
            return await asyncio.to_thread(is_black, picture)
        if len(picture.data) > limit_bytes:
            await asyncio.to_thread(decoded, picture.index, picture.data)
    except PictureError as error:
        _log.warning("picture missing", index=picture.index, fault=error.reason, detail=str(error))
        return MissingPicture(picture.index, error.reason)
    return False
