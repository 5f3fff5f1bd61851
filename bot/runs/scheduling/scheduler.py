"""The queue as it moves: who waits, who is alive, whose turn has come. The order lives in the runs' rows, not here."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.runs.run import Run, State
from bot.runs.scheduling.turns import Caps, Entry, next_to_start, positions
from bot.runs.transitions import FINAL

Say = Callable[[int], bool]
"""Lets a card say its position in the queue, from 1; whether that is news for it. Called about once a second."""

_TELL_EVERY_S = 1.0
_MOST_TOLD_AT_ONCE = 50  # cards; the first in the queue come first
# Between being accepted and its card standing, a run counts in the positions that others are told, but no longer.
_ARRIVING = timedelta(seconds=30)
# With more waiting than this, putting them in order would hold up the press: a moment later the card is told its place.
_MOST_FOR_FIRST_CARD = 2000


class Slot:
    """A run in the queue. `first_position` is what its first card said; `is_told`: its card may say one by now."""

    def __init__(self, wake: asyncio.Event, *, first_position: int | None, is_told: bool) -> None:
        self._wake = wake
        self.first_position, self.is_told = first_position, is_told
        self.has_started = False
        self.say: Say | None = None

    def start(self) -> None:
        """Its turn has come."""
        self.has_started = True
        self._wake.set()


class Scheduler:
    """Lets runs start, no more at once than the caps allow, people in turns.

    Runs that wait are rows in the state `accepted`: a new process takes them up (`take_up`) in the same order.
    """

    def __init__(self, *, caps: Caps, clock: Clock) -> None:
        self._caps, self._clock = caps, clock
        self._waiting: dict[str, Entry] = {}
        self._live: dict[str, Entry] = {}
        self._arriving: dict[str, tuple[Entry, int | None]] = {}
        self._slots: dict[str, Slot] = {}
        self._served: dict[int, datetime] = {}
        self._taken_up: set[str] = set()
        self._anybody = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many runs wait for their turn."""
        return len(self._waiting)

    def take_up(self, unfinished: Sequence[Run]) -> None:
        """Slot the runs of an earlier process, all before any starts: those at Runflow already count first."""
        for run in unfinished:
            if run.state is State.ACCEPTED:
                self._waiting[run.id] = _entry(run)
                self._taken_up.add(run.id)  # what its card says is not known
            elif run.state not in FINAL:
                self._live[run.id] = _entry(run)

    def expect(self, run: Run) -> int | None:
        """The position that a run will have which was just accepted; None where it may start once its card stands.

        None as well where the queue is very long: its position is told later. Call `forget` for one that will not
        come after all.
        """
        now = self._clock.now()
        self._arriving = {
            run_id: one for run_id, one in self._arriving.items() if one[0].since > now - _ARRIVING and run_id != run.id
        }
        if len(self._waiting) > _MOST_FOR_FIRST_CARD:
            return None
        everybody = {one.run_id: one for one in (*self._waiting.values(), *self._expected(), _entry(run))}
        starting = next_to_start(everybody.values(), self._live.values(), self._caps, self._served)
        position = None
        if run.id not in starting:
            # Others that arrive and may start are alive by the time this one's card is read.
            live = [*self._live.values(), *(everybody.pop(run_id) for run_id in starting)]
            position = positions(everybody.values(), live, self._caps, self._served)[run.id]
        self._arriving[run.id] = _entry(run), position
        return position

    def forget(self, run_id: str) -> None:
        """A run that was expected or taken up will not come, or is over."""
        self._arriving.pop(run_id, None)
        if run_id not in self._slots:
            self._taken_up.discard(run_id)
            self._waiting.pop(run_id, None)
            if self._live.pop(run_id, None) is not None:
                self._move()

    @asynccontextmanager
    async def slot(self, run: Run, wake: asyncio.Event) -> AsyncGenerator[Slot]:
        """A slot until the run's part at Runflow is over. `wake` is set when its turn has come.

        A run that was sent already has had its turn, whatever the caps say; one that is over needs none.
        """
        _, first_position = self._arriving.pop(run.id, (None, None))
        slot = Slot(wake, first_position=first_position, is_told=first_position is not None or run.id in self._taken_up)
        self._taken_up.discard(run.id)
        self._slots[run.id] = slot
        if run.state is State.ACCEPTED and run.id in self._live:
            slot.start()  # its turn came before its slot was taken
        elif run.state is State.ACCEPTED:
            self._waiting[run.id] = _entry(run)
        else:
            self._waiting.pop(run.id, None)
            if run.state not in FINAL:
                self._live[run.id] = _entry(run)
        self._move()
        try:
            yield slot
        finally:
            del self._slots[run.id]
            self._waiting.pop(run.id, None)
            if self._live.pop(run.id, None) is not None:
                self._served[run.user_id] = self._clock.now()
            self._move()

    async def serve(self) -> None:
        """Tell those that wait where they stand, until cancelled."""
        while True:
            await self._anybody.wait()
            await self._tell()
            await self._clock.sleep(_TELL_EVERY_S)

    def _expected(self) -> list[Entry]:
        return [one for one, _ in self._arriving.values()]

    def _move(self) -> None:
        """Let start whoever may."""
        for run_id in next_to_start(self._waiting.values(), self._live.values(), self._caps, self._served):
            slot = self._slots.get(run_id)
            one = self._waiting.pop(run_id)
            self._live[run_id] = one
            if slot is not None:
                slot.start()
        people = {one.user_id for one in self._waiting.values()}
        # Whoever presses later counts from that press, which comes after the end of their last run.
        self._served = {user_id: at for user_id, at in self._served.items() if user_id in people}
        (self._anybody.set if self._waiting else self._anybody.clear)()

    async def _tell(self) -> None:
        waiting, live = list(self._waiting.values()), list(self._live.values())
        # In a thread: a long queue takes a while to be put in order. Whoever's turn came meanwhile is told nothing.
        found = await asyncio.to_thread(positions, waiting, live, self._caps, dict(self._served))
        told = 0
        for run_id, position in found.items():
            slot = self._slots.get(run_id)
            if slot is not None and slot.say is not None and not slot.has_started and slot.say(position):
                slot.is_told = True
                told += 1
                if told == _MOST_TOLD_AT_ONCE:
                    break


def _entry(run: Run) -> Entry:
    return Entry(run.id, run.user_id, run.place.guild_id, run.created_at)
