"""PostgreSQL as the store opens it: nothing waits for ever, and no error tells what a row holds."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, ExceptionContext, Pool, event
from sqlalchemy.exc import EmulatedDBAPIException
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.database_url import Database
from bot.errors import SettingsError, Unavailable
from bot.store.faults import at_start
from bot.store.work import NoTurn

T = TypeVar("T")

WRITERS, READERS = 6, 8
"""How many transactions run at once. More writers would wait for the rows of the same totals."""

KEPT_FOR_FIRST = 2
"""So many of the writers' turns are only for those that go first."""


class PostgresTransactions:
    """Functions are run as they are over asyncpg: each of their statements is awaited, unseen by them.

    `at_once` at most, so that in a rush most wait here, in the order in which they came, and not for each other's
    locks or for the pool; `patience_s`: how long one waits for its turn. `kept`: how many of the turns are only for
    those that go first.
    """

    def __init__(self, engine: AsyncEngine, *, at_once: int, patience_s: float, kept: int = 0) -> None:
        self._engine, self._patience_s = engine, patience_s
        self._turns = asyncio.Semaphore(at_once)
        self._others = asyncio.Semaphore(at_once - kept)

    async def run(self, function: Callable[[Connection], T], *, first: bool = False) -> T:
        """As `bot.store.work.Writes`. Raises BotError for arguments that contradict each other."""
        async with self._turn(first=first), AsyncExitStack() as stack:
            try:
                connection = await stack.enter_async_context(self._engine.begin())
            except (OSError, TimeoutError, PoolTimeoutError) as error:  # asyncpg's connect raises the first two bare
                raise NoTurn from error
            except ValueError as error:
                raise at_start(error) from error
            return await connection.run_sync(function)

    @asynccontextmanager
    async def _turn(self, *, first: bool) -> AsyncGenerator[None]:
        async with AsyncExitStack() as turns:
            try:
                async with asyncio.timeout(self._patience_s):
                    for needed in (self._turns,) if first else (self._others, self._turns):
                        await turns.enter_async_context(needed)
            except TimeoutError as error:
                raise NoTurn from error
            yield


def open_engine(
    database: Database,
    patience_s: float,
    *,
    statement_s: float | None,
    silence: str,
    poolclass: type[Pool] | None = None,
) -> AsyncEngine:
    """The engine. `statement_s`: how long a statement may take, None for as long as it needs.

    `silence` is the sentence of Unavailable where the server goes silent in the middle of a statement. Raises
    SettingsError where the driver or a file is missing.
    """
    for name, file in database.files.items():
        if not Path(file).is_file():
            raise SettingsError(f"DATABASE_URL: the file that {name} names is not there.")
    settings = {
        **database.session,
        "lock_timeout": f"{patience_s * 1000:.0f}ms",
        "statement_timeout": f"{(statement_s or 0) * 1000:.0f}ms",
        "idle_in_transaction_session_timeout": "60s",
    }
    arguments: dict[str, Any] = {
        "timeout": patience_s,
        # For a server that went silent; the server's own timeout comes first.
        "command_timeout": None if statement_s is None else statement_s * 1.5,
        "server_settings": settings,
    }
    if database.dsn is not None:
        arguments["dsn"] = database.dsn
    # As many as there are turns, and they stay: to connect anew costs more than a transaction.
    pool: dict[str, Any] = {"pool_timeout": patience_s, "pool_size": WRITERS + READERS, "max_overflow": 0}
    if poolclass is not None:
        pool = {"poolclass": poolclass}
    try:
        engine = create_async_engine(
            database.url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments, **pool
        )
    except ModuleNotFoundError as error:
        raise SettingsError("DATABASE_URL: PostgreSQL needs the extra `postgres` (asyncpg) installed.") from error

    def name_silence(context: ExceptionContext) -> None:
        # asyncpg raises these bare in the middle of a statement, where SQLAlchemy does not wrap them.
        if isinstance(context.original_exception, TimeoutError | OSError):
            context.chained_exception = Unavailable(silence)

    event.listen(engine.sync_engine, "handle_error", name_silence)
    event.listen(engine.sync_engine, "handle_error", _hide_row)
    return engine


def _hide_row(context: ExceptionContext) -> None:
    """Forget PostgreSQL's DETAIL, which quotes the whole row that it refuses, before a trace can print it."""
    if isinstance(context.original_exception, EmulatedDBAPIException) and context.original_exception.orig:
        vars(context.original_exception.orig).pop("detail", None)
