"""What a crash leaves behind: accepted runs whose card nobody noted, and runs that were given up as lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.clock import Clock
from bot.errors import Unavailable
from bot.runs.card import CardView
from bot.runs.run import Delivery, Reason, Run, State
from bot.runs.store import RunStore
from bot.runs.transitions import Change, ended

_log = structlog.get_logger(__name__)

# Discord waits 3 s for the first answer to an interaction; one that was on its way at the crash may come until then.
_ANSWERED_BY = timedelta(seconds=5)
_ASK_AGAIN_S = 5.0
_FIRST_SEARCH_S, _MOST_SEARCH_S = 5.0, 3600.0
_FIRST_SEARCH_OF_CANCELED_S = 1.0  # most end soon, and hold a slot until then
_MOST_RETRY_S = 28.0  # and the try itself: what is there again is seen within half a minute


class CardFinder:
    """Finds out whether an accepted run has a card. A run without one was never seen by anybody, and is not made."""

    def __init__(self, *, store: RunStore, card: CardView, clock: Clock) -> None:
        self._store, self._card, self._clock = store, card, clock

    async def noted(self, run: Run) -> Run:
        """The run with its card written down. Raises Unavailable."""
        return await self._store.with_card_noted(run)

    async def with_card(self, run: Run) -> Run:
        """The run with its card's message id; canceled, its money released, where no card stands."""
        while run.state is State.ACCEPTED and run.reply.message_id is None:
            wait_s = (run.created_at + _ANSWERED_BY - self._store.now()).total_seconds()
            if wait_s > 0:
                await self._clock.sleep(wait_s)
                run = await self._store.load(run.id)
                continue
            try:
                message_id = await self._card.find_card(run)
            except Unavailable:
                await self._clock.sleep(_ASK_AGAIN_S)
                continue
            run = await self._store.apply(run, _found(run, message_id, self._store))
        return run


def _found(run: Run, message_id: int | None, store: RunStore) -> Change:
    if message_id is not None:
        return Change(replace(run, reply=replace(run.reply, message_id=message_id)))
    _log.info("an accepted run has no card; it is not made")
    change = ended(run, State.CANCELED, Reason.CANCELED, store.now())
    return replace(change, run=replace(change.run, delivery=Delivery.UNDELIVERABLE))


def next_search_s(lost_for_s: float, *, is_unwanted: bool = False) -> float:
    """Seconds until a lost run is looked for again: after as long as it has been lost, so about a dozen times a day.

    `is_unwanted`: it was canceled, which does not make it any slower at Runflow.
    """
    first_s = _FIRST_SEARCH_OF_CANCELED_S if is_unwanted else _FIRST_SEARCH_S
    return min(max(lost_for_s, first_s), _MOST_SEARCH_S)


def retry_delays_s(first_s: float, most_s: float = _MOST_RETRY_S) -> Iterator[float]:
    """Seconds between tries while something is out of reach: later each time, up to `most_s`, for ever."""
    delay_s = first_s
    while True:
        yield delay_s
        delay_s = min(delay_s * 2, most_s)
