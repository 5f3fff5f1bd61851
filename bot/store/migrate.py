"""Bringing a database to the newest form."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from bot.store.sqlite import need_whole_references

_ONE_AT_A_TIME = 0x696D6167696E65  # "imagine" in ASCII: the key of PostgreSQL's advisory lock


def upgrade(connection: Connection) -> None:
    """Apply the migrations that are missing, within the caller's transaction: all of them, or none."""
    if connection.dialect.name == "postgresql":  # several processes may start at once; SQLite's writer is alone
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    before = MigrationContext.configure(connection).get_current_revision()
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite" and MigrationContext.configure(connection).get_current_revision() != before:
        need_whole_references(connection)
