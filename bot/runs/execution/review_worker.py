"""Keeps reviews moving: asks moderators, decides by the channel's rule when nobody did, and says how each ended."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.guilds.audit import AdminAction, AuditKind, note
from bot.guilds.settings import GuildSettingsService
from bot.images.fit import fit
from bot.images.image import Picture
from bot.runs import rows
from bot.runs.card import CardView, EditResult, Held
from bot.runs.delivery.deliver import Deliverer
from bot.runs.review import rows as review_rows
from bot.runs.review.channel import Asked, ReviewChannel
from bot.runs.review.review import Decision, Obstacle, Review
from bot.runs.review.service import redraw
from bot.runs.review.visibility import Judge
from bot.runs.run import Delivery, Run
from bot.runs.store import RunStore
from bot.store.engine import Store

_log = structlog.get_logger(__name__)

_EVERY_S = 30.0
_AT_ONCE = 4  # each holds a run's pictures in memory
_TOLD_AGAIN_AFTER = timedelta(hours=6)
_FETCHED_AGAIN_AFTER = timedelta(minutes=10)
_MOST_BYTES = 10 * 1024 * 1024  # what Discord takes from a bot in any server
_SHARES = (0.4, 0.2, None)


class ReviewWorker:
    """Tends reviews. `bell` wakes it; `driver` is the driver's bell, for cards that get another form."""

    def __init__(
        self,
        *,
        store: Store,
        book: RunStore,
        guild_settings: GuildSettingsService,
        deliverer: Deliverer,
        judge: Judge,
        face: CardView,
        moderators: ReviewChannel,
        clock: Clock,
        bell: asyncio.Queue[str],
        driver: asyncio.Queue[str],
    ) -> None:
        self._store, self._book, self._guild_settings = store, book, guild_settings
        self._deliverer, self._judge = deliverer, judge
        self._face, self._moderators, self._clock, self._bell, self._driver = face, moderators, clock, bell, driver
        self._tended: set[str] = set()
        self._again: set[str] = set()
        self._noted: set[tuple[str, Obstacle]] = set()
        self._not_before: dict[str, datetime] = {}
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def serve(self) -> None:
        """Tend reviews until cancelled. Whatever is under way then is taken up by the next process."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._round(tasks)
                await self._wait()

    async def _round(self, tasks: asyncio.TaskGroup) -> None:
        try:
            async with self._store.read() as connection:
                found = await review_rows.work(connection, self._clock.now())
        except Exception:  # noqa: BLE001 - a database that is away for a while must not end the bot; the next round asks
            _log.exception("reviews could not be read")
            return
        for run_id in found:
            if run_id in self._tended:
                self._again.add(run_id)
            else:
                self._tended.add(run_id)
                tasks.create_task(self._tend(run_id), name=f"review {run_id}")

    async def _wait(self) -> None:
        """Until the bell rings or it is time to look again."""
        rung = asyncio.create_task(self._bell.get(), name="review bell")
        slept = asyncio.create_task(self._clock.sleep(_EVERY_S), name="next look at reviews")
        try:
            await asyncio.wait((rung, slept), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (rung, slept):
                task.cancel()
            await asyncio.gather(rung, slept, return_exceptions=True)
        while not self._bell.empty():
            self._bell.get_nowait()

    async def _tend(self, run_id: str) -> None:
        try:
            async with self._places:
                await self._do(run_id)
        except Exception:  # noqa: BLE001 - a fault in one review must not take the others down; it is logged whole
            _log.exception("review faulted", run=run_id)
        finally:
            self._tended.discard(run_id)
            if run_id in self._again:
                self._again.discard(run_id)
                self._bell.put_nowait(run_id)

    async def _do(self, run_id: str) -> None:
        async with self._store.read() as connection:
            run, review = await rows.load(connection, run_id), await review_rows.find(connection, run_id)
        if review is None or review.closed_at is not None:
            return
        now = self._clock.now()
        if review.outcome is not None:
            await self._close(run, review)
        elif review.due_at is not None and review.due_at <= now:
            await self._decide_by_rule(run, review, now)
        elif review.message_id is None and self._not_before.get(run_id, now) <= now:
            await self._ask(run, review)

    async def _close(self, run: Run, review: Review) -> None:
        if run.delivery is Delivery.PENDING:
            return
        if review.message_id is not None and await self._moderators.close(run, review) is EditResult.LATER:
            return
        async with self._store.write() as connection:
            await review_rows.closed(connection, run.id, self._clock.now())
        settings = await self._guild_settings.settings_of(review.guild_id)
        await self._moderators.tell_decision(settings.log_channel_id, run, review)

    async def _decide_by_rule(self, run: Run, review: Review, now: datetime) -> None:
        """Nobody decided in the time that the channel gives: reject. A moderator who was quicker is right."""
        decided = replace(review, outcome=Decision.REJECTED, decided_at=now)
        act = AdminAction(review.guild_id, run.reply.application_id)
        async with self._store.write() as connection:
            if not await review_rows.decide(connection, decided):
                return
            run = await redraw(connection, await rows.load(connection, run.id), Decision.REJECTED)
            after = {"run": run.id, "user": str(run.user_id), "by": "rule"}
            await note(connection, act, AuditKind.REVIEW_REJECTED, before=None, after=after, at=now)
        _log.info("review decided", run=run.id, outcome=Decision.REJECTED, by="rule")
        self._driver.put_nowait(run.id)

    async def _ask(self, run: Run, review: Review) -> None:
        settings = await self._guild_settings.settings_of(review.guild_id)
        channel_id = settings.review_channel_id
        obstacle = self._moderators.obstacle(review.guild_id, channel_id)
        if channel_id is None or obstacle is not None:
            await self._obstructed(run, review, obstacle or Obstacle.NO_CHANNEL, settings.log_channel_id)
            return
        fetched, _ = await self._deliverer.fetch(run)
        if fetched and review.obstacle is not None:
            # Before moderators can press: afterwards it could cover what they decided.
            await self._redraw(run, review, asked=True)
            review = replace(review, obstacle=None)
        answer = await self._ask_with(run, review, fetched, channel_id) if fetched else Obstacle.PICTURES
        if not isinstance(answer, Asked):
            await self._obstructed(run, review, answer, settings.log_channel_id)
            return
        async with self._store.write() as connection:
            await review_rows.posted(connection, run.id, channel_id=answer.channel_id, message_id=answer.message_id)
        self._noted = {one for one in self._noted if one[0] != run.id}
        self._not_before.pop(run.id, None)

    async def _ask_with(
        self, run: Run, review: Review, fetched: Sequence[Picture], channel_id: int
    ) -> Asked | Obstacle:
        limit_bytes = min(run.reply.attachment_limit_bytes, _MOST_BYTES)
        for share in _SHARES:
            fitted = await asyncio.gather(*(asyncio.to_thread(fit, one, limit_bytes) for one in fetched))
            shown = [one for one in fitted if one is not None]
            answer = await self._moderators.ask(run, review, shown, channel_id) if shown else Obstacle.PICTURES
            if answer is not Obstacle.TOO_LARGE or share is None:
                return answer
            limit_bytes = int(max(len(one.data) for one in shown) * share)
        return Obstacle.PICTURES

    async def _obstructed(self, run: Run, review: Review, obstacle: Obstacle, log_channel_id: int | None) -> None:
        if obstacle is Obstacle.LATER:
            return
        now = self._clock.now()
        if obstacle in {Obstacle.PICTURES, Obstacle.TOO_LARGE}:
            self._not_before[run.id] = now + _FETCHED_AGAIN_AFTER
        if (run.id, obstacle) in self._noted:
            return
        self._noted.add((run.id, obstacle))
        async with self._store.read() as connection:
            told = await review_rows.told_since(connection, review.guild_id, obstacle, now - _TOLD_AGAIN_AFTER)
        if not told:
            told = await self._moderators.tell_obstacle(log_channel_id, review, obstacle)
        async with self._store.write() as connection:
            await review_rows.obstructed(connection, run.id, obstacle, now if told else None)
        _log.warning("moderators could not be asked", run=run.id, guild=review.guild_id, obstacle=obstacle)
        if review.obstacle is not obstacle:
            await self._redraw(run, review, asked=False)

    async def _redraw(self, run: Run, review: Review, *, asked: bool) -> None:
        """Let the card say whether anybody is looking. What it says is kind, not needed: one try."""
        if run.delivery is not Delivery.HELD:
            return
        ruling = await self._judge.judge(run)
        ending = Held(review.why, asked=asked, hide_prompt=ruling.rules.hide_prompt)
        await self._face.end(run, ending, await self._book.balance(run))
