"""What a cog may do about reviews: decide them, list them, report pictures, have moderators asked again."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy import Connection

from bot.clock import Clock
from bot.errors import Unavailable, UserError
from bot.guilds.audit import AdminAction, AuditKind, note
from bot.guilds.settings import GuildSettingsService
from bot.runs import rows
from bot.runs.review import rows as review_rows
from bot.runs.review.channel import ReviewChannel
from bot.runs.review.review import Decision, Obstacle, Review
from bot.runs.review.visibility_now import VisibilityNow
from bot.runs.run import Delivery, ReviewCause, Run
from bot.runs.wake_ups import WakeUps
from bot.store.engine import Store

_log = structlog.get_logger(__name__)

LISTED_MOST = 20
_HIDING_MOST_S = 10.0  # somebody waits for the answer
_TOLD_AGAIN_AFTER = timedelta(minutes=10)
REASON_MOST = 300
"""The most characters of a reason."""

_TRY_REPORT_AGAIN = "Something about this picture changed just now. Please report it again: nothing was sent yet."
_UNKNOWN = "There is nothing to decide here any more: the bot no longer knows this picture."
_BLOCKED = (
    "This channel does not show such pictures any more, so approving would show nothing. "
    "Reject it, or ask an admin to change the channel with /policy set first. Nothing was changed."
)
_SOURCE_FIRST = (
    "A picture that this was made from waits for a moderator itself, or is kept back, so approving would show nothing. "
    "Decide about that one first, or reject this one. Nothing was changed."
)


@dataclass(frozen=True, slots=True)
class Decided:
    """A review after somebody decided. `first` is False where somebody else had decided before: that holds."""

    run: Run
    review: Review
    first: bool


@dataclass(frozen=True, slots=True)
class Status:
    """How reviewing stands in a server. `obstacle` is what keeps moderators from being asked now."""

    channel_id: int | None
    obstacle: Obstacle | None
    waiting: tuple[Review, ...]


class Reported(StrEnum):
    """What became of a report."""

    NEW = "new"
    TWICE = "twice"  # this person reported it before
    AGAIN = "again"  # moderators know of it already
    KEPT = "kept"  # a moderator has looked at this picture, and kept it
    REMOVED = "removed"  # it was removed for good; where it still stands, it is tried again
    NOTHING = "nothing"  # no pictures stand there


class ReviewService:
    """Decisions of moderators. `wake_ups` tells the workers."""

    def __init__(
        self,
        *,
        store: Store,
        guild_settings: GuildSettingsService,
        visibility: VisibilityNow,
        channel: ReviewChannel,
        clock: Clock,
        wake_ups: WakeUps,
    ) -> None:
        self._store, self._guild_settings = store, guild_settings
        self._visibility, self._channel = visibility, channel
        self._clock, self._wake_ups = clock, wake_ups

    async def find(self, guild_id: int, run_id: str) -> Decided:
        """A review as it stands. Raises UserError for one that is not this server's, or that nobody knows."""
        run, review = await self._store.read(_find, guild_id, run_id)
        return Decided(run, review, first=review.outcome is None)

    async def approve(self, act: AdminAction, run_id: str) -> Decided:
        """Show the pictures. Raises UserError where they are unknown, or where the channel shows no such pictures."""
        known = await self.find(act.guild_id, run_id)
        if known.first:
            approved = replace(known.review, outcome=Decision.APPROVED)
            shown = await self._visibility.decide_as_if(known.run, approved)
            if not shown.is_shown:
                raise UserError(_SOURCE_FIRST if shown.from_source else _BLOCKED)
        return await self._decide(act, run_id, Decision.APPROVED, None)

    async def reject(self, act: AdminAction, run_id: str, reason: str | None) -> Decided:
        """Keep the pictures from view for good, with the reason that the person reads. Raises UserError as `find`."""
        words = " ".join((reason or "").split())
        if len(words) > REASON_MOST:
            raise UserError(f"A reason has at most {REASON_MOST} characters. Nothing was changed.")
        return await self._decide(act, run_id, Decision.REJECTED, words or None)

    async def _decide(self, act: AdminAction, run_id: str, outcome: Decision, reason: str | None) -> Decided:
        def decide(connection: Connection) -> Decided:
            run, review = _find(connection, act.guild_id, run_id)
            decided = replace(
                review, outcome=outcome, decided_by=act.actor_id, decided_at=self._clock.now(), reason=reason
            )
            if review.outcome is not None or not review_rows.decide(connection, decided):
                return Decided(*_find(connection, act.guild_id, run_id), first=False)
            run = card_follows(connection, run, outcome)
            note(
                connection,
                act,
                AuditKind(f"review {outcome.value}"),
                before=None,
                after={
                    "run": run_id,
                    "user": str(run.user_id),
                    "reason": reason,
                    "reported": review.why is ReviewCause.REPORTED,
                },
                at=self._clock.now(),
            )
            return Decided(run, decided, first=True)

        known = await self._store.write(decide)
        if known.first:
            _log.info("review decided", run=run_id, outcome=outcome, by=act.actor_id)
            self._wake_workers(known.run)
        return known

    async def report(self, *, run: Run, reporter_id: int, reason: str | None, hide: bool) -> Reported:
        """Have moderators look at pictures that are shown. With `hide` they are taken away until one has looked.

        The report, the review, the hiding and the audit row are one transaction. Raises Unavailable, with nothing
        written: the same report can be tried again.
        """
        if run.place.guild_id is None:
            return Reported.NOTHING
        now = self._clock.now()
        review = Review(run.id, run.place.guild_id, ReviewCause.REPORTED, opened_at=now, detail=reason)
        reported, stands_after_all = await self._store.write(self._report, review, reporter_id, hide=hide)
        if reported is Reported.NEW:
            self._wake_ups.wake_review(run.id)
        if (reported is Reported.NEW and hide) or stands_after_all:
            self._wake_ups.wake_run(run.id)
        return reported

    def _report(self, connection: Connection, review: Review, reporter_id: int, *, hide: bool) -> tuple[Reported, bool]:
        """What it does, and whether a card that was given up is to be hidden after all."""
        run = rows.load(connection, review.run_id)
        before = review_rows.find(connection, run.id)
        reported = _what_a_report_does(run, before)
        if reported is Reported.NOTHING:
            return reported, False
        if reported is Reported.REMOVED:
            is_given_up = run.delivery is Delivery.UNDELIVERABLE
            return reported, not is_given_up or rows.change(connection, run, _to_hide(run))
        is_first = review_rows.add_report(connection, review, reporter_id)
        # Somebody sees pictures on a card that was given up: they are to go, whoever was told otherwise.
        is_given_up = reported is Reported.AGAIN and run.delivery is Delivery.UNDELIVERABLE
        is_due = is_first or before is None or _was_told_long_ago(before, review.opened_at)
        stands_after_all = is_given_up and is_due and rows.change(connection, run, _to_hide(run))
        if stands_after_all:
            review_rows.unclosed(connection, run.id)
        if not is_first:
            return Reported.TWICE, stands_after_all
        reporter = AdminAction(review.guild_id, reporter_id)
        if reported is not Reported.NEW:
            after = {"run": run.id, "user": str(run.user_id), "reason": review.detail, "known": True}
            note(connection, reporter, AuditKind.PICTURE_REPORTED, before=None, after=after, at=review.opened_at)
            return reported, stands_after_all
        if not (review_rows.add if before is None else review_rows.reopened)(connection, review):
            raise Unavailable(_TRY_REPORT_AGAIN)
        self._reported(connection, run, reporter, review.detail, hide=hide)
        return reported, False

    def _reported(self, connection: Connection, run: Run, act: AdminAction, reason: str | None, *, hide: bool) -> None:
        if hide and not rows.change(connection, run, _to_hide(run)):
            raise Unavailable(_TRY_REPORT_AGAIN)
        after = {"run": run.id, "user": str(run.user_id), "reason": reason, "hidden": hide}
        note(connection, act, AuditKind.PICTURE_REPORTED, before=None, after=after, at=self._clock.now())

    async def after_hiding(self, guild_id: int, run_id: str) -> Decided:
        """A review as it stands after the next try to take its pictures away, where any are to go; tried at once.

        As it stands now where that takes longer than a few seconds. Raises UserError as `find`, and Unavailable.
        """
        with self._wake_ups.next_try(run_id) as tried:
            known = await self.find(guild_id, run_id)
            if known.run.delivery.is_over:
                return known
            if known.run.delivery is Delivery.STILL_VISIBLE:
                self._wake_ups.wake_run(run_id)
            with suppress(TimeoutError):
                async with asyncio.timeout(_HIDING_MOST_S):
                    await tried.wait()
        return await self.find(guild_id, run_id)

    async def status(self, guild_id: int) -> Status:
        """How reviewing stands in a server; at most LISTED_MOST of those that wait, oldest first."""
        settings = await self._guild_settings.settings_of(guild_id)
        waiting = await self._store.read(review_rows.undecided, guild_id, LISTED_MOST)
        obstacle = self._channel.obstacle(guild_id, settings.review_channel_id)
        return Status(settings.review_channel_id, obstacle, tuple(waiting))

    async def retry(self, guild_id: int) -> None:
        """Ask moderators now wherever they could not be asked before, or their message was deleted meanwhile."""
        waiting = await self._store.read(review_rows.undecided, guild_id, LISTED_MOST)
        for one in waiting:
            if one.channel_id is None or one.message_id is None:
                continue
            if not await self._channel.stands(one.channel_id, one.message_id):
                await self._store.write(review_rows.unposted, one.run_id, one.message_id)
        self._wake_ups.wake_every_review()
        await self.hide_again(guild_id)

    async def hide_again(self, guild_id: int) -> None:
        """Try now to take away what is to go and still stands: the bot may do something that it might not before."""
        for run_id in await self._store.read(rows.still_visible, guild_id):
            self._wake_ups.wake_run(run_id)

    def _wake_workers(self, run: Run) -> None:
        if run.delivery is Delivery.PENDING:
            self._wake_ups.wake_run(run.id)
        self._wake_ups.wake_review(run.id)


