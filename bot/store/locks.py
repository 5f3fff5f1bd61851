"""Two transactions about one thing that has no row to lock: on PostgreSQL one waits for the other."""

from sqlalchemy import Connection, TextClause, text

_ALONE = text("SELECT pg_advisory_xact_lock(:key)")
_BESIDE = text("SELECT pg_advisory_xact_lock_shared(:key)")
_PRESSES = -1  # no server's id: what is locked is a person's presses, wherever they are
_SPREAD = 0x9E3779B97F4A7C15  # odd, so that ids that follow each other lie far apart


def alone(connection: Connection, guild_id: int, user_id: int) -> None:
    """Keep off whoever else acts about this person or counts on what holds for them, until the transaction ends."""
    _lock(connection, _ALONE, guild_id, user_id)


def beside(connection: Connection, guild_id: int, user_id: int) -> None:
    """Let what holds for this person stay so until the transaction ends. Others may count on it at the same time."""
    _lock(connection, _BESIDE, guild_id, user_id)


def one_press(connection: Connection, user_id: int) -> None:
    """Keep off other presses of this person's buttons until the transaction ends. Taken before every other lock."""
    _lock(connection, _ALONE, _PRESSES, user_id)


def _lock(connection: Connection, statement: TextClause, guild_id: int, user_id: int) -> None:
    if connection.dialect.name == "postgresql":  # SQLite's writer is alone as it is
        key = (guild_id * _SPREAD ^ user_id) % 2**64 - 2**63
        connection.execute(statement, {"key": key})
