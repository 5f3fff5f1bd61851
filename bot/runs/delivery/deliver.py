"""The last form of a card: pictures as the channel allows at the moment of showing, or words instead."""

from dataclasses import dataclass, replace

import structlog

from bot.clock import Clock
from bot.errors import PictureFault
from bot.images.fit import TOO_LARGE, Fitted, TooLarge, fit_and_send
from bot.images.image import MissingPicture
from bot.moderation.policy import Showing
from bot.runflow.reading import Reading
from bot.runs.card import CardView, EditResult, Ended, FinalCard
from bot.runs.images import Fetched, RunImages, Seen, look_at
from bot.runs.review.held_images import HeldImages
from bot.runs.review.visibility import Visibility
from bot.runs.review.visibility_now import VisibilityNow
from bot.runs.run import Delivery, Reason, Run
from bot.runs.store import RunStore
from bot.runs.transitions import Change, giving_back

_log = structlog.get_logger(__name__)

# In each try discord.py itself asks for up to 16 s, and sleeps 9 s more before it gives up (2.7.1): with these, a
# Discord that is back is seen within half a minute.
_TRIES_AFTER_S = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 18.0)
_DISCORD_MOST_BYTES = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Try:
    """The last try to show pictures: what was decided, and its answer; None where they may not be seen any more.

    `may_stand`: how they may stand on the card, from this try or an earlier one whose answer was lost.
    """

    visibility: Visibility
    answer: EditResult | None = None
    may_stand: frozenset[Showing] = frozenset()
    pictures: int = 0


class Deliverer:
    """Ends cards."""

    def __init__(
        self,
        *,
        store: RunStore,
        images: RunImages,
        card: CardView,
        visibility: VisibilityNow,
        held: HeldImages,
        clock: Clock,
    ) -> None:
        self._store, self._images, self._card = store, images, card
        self._visibility, self._held, self._clock = visibility, held, clock

    async def deliver(self, run: Run, reading: Reading | None) -> Run:
        """Bring a run that has its end to its card, and note what became of it. `reading`: one of this moment.

        Where Discord takes nothing for a minute the run is given back as it was, its delivery still pending; where
        pictures are to go and the card may not be edited, they are still visible. Raises Unavailable where the
        database does not answer.
        """
        done = await (self._deliver(run, reading) if run.made_pictures else self._end_without_pictures(run))
        if done.is_removed and not run.is_removed and done.delivery is Delivery.PENDING:
            done = await self._deliver(done, None)  # the row has moved on: they were removed on their way
        self._held.delivered(done)
        return done

    async def as_it_stands(self, run: Run) -> Run:
        """The run as it is written down now: somebody may have decided about it meanwhile. Raises Unavailable."""
        return await self._store.load(run.id)

    async def explain(self, run: Run) -> Run:
        """End the card in words alone: `run.reason` says which."""
        return await self._say(run, _words_of(run))

    async def _deliver(self, run: Run, reading: Reading | None) -> Run:
        visibility = await self._visibility.decide(run)
        if not visibility.is_shown:
            return await self._keep_back(run, visibility)
        was_reviewed = visibility.review is not None
        fetched = await (self._images.fetch_reviewed(run) if was_reviewed else self._images.fetch(run, reading))
        seen = await look_at(run, fetched, _limit_bytes(run))
        if not seen.fetched.pictures:
            return await self._none_to_show(run, _why_none(seen.fetched))
        shown = await self._show(run, seen)
        if isinstance(shown, TooLarge):
            return await self._none_to_show(run, Reason.UPLOAD_REFUSED)
        return await self._shown(run, shown)

    async def _shown(self, run: Run, shown: _Try) -> Run:
        """Note what became of the last try to show pictures, or keep them back."""
        if shown.answer is EditResult.YES or _stand_as_they_may(run, shown):
            _log.info("run ended", state=run.state, reason=run.reason, delivery=Delivery.SHOWN)
            return await self._held.shown(run, shown.visibility, shown.pictures)
        if shown.may_stand and not run.pictures_up:
            run = await self._store.may_stand(run)
        if shown.answer is None:
            return await self._keep_back(run, shown.visibility)
        return await self._note(run, shown.answer, Delivery.SHOWN)

    async def _show(self, run: Run, seen: Seen) -> _Try | TooLarge:
        """Show the pictures, as far as they may be seen at each try."""
        fetched = seen.fetched

        async def send(fitted: Fitted) -> _Try | TooLarge:
            sent = await self._edit_while_visible(run, fitted, (*fetched.missing, *fitted.missing), seen.black)
            return replace(sent, pictures=len(fitted.pictures)) if isinstance(sent, _Try) else sent

        return await fit_and_send(fetched.pictures, _limit_bytes(run), send)

    async def _edit_while_visible(
        self, run: Run, fitted: Fitted, missing: tuple[MissingPicture, ...], black: tuple[int, ...]
    ) -> _Try | TooLarge:
        """Edit the card, tried again while Discord takes nothing.

        Before each try it is decided anew who may see it; and after the last, because an upload may take a while.
        """
        visibility = await self._visibility.decide(run, black=black)
        answer, may_stand = EditResult.LATER, frozenset[Showing]()
        for delay_s in _TRIES_AFTER_S:
            if delay_s and answer is EditResult.LATER:
                await self._wait(delay_s)
                visibility = await self._visibility.decide(run, black=black)
            if not visibility.is_shown:
                return _Try(visibility, None, may_stand)
            answer = await self._card.end(run, visibility.pictures(fitted.pictures, missing))
            if answer is EditResult.TOO_LARGE:
                return TOO_LARGE  # and so were these pictures at any try before
            if answer not in {EditResult.YES, EditResult.LATER}:
                return _Try(visibility, answer, may_stand)
            may_stand, before = may_stand | {visibility.showing}, visibility
            if answer is EditResult.YES:
                visibility = await self._visibility.decide(run, black=black)
                if visibility.showing is before.showing:
                    return _Try(visibility, answer, may_stand)
        return _Try(visibility, EditResult.LATER, may_stand)

    async def _keep_back(self, run: Run, visibility: Visibility) -> Run:
        """End the card in words while pictures exist: until a moderator has looked, or for good."""
        run = replace(run, removal=visibility.removal)  # it may have been read before they were removed
        if visibility.delivery is not Delivery.HELD:
            return await self._say(run, visibility.words(asked=False), visibility.delivery)
        obstacle = await self._held.obstacle(run)
        answer = await self._edit(run, visibility.words(asked=obstacle is None))
        reached = _reached(run, answer, Delivery.HELD)
        if reached is None or reached is run.delivery:
            return run
        # Wherever its card is: whatever waits for a moderator has one who is asked.
        return await self._held.hold(run, visibility, obstacle, reached)

    async def _end_without_pictures(self, run: Run) -> Run:
        hide = run.rules_then.hide_prompt
        if run.reason is Reason.CONTENT:
            hide = (await self._visibility.decide(run)).rules.hide_prompt
        return await self._say(run, Ended(hide_prompt=hide))

    async def _none_to_show(self, run: Run, reason: Reason) -> Run:
        """End the card in words that say why, and give back what the pictures cost: /history may show them for nothing.

        Where the pictures were removed meanwhile, that says more.
        """
        noted = await self._store.apply(run, giving_back(Change(replace(run, reason=reason)), shown=0))
        return noted if noted.is_removed else await self._say(noted, _words_of(noted))

    async def _say(self, run: Run, final: FinalCard, delivery: Delivery = Delivery.SHOWN) -> Run:
        return await self._note(run, await self._edit(run, final), delivery)

    async def _edit(self, run: Run, final: FinalCard) -> EditResult:
        """Edit the card to words, tried again while Discord takes nothing."""
        answer = EditResult.LATER
        for delay_s in _TRIES_AFTER_S:
            await self._wait(delay_s)
            answer = await self._card.end(run, final)
            if answer is not EditResult.LATER:
                break
        return answer

    async def _wait(self, delay_s: float) -> None:
        if delay_s:
            await self._clock.sleep(delay_s)

    async def _note(self, run: Run, answer: EditResult, delivery: Delivery) -> Run:
        reached = _reached(run, answer, delivery)
        if reached is None or reached is run.delivery:
            return run
        _log.info("run ended", state=run.state, reason=run.reason, delivery=reached)
        noted = await self._store.delivered(run, reached)
        if noted.delivery is Delivery.STILL_VISIBLE:
            await self._held.still_visible(noted)
        return noted


