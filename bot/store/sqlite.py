"""SQLite as the store opens it: a file that only its owner reads, and connections that lose nothing."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.exc import IntegrityError

from bot.errors import SettingsError

WRITING, READING = "BEGIN IMMEDIATE", "BEGIN"
"""A writer is the only one from its first moment on, so what it reads stays true until it writes."""

_OTHERS_AT_ONCE = 20  # who may open a new file at the same time
_OWNER_ONLY = 0o600  # the rows hold people's prompts


class _SqliteConnection(sqlite3.Connection):
    """Undoes its transaction before it closes.

    SQLite keeps a closed connection, lock and all, until its last statement is forgotten; and the statement of a
    cancelled task lives in its traceback for as long as anybody holds that. Runs in the connection's own thread.
    """

    def close(self) -> None:
        with suppress(sqlite3.Error):  # closed already, or broken: there is nothing left to undo
            self.rollback()
        super().close()


def file_of(url: URL) -> Path:
    """The file of an SQLite address."""
    return Path(cast("str", url.database))


def make_file(file: Path) -> None:
    """See to it that the file and its folder are there, and that nobody but their owner reads the file.

    Raises SettingsError where it cannot be opened or made.
    """
    # Opened here once, since a file that cannot be opened leaves aiosqlite's thread behind, which then speaks to a
    # loop that may be gone.
    try:
        make_private(file)
        sqlite3.connect(file).close()
        for beside in ("-wal", "-shm"):  # SQLite makes these with the file's own mode: older ones are as they were
            _tighten(Path(f"{file}{beside}"))
    except (OSError, sqlite3.OperationalError) as error:
        raise SettingsError(f"DATABASE_URL: the file {file} cannot be opened or made.") from error


def make_private(file: Path) -> None:
    """Make a file where there is none, and its folder; readable by its owner alone. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # A file that is there is not opened: closing it would take away every lock that SQLite has on it in this process.
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY))
    _tighten(file)  # whatever the umask, and whoever made it


def _tighten(file: Path) -> None:
    # Not there; or somebody else's, who then decides who reads it; or on a file system that knows no modes.
    with suppress(OSError):
        if file.stat().st_mode & 0o777 != _OWNER_ONLY:
            file.chmod(_OWNER_ONLY)


def open_connection(file: Path, *, patience_s: float) -> sqlite3.Connection:
    """A connection to a file that is there, for this thread alone; `patience_s` is how long it waits for a lock."""
    # Without an isolation level the driver begins nothing by itself; `engine_over` does.
    return sqlite3.connect(file, isolation_level=None, timeout=patience_s, factory=_SqliteConnection)


def engine_over(connection: Callable[[], sqlite3.Connection], *, begin: str, foreign_keys: bool = True) -> Engine:
    """The engine over one connection, which whoever owns it closes. `begin`: what its transactions are begun with.

    `foreign_keys`: whether rows are held to those that they name. A migration cannot write a table anew else: SQLite
    cannot change that within a transaction, and takes one that is replaced for one that is emptied.
    """
    # An error's text would carry prompts and interaction tokens into the log.
    engine = create_engine("sqlite://", creator=connection, poolclass=StaticPool, hide_parameters=True)

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", partial(_prepare, foreign_keys=foreign_keys))
    event.listen(engine, "begin", start)
    return engine


def need_whole_references(connection: Connection) -> None:
    """Raises IntegrityError where a row names another that is not there."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        cause = sqlite3.IntegrityError(f"a row of {broken[0]} names one that is not there")
        raise IntegrityError("PRAGMA foreign_key_check", None, cause)


def _prepare(dbapi_connection: Any, _record: object, *, foreign_keys: bool) -> None:
    cursor = dbapi_connection.cursor()
    held = "ON" if foreign_keys else "OFF"
    try:
        _to_wal(cursor)
        for pragma in ("synchronous=FULL", f"foreign_keys={held}"):
            cursor.execute(f"PRAGMA {pragma}")
    finally:
        cursor.close()


def _to_wal(cursor: sqlite3.Cursor) -> None:
    """Have the file written ahead. SQLite does not wait by itself for another who is changing a new file to it."""
    for _ in range(_OTHERS_AT_ONCE):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            cursor.execute(WRITING)  # which does wait, and raises where that takes too long
            cursor.execute("ROLLBACK")
        else:
            return
    cursor.execute("PRAGMA journal_mode=WAL")
