"""Times become whole microseconds on SQLite, which had kept them as text of 26 characters. PostgreSQL stays as it is.

Tables are written anew, since rows that only become shorter leave their pages as full as they were. Every table that
has a column of times (declared DATETIME until now) is converted with whatever columns and indexes it has. A column's
place, its constraints and the numbers that ids have come to are kept.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TIME = re.compile(r"\bDATETIME\b")
_NAME = re.compile(r'^CREATE TABLE "?(\w+)"?')
_CACHE_KB = 262_144  # indexes by random ids are filled page by page: at a million runs, they are to be in memory
_NEW = "times_as_numbers"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    if connection.exec_driver_sql("PRAGMA foreign_keys").scalar():
        raise RuntimeError("a table cannot be replaced while others are held to it")
    connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KB}")  # of this connection, which ends with the migrations
    tables = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY rowid").all()
    for name, sql in tables:
        if _TIME.search(sql):
            _rewrite(connection, name, sql)


def _rewrite(connection: sa.Connection, name: str, sql: str) -> None:
    indexes = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL ORDER BY rowid", (name,)
    ).scalars().all()
    columns = connection.exec_driver_sql(f'PRAGMA table_info("{name}")').all()
    last_id = _last_id(connection, name)
    connection.exec_driver_sql(_TIME.sub("BIGINT", _NAME.sub(f"CREATE TABLE {_NEW}", sql)))
    into = ", ".join(f'"{column.name}"' for column in columns)
    values = ", ".join(_number(column.name) if column.type == "DATETIME" else f'"{column.name}"' for column in columns)
    connection.exec_driver_sql(f'INSERT INTO {_NEW} ({into}) SELECT {values} FROM "{name}" ORDER BY rowid')
    connection.exec_driver_sql(f'DROP TABLE "{name}"')
    connection.exec_driver_sql(f'ALTER TABLE {_NEW} RENAME TO "{name}"')
    if last_id is not None:
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
        connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last_id))
    for index in indexes:
        connection.exec_driver_sql(index)


def _number(column: str) -> str:
    """What cannot be read as a time stays what it is: it can be looked at then, and nothing is lost."""
    seconds = f"CAST(strftime('%s', substr(\"{column}\", 1, 19)) AS INTEGER)"
    return f'COALESCE({seconds} * 1000000 + CAST(substr("{column}", 21, 6) AS INTEGER), "{column}")'


def _last_id(connection: sa.Connection, name: str) -> int | None:
    """The last number that was given to a row of a table whose numbers never come back; None of any other."""
    there = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").first()
    if there is None:
        return None
    return connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)).scalar()
