"""Pictures that are kept back: the review they wait for, and what moderators were shown of them."""

from dataclasses import replace
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from bot.clock import Clock
from bot.errors import PictureError
from bot.guilds.settings import GuildSettingsService
from bot.images.fetch import checked
from bot.images.image import Picture
from bot.ledger import ledger
from bot.runs import rows
from bot.runs.review import rows as review_rows
from bot.runs.review.channel import ReviewChannel
from bot.runs.review.review import Obstacle, Review
from bot.runs.review.visibility import Visibility
from bot.runs.run import Delivery, ReviewCause, Run
from bot.runs.transitions import Change, giving_back
from bot.runs.wake_ups import WakeUps
from bot.store.engine import Store

_log = structlog.get_logger(__name__)


class HeldImages:
    """Opens reviews. `wake_ups` tells the review worker, which asks moderators and tells them how it ended."""

    def __init__(
        self,
        *,
        store: Store,
        guild_settings: GuildSettingsService,
        channel: ReviewChannel,
        clock: Clock,
        wake_ups: WakeUps,
    ) -> None:
        self._store, self._guild_settings, self._channel, self._clock = store, guild_settings, channel, clock
        self._wake_ups = wake_ups

    async def obstacle(self, run: Run) -> Obstacle | None:
        """What keeps the server's moderators from being asked, as far as is known now."""
        if run.place.guild_id is None:
            return Obstacle.NO_CHANNEL
        settings = await self._guild_settings.settings_of(run.place.guild_id)
        return self._channel.obstacle(run.place.guild_id, settings.review_channel_id)

    async def hold(
        self, run: Run, visibility: Visibility, obstacle: Obstacle | None, delivery: Delivery = Delivery.HELD
    ) -> Run:
        """Note that the pictures wait for a moderator, with the review that will end it, in one transaction.

        `obstacle` is what the card speaks of already; `delivery` is another where the card could not be edited. Where a
        moderator decided while the card was edited, nothing is noted and the run is given back as it was, with the
        worker woken: its card has to say what was decided.
        """
        held, guild_id = (
            replace(run, delivery=delivery, pictures_up=delivery is Delivery.STILL_VISIBLE),
            run.place.guild_id,
        )
        if guild_id is None:
            raise ValueError("only a server has moderators")

        def hold(connection: Connection) -> Run:
            if review_rows.outcome_of(connection, run.id) is not visibility.outcome:
                return run
            if not rows.change(connection, run, held):
                return rows.load(connection, run.id)
            if visibility.review is None:
                review_rows.add(connection, replace(self._review(run, guild_id, visibility), obstacle=obstacle))
            return held

        noted = await self._store.write(hold)
        if noted is held:
            _log.info("run held", cause=visibility.cause, delivery=delivery)
            self._wake_ups.wake_review(run.id)
        elif noted is run:
            self._wake_ups.wake_run(run.id)
        return noted

    async def shown(self, run: Run, visibility: Visibility, pictures: int) -> Run:
        """Note that the card shows so many pictures, and give back what the others cost.

        As `hold`, where somebody decided while it was being edited. Those that were removed meanwhile stand there, and
        are to go.
        """
        stands = replace(run, delivery=Delivery.SHOWN, reason=None, pictures_up=False)
        change = giving_back(Change(stands), shown=pictures)
        shown = replace(change.run, pictures_shown=pictures)

        def note_shown(connection: Connection) -> Run:
            stays = review_rows.outcome_of(connection, run.id) is visibility.outcome
            if not (stays and rows.change(connection, run, shown)):
                return rows.may_stand(connection, run.id)
            if (back := change.back) is not None:
                at = self._clock.now()
                _ = ledger.refund(connection, run_id=run.id, amount=back.amount, pictures=back.pictures, at=at)
            return shown

        noted = await self._store.write(note_shown)
        if noted is not shown:
            self._wake_ups.wake_run(run.id)
        if visibility.review is not None:
            self._wake_ups.wake_review(run.id)
        return noted

    def _review(self, run: Run, guild_id: int, visibility: Visibility) -> Review:
        now, rules = self._clock.now(), visibility.rules
        ends = rules.undecided_reject and rules.undecided_after_s is not None
        due_at = now + timedelta(seconds=rules.undecided_after_s or 0) if ends else None
        why = visibility.cause or ReviewCause.FLAGGED
        return Review(run.id, guild_id, why, opened_at=now, detail=visibility.detail, due_at=due_at)

    async def still_visible(self, run: Run) -> None:
        """Pictures that are to go still stand: the log channel is told, where no moderator was asked about them."""
        if run.place.guild_id is None:
            return
        review = await self._store.read(review_rows.find, run.id)
        if review is None:
            settings = await self._guild_settings.settings_of(run.place.guild_id)
            await self._channel.tell_visible(settings.log_channel_id, run, None)

    def delivered(self, run: Run) -> None:
        """The card has its form, or could not be given it: whoever waits for that is told."""
        self._wake_ups.tried(run.id)
        shows_pictures = run.delivery is Delivery.SHOWN and run.made_pictures and not run.reason
        if run.place.guild_id is not None and not shows_pictures:  # of those, `shown` knows whether a review waits
            self._wake_ups.wake_review(run.id)

    async def as_moderators_saw(self, run: Run) -> list[Picture]:
        """The pictures as moderators were shown them, for when Runflow no longer has them."""
        review = await self._store.read(review_rows.find, run.id)
        if review is None or review.message_id is None or review.channel_id is None:
            return []
        found: list[Picture] = []
        for index, data in await self._channel.files(review.channel_id, review.message_id):
            try:
                found.append(await checked(index, data))
            except PictureError as error:
                _log.warning("a picture shown to moderators cannot be read", run=run.id, detail=str(error))
        return found
