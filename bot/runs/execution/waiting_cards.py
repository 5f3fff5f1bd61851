"""What the cards of waiting runs say: where they stand in the queue, told by one part for all of them."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from heapq import nsmallest

import structlog

from bot.clock import Clock
from bot.errors import Unavailable
from bot.runs.card import CardView, EditResult, InLine
from bot.runs.delivery.progress import position_spacing_s
from bot.runs.run import Run, State
from bot.runs.scheduling.scheduler import Said, Scheduler
from bot.runs.scheduling.turns import Standing
from bot.runs.store import RunStore

_log = structlog.get_logger(__name__)

_TELL_EVERY_S, _LEAST_REST_S = 1.0, 0.2
_MOST_TOLD_AT_ONCE = 50  # cards, those included whose edit is under way
_FIRST = 100  # so many are told before all others
_UNKNOWN_SPACING_S = 15.0  # at most, where what a card says is not known: after a start, or while Discord is away


class WaitingCards:
    """Tells those that wait where they stand. A waiting run is a row: it is read when its card is to be edited."""

    def __init__(self, *, store: RunStore, scheduler: Scheduler, card: CardView, clock: Clock) -> None:
        self._store, self._scheduler, self._card, self._clock = store, scheduler, card, clock
        self._edits: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Tell them, until cancelled."""
        try:
            while True:
                began = self._clock.now()
                self._scheduler.expire()
                if self._scheduler.waiting and len(self._edits) < _MOST_TOLD_AT_ONCE:
                    await self._tell()
                took_s = (self._clock.now() - began).total_seconds()
                await self._clock.sleep(max(_TELL_EVERY_S - took_s, _LEAST_REST_S))
        finally:
            edits = list(self._edits.values())
            for edit in edits:
                edit.cancel()
            await asyncio.gather(*edits, return_exceptions=True)

    def let_go(self, run_id: str) -> asyncio.Task[None] | None:
        """The edit that is under way for a run which waits no more, if any: whoever edits its card next comes after."""
        return self._edits.get(run_id)

    async def _tell(self) -> None:
        standing, said, now = self._scheduler.standing(), self._scheduler.said(), self._clock.now()
        most = _MOST_TOLD_AT_ONCE - len(self._edits)
        # In a thread: it goes through the whole queue. Whoever's turn came meanwhile is told nothing.
        positions = await asyncio.to_thread(news, standing, said, now, most)
        if not positions:
            return
        try:
            runs = await self._store.these(list(positions))
        except Unavailable as error:
            _log.warning("positions could not be told just now", why=str(error))
            return
        for run in runs:
            is_waiting = run.state is State.ACCEPTED and self._scheduler.waits(run.id)
            if is_waiting and run.id not in self._edits:
                self._begin(run, positions[run.id])

    def _begin(self, run: Run, position: int) -> None:
        self._scheduler.say(run.id, Said(position, self._clock.now()))
        line = self._scheduler.in_line(run.id, position)
        edit = asyncio.create_task(self._say(run, line), name=f"position of {run.id}")
        self._edits[run.id] = edit
        edit.add_done_callback(lambda _: self._edits.pop(run.id, None))

    async def _say(self, run: Run, line: InLine) -> None:
        if await self._card.progress(run, line) is EditResult.LATER:
            self._scheduler.say(run.id, Said(None, self._clock.now()))


def news(standing: Standing, said: Mapping[str, Said], now: datetime, most: int) -> dict[str, int]:
    """The cards that are to say another position now: the first in the queue, then those told longest ago. Pure."""
    first: dict[str, int] = {}
    others: list[tuple[datetime, int, str]] = []
    for place, (run_id, position) in enumerate(standing.positions()):
        one = said.get(run_id)
        if one is not None and (one.position == position or now - one.at < _spacing(one, position)):
            continue
        if place < _FIRST and len(first) < most:
            first[run_id] = position
        else:
            others.append((now if one is None else one.at, position, run_id))
    longest_ago = nsmallest(most - len(first), others)
    return first | {run_id: position for _, position, run_id in longest_ago}


def _spacing(said: Said, position: int) -> timedelta:
    every_s = position_spacing_s(position)
    return timedelta(seconds=min(every_s, _UNKNOWN_SPACING_S) if said.position is None else every_s)
