"""What an error of a database means: the condition it is in, or a statement that is wrong."""

import sqlite3

from sqlalchemy.exc import DBAPIError

from bot.errors import BotError, SettingsError, Unavailable

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


def passes(error: DBAPIError) -> bool:
    """Whether the database's condition is to blame, rather than the statement."""
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF in _SQLITE_PASSING  # the low byte is the primary code (sqlite.org/rescode.html)
    state = getattr(error.orig, "sqlstate", None)
    return isinstance(state, str) and state.startswith(_POSTGRES_PASSING)


def at_start(error: BaseException | None) -> BotError:
    """The error of a start that this one of the driver's stands for, with what the driver says, for the operator."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = str(cause).strip().splitlines()[0] if str(cause or "").strip() else "nothing came in time"
    if isinstance(error, DBAPIError) and not passes(error):  # no such database, no such role, not a database at all
        return SettingsError(f"DATABASE_URL: the database cannot be used: {said}")
    if isinstance(error, ValueError):  # asyncpg's word for arguments that contradict each other
        return SettingsError(f"DATABASE_URL: {said}")
    return Unavailable(f"DATABASE_URL: the database does not answer: {said}")
