"""One running bot for each database: a lock that dies with the process that holds it, however that ends."""

import asyncio
import errno
import fcntl
import os
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from bot.database_url import Database, parsed
from bot.errors import SettingsError, Unavailable
from bot.store import postgresql, sqlite
from bot.store.faults import at_start

IN_USE = (
    "DATABASE_URL: another running bot uses this database. One database serves one bot at a time: stop the other one "
    "first, or give this one a database of its own."
)
LOST = "DATABASE_URL: the connection that keeps other bots off this database was lost, so this bot ends."


class InUse(Unavailable):
    """Another running bot has the database."""


Watch = Callable[[], Coroutine[Any, Any, None]]
"""Runs until cancelled; raises Unavailable when the database is no longer this process's own."""

_KEY = 0x696D6167696E31  # "imagin1" in ASCII; migrations lock with another, for a moment
_STATEMENT_S = 5.0
_AGAIN_S = 0.1
_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_HELD = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()"
    " AND objsubid = 1 AND classid::bigint << 32 | objid::bigint = :key"
)
# A machine that lost its power says no goodbye: the server asks after 30 s, and gives the lock up after a minute.
_KEEPALIVES = text(
    "SELECT set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)
_CONNECT_S = 5.0


@asynccontextmanager
async def sole_use(
    database_url: str, clock: Clock, *, patience_s: float = 3.0, every_s: float = 5.0
) -> AsyncGenerator[Watch]:
    """Keep every other bot off the database; whoever only reads or checks it is not kept off.

    On PostgreSQL the lock is one of a session of its own: it is waited for up to `patience_s`, since a server may take
    a moment to see that a killed process is gone, and asked after every `every_s` seconds by the watch that is given.
    Raises InUse where another bot is there, Unavailable where the database does not answer, and SettingsError.
    """
    try:
        database = parsed(database_url)
    except ValueError as error:
        raise SettingsError(f"DATABASE_URL {error}.") from error
    if database.is_sqlite:
        held = await asyncio.to_thread(_lock_beside, sqlite.file_of(database.url))
        try:
            yield _for_ever
        finally:
            os.close(held)
        return
    async with _session(database) as connection:
        try:
            await _take(connection, clock, patience_s)
        except DBAPIError as error:
            raise at_start(error) from error
        yield await _watching(connection, every_s)


def _lock_beside(file: Path) -> int:
    """Lock a file beside the database, which stays there: removed, two could each lock one of that name."""
    lock = Path(f"{file.resolve()}.lock")
    try:
        sqlite.make_private(lock)
        held = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise SettingsError(f"DATABASE_URL: the file {lock} cannot be opened or made.") from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(held)
        if error.errno in {errno.EWOULDBLOCK, errno.EACCES}:
            raise InUse(IN_USE) from error
        raise SettingsError(f"DATABASE_URL: the file {lock} cannot be locked: {error.strerror}.") from error
    return held


async def _for_ever() -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def _session(database: Database) -> AsyncGenerator[AsyncConnection]:
    engine = postgresql.open_engine(database, _CONNECT_S, statement_s=_STATEMENT_S, silence=LOST, poolclass=NullPool)
    try:
        try:
            connection = await engine.execution_options(isolation_level="AUTOCOMMIT").connect()
        except (OSError, TimeoutError, DBAPIError, ValueError) as error:
            raise at_start(error) from error
        try:
            yield connection
        finally:
            await connection.close()
    finally:
        await engine.dispose()


async def _take(connection: AsyncConnection, clock: Clock, patience_s: float) -> None:
    await connection.execute(_KEEPALIVES)
    for _ in range(int(patience_s / _AGAIN_S)):
        if await connection.scalar(_TAKE, {"key": _KEY}):
            return
        await clock.sleep(_AGAIN_S)
    if not await connection.scalar(_TAKE, {"key": _KEY}):
        raise InUse(IN_USE)


async def _watching(connection: AsyncConnection, every_s: float) -> Watch:
    """The watch of a session: woken when it ends, and asking it, since a server may go without a word."""
    gone = asyncio.Event()
    driver: Any = (await connection.get_raw_connection()).driver_connection

    def ended(_connection: object) -> None:
        gone.set()

    driver.add_termination_listener(ended)

    async def watch() -> None:
        while not gone.is_set():
            try:
                async with asyncio.timeout(every_s):
                    await gone.wait()
            except TimeoutError:
                if not await _still_held(connection):
                    break
        raise Unavailable(LOST)

    return watch


async def _still_held(connection: AsyncConnection) -> bool:
    try:
        return bool(await connection.scalar(_HELD, {"key": _KEY}))
    except (DBAPIError, Unavailable):
        return False
