"""Presses come first: work that can wait lets those pass that are being accepted, and no longer than for a moment."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, suppress

_MANY = 3  # so many at once are no rush
_LET_PASS_S = 5.0
_GO_ON_AT_ONCE = 4  # so that presses which come meanwhile are seen


class Presses:
    """How many presses are being accepted. People wait for their first answer, and Discord for three seconds only.

    `most_s`: how long something lets others pass at most, in seconds.
    """

    def __init__(self, most_s: float = _LET_PASS_S) -> None:
        self._most_s = most_s
        self._going_on = asyncio.Semaphore(_GO_ON_AT_ONCE)
        self._under_way = 0
        self._are_few = asyncio.Event()
        self._are_few.set()

    @contextmanager
    def one(self) -> Generator[None]:
        """A press is being accepted while the block runs."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        self._under_way += change
        if self._under_way <= _MANY:
            self._are_few.set()
        else:
            self._are_few.clear()

    async def let_pass(self) -> None:
        """Come back when few presses are under way, and in time at the latest: nothing starves."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._most_s), self._going_on:
                await self._are_few.wait()
