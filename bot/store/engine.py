"""The database: opened, migrated, and written to in transactions that no two tasks share."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal, Self

from alembic.util import CommandError
from sqlalchemy import NullPool
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.database_url import Database, parsed
from bot.errors import SettingsError, Unavailable
from bot.store import postgresql, sqlite
from bot.store.faults import at_start, passes
from bot.store.migrate import upgrade

_NOT_WRITTEN = "I could not write this down just now, so nothing was started. Please try again in a minute."
_NOT_READ = "I could not look this up just now. Please try again in a minute."


class Store:
    """One database. Use `open`; every `write` and `read` is one transaction on a connection of its own."""

    def __init__(self, engine: AsyncEngine, *, patience_s: float) -> None:
        # On a connection that tasks share, one's commit would keep what another undoes: the pool gives each its own.
        self._writes = engine.execution_options(begin="BEGIN IMMEDIATE")
        self._reads = engine
        self._dialect: Literal["sqlite", "postgresql"] = "sqlite" if engine.name == "sqlite" else "postgresql"
        if self._dialect == "postgresql":
            self._reads = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        # SQLite has one writer, and its busy handler is neither fair nor quick: writers of this process queue here.
        self._turn = asyncio.Lock()
        self._turn_s = 2 * patience_s  # whoever writes now may itself be waiting for another process
        self._writer: asyncio.Task[Any] | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls, database_url: str, *, patience_s: float = 5.0, statement_s: float = 20.0, inline: bool = False
    ) -> AsyncGenerator[Self]:
        """Open the database and bring it to the newest form; SQLite's folder is made where it is missing.

        `patience_s` is how long a transaction waits for a lock, a connection or a place in the pool; `statement_s` how
        long one statement may take on PostgreSQL, those of a migration excepted. With `inline`
        SQLite runs in the event loop instead of in a thread for each connection (`bot.store.inline`); PostgreSQL knows
        no such difference. Raises SettingsError for a database that cannot be used as it is, and Unavailable for one
        that does not answer.
        """
        database = _checked(database_url)
        if database.is_sqlite:
            file = sqlite.file_of(database.url)
            if inline:
                sqlite.make_file(file)
            else:
                await asyncio.to_thread(sqlite.make_file, file)
            engine = sqlite.open_engine(database.url, patience_s, inline=inline)
            migrating = engine
        else:
            engine = postgresql.open_engine(database, patience_s, statement_s=statement_s, silence=_NOT_WRITTEN)
            migrating = postgresql.open_engine(
                database, patience_s, statement_s=None, silence=_NOT_WRITTEN, poolclass=NullPool
            )
        try:
            await _migrate(cls(migrating, patience_s=patience_s))
            yield cls(engine, patience_s=patience_s)
        finally:
            await engine.dispose()

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """Which engine this is."""
        return self._dialect

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """One transaction: kept at the end of the block, undone by any exception, a cancellation included.

        On SQLite it is the only writer from its first moment, so what it reads stays true until it writes. A
        cancellation that falls into the commit itself may find it done. Raises Unavailable when the database does not
        answer, is locked or full; nothing is written then, or (a connection lost in the commit) it cannot be known.
        """
        if self._dialect == "postgresql":
            async with _transaction(self._writes, _NOT_WRITTEN) as connection:
                yield connection
            return
        await self._take_turn()
        try:
            async with _transaction(self._writes, _NOT_WRITTEN) as connection:
                yield connection
        finally:
            self._writer = None
            self._turn.release()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """One transaction over one moment of the data; writers do not wait for it. Raises Unavailable as `write`."""
        async with _transaction(self._reads, _NOT_READ) as connection:
            yield connection

    async def _take_turn(self) -> None:
        task = asyncio.current_task()
        if self._writer is task:
            raise RuntimeError("a write within a write of the same task would wait for itself")
        try:
            async with asyncio.timeout(self._turn_s):
                await self._turn.acquire()
        except TimeoutError as error:
            raise Unavailable(_NOT_WRITTEN) from error
        self._writer = task


async def _migrate(store: Store) -> None:
    try:
        async with store.write() as connection:
            await connection.run_sync(upgrade)
    except Unavailable as error:
        raise at_start(error.__cause__) from error
    except DBAPIError as error:
        raise at_start(error) from error
    except CommandError as error:
        raise SettingsError(
            "DATABASE_URL: the database was written by a newer version of this bot, which must be used with it."
        ) from error


@asynccontextmanager
async def _transaction(engine: AsyncEngine, sentence: str) -> AsyncGenerator[AsyncConnection]:
    try:
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(engine.begin())
            except (OSError, TimeoutError) as error:  # asyncpg's connect raises these bare
                raise Unavailable(sentence) from error
            except ValueError as error:
                raise at_start(error) from error
            yield connection
    except PoolTimeoutError as error:
        raise Unavailable(sentence) from error
    except DBAPIError as error:
        if passes(error):
            raise Unavailable(sentence) from error
        raise


def _checked(database_url: str) -> Database:
    try:
        return parsed(database_url)
    except ValueError as error:
        raise SettingsError(f"DATABASE_URL {error}.") from error
