"""Inserts for which a unique conflict is an answer, not an error."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Row, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_if_absent(connection: Connection, table: Table, values: Mapping[str, object]) -> bool:
    """Insert one row. False when a unique constraint or index already has its like, and nothing was written.

    On PostgreSQL this waits for another transaction that is writing the same key, and then knows; unlike an
    IntegrityError, the answer leaves the transaction usable. Other constraints raise IntegrityError as ever.
    """
    return connection.execute(_if_absent(table, connection.dialect.name), dict(values)).first() is not None


def put_row(connection: Connection, table: Table, values: Mapping[str, object]) -> None:
    """Write one row, in place of the one with its primary key where there is one."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    keys = [column.name for column in table.primary_key.columns]
    changed = {name: value for name, value in values.items() if name not in keys}
    statement = dialect.insert(table).values(**values).on_conflict_do_update(index_elements=keys, set_=changed)
    connection.execute(statement)


def add_to_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]], counts: Sequence[str]
) -> Sequence[Row[Any]]:
    """Add to the columns `counts` of each row, found by its primary key or else made; what they are then.

    One statement, which locks the rows in the order given, so that whoever keeps to one order never deadlocks.
    """
    statement = _adding(table, tuple(counts), connection.dialect.name)
    return connection.execute(statement, [dict(row) for row in rows]).all()


# Statements whose values are parameters: made once for each table, since to make one costs as much as to run it.


@cache
def _if_absent(table: Table, dialect_name: str) -> Executable:
    dialect = sqlite if dialect_name == "sqlite" else postgresql
    return dialect.insert(table).on_conflict_do_nothing().returning(*table.primary_key.columns)


@cache
def _adding(table: Table, counts: tuple[str, ...], dialect_name: str) -> Executable:
    dialect = sqlite if dialect_name == "sqlite" else postgresql
    statement = dialect.insert(table)
    added = {name: table.c[name] + statement.excluded[name] for name in counts}
    upsert = statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=added)
    return upsert.returning(*table.columns)
