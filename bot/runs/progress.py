"""The card's progress: edited only when the state changed, spaced, one edit at a time, and never after the end."""

import asyncio
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.runs.face import Face
from bot.runs.run import Run, State


class Progress:
    """Shows a run's progress in the background. `spacing_s`: the least time between two edits of a card."""

    def __init__(self, *, face: Face, clock: Clock, spacing_s: float) -> None:
        self._face, self._clock, self._spacing = face, clock, timedelta(seconds=spacing_s)
        self._said: State = State.ACCEPTED  # the first card says so already
        self._last: datetime | None = None
        self._edit: asyncio.Task[object] | None = None

    def show(self, run: Run) -> None:
        """Edit the card when there is something new to say, the last edit is done and long enough ago."""
        now = self._clock.now()
        too_soon = self._last is not None and now - self._last < self._spacing
        if run.state is self._said or too_soon or (self._edit is not None and not self._edit.done()):
            return
        self._said, self._last = run.state, now
        self._edit = asyncio.create_task(self._face.progress(run), name=f"progress {run.id}")

    async def finish(self) -> None:
        """Wait for the edit under way, so that it cannot overtake the card's last form."""
        if self._edit is not None:
            await self._edit

    async def __aenter__(self) -> "Progress":
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._edit is not None and not self._edit.done():
            self._edit.cancel()
            await asyncio.gather(self._edit, return_exceptions=True)
