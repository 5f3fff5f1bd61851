"""Inserts for which a unique conflict is an answer, not an error."""

from collections.abc import Mapping

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


async def insert_if_absent(connection: AsyncConnection, table: Table, values: Mapping[str, object]) -> bool:
    """Insert one row. False when a unique constraint or index already has its like, and nothing was written.

    On PostgreSQL this waits for another transaction that is writing the same key, and then knows; unlike an
    IntegrityError, the answer leaves the transaction usable. Other constraints raise IntegrityError as ever.
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = dialect.insert(table).values(**values).on_conflict_do_nothing().returning(*table.primary_key.columns)
    return (await connection.execute(row)).first() is not None
