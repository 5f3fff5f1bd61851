"""Alembic's entry: it runs on the connection that bot.store.migrate hands in, never on one of its own."""

from alembic import context

from bot.store.tables_saved import metadata  # that of bot.store.tables, with one table more

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
