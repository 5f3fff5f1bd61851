"""What people save for themselves. Part of `tables.metadata`, so that migrations see it."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table

from bot.store.tables import metadata, runs
from bot.store.types import UtcDateTime

saved_pictures = Table(
    "saved_pictures",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("run_id", String(32), ForeignKey(runs.c.id), primary_key=True),
    Column("picture", Integer, primary_key=True, autoincrement=False),  # from 0
    Column("at", UtcDateTime, nullable=False),
    Column("taken_out", Boolean, nullable=False),  # kept until the person's next press, which it may be the same as
)
"""Which pictures a person saved, and since when."""
