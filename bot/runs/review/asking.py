"""Asks moderators about held pictures, and tells admins once what keeps them from being asked."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.guilds.settings import GuildSettingsService
from bot.images.fit import TOO_LARGE, Fitted, TooLarge, fit_and_send
from bot.runs.images import Fetched, RunImages
from bot.runs.review import rows as review_rows
from bot.runs.review.channel import Asked, ReviewChannel
from bot.runs.review.review import Obstacle, Review
from bot.runs.run import ReviewCause, Run
from bot.store.engine import Store

_log = structlog.get_logger(__name__)

_TOLD_AGAIN_AFTER = timedelta(hours=6)
_TRIED_AGAIN_AFTER = {
    Obstacle.LATER: timedelta(seconds=15),
    Obstacle.PICTURES: timedelta(minutes=10),
    Obstacle.TOO_LARGE: timedelta(minutes=10),
}
_MOST_BYTES = 10 * 1024 * 1024  # what Discord takes from a bot in any server


class WaitingCard(Protocol):
    """The card of held pictures. bot/runs/delivery/held_card.py answers it."""

    async def say_asked(self, run: Run, cause: ReviewCause, *, asked: bool) -> None:
        """Let the card of a held run say whether moderators were asked. Raises Unavailable."""
        ...


class ReviewAsker:
    """Posts held pictures to a server's moderators. What could not be posted is tried again, later where it failed."""

    def __init__(
        self,
        *,
        store: Store,
        guild_settings: GuildSettingsService,
        images: RunImages,
        channel: ReviewChannel,
        card: WaitingCard,
        clock: Clock,
    ) -> None:
        self._store, self._guild_settings, self._images = store, guild_settings, images
        self._channel, self._card, self._clock = channel, card, clock
        self._noted: set[tuple[str, Obstacle]] = set()
        self._not_before: dict[str, datetime] = {}

    async def ask(self, run: Run, review: Review) -> None:
        """Ask moderators, unless the pictures could not be had a few minutes ago. Raises Unavailable."""
        now = self._clock.now()
        if self._not_before.get(run.id, now) > now:
            return
        where = await self._where(review.guild_id)
        if isinstance(where, Obstacle):
            await self._obstructed(run, review, where)
            return
        fetched = await self._images.fetch_reviewed(run)
        if fetched.pictures and review.obstacle is not None:
            # Before moderators can press: afterwards it could cover what they decided.
            await self._card.say_asked(run, review.why, asked=True)
            review = replace(review, obstacle=None)
        answer = await self._post(run, review, fetched) if fetched.pictures else Obstacle.PICTURES
        if isinstance(answer, Obstacle):
            await self._obstructed(run, review, answer)
            return
        if answer is None:
            return
        await self._store.write(review_rows.posted, run.id, channel_id=answer.channel_id, message_id=answer.message_id)
        self._noted = {one for one in self._noted if one[0] != run.id}
        self._not_before.pop(run.id, None)

    async def _where(self, guild_id: int) -> int | Obstacle:
        """The channel where moderators are asked now, or what keeps them from being asked. Raises Unavailable."""
        channel_id = (await self._guild_settings.settings_of(guild_id)).review_channel_id
        if channel_id is None:
            return Obstacle.NO_CHANNEL
        return self._channel.obstacle(guild_id, channel_id) or channel_id

    async def _post(self, run: Run, review: Review, fetched: Fetched) -> Asked | Obstacle | None:
        """Post the pictures where moderators are asked at that moment; None where somebody decided meanwhile."""

        async def send(fitted: Fitted) -> Asked | Obstacle | TooLarge | None:
            where = await self._where(review.guild_id)  # anew at each try: fetching may have taken minutes
            if isinstance(where, Obstacle):
                return where
            if await self._store.read(review_rows.outcome_of, run.id) is not None:
                return None
            answer = await self._channel.ask(run, review, fitted.pictures, where)
            return TOO_LARGE if answer is Obstacle.TOO_LARGE else answer

        limit_bytes = min(run.reply.attachment_limit_bytes, _MOST_BYTES)
        answer = await fit_and_send(fetched.pictures, limit_bytes, send)
        return Obstacle.TOO_LARGE if isinstance(answer, TooLarge) else answer

    async def _obstructed(self, run: Run, review: Review, obstacle: Obstacle) -> None:
        """Note it and tell admins, once. `review.obstacle` is what the card speaks of by now."""
        now = self._clock.now()
        if obstacle in _TRIED_AGAIN_AFTER:
            self._not_before[run.id] = now + _TRIED_AGAIN_AFTER[obstacle]
        if obstacle is Obstacle.LATER:
            return
        is_news = review.obstacle is not obstacle
        if is_news:
            await self._card.say_asked(run, review.why, asked=False)
        told_at = review.told_at
        if (run.id, obstacle) not in self._noted:
            _log.warning("moderators could not be asked", guild=review.guild_id, obstacle=obstacle)
            told_at = now if await self._told(review, obstacle, now) else told_at
        if is_news or told_at is not review.told_at:
            await self._store.write(review_rows.obstructed, run.id, obstacle, told_at)
        self._noted.add((run.id, obstacle))

    async def _told(self, review: Review, obstacle: Obstacle, now: datetime) -> bool:
        """Tell admins, unless they were told of the same lately; whether they know of it."""
        since = now - _TOLD_AGAIN_AFTER
        if await self._store.read(review_rows.told_since, review.guild_id, obstacle, since):
            return True
        settings = await self._guild_settings.settings_of(review.guild_id)
        return await self._channel.tell_obstacle(settings.log_channel_id, review, obstacle)
