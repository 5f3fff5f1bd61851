"""The end of a review: decided by the channel's rule where nobody did, and told to the moderators."""

from dataclasses import replace

import structlog
from sqlalchemy import Connection

from bot.clock import Clock
from bot.guilds.audit import AdminAction, AuditKind, note
from bot.guilds.settings import GuildSettingsService
from bot.runs import rows
from bot.runs.card import EditResult
from bot.runs.review import rows as review_rows
from bot.runs.review.channel import ReviewChannel
from bot.runs.review.review import Decision, Review
from bot.runs.review.service import card_follows
from bot.runs.run import Delivery, ReviewCause, Run
from bot.runs.wake_ups import WakeUps
from bot.store.engine import Store

_log = structlog.get_logger(__name__)


class ReviewCloser:
    """Ends reviews. `wake_ups` tells the worker of runs whose card gets another form."""

    def __init__(
        self,
        *,
        store: Store,
        guild_settings: GuildSettingsService,
        channel: ReviewChannel,
        clock: Clock,
        wake_ups: WakeUps,
    ) -> None:
        self._store, self._guild_settings, self._channel = store, guild_settings, channel
        self._clock, self._wake_ups = clock, wake_ups

    async def close(self, run: Run, review: Review) -> None:
        """Let the moderators' message and the log channel say what was decided, once the card says it."""
        if not run.delivery.is_over:
            return
        if review.message_id is not None and await self._channel.refresh(run, review) is EditResult.LATER:
            return
        await self._store.write(review_rows.closed, run.id, self._clock.now())
        settings = await self._guild_settings.settings_of(review.guild_id)
        await self._channel.tell_decision(settings.log_channel_id, run, review)

    async def say_visible(self, run: Run, review: Review) -> None:
        """Let moderators and the log channel read that pictures still stand, or that they are gone at last: once."""
        if run.delivery is Delivery.PENDING or review.said_visible is (run.delivery is Delivery.STILL_VISIBLE):
            return
        if review.message_id is not None and await self._channel.refresh(run, review) is EditResult.LATER:
            return
        await self._store.write(review_rows.said_visible, run.id, visible=run.delivery is Delivery.STILL_VISIBLE)
        settings = await self._guild_settings.settings_of(review.guild_id)
        await self._channel.tell_visible(settings.log_channel_id, run, review)

    async def decide_by_rule(self, run: Run, review: Review) -> None:
        """Nobody decided in the time that the channel gives: reject. A moderator who was quicker is right."""
        now = self._clock.now()
        decided = replace(review, outcome=Decision.REJECTED, decided_at=now)
        act = AdminAction(review.guild_id, run.reply.application_id)

        def decide(connection: Connection) -> bool:
            if not review_rows.decide(connection, decided):
                return False
            card_follows(connection, rows.load(connection, run.id), Decision.REJECTED)
            reported = review.why is ReviewCause.REPORTED
            after = {"run": run.id, "user": str(run.user_id), "by": "rule", "reported": reported}
            note(connection, act, AuditKind.REVIEW_REJECTED, before=None, after=after, at=now)
            return True

        if not await self._store.write(decide):
            return
        _log.info("review decided", decision=Decision.REJECTED, by="rule")
        self._wake_ups.wake_run(run.id)
