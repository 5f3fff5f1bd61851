"""Runs of the past: listed page by page, and their pictures fetched anew for one person's eyes."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import structlog
from sqlalchemy import Connection

from bot.errors import PictureError, PictureFault, Refusal, RunflowError, RunflowRefused, Unavailable, UserError
from bot.images.fit import fit_all
from bot.images.image import MissingPicture
from bot.images.thumbnail import thumbnail
from bot.runflow.reading import Reading
from bot.runs import rows
from bot.runs.card import FinalCard, Pictures
from bot.runs.family import Cell
from bot.runs.images import RunImages, look_at
from bot.runs.past import NoThumbnail, Page, Thumbnail, Viewing
from bot.runs.review.visibility_now import VisibilityNow
from bot.runs.run import Run
from bot.runs.seeing import NO_PICTURES, UNKNOWN, Seeing
from bot.store.engine import Store

_log = structlog.get_logger(__name__)

_FETCH_MOST_S = 60.0
_THUMBNAILS_MOST_S = 30.0  # for all of a sheet
_FETCHES_AT_ONCE = 4  # each may hold four pictures in memory
THUMBNAIL_PX = 220
_NOT_KEPT = "These pictures are not kept any more, so they cannot be shown again. What they cost stands as it is."
_TOO_LARGE = "These pictures are too large to be shown here."
_BROKEN = "These pictures can be reached, but not read any more."
_LATER = "I could not fetch these pictures just now. Please try again in a few minutes."
_ONE_AT_A_TIME = "I am still fetching pictures for you. Please wait until they are there."


class RunHistory:
    """Lists runs and shows their pictures again. Pictures are not kept by the bot: Runflow is asked for them anew."""

    def __init__(self, *, store: Store, images: RunImages, visibility: VisibilityNow, seeing: Seeing) -> None:
        self._store, self._images, self._visibility, self._seeing = store, images, visibility, seeing
        self._fetching: set[int] = set()
        self._at_once = asyncio.Semaphore(_FETCHES_AT_ONCE)

    async def page(
        self,
        user_id: int,
        guild_id: int | None,
        *,
        before: int | None = None,
        after: int | None = None,
        most: int = 10,
    ) -> Page:
        """A person's runs in a server (None: privately), newest first; the newest of all where neither end is given.

        `before` and `after` are ids of the interactions that asked for runs. Raises Unavailable.
        """

        def page(connection: Connection) -> Page:
            if after is not None:
                newer = rows.pressed_after(connection, user_id, guild_id, after=after, most=most + 1)
                if len(newer) > most:
                    return Page(tuple(reversed(newer[:most])), has_newer=True, has_older=True)
            # With less than a page after it, the newest page is meant.
            found = rows.pressed_by(connection, user_id, guild_id, before=before, most=most + 1)
            return Page(tuple(found[:most]), has_newer=before is not None, has_older=len(found) > most)

        return await self._store.read(page)

    async def find(self, run_id: str, guild_id: int | None) -> Run:
        """A run of this server (None: a private one). Raises UserError where there is none, and Unavailable."""
        try:
            run = await self._store.read(rows.load, run_id)
        except LookupError:
            raise UserError(UNKNOWN) from None
        if run.place.guild_id != guild_id:
            raise UserError(UNKNOWN)
        return run

    async def pictures(self, run: Run, viewing: Viewing) -> Pictures:
        """The pictures of a run, fetched anew, as far as they may be seen there now.

        What the channel's policy said then and what it says now both bind; what was kept back stays kept back; and
        what nobody cleared is shown elsewhere only where adults are. Raises UserError with why there is nothing to
        show, and Unavailable where it may be tried again. Whether the person may ask is checked by the cog.
        """
        with structlog.contextvars.bound_contextvars(run=run.id):
            return await self._pictures(run, viewing)

    async def thumbnails(self, cells: Sequence[Cell], viewing: Viewing) -> tuple[Thumbnail, ...]:
        """The pictures of cells, fetched anew and small, as far as `pictures` would show each; in the same order.

        Never raises for one of them: its thumbnail says that it is missing. Raises UserError where the person's last
        fetch still goes on.
        """
        two_at_once = asyncio.Semaphore(2)  # others fetch as well meanwhile
        with self._only_fetch_of(viewing.user_id):
            return tuple(await asyncio.gather(*(self._thumbnail(one, viewing, two_at_once) for one in cells)))

    async def _thumbnail(self, cell: Cell, viewing: Viewing, turn: asyncio.Semaphore) -> Thumbnail:
        viewing = replace(viewing, only=cell.index)
        try:
            async with asyncio.timeout(_THUMBNAILS_MOST_S), turn, self._at_once:
                with structlog.contextvars.bound_contextvars(run=cell.run.id):
                    await self._seeing.need_visible(cell.run, viewing)
                    found = await self._fetched(cell.run, viewing)
                return Thumbnail(
                    await asyncio.to_thread(thumbnail, found.pictures[0], THUMBNAIL_PX), spoiler=found.spoiler
                )
        except UserError:
            return Thumbnail(why=NoThumbnail.NOT_SHOWN)
        except (Unavailable, PictureError, TimeoutError) as error:
            _log.info("a thumbnail is missing", run=cell.run.id, why=type(error).__name__)
            return Thumbnail(why=NoThumbnail.UNREACHABLE)

    async def kept_back(self, run: Run) -> FinalCard | None:
        """How the pictures of a run are kept from view at this moment; None where they are not, or there are none.

        Raises Unavailable.
        """
        if not run.made_pictures:
            return None
        visibility = await self._visibility.decide(run)
        if visibility.is_shown:
            return None
        review = visibility.review
        return visibility.words(asked=review is not None and review.obstacle is None)

    async def _pictures(self, run: Run, viewing: Viewing) -> Pictures:
        await self._seeing.need_visible(run, viewing)
        async with self._fetches_for(viewing.user_id):
            return await self._fetched(run, viewing)

    async def _fetched(self, run: Run, viewing: Viewing) -> Pictures:
        """What `pictures` gives, of a run that may be seen so far."""
        reading = await self._read(run)
        if reading.nsfw_detected and run.result is not None:  # flagged since
            run = replace(run, result=replace(run.result, nsfw_detected=True))
            await self._seeing.need_visible(run, viewing)
        seen = await look_at(run, await self._images.fetch_now(reading, viewing.only), viewing.limit_bytes)
        fitted = await fit_all(seen.fetched.pictures, viewing.limit_bytes)
        visibility = await self._seeing.need_visible(run, viewing, seen.black)
        missing = (*seen.fetched.missing, *fitted.missing)
        if not fitted.pictures:
            raise _why_none(missing)
        return replace(visibility.pictures(fitted.pictures, missing), black=(), approved=False)

    @contextmanager
    def _only_fetch_of(self, user_id: int) -> Generator[None]:
        """One fetch at a time for each person. Raises UserError while there is another."""
        if user_id in self._fetching:
            raise UserError(_ONE_AT_A_TIME)
        self._fetching.add(user_id)
        try:
            yield
        finally:
            self._fetching.discard(user_id)

    @asynccontextmanager
    async def _fetches_for(self, user_id: int) -> AsyncGenerator[None]:
        """One fetch at a time for each person, few for all, none for ever."""
        with self._only_fetch_of(user_id):
            try:
                async with asyncio.timeout(_FETCH_MOST_S), self._at_once:
                    yield
            except TimeoutError:
                raise Unavailable(_LATER) from None

    async def _read(self, run: Run) -> Reading:
        """The run as Runflow tells it now, with fresh addresses."""
        if run.runflow_id is None:
            raise UserError(NO_PICTURES)
        try:
            reading = await self._images.read_now(run.runflow_id)
        except RunflowRefused as error:
            _log.warning("a past run could not be read", refusal=error.refusal, detail=str(error))
            if error.refusal is Refusal.NOT_FOUND:
                raise UserError(_NOT_KEPT) from error
            raise Unavailable(_LATER) from error
        except RunflowError as error:
            _log.warning("a past run could not be read", detail=str(error))
            raise Unavailable(_LATER) from error
        if not reading.outputs:
            raise UserError(_NOT_KEPT)
        return reading


def _why_none(missing: tuple[MissingPicture, ...]) -> UserError | Unavailable:
    """What to say where no picture came. An address that is refused although it is fresh leads nowhere any more."""
    if not missing:
        return UserError(NO_PICTURES)
    faults = {one.fault for one in missing}
    if PictureFault.UNREACHABLE in faults:
        return Unavailable(_LATER)
    if PictureFault.EXPIRED in faults:
        return UserError(_NOT_KEPT)
    return UserError(_TOO_LARGE if PictureFault.TOO_LARGE in faults else _BROKEN)
