"""Which event loop the bot runs on: uvloop where it is installed (the extra `fast`), else asyncio's own."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

T = TypeVar("T")

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def loop_factory() -> LoopFactory:
    """What makes the loop."""
    try:
        import uvloop  # noqa: PLC0415 - it may not be there: then the bot runs as well, a little slower
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def name() -> str:
    """Whose loop it is: `uvloop` or `asyncio`."""
    return loop_factory().__module__.partition(".")[0]


def run(main: Coroutine[object, object, T]) -> T:
    """As `asyncio.run`, on that loop."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(main)
