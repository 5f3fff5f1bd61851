"""Keeps reviews moving: each has its moderators asked, is decided by the channel's rule in time, and is closed."""

import asyncio

import structlog
from sqlalchemy import Connection

from bot.clock import Clock
from bot.errors import Unavailable
from bot.runs import rows
from bot.runs.execution.pacing import first_of
from bot.runs.review import rows as review_rows
from bot.runs.review.asking import ReviewAsker
from bot.runs.review.closing import ReviewCloser
from bot.runs.review.review import Review
from bot.runs.run import Run
from bot.runs.wake_ups import WakeUps
from bot.store.engine import Store

_log = structlog.get_logger(__name__)

_EVERY_S = 30.0
_AT_ONCE = 4  # each holds a run's pictures in memory


class ReviewWorker:
    """Works on reviews, each in a task of its own, a few at once."""

    def __init__(
        self, *, store: Store, asker: ReviewAsker, closer: ReviewCloser, clock: Clock, wake_ups: WakeUps
    ) -> None:
        self._store, self._asker, self._closer = store, asker, closer
        self._clock, self._wake_ups = clock, wake_ups
        self._worked_on: set[str] = set()
        self._once_more: set[str] = set()
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def serve(self) -> None:
        """Work until cancelled. Whatever is under way then is taken up by the next process."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._begin_what_is_due(tasks)
                await first_of(self._wake_ups.reviews, self._clock, _EVERY_S)

    async def _begin_what_is_due(self, tasks: asyncio.TaskGroup) -> None:
        changed = self._wake_ups.take_changed_reviews()
        try:
            due = await self._store.read(review_rows.work, self._clock.now())
        except Exception:  # noqa: BLE001 - a database that is away for a while must not end the bot; the next round asks
            _log.exception("reviews could not be read")
            return
        for run_id in due:
            if run_id in self._worked_on:
                # Only what changed meanwhile: what waits for its next try must not be tried without a pause.
                if run_id in changed:
                    self._once_more.add(run_id)
            else:
                self._worked_on.add(run_id)
                tasks.create_task(self._work_on(run_id), name=f"review {run_id}")

    async def _work_on(self, run_id: str) -> None:
        with structlog.contextvars.bound_contextvars(run=run_id):
            try:
                async with self._at_once:
                    await self._next_step(run_id)
            except Unavailable as error:  # the database, or Discord is not connected: the next round tries again
                _log.warning("review waits", why=str(error))
            except Exception:  # noqa: BLE001 - a fault in one review must not take the others down; it is logged whole
                _log.exception("review faulted")
            finally:
                self._worked_on.discard(run_id)
                if run_id in self._once_more:
                    self._once_more.discard(run_id)
                    self._wake_ups.wake_review(run_id)

    async def _next_step(self, run_id: str) -> None:
        run, review = await self._store.read(_with_review, run_id)
        if review is None or review.closed_at is not None:
            return
        if review.outcome is not None and run.delivery.is_over:
            await self._closer.close(run, review)
            return
        await self._closer.say_visible(run, review)
        if review.outcome is not None:
            return
        if review.due_at is not None and review.due_at <= self._clock.now():
            await self._closer.decide_by_rule(run, review)
        elif review.message_id is None:
            await self._asker.ask(run, review)


def _with_review(connection: Connection, run_id: str) -> tuple[Run, Review | None]:
    return rows.load(connection, run_id), review_rows.find(connection, run_id)
