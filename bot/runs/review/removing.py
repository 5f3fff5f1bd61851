"""Removing pictures for good: a mark on their run that nothing takes away, and a card that follows it."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import Connection

from bot.clock import Clock
from bot.errors import UserError
from bot.guilds.audit import AdminAction, AuditKind, note
from bot.runs import rows
from bot.runs.review import rows as review_rows
from bot.runs.review.review import Decision
from bot.runs.review.service import REASON_MOST
from bot.runs.run import Delivery, Removal, Run
from bot.runs.wake_ups import WakeUps
from bot.store.engine import Store

_log = structlog.get_logger(__name__)

_TRIED_MOST_S = 10.0  # somebody waits for the answer
REASON_WANTED = f"Please give a reason of 1 to {REASON_MOST} characters: the person will read it. Nothing was changed."
_NONE = "There are no pictures here yet that could be removed."
_KEPT_BACK = "These pictures were kept back already, so there is nothing to remove. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Removed:
    """A run whose pictures are removed. `first` is False where they were before: that removal holds."""

    run: Run
    first: bool


def need_pictures(run: Run) -> None:
    """Raises UserError where a run has no pictures that could be removed."""
    if not run.made_pictures:
        raise UserError(_NONE)
    if run.delivery is Delivery.WITHHELD:
        raise UserError(_KEPT_BACK)


class RemovalService:
    """Removes pictures. `wake_ups` tells the workers: one brings the card to it, the other tells moderators."""

    def __init__(self, *, store: Store, clock: Clock, wake_ups: WakeUps) -> None:
        self._store, self._clock, self._wake_ups = store, clock, wake_ups

    async def remove(self, run: Run, *, by: int, reason: str | None = None) -> Removed:
        """Remove the pictures of a run for good: nothing shows them again, whatever is set, decided or tried later.

        The mark, the end of a review that nobody decided, and the audit row of a moderator's act are one transaction.
        Of several at once, the first holds. Raises UserError where there is nothing to remove, or a moderator gives no
        reason, and Unavailable.
        """
        words = " ".join((reason or "").split())
        is_own = by == run.user_id
        if not is_own and not 1 <= len(words) <= REASON_MOST:
            raise UserError(REASON_WANTED)
        removal = Removal(by, self._clock.now(), None if is_own else words)
        done = await self._store.write(self._remove, run.id, removal)
        if done.first:
            _log.info("pictures removed", run=run.id, by=by, own=is_own)
            self._wake_ups.wake_run(run.id)
            self._wake_ups.wake_review(run.id)
        return done

    def _remove(self, connection: Connection, run_id: str, removal: Removal) -> Removed:
        run = rows.load(connection, run_id)
        if run.is_removed:
            return Removed(run, first=False)
        need_pictures(run)
        if review_rows.outcome_of(connection, run_id) is Decision.REJECTED:
            raise UserError(_KEPT_BACK)
        # The review's row comes first, as in every decision, so that two transactions never wait for each other.
        _end_review(connection, run_id, removal)
        if not rows.remove(connection, run_id, removal):
            return Removed(rows.load(connection, run_id), first=False)
        _end_review(connection, run_id, removal)  # one that was opened in between
        if removal.by != run.user_id and run.place.guild_id is not None:
            act = AdminAction(run.place.guild_id, removal.by)
            after = {"run": run_id, "user": str(run.user_id), "reason": removal.reason}
            note(connection, act, AuditKind.PICTURE_REMOVED, before=None, after=after, at=removal.at)
        return Removed(rows.load(connection, run_id), first=True)

    async def after(self, run_id: str) -> Run:
        """A removed run as it stands after the next try to take its pictures away, where that is to be done.

        As it stands now where that takes longer than a few seconds. Raises LookupError, and Unavailable.
        """
        with self._wake_ups.next_try(run_id) as tried:
            run = await self._store.read(rows.load, run_id)
            if run.delivery.is_over:
                return run
            if run.delivery is Delivery.STILL_VISIBLE:
                self._wake_ups.wake_run(run_id)
            with suppress(TimeoutError):
                async with asyncio.timeout(_TRIED_MOST_S):
                    await tried.wait()
        return await self._store.read(rows.load, run_id)


def _end_review(connection: Connection, run_id: str, removal: Removal) -> None:
    """Close what is open about the pictures: nobody decides about them any more. What was decided stands, and is told.

    Moderators read of an approval that the pictures were removed since.
    """
    review = review_rows.find(connection, run_id)
    if review is None:
        return
    removed = replace(
        review, outcome=Decision.REMOVED, decided_by=removal.by, decided_at=removal.at, reason=removal.reason
    )
    if not review_rows.decide(connection, removed):
        review_rows.unclosed(connection, run_id)
