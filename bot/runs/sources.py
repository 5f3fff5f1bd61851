"""Pictures to work from: looked at when they are handed in, and given to Runflow when the run is sent.

An attachment is judged by its bytes, fetched from Discord alone. A picture of a run is named in the row and asked for
anew when it is needed: whoever may not see it then cannot use it. Addresses and bytes are never logged.
"""

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

import structlog

from bot.catalog.model import Model, OptionKind
from bot.catalog.schema import InputSchema
from bot.catalog.source import SourceImage
from bot.clock import Clock
from bot.errors import (
    OptionError,
    PictureError,
    PictureFault,
    Refusal,
    RunflowError,
    RunflowRefused,
    RunflowUnreachable,
    SourceError,
    Unavailable,
    UserError,
)
from bot.images.source import Source, first_frame_of, look_at_source
from bot.moderation.rules import ChannelContext
from bot.runflow.reading import Reading
from bot.runs.images import RunImages
from bot.runs.past import Viewing
from bot.runs.run import PictureRef, Run
from bot.runs.seeing import Seeing

_log = structlog.get_logger(__name__)

_DECODED_AT_ONCE = 2  # each may be 64 MB of memory
_READ_AGAIN_S = (1.0, 2.0, 4.0)
_FIRST_FRAME = "first frame of a moving picture"
_LATER = "I could not fetch that picture from Discord just now. Please try again in a minute: nothing was sent."


class Attachments(Protocol):
    """Where attached files are fetched. bot/images/download.py answers it, for Discord's CDN alone."""

    async def fetch(self, url: str) -> bytes:
        """The bytes of a file. Raises PictureError, whose text never holds the address."""
        ...


class Channels(Protocol):
    """Where the channel of a run is read. The card view answers it."""

    async def channel_context(self, run: Run) -> ChannelContext:
        """The run's channel as Discord knows it at this moment. Raises Unavailable while nobody knows."""
        ...


