"""What is forgotten when its time is over: the tokens of interactions, which let anybody edit a card for 15 minutes."""

from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.errors import Unavailable
from bot.runs import rows
from bot.store.engine import Store

_log = structlog.get_logger(__name__)

TOKEN_KEPT = timedelta(minutes=20)
"""From the press on. Discord takes a token for 15 minutes, by its own clock."""

_EVERY_S = 60.0
_BATCH = 500
_BETWEEN_S = 0.1  # others write in between


class Housekeeping:
    """Blanks tokens, a batch at a time. Cards are edited through their channel long before (cogs/ui/presenter.py)."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def serve(self) -> None:
        """Forget what is over, until cancelled."""
        while True:
            try:
                await self.forget_tokens()
            except Unavailable as error:
                _log.warning("tokens could not be forgotten just now", why=str(error))
            await self._clock.sleep(_EVERY_S)

    async def forget_tokens(self) -> None:
        """Blank every token that is over. Raises Unavailable; batches that were done before stay done."""
        while True:
            done = await self._store.write(rows.forget_tokens, self._clock.now() - TOKEN_KEPT, most=_BATCH)
            if done < _BATCH:
                return
            await self._clock.sleep(_BETWEEN_S)
