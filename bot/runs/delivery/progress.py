"""The card's progress: edited only when there is news, spaced, one edit at a time, and never after the end."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.runs.card import CardView, EditResult
from bot.runs.run import Run, State

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
        self._is_looking = False  # the card says that the run is looked for
        self._position: int | None = None  # the one on the card
        self._position_at: datetime | None = None
        self._last: datetime | None = None
        self._edit: asyncio.Task[EditResult] | None = None

    def show(self, run: Run) -> None:
        """Edit the card when there is something new to say, the last edit is done and long enough ago."""
        if (run.state is self._said and not self._is_looking) or not self._may_edit():
            return
        self._said, self._is_looking = run.state, False
        self._begin(run, self._card.progress(run))

    def look(self, run: Run) -> None:
        """Say, once, that nobody knows what became of the run, and that it is being looked for."""
        if self._is_looking or not self._may_edit():
            return
        self._said, self._is_looking = run.state, True
        self._begin(run, self._card.progress(run, looking=True))

    def first_card(self, position: int | None, at: datetime) -> None:
        """The first card said this position, at this time."""
        self._position, self._position_at = position, None if position is None else at

    def wait(self, run: Run, position: int) -> bool:
        """Say the position in line of a run that waits, when it has changed and the last was said long enough ago.

        Whether it is being said.
        """
        now = self._clock.now()
        spacing = timedelta(seconds=position_spacing_s(position))
        too_soon = self._position_at is not None and now - self._position_at < spacing
        if position == self._position or too_soon or not self._may_edit():
            return False
        self._position, self._position_at = position, now
        self._begin(run, self._say_position(run, position))
        return True

    def start(self, run: Run) -> None:
        """The waiting is over: take the position and its button off the card, after the edit that is under way."""
        before, sent = self._edit, replace(run, state=State.SUBMITTING)
        self._said = sent.state

        async def after() -> EditResult:
            if before is not None:
                await before
            return await self._card.progress(sent)

        self._begin(run, after())

    async def finish(self) -> None:
        """Wait for the edit under way, so that it cannot overtake the card's last form."""
        if self._edit is not None:
            await self._edit

    def _may_edit(self) -> bool:
        too_soon = self._last is not None and self._clock.now() - self._last < self._spacing
        return not too_soon and (self._edit is None or self._edit.done())

    def _begin(self, run: Run, edit: Coroutine[object, object, EditResult]) -> None:
        self._last = self._clock.now()
        self._edit = asyncio.create_task(edit, name=f"progress {run.id}")

    async def _say_position(self, run: Run, position: int) -> EditResult:
        shown = await self._card.progress(run, position)
        if shown is EditResult.LATER:  # after a start, say, when Discord is not there yet: said again in a while
            self._position = None
        return shown

    async def __aenter__(self) -> "Progress":
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._edit is not None and not self._edit.done():
            self._edit.cancel()
            await asyncio.gather(self._edit, return_exceptions=True)
