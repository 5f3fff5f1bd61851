"""Breaks off at once what is waited for at Runflow, when somebody has canceled the run. Its row says so already."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

_LONG_AGO = 0.0  # by the loop's clock


class CallingOff:
    """Which runs are waited for. Called off before that, a run is not waited for at all."""

    def __init__(self) -> None:
        self._waits: dict[str, asyncio.Timeout] = {}
        self._early: set[str] = set()

    def call_off(self, run_id: str) -> None:
        """The run's row says that it was canceled: whoever waits for it goes on without it."""
        wait = self._waits.pop(run_id, None)
        if wait is None:
            self._early.add(run_id)
        else:
            wait.reschedule(_LONG_AGO)

    @asynccontextmanager
    async def until_called_off(self, run_id: str) -> AsyncGenerator[None]:
        """The block is left as soon as the run is called off. What it awaits then is cancelled."""
        is_late = run_id in self._early
        self._early.discard(run_id)
        wait = asyncio.timeout(0 if is_late else None)
        self._waits[run_id] = wait
        try:
            async with wait:
                yield
        except TimeoutError:
            if not wait.expired():
                raise
        finally:
            self._waits.pop(run_id, None)
