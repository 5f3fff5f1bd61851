"""Cards that an earlier process left behind: said anew, a few a second, in case its last edit never came."""

import asyncio
from collections import deque

from bot.clock import Clock
from bot.runs.delivery.progress import Progress
from bot.runs.run import Run

_EVERY_S = 0.1


class CardRefresher:
    """Refreshes cards one after the other. Those that said something since, or came to their end, need it no more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._owed: deque[tuple[Progress, Run]] = deque()
        self._any = asyncio.Event()

    def owe(self, progress: Progress, run: Run) -> None:
        """Refresh a card when its time has come. `run`: as it was taken up."""
        self._owed.append((progress, run))
        self._any.set()

    async def serve(self) -> None:
        """Refresh cards, until cancelled."""
        while True:
            if not self._owed:
                self._any.clear()
                await self._any.wait()
            progress, run = self._owed.popleft()
            if progress.refresh(run):
                await self._clock.sleep(_EVERY_S)
