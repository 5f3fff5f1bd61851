"""The database: opened, migrated, and read and written in transactions that no two tasks share."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from inspect import iscoroutine
from typing import Concatenate, Literal, ParamSpec, Self, TypeVar

from alembic.util import CommandError
from sqlalchemy import Connection, NullPool
from sqlalchemy.exc import DBAPIError

from bot.database_url import Database, parsed
from bot.errors import SettingsError, Unavailable
from bot.store import postgresql, sqlite
from bot.store.faults import at_start, passes
from bot.store.inline import InlineSeat
from bot.store.migrate import upgrade
from bot.store.postgresql import PostgresTransactions
from bot.store.readers import Readers
from bot.store.threads import DatabaseThread
from bot.store.work import NoTurn, Seat, Transactions, Writes
from bot.store.writers import Writers

P = ParamSpec("P")
T = TypeVar("T")

_NOT_WRITTEN = "I could not write this down just now, so nothing was started. Please try again in a minute."
_NOT_READ = "I could not look this up just now. Please try again in a minute."
_READERS = 4  # more would wait for the interpreter, not for the disk


class Store:
    """One database. Use `open`; every `write` and `read` is one transaction on a connection of its own.

    What is given to them is a plain function, which takes the connection first and never awaits: on SQLite it runs
    whole in the database's thread, and nobody can wait for a network while others wait for the lock. It touches nothing
    that belongs to the event loop.
    """

    def __init__(self, dialect: Literal["sqlite", "postgresql"], writes: Writes, reads: Transactions) -> None:
        self._dialect: Literal["sqlite", "postgresql"] = dialect
        self._writes, self._reads = writes, reads

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
        async with AsyncExitStack() as stack:
            if database.is_sqlite:
                store = await cls._open_sqlite(stack, database, patience_s, inline=inline)
            else:
                store = await cls._open_postgresql(stack, database, patience_s, statement_s)
            yield store

    @classmethod
    async def _open_sqlite(cls, stack: AsyncExitStack, database: Database, patience_s: float, *, inline: bool) -> Self:
        file = sqlite.file_of(database.url)
        if inline:
            sqlite.make_file(file)
        else:
            await asyncio.to_thread(sqlite.make_file, file)

        async def seat(stack: AsyncExitStack, begin: str, *, foreign_keys: bool = True) -> Seat:
            if inline:
                opened = InlineSeat(file, begin=begin, patience_s=patience_s, foreign_keys=foreign_keys)
            else:
                opened = DatabaseThread(file, begin=begin, patience_s=patience_s, foreign_keys=foreign_keys)
                await opened
            stack.push_async_callback(opened.close)
            return opened

        async with (
            AsyncExitStack() as for_now
        ):  # closed before any other is open: then what it wrote moves into the file
            migrating = Writers(await seat(for_now, sqlite.WRITING, foreign_keys=False), patience_s=2 * patience_s)
            await _migrate(cls("sqlite", migrating, migrating))
        # Whoever writes now may itself be waiting for another process.
        writers = Writers(await seat(stack, sqlite.WRITING), patience_s=2 * patience_s)
        seats = [await seat(stack, sqlite.READING) for _ in range(1 if inline else _READERS)]
        return cls("sqlite", writers, Readers(seats, patience_s=patience_s))

    @classmethod
    async def _open_postgresql(
        cls, stack: AsyncExitStack, database: Database, patience_s: float, statement_s: float
    ) -> Self:
        opened = partial(postgresql.open_engine, database, patience_s, silence=_NOT_WRITTEN)
        migrating = PostgresTransactions(opened(statement_s=None, poolclass=NullPool), at_once=1, patience_s=patience_s)
        await _migrate(cls("postgresql", migrating, migrating))
        engine = opened(statement_s=statement_s)
        stack.push_async_callback(engine.dispose)
        reads = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return cls(
            "postgresql",
            PostgresTransactions(
                engine, at_once=postgresql.WRITERS, patience_s=2 * patience_s, kept=postgresql.KEPT_FOR_FIRST
            ),
            PostgresTransactions(reads, at_once=postgresql.READERS, patience_s=patience_s),
        )

    @property
    def dialect(self) -> Literal["sqlite", "postgresql"]:
        """Which engine this is."""
        return self._dialect

    async def write(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function in one transaction: kept at its end, undone by any exception, a cancellation included.

        On SQLite it is the only writer from its first moment, so what it reads stays true until it writes. A
        cancellation that falls into the commit itself may find it done. Raises Unavailable when the database does not
        answer, is locked or full; nothing is written then, or (a connection lost in the commit) it cannot be known.
        """
        with _translated(_NOT_WRITTEN):
            return await self._writes.run(lambda connection: _plain(function(connection, *args, **kwargs)))

    async def write_first(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `write`, before those that have waited longer: for what somebody waits for. Others get their share."""
        with _translated(_NOT_WRITTEN):
            return await self._writes.run(lambda connection: _plain(function(connection, *args, **kwargs)), first=True)

    async def read(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function over one moment of the data; writers do not wait for it. Raises Unavailable as `write`."""
        with _translated(_NOT_READ):
            return await self._reads.run(lambda connection: _plain(function(connection, *args, **kwargs)))


async def _migrate(store: Store) -> None:
    try:
        await store.write(upgrade)
    except Unavailable as error:
        raise at_start(error.__cause__) from error
    except DBAPIError as error:
        raise at_start(error) from error
    except CommandError as error:
        raise SettingsError(
            "DATABASE_URL: the database was written by a newer version of this bot, which must be used with it."
        ) from error


def _plain(value: T) -> T:
    """What a function gave. Raises RuntimeError for what waits to be awaited, a write within a write for instance."""
    if iscoroutine(value):
        value.close()
        raise RuntimeError("the function of a transaction never awaits: nothing may wait while it has the database")
    return value


@contextmanager
def _translated(sentence: str) -> Generator[None]:
    try:
        yield
    except NoTurn as error:
        raise Unavailable(sentence) from error.__cause__ or error
    except DBAPIError as error:
        if passes(error):
            raise Unavailable(sentence) from error
        raise


def _checked(database_url: str) -> Database:
    try:
        return parsed(database_url)
    except ValueError as error:
        raise SettingsError(f"DATABASE_URL {error}.") from error
