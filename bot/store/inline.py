"""SQLite in the event loop itself: what SQLAlchemy expects of aiosqlite, without its thread.

Every statement runs whole at one step of the loop, so whoever steers the loop (a simulation) decides in which order
they come, and nothing waits for a thread to wake. A long statement holds everything else up for as long as it takes.

A cancellation falls before a statement or after it, never into it. Undoing and closing happen at once.
"""

import asyncio
import math
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

T = TypeVar("T")

_BUSY_STEP_S = 0.005


class InlineConnection:
    """One connection. While another process has the lock, a statement is tried again for `patience_s` seconds.

    SQLite's own way to wait would hold up the loop, and with it the very writer that it waits for.
    """

    def __init__(self, connection: sqlite3.Connection, *, patience_s: float) -> None:
        self._connection: sqlite3.Connection | None = connection  # SQLAlchemy asks for it by this name
        self._tries = math.ceil(patience_s / _BUSY_STEP_S)

    @classmethod
    async def open(cls, file: Path, factory: type[sqlite3.Connection], *, patience_s: float) -> Self:
        """Open a file that is there. Transactions are begun by statements, never by the driver."""
        await asyncio.sleep(0)
        connection = sqlite3.connect(file, isolation_level=None, timeout=0, factory=factory)
        return cls(connection, patience_s=patience_s)

    def cursor(self) -> "InlineCursor":
        """A cursor of this connection. Raises ValueError where it is closed, as aiosqlite does."""
        return InlineCursor(self, self._open().cursor())

    async def at_a_step(self, statement: Callable[[], T]) -> T:
        """Run a statement at the loop's next step. Raises sqlite3.Error."""
        await asyncio.sleep(0)
        for _ in range(self._tries):
            try:
                return statement()
            except sqlite3.OperationalError as error:
                if not _may_pass(error):
                    raise
            await asyncio.sleep(_BUSY_STEP_S)
        return statement()

    async def commit(self) -> None:
        """Keep the transaction."""
        await self.at_a_step(self._open().commit)

    async def rollback(self) -> None:
        """Undo the transaction."""
        self._open().rollback()

    async def close(self) -> None:
        """Close the connection, if it is open."""
        self.stop()

    def stop(self) -> None:
        """As `close`, for whoever cannot wait."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def create_function(
        self, name: str, arguments: int, function: Callable[..., Any], *, deterministic: bool = False
    ) -> None:
        """Let statements call a function of Python's."""
        self._open().create_function(name, arguments, function, deterministic=deterministic)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise ValueError("no active connection")
        return self._connection


class InlineCursor:
    """A cursor. Its rows are read where they are asked for, which takes no step of its own."""

    def __init__(self, connection: InlineConnection, cursor: sqlite3.Cursor) -> None:
        self._connection, self._cursor = connection, cursor

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        """The columns of the rows (PEP 249); None where the statement gives none."""
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        """How many rows the last statement changed; -1 where that has no meaning."""
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        """The id of the last row that was inserted."""
        return self._cursor.lastrowid

    @property
    def arraysize(self) -> int:
        """How many rows `fetchmany` gives."""
        return self._cursor.arraysize

    @arraysize.setter
    def arraysize(self, rows: int) -> None:
        self._cursor.arraysize = rows

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run one statement."""
        await self._connection.at_a_step(lambda: self._cursor.execute(statement, parameters))

    async def executemany(self, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row of parameters."""
        rows = list(parameters)  # a second try begins with the first row again
        await self._connection.at_a_step(lambda: self._cursor.executemany(statement, rows))

    async def fetchone(self) -> Any:
        """The next row; None after the last."""
        return self._cursor.fetchone()

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        """The next rows."""
        return self._cursor.fetchmany(self.arraysize if size is None else size)

    async def fetchall(self) -> list[Any]:
        """Every row that is left."""
        return self._cursor.fetchall()

    async def close(self) -> None:
        """Forget the statement."""
        self._cursor.close()


def _may_pass(error: sqlite3.OperationalError) -> bool:
    """Whether the lock may be had later. A reader whose moment has passed (BUSY_SNAPSHOT) can never write."""
    code = error.sqlite_errorcode
    return code & 0xFF == sqlite3.SQLITE_BUSY and code != sqlite3.SQLITE_BUSY_SNAPSHOT
