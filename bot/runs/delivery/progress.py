"""The card's progress: edited only when there is news, spaced, one edit at a time, and never after the end."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.clock import Clock
from bot.runs.card import CardView, Word
from bot.runs.run import AT_RUNFLOW, Run, State

# (up to this position, at most one edit in so many seconds): far back, the exact position matters less.
_POSITION_SPACING_S = ((10, 5.0), (100, 15.0))
_SLOWEST_POSITION_SPACING_S = 60.0
# Cards say the same of these: a change from one to the other is no news.
_TOLD_AS = {State.SUBMITTING: State.ACCEPTED, State.DISPATCHING: State.RUNNING}

# At Runflow. Most pictures take a second or two there.
_LATE_AFTER = timedelta(seconds=60)
_BUSY_AFTER = timedelta(seconds=5)

_Words = tuple[State, Word | None]


def position_spacing_s(position: int) -> float:
    """The least time between two edits that tell of positions like this one, in seconds."""
    return next((every_s for up_to, every_s in _POSITION_SPACING_S if position <= up_to), _SLOWEST_POSITION_SPACING_S)


@dataclass(frozen=True, slots=True)
class _News:
    """What a card is to say: the run's state, and a word beside it."""

    run: Run
    word: Word | None = None

    @property
    def words(self) -> _Words:
        """What tells news apart: states that people read the same sentence for are one."""
        if self.word is Word.LATE:  # wherever it is
            return State.RUNNING, self.word
        return _TOLD_AS.get(self.run.state, self.run.state), self.word


class Progress:
    """Shows a run's progress in the background: the latest there is to say, as soon as an edit is due.

    `spacing_s`: the least time between two edits of a card. `quiet_s`: how long nothing is said at first, because an
    end that comes so soon would overtake it.
    """

    def __init__(self, *, card: CardView, clock: Clock, spacing_s: float, quiet_s: float) -> None:
        self._card, self._clock, self._spacing = card, clock, timedelta(seconds=spacing_s)
        self._due_at = self._quiet_until = clock.now() + timedelta(seconds=quiet_s)
        self._said: _Words = (State.ACCEPTED, None)  # the first card says so already
        self._is_known = True  # what the card says
        self._next: _News | None = None  # to be said when it is due
        self._stands: Run | None = None  # as it was read last
        self._is_open = True
        self._speaking: asyncio.Task[None] | None = None
        self._is_sending = False  # whether an edit of that task is under way
        self._before: asyncio.Task[None] | None = None

    def show(self, run: Run) -> None:
        """Edit the card, once an edit is due, where there is something new to say then."""
        self._stands = run
        self._say(self._news(run))

    def look(self, run: Run) -> None:
        """Say, once, that nobody knows what became of the run, and that it is being looked for."""
        self._say(_News(run, Word.LOOKING))

    def busy(self, run: Run) -> None:
        """Runflow did not take the run, and it is sent again: say so, once, where that goes on for a while."""
        self._due_at = max(self._due_at, (run.submitted_at or run.created_at) + _BUSY_AFTER)
        self._say(_News(run, Word.BUSY))

    def start(self, run: Run) -> None:
        """The waiting is over: take the position and its button off the card, after the edit that is under way."""
        self._due_at = self._clock.now()
        self._begin(_News(replace(run, state=State.SUBMITTING)))

    def taken_up(self, run: Run) -> None:
        """The card is of an earlier process, and says this most likely; `refresh` makes sure.

        Of a run at Runflow the row does not know how far it is.
        """
        likely = replace(run, state=State.RUNNING) if run.state in AT_RUNFLOW else run
        self._said, self._is_known = self._news(likely).words, False
        self._due_at = self._quiet_until = self._clock.now()

    def refresh(self, run: Run) -> bool:
        """Say where the run stands, where nothing was said since it was taken up; whether it is said, or soon will be.

        A run at Runflow that was not read yet has it said with the first reading.
        """
        if not self._is_open or self._is_known or self._is_speaking():
            return False
        self._said = (State.ACCEPTED, None)  # whatever is read from now on is news
        if self._stands is not None or run.state not in AT_RUNFLOW:
            self._begin(self._news(self._stands or run))
        return True

    def after(self, edit: asyncio.Task[None] | None) -> None:
        """Somebody else's edit of the card may be under way: whatever is said here comes after it."""
        self._before = edit

    async def finish(self) -> None:
        """Wait for the edit under way, so that it cannot overtake the card's last form. Nothing is said after it."""
        self._is_open, self._next = False, None
        if self._before is not None:
            await asyncio.wait({self._before})
        if self._speaking is None:
            return
        if not self._is_sending:
            self._speaking.cancel()
        await asyncio.wait({self._speaking})
        if not self._speaking.cancelled():
            self._speaking.result()

    def _news(self, run: Run) -> _News:
        """Where the run stands, and whether it takes longer than usual."""
        is_late = self._clock.now() - (run.submitted_at or run.created_at) >= _LATE_AFTER
        return _News(run, Word.LATE if is_late and run.state in AT_RUNFLOW else None)

    def _say(self, news: _News) -> None:
        if news.words == self._said:
            self._next = None  # whatever was to be said in between is over
        elif self._is_open:
            self._begin(news)

    def _begin(self, news: _News) -> None:
        self._next = news
        if not self._is_speaking():
            self._speaking = asyncio.create_task(self._speak(), name=f"progress {news.run.id}")

    def _is_speaking(self) -> bool:
        return self._speaking is not None and not self._speaking.done()

    async def _speak(self) -> None:
        """Say what there is to say, each when it is due, until there is nothing more."""
        while (news := self._next) is not None:
            if self._before is not None and not self._before.done():
                await asyncio.wait({self._before})
            elif (early := self._due_at - self._clock.now()) > timedelta(0):
                await self._clock.sleep(early.total_seconds())
            else:
                self._next = None
                await self._send(news)

    async def _send(self, news: _News) -> None:
        self._said, self._is_known = news.words, True
        self._due_at = max(self._quiet_until, self._clock.now() + self._spacing)
        self._is_sending = True
        try:
            await self._card.progress(news.run, word=news.word)
        finally:
            self._is_sending = False

    async def __aenter__(self) -> "Progress":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_open = False
        if self._speaking is not None and not self._speaking.done():
            self._speaking.cancel()
            await asyncio.gather(self._speaking, return_exceptions=True)
