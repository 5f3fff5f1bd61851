"""Whether interactions are still taken, and how many are being answered: commands, presses and forms alike."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

from bot.errors import Unavailable

_STOPPING = "I am being restarted just now. Please try again in a minute: nothing was started, and nothing was charged."


class Intake:
    """Open until `close`; what is under way then goes on."""

    def __init__(self) -> None:
        self._is_open, self._under_way = True, 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    def close(self) -> None:
        """Have every further interaction answered with a sentence."""
        self._is_open = False

    def check_open(self) -> None:
        """Raises Unavailable, whose sentence people read, once closed."""
        if not self._is_open:
            raise Unavailable(_STOPPING)

    @contextmanager
    def under_way(self) -> Generator[None]:
        """Count an interaction as being answered while the block runs."""
        self._under_way += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._quiet.set()

    async def quiet(self) -> None:
        """Wait until nothing is being answered."""
        await self._quiet.wait()
