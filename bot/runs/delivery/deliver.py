"""The last form of a card: pictures fetched, checked, fitted and shown as the channel allows, or words instead."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.clock import Clock
from bot.errors import PictureFault
from bot.images.download import Downloader
from bot.images.fetch import fetch, fetch_all, fitted
from bot.images.image import MissingPicture, Picture
from bot.moderation.policy import Showing
from bot.runflow.reading import Reading
from bot.runs.card import CardView, EditResult, Ended, FinalCard
from bot.runs.execution.poll import Poller
from bot.runs.review.held_images import HeldImages, Seen, blacks, words_for
from bot.runs.review.visibility import Judge, Visibility
from bot.runs.run import Delivery, Reason, Run, State
from bot.runs.store import RunStore
from bot.runs.transitions import Change

_log = structlog.get_logger(__name__)

_RETRY_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_DISCORD_MOST_BYTES = 500 * 1024 * 1024
# Each time Discord refuses an upload for its size, the next try is fitted to this share of the largest file refused:
# a share of the stated limit could leave small pictures as they are, and send the same bytes again.
_SHARES = (0.5, 0.4, 0.25, None)


class Deliverer:
    """Ends cards."""

    def __init__(
        self,
        *,
        book: RunStore,
        watcher: Poller,
        downloader: Downloader,
        face: CardView,
        clock: Clock,
        judge: Judge,
        holds: HeldImages,
    ) -> None:
        self._book, self._watcher, self._downloader = book, watcher, downloader
        self._face, self._clock, self._judge, self._holds = face, clock, judge, holds

    async def deliver(self, run: Run, reading: Reading | None) -> Run:
        """Bring a run that has its end to its card, and note what became of it.

        Where Discord takes nothing for a minute the run is given back as it was, its delivery still pending.
        """
        run = await self._deliver(run, reading)
        self._holds.delivered(run)
        return run

    async def fetch(self, run: Run) -> tuple[list[Picture], list[MissingPicture]]:
        """The pictures of a run, and those that cannot be had: from Runflow, or as moderators were shown them."""
        reading = (await self._watcher.look(run)).reading
        if reading is None and (kept := await self._holds.kept(run)):
            return kept, []
        fetched, missing = await self._fetch(run, reading)
        return (fetched or await self._holds.kept(run)), missing

    async def _deliver(self, run: Run, reading: Reading | None) -> Run:
        if run.state not in {State.SUCCEEDED, State.PARTIAL} or run.result is None or not run.result.num_outputs:
            hide = run.reason is Reason.CONTENT and (await self._judge.judge(run)).rules.hide_prompt
            return await self._show(run, Ended(hide_prompt=hide), Delivery.SHOWN)
        ruling = await self._judge.judge(run)
        if ruling.showing in {Showing.WITHHELD, Showing.HELD}:
            return await self._keep_back(run, ruling)
        fetched, missing = await (self.fetch(run) if ruling.review else self._fetch(run, reading))
        if not fetched:
            run = await self._because(run, _why_none(missing))
            return await self._show(run, Ended(), Delivery.SHOWN)
        black = await blacks(run, fetched)
        if black and (ruling := await self._judge.judge(run, black=True)).showing in {Showing.WITHHELD, Showing.HELD}:
            return await self._keep_back(run, ruling)
        seen = Seen(spoiler=ruling.showing is Showing.SPOILER, black=black, approved=ruling.is_approved)
        return await self._show_pictures(run, fetched, missing, seen)

    async def _keep_back(self, run: Run, ruling: Visibility) -> Run:
        """End the card in words while pictures exist: until a moderator has looked, or for good."""
        obstacle = await self._holds.obstacle(run) if ruling.showing is Showing.HELD else None
        answer = await self._end_card(run, words_for(run, ruling, asked=obstacle is None))
        if answer is EditResult.YES and ruling.showing is Showing.HELD:
            return await self._holds.hold(run, ruling, obstacle)
        return await self._note(run, answer, Delivery.WITHHELD)

    async def showing(self, run: Run, fetched: Sequence[Picture] = ()) -> Showing:
        """How the pictures of a run may be shown at this moment: what held then and what holds now both bind.

        `fetched`: the pictures, once they are there; one that is black all over may count as flagged.
        """
        return (await self._judge.judge(run, black=bool(await blacks(run, fetched)))).showing

    async def explain(self, run: Run) -> Run:
        """End the card in words alone: `run.reason` says which."""
        return await self._show(run, Ended(), Delivery.SHOWN)

    async def _because(self, run: Run, reason: Reason) -> Run:
        return await self._book.apply(run, Change(replace(run, reason=reason)))

    async def _show_pictures(
        self, run: Run, fetched: Sequence[Picture], missing: Sequence[MissingPicture], seen: Seen
    ) -> Run:
        limit_bytes = min(run.reply.attachment_limit_bytes, _DISCORD_MOST_BYTES)
        for share in _SHARES:
            shown, lost = await fitted(fetched, limit_bytes)
            if not shown:
                break
            ending = seen.ending(shown, (*missing, *lost))
            answer = await self._end_card(run, ending)
            if answer is not EditResult.TOO_LARGE:
                return await self._note(run, answer, Delivery.SHOWN)
            largest_bytes = max(len(picture.data) for picture in shown)
            _log.warning("upload refused as too large", run=run.id, largest_bytes=largest_bytes)
            if share is None:
                break
            limit_bytes = int(largest_bytes * share)
        return await self._show(await self._because(run, Reason.UPLOAD_REFUSED), Ended(), Delivery.SHOWN)

    async def _show(self, run: Run, ending: FinalCard, delivery: Delivery) -> Run:
        return await self._note(run, await self._end_card(run, ending), delivery)

    async def _note(self, run: Run, answer: EditResult, delivery: Delivery) -> Run:
        if answer is EditResult.LATER:
            _log.warning("the card could not be ended yet", run=run.id)
            return run
        reached = delivery if answer is EditResult.YES else Delivery.UNDELIVERABLE
        _log.info("run ended", run=run.id, state=run.state, reason=run.reason, delivery=reached)
        return await self._book.delivered(run, reached)

    async def _end_card(self, run: Run, ending: FinalCard) -> EditResult:
        balance = await self._book.balance(run)
        answer = await self._face.end(run, ending, balance)
        for delay_s in _RETRY_S:
            if answer is not EditResult.LATER:
                break
            await self._clock.sleep(delay_s)
            answer = await self._face.end(run, ending, balance)
        return answer

    async def _fetch(self, run: Run, reading: Reading | None) -> tuple[list[Picture], list[MissingPicture]]:
        """Every picture of the run. Addresses expire: where one has, the run is read again, once, for fresh ones."""
        fresh = reading is None or not reading.outputs
        if fresh:
            reading = await self._read_again(run)
        found = await fetch_all(self._downloader, reading.outputs if reading else ())
        expired = [
            i for i, one in enumerate(found) if isinstance(one, MissingPicture) and one.fault is PictureFault.EXPIRED
        ]
        if expired and not fresh:
            again = await self._read_again(run)
            outputs = again.outputs if again else ()
            wanted = [i for i in expired if i < len(outputs)]
            renewed = await asyncio.gather(*(fetch(self._downloader, i, outputs[i]) for i in wanted))
            for i, one in zip(wanted, renewed, strict=True):
                found[i] = one
        return (
            [one for one in found if isinstance(one, Picture)],
            [one for one in found if isinstance(one, MissingPicture)],
        )

    async def _read_again(self, run: Run) -> Reading | None:
        """A reading with addresses. The pictures are paid for, so a Runflow out of reach is waited for a little."""
        reading = (await self._watcher.look(run)).reading
        for delay_s in _RETRY_S:
            if reading is not None:
                break
            await self._clock.sleep(delay_s)
            reading = (await self._watcher.look(run)).reading
        return reading


def _why_none(missing: Sequence[MissingPicture]) -> Reason:
    """Why no picture is there. Trying the same again helps against an accident, not against the size."""
    all_too_large = bool(missing) and all(one.fault is PictureFault.TOO_LARGE for one in missing)
    return Reason.UPLOAD_REFUSED if all_too_large else Reason.PICTURES_UNREADABLE
