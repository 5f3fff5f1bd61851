"""Waiting out what is out of reach: each tries again by itself, and the first who gets through wakes the others."""

import asyncio

from bot.clock import Clock
from bot.runs.execution.pacing import first_of


class Outage:
    """Those who wait for the same thing to come back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: set[asyncio.Event] = set()

    async def wait(self, delay_s: float, wake_up: asyncio.Event | None = None) -> None:
        """Come back after `delay_s` seconds, when it is there again, or when `wake_up` is set, which is then clear."""
        mine = wake_up or asyncio.Event()
        self._waiting.add(mine)
        try:
            await first_of(mine, self._clock, delay_s)
        finally:
            self._waiting.discard(mine)

    def over(self) -> None:
        """Somebody got through."""
        for one in self._waiting:
            one.set()
        self._waiting.clear()
