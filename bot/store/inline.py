"""SQLite in the event loop itself, without a thread.

Every transaction runs whole at one step of the loop, so whoever steers the loop (a simulation) decides in which order
they come, and nothing waits for a thread to wake. A long one holds everything else up for as long as it takes.

A cancellation falls before a transaction or after it, never into it.
"""

import asyncio
import math
import sqlite3
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from bot.store.sqlite import engine_over, open_connection

_BUSY_STEP_S = 0.005


class InlineSeat:
    """One connection, as a `Seat`. While another process has the lock, it is asked for again for `patience_s` seconds.

    SQLite's own way to wait would hold up the loop, and with it the very writer that it waits for.
    """

    def __init__(self, file: Path, *, begin: str, patience_s: float, foreign_keys: bool = True) -> None:
        self._connection = open_connection(file, patience_s=0)
        self._engine = engine_over(lambda: self._connection, begin=begin, foreign_keys=foreign_keys)
        self._tries = math.ceil(patience_s / _BUSY_STEP_S)

    def submit(self, work: Callable[[Engine], None]) -> asyncio.Future[None]:
        """As `Seat`: at the loop's next step."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        loop.call_soon(self._try, work, done, self._tries)
        return done

    def _try(self, work: Callable[[Engine], None], done: asyncio.Future[None], tries: int) -> None:
        try:
            work(self._engine)
        except OperationalError as error:
            if tries and _may_pass(error.orig):  # nothing was begun
                asyncio.get_running_loop().call_later(_BUSY_STEP_S, self._try, work, done, tries - 1)
            else:
                done.set_exception(error)
        except Exception as error:  # noqa: BLE001 - it is raised where the work is waited for
            done.set_exception(error)
        else:
            done.set_result(None)

    def abandon(self) -> None:
        """Nothing is ever under way when somebody else has the loop."""

    async def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _may_pass(error: BaseException | None) -> bool:
    """Whether the lock may be had later. A reader whose moment has passed (BUSY_SNAPSHOT) can never write."""
    code = error.sqlite_errorcode if isinstance(error, sqlite3.OperationalError) else 0
    return code & 0xFF == sqlite3.SQLITE_BUSY and code != sqlite3.SQLITE_BUSY_SNAPSHOT
