"""What is kept. Times are UTC, Discord's ids are 64-bit integers, money is whole micro-dollars.

A change here needs a migration beside it; a contract test compares the two on both engines.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    literal_column,
)

from bot.store.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# Written out, not bound: only then do both planners see that the partial index below answers it.
UNFINISHED = literal_column(
    "(delivery = 'pending' OR state NOT IN ('canceled', 'failed', 'lost', 'partial', 'succeeded'))", Boolean
)
"""The condition on `runs` for those that still owe somebody an end: not final, or final and not yet shown."""

runs = Table(
    "runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("interaction_id", BigInteger, nullable=False, unique=True),  # one press is one run
    Column("application_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("parent_channel_id", BigInteger),
    Column("model_id", String(128), nullable=False),
    Column("input", JSON, nullable=False),
    Column("policy", String(16), nullable=False),
    Column("interaction_token", String, nullable=False),
    Column("interaction_at", UtcDateTime, nullable=False),
    Column("attachment_limit_bytes", BigInteger, nullable=False),
    Column("message_id", BigInteger),
    Column("state", String(16), nullable=False),
    Column("delivery", String(16), nullable=False),
    Column("held_micro_usd", BigInteger, nullable=False),
    Column("cost_micro_usd", BigInteger),
    Column("cost_estimated", Boolean, nullable=False),
    Column("runflow_id", String(128), unique=True),
    Column("reason", String(32)),
    Column("reason_fields", JSON, nullable=False),
    Column("result", JSON(none_as_null=True)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("submitted_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Index(None, "user_id", "created_at"),
    Index("ix_runs_history", "user_id", "guild_id", "interaction_id"),  # a person's runs in a server, in pages
    Index("ix_runs_unfinished", "created_at", "id", sqlite_where=UNFINISHED, postgresql_where=UNFINISHED),
)

_ENDS = literal_column("kind IN ('settle', 'release')", Boolean)
_BEGINNINGS = literal_column("kind IN ('reserve', 'grant')", Boolean)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    # SQLite numbers rows by itself only where the type is exactly INTEGER.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("run_id", String(32), ForeignKey(runs.c.id)),
    Column("kind", String(16), nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger),  # a thread's parent where it is a thread
    Column("amount_micro_usd", BigInteger, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("pictures", Integer, nullable=False, server_default="0"),
    # Of a `reserve`: the person's roles then, as far as a limit was set on them. Decides what is left for them later.
    Column("role_ids", JSON(none_as_null=True)),
    UniqueConstraint("run_id", "kind"),
    CheckConstraint("kind IN ('reserve', 'settle', 'release', 'grant', 'adjust')", name="kind"),
    CheckConstraint("amount_micro_usd >= 0 OR kind IN ('grant', 'adjust')", name="amount"),
    # A run that holds money ends once, as `settle` or as `release`.
    Index("uq_ledger_entries_end", "run_id", unique=True, sqlite_where=_ENDS, postgresql_where=_ENDS),
    Index(None, "guild_id", "id"),  # a server's export, in pages
    # In the order of time, which decides the windows: so the books are recomputed in pages.
    Index("ix_ledger_entries_beginning", "at", "id", sqlite_where=_BEGINNINGS, postgresql_where=_BEGINNINGS),
)
"""Append-only: no code updates or deletes an entry."""

ledger_totals = Table(
    "ledger_totals",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),  # 0 outside servers
    Column("subject", String(16), primary_key=True),
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
    Column("window", String(8), primary_key=True),
    Column("window_start", UtcDateTime, primary_key=True),
    Column("held_micro_usd", BigInteger, nullable=False),
    Column("spent_micro_usd", BigInteger, nullable=False),
    Column("estimated_micro_usd", BigInteger, nullable=False),
    Column("granted_micro_usd", BigInteger, nullable=False),
    Column("held_pictures", BigInteger, nullable=False),
    Column("spent_pictures", BigInteger, nullable=False),
    Column("live_runs", BigInteger, nullable=False),
    Index(None, "window", "window_start"),  # for comparing one window after the other
)
"""Sums of the entries, one row for each subject and window; changed with the entries, in the same transaction."""

limits = Table(
    "limits",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(16), primary_key=True),
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),  # 0 for the server itself
    Column("window", String(8), primary_key=True),
    Column("measure", String(16), primary_key=True),
    Column("amount", BigInteger, nullable=False),
    CheckConstraint("amount >= 0", name="amount"),
)
"""The limits that admins set; those of the settings are not kept here."""

limit_notices = Table(
    "limit_notices",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),  # 0 outside servers
    Column("subject", String(16), primary_key=True),
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
    Column("window", String(8), primary_key=True),
    Column("window_start", UtcDateTime, primary_key=True),
    Column("measure", String(16), primary_key=True),
    Column("run_id", String(32), ForeignKey(runs.c.id), nullable=False, index=True),
    Column("why", String(16), nullable=False),
    Column("set_by_guild", Boolean, nullable=False),
    Column("limit_amount", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
)
"""Who was told that a limit is nearly used, once in each window, and by which run."""

warnings = Table(
    "warnings",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("told_at", UtcDateTime, nullable=False),
)
"""When the operator was last warned of something, so that a start does not warn again."""

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("actor_id", BigInteger, nullable=False),
    Column("what", String(32), nullable=False),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "guild_id", "id"),
)
"""What admins and moderators did. Append-only."""

guild_settings = Table(
    "guild_settings",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("log_channel_id", BigInteger),
)
"""What a server's admins set for the whole server."""

synced_commands = Table(
    "synced_commands",
    metadata,
    Column("application_id", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
    Column("synced_at", UtcDateTime, nullable=False),
)
"""Which form of the commands Discord was last given, so that a start does not send them again."""