class Sources:
    """The one owner of what runs work from."""

    def __init__(
        self, *, seeing: Seeing, images: RunImages, attachments: Attachments, channels: Channels, clock: Clock
    ) -> None:
        self._seeing, self._images, self._attachments = seeing, images, attachments
        self._channels, self._clock = channels, clock
        self._decoding = asyncio.Semaphore(_DECODED_AT_ONCE)

    async def checked(self, options: Mapping[str, object], viewing: Viewing) -> dict[str, object]:
        """The options with each source as it is to be taken.

        Raises OptionError for a file that cannot be worked from, UserError for a picture of the bot's that the person
        may not use there, and Unavailable where it may be tried again.
        """
        given = [(name, one) for name, one in options.items() if isinstance(one, SourceImage)]
        taken = await asyncio.gather(*(self._taken(name, one, viewing) for name, one in given))
        return {**options, **{name: one for (name, _), one in zip(given, taken, strict=True)}}

    async def wire(self, run: Run, model: Model) -> dict[str, Any]:
        """The input as Runflow is to get it now: whether each source may be used is decided anew.

        Raises SourceError where one cannot be had or may not be used any more, RunflowUnreachable where Runflow does
        not tell, and Unavailable.
        """
        if not takes_pictures(model):
            return run.input
        try:
            checked = model.read(run.input)
        except ValueError:
            raise SourceError("of a kind that is not known any more") from None
        if not isinstance(checked, InputSchema):
            return run.input
        viewing = Viewing(run.user_id, await self._channels.channel_context(run), limit_bytes=0)
        return checked.sent({one.url: await self._address(one, viewing) for one in dict.fromkeys(checked.sources)})

    async def _taken(self, option: str, source: SourceImage, viewing: Viewing) -> SourceImage:
        if (picture := source.run_picture) is not None:
            await self._seeing.need_usable(PictureRef(*picture), viewing)
            return source
        if not source.is_accepted:
            return source  # the model says what is allowed
        try:
            found = await self._look_at(await self._attachments.fetch(source.attached_at))
        except PictureError as error:
            if error.reason is PictureFault.UNREACHABLE:
                raise Unavailable(_LATER) from error
            raise OptionError(option, _phrase(error.reason), SourceImage.ACCEPTED) from error
        except SourceError as error:
            raise OptionError(option, str(error), SourceImage.ACCEPTED) from error
        return source if found.is_sent_as_it_is else source.converted(_FIRST_FRAME if found.moves else "")

    async def _look_at(self, data: bytes) -> Source:
        """Raises SourceError."""
        async with self._decoding:
            return await asyncio.to_thread(_look_at, data)

    async def _address(self, source: SourceImage, viewing: Viewing) -> str:
        """Where Runflow finds a source, or the source itself. Raises as `wire` does."""
        if (picture := source.run_picture) is not None:
            try:
                return await self._address_of(PictureRef(*picture), viewing)
            except UserError as error:
                _log.info("a picture may not be worked from any more", source=picture[0], why=str(error))
                raise SourceError("a picture that may not be used any more") from error
        if not source.is_converted:
            return source.url
        try:
            data = await self._attachments.fetch(source.attached_at)
        except PictureError as error:
            raise SourceError("a file that is not there any more") from error
        async with self._decoding:
            return await asyncio.to_thread(_inline, data)

    async def _address_of(self, picture: PictureRef, viewing: Viewing) -> str:
        """A fresh address of a run's picture. Raises UserError where it may not be used (any more)."""
        run = await self._seeing.need_usable(picture, viewing)
        reading = await self._read(run)
        if reading.nsfw_detected and run.result is not None:  # flagged since
            flagged = replace(run, result=replace(run.result, nsfw_detected=True))
            await self._seeing.need_visible(flagged, viewing)
        if picture.index >= len(reading.outputs):
            raise SourceError("a picture that is not kept any more")
        return reading.outputs[picture.index].url

    async def _read(self, run: Run) -> Reading:
        """The run as Runflow tells it now, with fresh addresses. Raises SourceError and RunflowUnreachable."""
        if run.runflow_id is None:
            raise SourceError("a picture that is not kept any more")
        for delay_s in (*_READ_AGAIN_S, None):
            try:
                return await self._images.read_now(run.runflow_id)
            except RunflowRefused as error:
                if error.refusal is Refusal.NOT_FOUND:
                    raise SourceError("a picture that is not kept any more") from error
                _log.warning("the run of a source could not be read", refusal=error.refusal, detail=str(error))
            except RunflowError as error:
                _log.warning("the run of a source could not be read", detail=str(error))
            if delay_s is not None:
                await self._clock.sleep(delay_s)
        raise RunflowUnreachable("the run of a source could not be read")


def takes_pictures(model: Model) -> bool:
    """Whether a model works from pictures."""
    return any(one.kind is OptionKind.IMAGE for one in model.options)


def pictures_in(options: Mapping[str, object]) -> tuple[PictureRef, ...]:
    """The pictures of runs among the options, in order, each once."""
    found = [one.run_picture for one in options.values() if isinstance(one, SourceImage)]
    return tuple(dict.fromkeys(PictureRef(*one) for one in found if one is not None))


def _look_at(data: bytes) -> Source:
    """What picture it is. Of one that is not sent as it is, what is to be sent in its place can be made. Blocking."""
    found = look_at_source(data)
    if not found.is_sent_as_it_is:
        first_frame_of(data)
    return found


def _inline(data: bytes) -> str:
    """The first frame as a `data:` URL. Blocking. Raises SourceError."""
    media_type, frame = first_frame_of(data)
    return f"data:{media_type};base64,{base64.b64encode(frame).decode('ascii')}"


def _phrase(fault: PictureFault) -> str:
    """What a file is that could not be fetched, as in “cannot be …”."""
    match fault:
        case PictureFault.TOO_LARGE:
            return "a file of more than 10 MB"
        case PictureFault.FORBIDDEN_ADDRESS:
            return "a file that is not Discord's own"
        case _:
            return "a file that is not there any more"