def may_show_pictures(run: Run) -> bool:
    """Whether its card may show pictures now, as far as is written down: somebody who sees them knows more."""
    return run.made_pictures and run.reason is None and run.delivery not in {Delivery.HELD, Delivery.WITHHELD}


def _what_a_report_does(run: Run, before: Review | None) -> Reported:
    if run.is_removed:  # whoever reports it sees it: the message is tried again
        return Reported.NOTHING if run.delivery is Delivery.WITHHELD else Reported.REMOVED
    if before is not None and before.why is ReviewCause.REPORTED:
        return Reported.KEPT if before.outcome is Decision.APPROVED else Reported.AGAIN
    if not may_show_pictures(run):
        return Reported.NOTHING
    return Reported.NEW if before is None or before.outcome is Decision.APPROVED else Reported.AGAIN


def _was_told_long_ago(review: Review, now: datetime) -> bool:
    """Whether moderators may be told again what became of it: not at each report of one and the same person."""
    return review.closed_at is None or now - review.closed_at >= _TOLD_AGAIN_AFTER


def _to_hide(run: Run) -> Run:
    """With its card to be brought to what is to be seen. Of one that is pending, the worker knows what stands there."""
    if run.delivery is Delivery.PENDING:
        return run
    return replace(run, delivery=Delivery.PENDING, pictures_up=True)


def card_follows(connection: Connection, run: Run, outcome: Decision) -> Run:
    """Let the worker bring the card to what was decided; a picture that was never hidden stays when it is approved."""
    stays = run.delivery is Delivery.SHOWN and outcome is Decision.APPROVED
    if not stays and run.delivery is not Delivery.PENDING:
        up = run.delivery in {Delivery.SHOWN, Delivery.STILL_VISIBLE}
        pending = replace(run, delivery=Delivery.PENDING, pictures_up=up)
        if rows.change(connection, run, pending):
            return pending
        return rows.load(connection, run.id)
    return run


def _find(connection: Connection, guild_id: int, run_id: str) -> tuple[Run, Review]:
    review = review_rows.find(connection, run_id)
    # Whoever forges a custom_id may name a run of another server: it is as unknown as one that never was.
    if review is None or review.guild_id != guild_id:
        raise UserError(_UNKNOWN)
    return rows.load(connection, run_id), review
