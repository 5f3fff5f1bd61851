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
    false,
    text,
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

# Conditions of partial indexes. A query that is to go by such an index says the same words: bound values hide from the
# planners what they mean, and a typed `literal_column` is compiled to `(…) = 1` for SQLite, which is another condition.
UNFINISHED = text(
    "(delivery IN ('pending', 'still_visible') OR state NOT IN ('canceled', 'failed', 'lost', 'partial', 'succeeded'))"
)
"""The condition on `runs` for those that still owe somebody an end: not final, or final and not as their card is."""

LOST = text("state = 'lost'")
"""The condition on `runs` for those that were given up as lost."""

WITH_TOKEN = text("interaction_token <> ''")
"""The condition on `runs` for those whose interaction's token is still kept."""

PRESSED = text("button IS NOT NULL")
"""The condition on `runs` for those that a button asked for."""

REMOVED = text("(removed_at IS NOT NULL)")
"""The condition on `runs` for those whose pictures were removed."""

BEGINNINGS = text("kind IN ('reserve', 'grant')")
"""The condition on `ledger_entries` for those that begin something: what a run may cost, or a grant."""

DAYS_OF_PEOPLE = text("subject = 'user' AND \"window\" = 'day'")
"""The condition on `ledger_totals` for what each person used in each day."""

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
    Column("rules", JSON(none_as_null=True)),  # what held in the channel when it was accepted
    Column("review_why", String(32)),
    Column("pictures_up", Boolean, nullable=False, server_default=false()),  # they stand there, and are to go
    Column("request", JSON(none_as_null=True)),  # prompt, number of pictures, facts; NULL in rows of one model's time
    Column("parents", JSON(none_as_null=True)),  # as in `run_parents`
    Column("button", String(100)),  # the custom_id that was pressed for it
    Column("removed_by", BigInteger),  # with `removed_at`: written once, by whoever removes the pictures
    Column("removed_at", UtcDateTime),
    Column("removed_why", String(512)),
    Column("given_back_micro_usd", BigInteger),  # of the cost, to the person's limits; NULL: nothing was given back
    Column("pictures_shown", Integer),  # how many its card showed; NULL until it shows some
    Column("private", Boolean, nullable=False, server_default=false()),  # its card is for one person's eyes
    Column("posted_at", UtcDateTime),  # when its person had a private one posted for all; NULL: its card is the answer
    Index("ix_runs_history", "user_id", "guild_id", "interaction_id"),  # a person's runs in a server, in pages
    Index(None, "message_id"),
    Index("ix_runs_unfinished", "created_at", "id", sqlite_where=UNFINISHED, postgresql_where=UNFINISHED),
    Index("ix_runs_lost", "ended_at", "id", sqlite_where=LOST, postgresql_where=LOST),
    Index("ix_runs_removed", "guild_id", "user_id", "removed_at", sqlite_where=REMOVED, postgresql_where=REMOVED),
    Index("ix_runs_with_token", "interaction_at", sqlite_where=WITH_TOKEN, postgresql_where=WITH_TOKEN),
    Index("ix_runs_pressed", "button", "user_id", "created_at", sqlite_where=PRESSED, postgresql_where=PRESSED),
)

