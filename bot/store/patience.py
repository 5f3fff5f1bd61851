"""A start waits for its database, which may be locked or starting itself.

What restarts a bot that ended waits longer each time, up to a minute: it would still wait when the database is back.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import timedelta
from typing import TypeVar

import structlog

from bot.clock import Clock
from bot.errors import Unavailable
from bot.store.sole import InUse

T = TypeVar("T")

_log = structlog.get_logger(__name__)

_WITHIN = timedelta(minutes=1)  # then the process ends, so that whoever looks after it sees that something is wrong
_AGAIN_S = 1.0


async def entered(stack: AsyncExitStack, opened: Callable[[], AbstractAsyncContextManager[T]], clock: Clock) -> T:
    """Enter what `opened` makes of the database, tried again for a minute while that does not answer.

    Raises Unavailable after that, InUse (another bot is there) at once, and whatever else `opened` raises.
    """
    until = clock.now() + _WITHIN
    while True:
        try:
            return await stack.enter_async_context(opened())
        except InUse:
            raise
        except Unavailable as error:
            if clock.now() >= until:
                raise
            _log.warning("waiting for the database", why=str(error))
            await clock.sleep(_AGAIN_S)
