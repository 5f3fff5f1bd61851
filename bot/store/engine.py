"""The database: opened, migrated, and written to in transactions that no two tasks share."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self, cast

from alembic.util import CommandError
from sqlalchemy import URL, Connection, ExceptionContext, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, EmulatedDBAPIException
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import SettingsError, Unavailable
from bot.store.inline import InlineConnection
from bot.store.migrate import upgrade

_STATEMENT_S = 20.0
_NOT_WRITTEN = "I could not write this down just now, so nothing was started. Please try again in a minute."
_NOT_READ = "I could not look this up just now. Please try again in a minute."

_SQLITE_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
# Classes of SQLSTATE (PostgreSQL, appendix A): connection, transaction rollback, resources, object not in the
# state needed (a lock not had in time), operator intervention, system error; 25006 is a server made read-only.
_POSTGRES_PASSING = ("08", "40", "53", "55", "57", "58", "25006")


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
    async def open(cls, database_url: str, *, patience_s: float = 5.0, inline: bool = False) -> AsyncGenerator[Self]:
        """Open the database and bring it to the newest form; SQLite's folder is made where it is missing.

        `patience_s` is how long a transaction waits for a lock, a connection or a place in the pool. With `inline`
        SQLite runs in the event loop instead of in a thread for each connection (`bot.store.inline`); PostgreSQL knows
        no such difference. Raises SettingsError for a database that cannot be used as it is, and Unavailable for one
        that does not answer.
        """
        url = _checked(database_url)
        if url.get_backend_name() == "sqlite":
            file = Path(cast("str", url.database))
            if inline:
                _make_sqlite_file(file)
            else:
                await asyncio.to_thread(_make_sqlite_file, file)
            engine = _sqlite(url, patience_s, inline=inline)
        else:
            engine = _postgresql(url, patience_s)
        try:
            store = cls(engine, patience_s=patience_s)
            await store._migrate()
            yield store
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

    async def _migrate(self) -> None:
        try:
            async with self.write() as connection:
                await connection.run_sync(upgrade)
        except DBAPIError as error:  # no such database, no such role, not a database at all
            raise SettingsError(f"DATABASE_URL: the database cannot be used: {error.orig}") from error
        except CommandError as error:
            raise SettingsError(
                "DATABASE_URL: the database was written by a newer version of this bot, which must be used with it."
            ) from error

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


@asynccontextmanager
async def _transaction(engine: AsyncEngine, sentence: str) -> AsyncGenerator[AsyncConnection]:
    try:
        async with AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(engine.begin())
            except (OSError, TimeoutError) as error:  # asyncpg's connect raises these bare
                raise Unavailable(sentence) from error
            yield connection
    except PoolTimeoutError as error:
        raise Unavailable(sentence) from error
    except DBAPIError as error:
        if _passes(error):
            raise Unavailable(sentence) from error
        raise


def _passes(error: DBAPIError) -> bool:
    """Whether the database's condition is to blame, rather than the statement."""
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF in _SQLITE_PASSING  # the low byte is the primary code (sqlite.org/rescode.html)
    state = getattr(error.orig, "sqlstate", None)
    return isinstance(state, str) and state.startswith(_POSTGRES_PASSING)


def _checked(database_url: str) -> URL:
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise SettingsError("DATABASE_URL is not an address of a database.") from error
    match url.get_backend_name():
        case "sqlite":
            if url.database in (None, "", ":memory:") or str(url.database).startswith("file:"):
                raise SettingsError("DATABASE_URL must name a file: sqlite+aiosqlite:///path/to/imagine.db")
            return url.set(drivername="sqlite+aiosqlite")
        case "postgresql":
            return url.set(drivername="postgresql+asyncpg")
        case _:
            raise SettingsError("DATABASE_URL must begin with sqlite+aiosqlite:/// or postgresql+asyncpg://")


class _SqliteConnection(sqlite3.Connection):
    """Undoes its transaction before it closes.

    SQLite keeps a closed connection, lock and all, until its last statement is forgotten; and the statement of a
    cancelled task lives in its traceback for as long as anybody holds that. Runs in the connection's own thread.
    """

    def close(self) -> None:
        with suppress(sqlite3.Error):  # closed already, or broken: there is nothing left to undo
            self.rollback()
        super().close()


def _make_sqlite_file(file: Path) -> None:
    # Opened here once, since a file that cannot be opened leaves aiosqlite's thread behind, which then speaks to a
    # loop that may be gone.
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # the rows hold people's prompts
        sqlite3.connect(file).close()
    except (OSError, sqlite3.OperationalError) as error:
        raise SettingsError(f"DATABASE_URL: the file {file} cannot be opened or made.") from error


def _sqlite(url: URL, patience_s: float, *, inline: bool) -> AsyncEngine:
    # Without an isolation level the driver begins nothing by itself; `begin` below does.
    driver: dict[str, Any] = {
        "connect_args": {"isolation_level": None, "timeout": patience_s, "factory": _SqliteConnection}
    }
    if inline:
        file = Path(cast("str", url.database))
        driver = {"async_creator": partial(InlineConnection.open, file, _SqliteConnection, patience_s=patience_s)}
    # An error's text would carry prompts and interaction tokens into the log.
    engine = create_async_engine(url, pool_timeout=patience_s, hide_parameters=True, **driver)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    cursor = dbapi_connection.cursor()
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _postgresql(url: URL, patience_s: float) -> AsyncEngine:
    try:
        engine = create_async_engine(
            url,
            pool_timeout=patience_s,
            hide_parameters=True,  # as above
            pool_pre_ping=True,
            connect_args={
                "timeout": patience_s,
                "command_timeout": _STATEMENT_S * 1.5,  # for a server that went silent; the server's own come first
                "server_settings": {
                    "lock_timeout": f"{patience_s * 1000:.0f}ms",
                    "statement_timeout": f"{_STATEMENT_S:.0f}s",
                    "idle_in_transaction_session_timeout": "60s",
                },
            },
        )
    except ModuleNotFoundError as error:
        raise SettingsError("DATABASE_URL: PostgreSQL needs the extra `postgres` (asyncpg) installed.") from error
    event.listen(engine.sync_engine, "handle_error", _name_silence)
    event.listen(engine.sync_engine, "handle_error", _hide_row)
    return engine


def _hide_row(context: ExceptionContext) -> None:
    """Forget PostgreSQL's DETAIL, which quotes the whole row that it refuses, before a trace can print it."""
    if isinstance(context.original_exception, EmulatedDBAPIException) and context.original_exception.orig:
        vars(context.original_exception.orig).pop("detail", None)


def _name_silence(context: ExceptionContext) -> None:
    # asyncpg raises these bare in the middle of a statement, where SQLAlchemy does not wrap them.
    if isinstance(context.original_exception, TimeoutError | OSError):
        context.chained_exception = Unavailable(_NOT_WRITTEN)