def _stand_as_they_may(run: Run, shown: _Try) -> bool:
    """Whether a card that may not be edited any more shows the pictures no more openly than they may be seen now."""
    if shown.answer is not EditResult.FORBIDDEN:
        return False
    if shown.visibility.showing is Showing.OPEN:
        return run.pictures_up or bool(shown.may_stand)
    # How an earlier delivery left them nobody knows.
    return not run.pictures_up and shown.may_stand == frozenset({shown.visibility.showing})


def _reached(run: Run, answer: EditResult, delivery: Delivery) -> Delivery | None:
    """What became of the card: `delivery` where the edit was taken; None where that is not known yet."""
    match answer:
        case EditResult.YES:
            return delivery
        case EditResult.LATER:
            _log.warning("the card could not be ended yet")
            return None
        case EditResult.FORBIDDEN if run.pictures_up:
            return Delivery.STILL_VISIBLE
        case _:
            return Delivery.UNDELIVERABLE


def _limit_bytes(run: Run) -> int:
    """The most that one file of the card may have."""
    return min(run.reply.attachment_limit_bytes, _DISCORD_MOST_BYTES)


def _words_of(run: Run) -> Ended:
    """The end of a card without pictures. A prompt that the channel hid from the first card stays hidden."""
    return Ended(hide_prompt=run.rules_then.hide_prompt)


def _why_none(fetched: Fetched) -> Reason:
    """Why no picture is there. Trying the same again helps against an accident, not against the size."""
    return (
        Reason.UPLOAD_REFUSED if fetched.faults == frozenset({PictureFault.TOO_LARGE}) else Reason.PICTURES_UNREADABLE
    )