run_parents = Table(
    "run_parents",
    metadata,
    Column("run_id", String(32), ForeignKey(runs.c.id), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("parent_run_id", String(32), ForeignKey(runs.c.id), nullable=False),
    Column("picture", Integer, nullable=False),  # from 0
    Index(None, "parent_run_id", "run_id"),
)
"""Which pictures a run was made from. Written with the run and never changed."""

drafts = Table(
    "drafts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("model_id", String(128), nullable=False),
    Column("options", JSON, nullable=False),
    Column("parents", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("card", String(32)),  # the run whose card it came from
)
"""Refused requests, for a day."""

_UNCLOSED = text("(closed_at IS NULL)")
_ENDS = text("kind IN ('settle', 'release')")

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
    CheckConstraint("kind IN ('reserve', 'settle', 'release', 'grant', 'adjust', 'refund')", name="kind"),
    CheckConstraint("amount_micro_usd >= 0 OR kind IN ('grant', 'adjust')", name="amount"),
    # A run that holds money ends once, as `settle` or as `release`.
    Index("uq_ledger_entries_end", "run_id", unique=True, sqlite_where=_ENDS, postgresql_where=_ENDS),
    Index("ix_ledger_entries_of_guild", "guild_id", "at", "id"),  # a stretch of a server's time, in pages
    # In the order of time, which decides the windows: so the books are recomputed in pages.
    Index("ix_ledger_entries_beginning", "at", "id", sqlite_where=BEGINNINGS, postgresql_where=BEGINNINGS),
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
    # Of what was spent, what does not count against a limit: given back to a person. Servers' rows have none.
    Column("refunded_micro_usd", BigInteger, nullable=False, server_default="0"),
    Column("refunded_pictures", BigInteger, nullable=False, server_default="0"),
    Index(None, "window", "window_start"),  # for comparing one window after the other
    Index(
        "ix_ledger_totals_days",
        "guild_id",
        "window_start",
        sqlite_where=DAYS_OF_PEOPLE,
        postgresql_where=DAYS_OF_PEOPLE,
    ),
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
    Column("review_channel_id", BigInteger),
    Column("reject_reasons", JSON(none_as_null=True)),
)
"""What a server's admins set for the whole server."""

channel_settings = Table(
    "channel_settings",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("channel_id", BigInteger, primary_key=True, autoincrement=False),
    Column("policy", String(16)),
    Column("approve_everything", Boolean),
    Column("unchecked", String(16)),
    Column("hide_prompt", Boolean),
    Column("safety_checker", Boolean),
    Column("undecided_after_s", Integer),
    Column("undecided_reject", Boolean),
    Column("hide_reported", Boolean),
    Column("private", Boolean),
    Column("buttons", String(512)),
)
"""What admins set for a channel or a category; null: not set."""

prompt_rules = Table(
    "prompt_rules",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("text", String(100), nullable=False),
    Column("key", String(400), nullable=False),  # the text as it is compared: two rules never mean the same
    Column("action", String(16), nullable=False),
    Column("public_reason", String(512)),
    Column("is_exception", Boolean, nullable=False),
    Column("added_by", BigInteger, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    UniqueConstraint("guild_id", "key", "is_exception"),
    sqlite_autoincrement=True,  # an id never comes back: count and highest id then tell whether the rules have changed
)
"""Rules for prompts. A row is added or removed, never changed."""

reviews = Table(
    "reviews",
    metadata,
    Column("run_id", String(32), ForeignKey(runs.c.id), primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("why", String(32), nullable=False),
    Column("detail", String),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("channel_id", BigInteger),
    Column("message_id", BigInteger),
    Column("obstacle", String(32)),
    Column("told_at", UtcDateTime),
    Column("outcome", String(16)),
    Column("decided_by", BigInteger),
    Column("decided_at", UtcDateTime),
    Column("reason", String(512)),
    Column("closed_at", UtcDateTime),
    Column("said_visible", Boolean, nullable=False, server_default=false()),  # moderators read that they stand still
    Index(None, "guild_id", "opened_at"),
    Index("ix_reviews_unclosed", "opened_at", sqlite_where=_UNCLOSED, postgresql_where=_UNCLOSED),
)
"""Pictures that wait for a moderator, and what was decided; one for each run."""

sanctions = Table(
    "sanctions",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("reason", String(512), nullable=False),
    Column("until", UtcDateTime),
    Column("by_threshold", Boolean, nullable=False),
    Column("actor_id", BigInteger, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "guild_id", "user_id", "id"),
)
"""Acts about people. Append-only: what holds is computed from them."""

people = Table(
    "people",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("acts", BigInteger, nullable=False),
)
"""One row for each person somebody acted about: changed first, it lets only one act about them at a time."""

appeals = Table(
    "appeals",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("sanction_id", BigInteger, ForeignKey(sanctions.c.id), nullable=False),
    Column("words", String, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("channel_id", BigInteger),
    Column("message_id", BigInteger),
    Column("lifted", Boolean),
    Column("decided_by", BigInteger),
    Column("decided_at", UtcDateTime),
    Column("reason", String(512)),
    Column("heard_at", UtcDateTime),
    UniqueConstraint("sanction_id"),  # each pause or stop is appealed against once
    Index(None, "guild_id", "user_id", "id"),
)
"""What people say against a pause or a stop, and what moderators decided."""

reports = Table(
    "reports",
    metadata,
    Column("run_id", String(32), ForeignKey(runs.c.id), primary_key=True),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("guild_id", BigInteger, nullable=False),
    Column("reason", String(512)),
    Column("at", UtcDateTime, nullable=False),
)
"""Who reported which pictures: once for each person."""

synced_commands = Table(
    "synced_commands",
    metadata,
    Column("application_id", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
    Column("synced_at", UtcDateTime, nullable=False),
)
"""Which form of the commands Discord was last given, so that a start does not send them again."""
