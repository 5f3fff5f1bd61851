"""What happens while a transaction is open."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from sqlalchemy.util import await_only

T = TypeVar("T")


def meanwhile(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> T:
    """In the function of a transaction: let something be done in the loop, and wait for it.

    No function of the bot's does such a thing. Where SQLite runs in the loop itself, none can.
    """
    if threading.current_thread() is threading.main_thread():  # PostgreSQL, in the loop
        return await_only(coroutine)
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)
