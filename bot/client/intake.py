"""Whether interactions are still taken, which came already, and how many are being answered: of every kind alike."""

import asyncio
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager

import structlog

from bot.errors import Unavailable

_log = structlog.get_logger(__name__)

_STOPPING = "I am being restarted just now. Please try again in a minute: nothing was started, and nothing was charged."


MOST_SEEN = 20_000
"""How many interactions are remembered: more than come while Discord may still repeat one."""


class Seen:
    """The interactions that came already, through whatever client: a gateway may hand one in twice."""

    def __init__(self) -> None:
        self._ids, self._in_order = set[int](), deque[int]()

    def is_new(self, interaction_id: int) -> bool:
        """Whether this one never came before. From now on it has."""
        if interaction_id in self._ids:
            return False
        self._ids.add(interaction_id)
        self._in_order.append(interaction_id)
        if len(self._in_order) > MOST_SEEN:
            self._ids.remove(self._in_order.popleft())
        return True


class Intake:
    """Open until `close`; what is under way then goes on."""

    def __init__(self, seen: Seen) -> None:
        self._seen, self._is_open, self._under_way = seen, True, 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    def close(self) -> None:
        """Have every further interaction answered with a sentence."""
        self._is_open = False

    def is_new(self, interaction_id: int) -> bool:
        """Whether this interaction never came before. One that did is to be dropped without any answer."""
        is_new = self._seen.is_new(interaction_id)
        if not is_new:
            _log.info("an interaction came again and was dropped", interaction=interaction_id)
        return is_new

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
