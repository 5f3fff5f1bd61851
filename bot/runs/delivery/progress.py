"""The card's progress: edited only when there is news, spaced, one edit at a time, and never after the end."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.runs.card import CardView, EditResult
from bot.runs.run import AT_RUNFLOW, Run, State

# (up to this position, at most one edit in so many seconds): far back, the exact position matters less.
_POSITION_SPACING_S = ((10, 5.0), (100, 15.0))
_SLOWEST_POSITION_SPACING_S = 60.0


def position_spacing_s(position: int) -> float:
    """The least time between two edits that tell of positions like this one, in seconds."""
    return next((every_s for up_to, every_s in _POSITION_SPACING_S if position <= up_to), _SLOWEST_POSITION_SPACING_S)


class Progress:
    """Shows a run's progress in the background. `spacing_s`: the least time between two edits of a card."""

    def __init__(self, *, card: CardView, clock: Clock, spacing_s: float) -> None:
        self._card, self._clock, self._spacing = card, clock, timedelta(seconds=spacing_s)
        self._said: State = State.ACCEPTED  # the first card says so already
        self._is_known = True  # what the card says
        self._is_looking = False  # the card says that the run is looked for
        self._stands: Run | None = None  # as it was read last
        self._is_open = True
        self._last: datetime | None = None
        self._edit: asyncio.Task[EditResult] | None = None
        self._before: asyncio.Task[None] | None = None

    def show(self, run: Run) -> None:
        """Edit the card when there is something new to say, the last edit is done and long enough ago."""
        self._stands = run
        if (run.state is self._said and not self._is_looking) or not self._may_edit():
            return
        self._said, self._is_looking = run.state, False
        self._begin(run, self._card.progress(run))

    def taken_up(self, run: Run) -> None:
        """The card is of an earlier process, and says this most likely; `refresh` makes sure.

        Of a run at Runflow the row does not know how far it is.
        """
        self._said, self._is_known = State.RUNNING if run.state in AT_RUNFLOW else run.state, False

    def look(self, run: Run) -> None:
        """Say, once, that nobody knows what became of the run, and that it is being looked for."""
        if self._is_looking or not self._may_edit():
            return
        self._said, self._is_looking = run.state, True
        self._begin(run, self._card.progress(run, looking=True))

    def refresh(self, run: Run) -> bool:
        """Say where the run stands, where nothing was said since it was taken up; whether it is said, or soon will be.

        A run at Runflow that was not read yet has it said with the first reading.
        """
        if not self._is_open or self._is_known or not self._may_edit():
            return False
        if self._stands is None and run.state in AT_RUNFLOW:
            self._said = State.ACCEPTED
            return True
        stands = self._stands or run
        self._said = stands.state
        self._begin(stands, self._card.progress(stands))
        return True

    def after(self, edit: asyncio.Task[None] | None) -> None:
        """Somebody else's edit of the card may be under way: whatever is said here comes after it."""
        self._before = edit

    def start(self, run: Run) -> None:
        """The waiting is over: take the position and its button off the card, after the edit that is under way."""
        sent = replace(run, state=State.SUBMITTING)
        self._said = sent.state

        async def after() -> EditResult:
            await self._finish_other()
            return await self._card.progress(sent)

        self._begin(run, after())

    async def finish(self) -> None:
        """Wait for the edit under way, so that it cannot overtake the card's last form. Nothing is said after it."""
        self._is_open = False
        await self._finish_other()
        if self._edit is not None:
            await self._edit

    async def _finish_other(self) -> None:
        if self._before is not None:
            await asyncio.wait({self._before})

    def _may_edit(self) -> bool:
        too_soon = self._last is not None and self._clock.now() - self._last < self._spacing
        return not too_soon and all(one is None or one.done() for one in (self._edit, self._before))

    def _begin(self, run: Run, edit: Coroutine[object, object, EditResult]) -> None:
        self._last, self._is_known = self._clock.now(), True
        self._edit = asyncio.create_task(edit, name=f"progress {run.id}")

    async def __aenter__(self) -> "Progress":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_open = False
        if self._edit is not None and not self._edit.done():
            self._edit.cancel()
            await asyncio.gather(self._edit, return_exceptions=True)
