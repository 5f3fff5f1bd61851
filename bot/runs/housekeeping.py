"""What ends when its time is over: the tokens of interactions, which let anybody edit a card for 15 minutes, and money
held for lost runs that nobody looks for any more.
"""

from datetime import datetime, timedelta

import structlog

from bot.clock import Clock
from bot.errors import Unavailable
from bot.ledger import ledger
from bot.ledger.hours import drop_hours
from bot.runs import drafts, rows
from bot.runs.transitions import LOOKED_FOR
from bot.store.engine import Store

_log = structlog.get_logger(__name__)

TOKEN_KEPT = timedelta(minutes=20)
"""From the press on. Discord takes a token for 15 minutes, by its own clock."""

_EVERY_S = 60.0
_BATCH = 500
_BETWEEN_S = 0.1  # others write in between
_HOURS_BATCH = 400  # some 15 ms of the writers' time
_BETWEEN_HOURS_S = 0.025  # of a year's hours, once, there are a million


class Housekeeping:
    """Blanks tokens, a batch at a time. Cards are edited through their channel long before (cogs/ui/presenter.py).

    Gives back what was held for lost runs, one at a time: each locks its rows in everybody's order.
    """

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._released_until: datetime | None = None  # before then, nothing is held for lost runs

    async def serve(self) -> None:
        """Forget what is over, until cancelled."""
        while True:
            try:
                await self.forget_tokens()
                await self.release_lost()
                await self.drop_hours()
                await self.forget_drafts()
            except Unavailable as error:
                _log.warning("what is over could not be cleared up just now", why=str(error))
            await self._clock.sleep(_EVERY_S)

    async def forget_tokens(self) -> None:
        """Blank every token that is over. Raises Unavailable; batches that were done before stay done."""
        while True:
            done = await self._store.write(rows.forget_tokens, self._clock.now() - TOKEN_KEPT, most=_BATCH)
            if done < _BATCH:
                return
            await self._clock.sleep(_BETWEEN_S)

    async def forget_drafts(self) -> None:
        """Take away drafts that nobody took up. Raises Unavailable; batches that were done before stay done."""
        while await self._store.write(drafts.forget, self._clock.now() - drafts.KEPT, most=_BATCH) == _BATCH:
            await self._clock.sleep(_BETWEEN_S)

    async def drop_hours(self) -> None:
        """Take away the totals of hours that are over for long. Raises Unavailable; batches done before stay done."""
        while True:
            done = await self._store.write(drop_hours, self._clock.now(), most=_HOURS_BATCH)
            if done < _HOURS_BATCH:
                return
            await self._clock.sleep(_BETWEEN_HOURS_S)

    async def release_lost(self) -> None:
        """Give back what is held for runs that were given up as lost too long ago to be looked for. Raises Unavailable.

        Should Runflow bill one after all, it is booked as an `adjust`.
        """
        until = self._clock.now() - LOOKED_FOR
        while True:
            run_ids = await self._store.read(ledger.held_for_lost, until, since=self._released_until)
            for run_id in run_ids:
                # False: its end came in this moment, which is as good.
                _ = await self._store.write(ledger.release, run_id=run_id, at=self._clock.now(), is_live=False)
            if not run_ids:
                self._released_until = until
                return
