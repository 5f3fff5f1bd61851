"""SQLite in threads: aiosqlite owns each connection and the thread it lives in; a transaction runs there as a whole."""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast

import aiosqlite
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from bot.store.sqlite import engine_over, open_connection

_ASKED_EVERY = 100_000  # instructions of SQLite's machine: a millisecond or two
_Todo = SimpleQueue[tuple[asyncio.Future[None] | None, Callable[[], Any]]]


class DatabaseThread(aiosqlite.Connection):
    """One connection in a thread of its own, as a `Seat`. `await` it to open it.

    aiosqlite crosses over to its thread and back for each statement. It has no public way to run a whole function
    there, but takes any function from `_tx` and answers its future, as it does for its own: so does `submit`
    (tests/unit/store/test_threads.py says when that ends to be so).
    """

    def __init__(self, file: Path, *, begin: str, patience_s: float, foreign_keys: bool = True) -> None:
        super().__init__(partial(self._connected, file, patience_s), iter_chunk_size=64)
        self._engine = engine_over(lambda: self._conn, begin=begin, foreign_keys=foreign_keys)
        self._is_abandoned = False
        event.listen(self._engine, "before_cursor_execute", self._need_somebody_waiting)

    def submit(self, work: Callable[[Engine], None]) -> asyncio.Future[None]:
        """As `Seat`."""
        self._is_abandoned = False
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        todo = cast("_Todo", self._tx)  # pyright: ignore[reportUnknownMemberType] - aiosqlite leaves it open
        todo.put_nowait((done, partial(work, self._engine)))
        return done

    def abandon(self) -> None:
        """As `Seat`."""
        self._is_abandoned = True

    def _connected(self, file: Path, patience_s: float) -> sqlite3.Connection:
        connection = open_connection(file, patience_s=patience_s)
        # An `interrupt` would be lost where the statement is about to begin.
        connection.set_progress_handler(lambda: self._is_abandoned, _ASKED_EVERY)
        return connection

    def _need_somebody_waiting(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if self._is_abandoned and not statement.startswith("ROLLBACK"):
            raise OperationalError(statement, None, sqlite3.OperationalError("nobody waits for this any more"))
