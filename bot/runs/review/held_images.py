"""Pictures that are kept back: the words of their card, the review they wait for, and what moderators were shown."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.errors import PictureError
from bot.guilds.settings import GuildSettingsService
from bot.images import image as images
from bot.images.image import MissingPicture, Picture
from bot.moderation.policy import Showing
from bot.runs import rows
from bot.runs.card import FinalCard, Held, Pictures, Rejected, Withheld
from bot.runs.review import rows as review_rows
from bot.runs.review.channel import ReviewChannel
from bot.runs.review.review import Decision, Obstacle, Review, ReviewCause
from bot.runs.review.visibility import Visibility
from bot.runs.run import Delivery, Run
from bot.store.engine import Store

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """How pictures are shown when they are."""

    spoiler: bool
    black: tuple[int, ...]
    approved: bool

    def ending(self, shown: tuple[Picture, ...], missing: tuple[MissingPicture, ...]) -> Pictures:
        """The last form of the card."""
        return Pictures(shown, missing, spoiler=self.spoiler, black=self.black, approved=self.approved)


async def blacks(run: Run, fetched: Sequence[Picture]) -> tuple[int, ...]:
    """The indices of pictures that are black all over; none in a run that was cleared: black may be what it asked."""
    if run.result is None or run.result.nsfw_detected is False:
        return ()
    black = await asyncio.gather(*(asyncio.to_thread(images.is_black, picture) for picture in fetched))
    return tuple(picture.index for picture, is_black in zip(fetched, black, strict=True) if is_black)


def words_for(run: Run, ruling: Visibility, *, asked: bool) -> FinalCard:
    """What the card says while pictures are kept back. `asked`: whether moderators are or can be asked."""
    hide = ruling.rules.hide_prompt
    if ruling.showing is Showing.HELD:
        return Held(ruling.why or ReviewCause.FLAGGED, asked=asked, hide_prompt=hide)
    if ruling.review is not None and ruling.review.outcome is Decision.REJECTED:
        return Rejected(ruling.review.reason, by_rule=ruling.review.decided_by is None, hide_prompt=hide)
    checked = run.result is not None and run.result.nsfw_detected is not None
    return Withheld(checked=checked, hide_prompt=hide, rule=ruling.detail)


class HeldImages:
    """Opens reviews. `bell` wakes the keeper, which asks moderators and tells them how it ended."""

    def __init__(
        self,
        *,
        store: Store,
        guild_settings: GuildSettingsService,
        moderators: ReviewChannel,
        clock: Clock,
        bell: asyncio.Queue[str],
    ) -> None:
        self._store, self._guild_settings, self._moderators, self._clock, self._bell = (
            store,
            guild_settings,
            moderators,
            clock,
            bell,
        )

    async def obstacle(self, run: Run) -> Obstacle | None:
        """What keeps the server's moderators from being asked, as far as is known now."""
        if run.place.guild_id is None:
            return Obstacle.NO_CHANNEL
        settings = await self._guild_settings.settings_of(run.place.guild_id)
        return self._moderators.obstacle(run.place.guild_id, settings.review_channel_id)

    async def hold(self, run: Run, ruling: Visibility, obstacle: Obstacle | None) -> Run:
        """Note that the card waits for a moderator, with the review that will end it, in one transaction.

        `obstacle` is what the card speaks of already.
        """
        held = replace(run, delivery=Delivery.HELD)
        if run.place.guild_id is None:
            raise ValueError("only a server has moderators")
        async with self._store.write() as connection:
            if not await rows.change(connection, run, held):
                return await rows.load(connection, run.id)
            if ruling.review is None:
                await review_rows.add(
                    connection, replace(self._review(run, run.place.guild_id, ruling), obstacle=obstacle)
                )
        _log.info("run held", run=run.id, why=ruling.why)
        self._bell.put_nowait(run.id)
        return held

    def _review(self, run: Run, guild_id: int, ruling: Visibility) -> Review:
        now, rules = self._clock.now(), ruling.rules
        ends = rules.undecided_reject and rules.undecided_after_s is not None
        due_at = now + timedelta(seconds=rules.undecided_after_s or 0) if ends else None
        why = ruling.why or ReviewCause.FLAGGED
        return Review(run.id, guild_id, why, opened_at=now, detail=ruling.detail, due_at=due_at)

    def delivered(self, run: Run) -> None:
        """The card has its form: moderators who decided it can be told."""
        if run.place.guild_id is not None:
            self._bell.put_nowait(run.id)

    async def kept(self, run: Run) -> list[Picture]:
        """The pictures as moderators were shown them, for when Runflow no longer has them."""
        async with self._store.read() as connection:
            review = await review_rows.find(connection, run.id)
        if review is None or review.message_id is None or review.channel_id is None:
            return []
        found: list[Picture] = []
        for index, data in await self._moderators.files(review.channel_id, review.message_id):
            try:
                found.append(await asyncio.to_thread(images.check, index, data))
            except PictureError as error:
                _log.warning("a picture shown to moderators cannot be read", run=run.id, detail=str(error))
        return found
