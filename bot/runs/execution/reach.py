"""What can never be shown is not sent: whether a card outlives its interaction's token, asked before it is too late."""

from collections.abc import Callable
from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.errors import Unavailable
from bot.runs.card import CardView
from bot.runs.execution.pacing import look_again_s
from bot.runs.run import Place, Reason, Run, State
from bot.runs.store import RunStore
from bot.runs.transitions import ended

_log = structlog.get_logger(__name__)

ASKED_FROM = timedelta(minutes=13)
"""From the press on. Discord takes a token for 15 minutes, the bot uses it for 14, and pictures may take one."""

_LAST_WORD_BY = timedelta(minutes=14)
_EVERY_S = 5.0


class Reach:
    """Ends runs that were not sent and whose pictures could not be shown. `wake(run_id)`: it has an end to be told."""

    def __init__(self, *, store: RunStore, card: CardView, clock: Clock, wake: Callable[[str], None]) -> None:
        self._store, self._card, self._clock, self._wake = store, card, clock, wake
        self._asked: set[str] = set()  # of those that wait, and whose token is about to end

    async def lasts(self, run: Run) -> bool:
        """Whether what comes of the run, if it is sent now, can be shown. While Discord does not say, this waits."""
        if self._clock.now() - run.reply.created_at < ASKED_FROM:
            return True
        for delay_s in look_again_s():
            try:
                return await self._card.outlives_token(run)
            except Unavailable as error:
                _log.warning("a run waits: nobody knows whether it can be shown", run=run.id, why=str(error))
                await self._clock.sleep(delay_s)
        raise AssertionError("there is always another look")

    async def serve(self) -> None:
        """Give those that wait their last word while it can be said, until cancelled."""
        while True:
            try:
                await self.look()
            except Unavailable as error:
                _log.warning("waiting runs could not be looked through just now", why=str(error))
            await self._clock.sleep(_EVERY_S)

    async def look(self) -> None:
        """End what waits and whose card will be out of reach. Each is asked about once. Raises Unavailable."""
        now = self._clock.now()
        waiting = await self._store.waiting_pressed_between(now - _LAST_WORD_BY, now - ASKED_FROM)
        self._asked &= {run.id for run in waiting}
        good: set[Place] = set()  # where one card can be edited, the next can
        for run in waiting:
            if run.id in self._asked:
                continue
            if (run.private or run.place not in good) and not await self._has_reach_or_end(run):
                continue
            if not run.private:
                good.add(run.place)
            self._asked.add(run.id)

    async def _has_reach_or_end(self, run: Run) -> bool:
        try:
            if await self._card.outlives_token(run):
                return True
        except Unavailable:
            return False
        gone = ended(run, State.CANCELED, Reason.OUT_OF_REACH, self._clock.now())
        if await self._store.take(run, gone) is not None:
            self._wake(run.id)  # whoever works on it ends its card
        return False
