"""Presses come first: work that can wait lets those pass that are being accepted, and no longer than for a moment."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, suppress

_MANY = 3  # so many at once are no rush
_LET_PASS_S = 5.0


class Presses:
    """How many presses are being accepted. People wait for their first answer, and Discord for three seconds only."""

    def __init__(self) -> None:
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

    def until(self) -> float:
        """When whoever comes now has let others pass for long enough, by the event loop's clock."""
        return asyncio.get_running_loop().time() + _LET_PASS_S

    async def let_pass(self, until: float) -> None:
        """Come back when few presses are under way, and at `until` at the latest: nothing starves."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._are_few.wait()
