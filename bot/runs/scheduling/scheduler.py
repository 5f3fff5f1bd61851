"""The queue as it moves: who waits, who is alive, whose turn has come. The order lives in the runs' rows, not here."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.runs.card import InLine
from bot.runs.run import Outline, Run, State
from bot.runs.scheduling.estimate import wait_s
from bot.runs.scheduling.line import Line
from bot.runs.scheduling.turns import Caps, Entry, Standing
from bot.runs.transitions import FINAL

TurnCame = Callable[[str], None]
"""Told the id of a run that waited and whose turn has come."""

# A run is in the queue from its press on. One whose card does not stand by then will most likely never come.
_ARRIVING = timedelta(seconds=30)
_LAST_RUNS = 20  # from which it is told how long one waits


@dataclass(frozen=True, slots=True)
class Said:
    """What the card of a waiting run says of its position, since when; None where that is not known."""

    position: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """A run's right to be at Runflow. `is_told`: its card may say a position."""

    is_told: bool


class Scheduler:
    """Lets runs start, no more at once than the caps allow, people in turns.

    Runs that wait are rows in the state `accepted`, and nothing else: no task. `turn_came` is told whose turn it is.
    A new process takes them up (`take_up`) in the same order. `deadline_s`: the most that a run is at Runflow.
    """

    def __init__(
        self, *, caps: Caps, clock: Clock, turn_came: TurnCame = lambda _: None, deadline_s: float = 600.0
    ) -> None:
        self._line, self._clock, self._turn_came = Line(caps), clock, turn_came
        self._arriving: dict[str, datetime] = {}  # in the order of their presses
        self._said: dict[str, Said] = {}
        self.deadline = timedelta(seconds=deadline_s)
        self._behind_until: dict[str, datetime] = {}
        self._took_s: deque[float] = deque(maxlen=_LAST_RUNS)
        self._is_open = True

    @property
    def waiting(self) -> int:
        """How many runs wait for their turn."""
        return self._line.waiting

    def waits(self, run_id: str) -> bool:
        """Whether a run stands in the queue, its card included."""
        return self._line.waits(run_id) and run_id not in self._arriving

    @asynccontextmanager
    async def taking_up(self) -> AsyncGenerator[None]:
        """While runs of an earlier process are taken up nobody starts: those at Runflow are to count first."""
        self._is_open = False
        yield
        self._is_open = True
        self._move()

    def take_up(self, unfinished: Iterable[Outline]) -> None:
        """Put runs of an earlier process where they belong."""
        for one in unfinished:
            entry = Entry(one.run_id, one.user_id, one.guild_id, one.created_at)
            if one.state is State.ACCEPTED:
                self._line.add(entry)
                if one.run_id not in self._arriving:
                    self._said.setdefault(one.run_id, Said(None, one.created_at))
            elif one.state not in FINAL:
                self._line.begin(entry)
        self._line.settle()

    def expect(self, run: Run) -> InLine | None:
        """Where a run waits which was just accepted; None where it may start once its card stands.

        Call `forget` for one that will not come after all.
        """
        self.expire()
        self._arriving[run.id] = self._clock.now()
        self._line.add(_entry(run))
        self._move()
        if not self._line.waits(run.id):
            return None
        position = self._line.position(run.id)
        self._said[run.id] = Said(position, run.created_at)
        return self.in_line(run.id, position)

    def in_line(self, run_id: str, position: int) -> InLine:
        """What a card says of a run that waits at `position`. Raises KeyError for one that does not wait."""
        slots, own = self._line.held_up_by(run_id)
        return InLine(position, own, wait_s(position, slots, self._took_s))

    def enter(self, run: Run) -> bool:
        """An accepted run comes, its card standing: whether its turn has come. Where not, `turn_came` tells later."""
        self._arriving.pop(run.id, None)
        if not self._line.lives(run.id):
            self._line.add(_entry(run))
            # Told below, to the caller alone.
            self._arriving[run.id] = self._clock.now()
            self._move()
            del self._arriving[run.id]
        return self._line.lives(run.id)

    def forget(self, run_id: str) -> None:
        """A run that was expected or taken up will not come, or is over."""
        self._arriving.pop(run_id, None)
        self._said.pop(run_id, None)
        self._behind_until.pop(run_id, None)
        self._line.remove(run_id)
        self._line.end(run_id)
        self._move()

    def leave_behind(self, run: Run) -> None:
        """A run was canceled after it was sent: it counts until it is forgotten, or as long as it would have otherwise.

        Its person has the place back; its server and the bot have not.
        """
        until = (run.submitted_at or run.created_at) + self.deadline
        if self._clock.now() >= until:
            return
        self._line.begin(_entry(run))  # where an earlier process had it
        self._behind_until[run.id] = until
        self._line.leave_behind(run.id, self._clock.now())
        self._move()

    def expire(self) -> None:
        """Let go of those that were expected and never came, and of those that are left behind no more.

        So no slot is kept for them.
        """
        now = self._clock.now()
        for run_id in [run_id for run_id, until in self._behind_until.items() if until <= now]:
            self.forget(run_id)
        since = now - _ARRIVING
        while self._arriving:
            run_id, at = next(iter(self._arriving.items()))
            if at > since:
                return
            self.forget(run_id)

    @asynccontextmanager
    async def slot(self, run: Run) -> AsyncGenerator[Slot]:
        """A slot until the run's part at Runflow is over, whatever the caps say: it has had its turn, or needs none.

        Where the block fails, the slot stays the run's: it is tried again, and nobody else would fare better.
        """
        is_told, began = run.id in self._said, self._clock.now()
        if run.state not in FINAL:
            self._arriving.pop(run.id, None)
            self._line.begin(_entry(run))
        elif not self._line.is_left_behind(run.id):
            self.forget(run.id)
        yield Slot(is_told)
        if self._line.is_left_behind(run.id):
            self._said.pop(run.id, None)
            return
        if run.state is State.ACCEPTED:
            self._took_s.append((self._clock.now() - began).total_seconds())
        self._line.end(run.id, self._clock.now())
        self.forget(run.id)

    # --- what cards say

    def standing(self) -> Standing:
        """All that wait, in the order of turns."""
        return self._line.standing()

    def said(self) -> dict[str, Said]:
        """What the cards of those say that may say a position."""
        return dict(self._said)

    def say(self, run_id: str, said: Said) -> None:
        """Note what the card of a run says that waits."""
        if self._line.waits(run_id):
            self._said[run_id] = said

    # --- parts

    def _move(self) -> None:
        """Let start whoever may. Those whose card does not stand yet have their slot, and come by themselves."""
        if not self._is_open:
            return
        for run_id in self._line.start():
            if run_id not in self._arriving:
                self._turn_came(run_id)


def _entry(run: Run) -> Entry:
    return Entry(run.id, run.user_id, run.place.guild_id, run.created_at)
