"""The first tables: runs, the ledger, and what Discord was last told of the commands."""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.times_as_text import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Names are given in full: a migration must not change with the naming convention of the day.
UNFINISHED = sa.text("(delivery = 'pending' OR state NOT IN ('canceled', 'failed', 'lost', 'partial', 'succeeded'))")
ENDS = sa.text("kind IN ('settle', 'release')")


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("interaction_id", sa.BigInteger, nullable=False),
        sa.Column("application_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger, nullable=False),
        sa.Column("parent_channel_id", sa.BigInteger),
        sa.Column("model_id", sa.String(128), nullable=False),
        sa.Column("input", sa.JSON, nullable=False),
        sa.Column("policy", sa.String(16), nullable=False),
        sa.Column("interaction_token", sa.String, nullable=False),
        sa.Column("interaction_at", UtcDateTime, nullable=False),
        sa.Column("attachment_limit_bytes", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("delivery", sa.String(16), nullable=False),
        sa.Column("held_micro_usd", sa.BigInteger, nullable=False),
        sa.Column("cost_micro_usd", sa.BigInteger),
        sa.Column("cost_estimated", sa.Boolean, nullable=False),
        sa.Column("runflow_id", sa.String(128)),
        sa.Column("reason", sa.String(32)),
        sa.Column("reason_fields", sa.JSON, nullable=False),
        sa.Column("result", sa.JSON),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("submitted_at", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("interaction_id", name=op.f("uq_runs_interaction_id")),
        sa.UniqueConstraint("runflow_id", name=op.f("uq_runs_runflow_id")),
    )
    op.create_index(op.f("ix_runs_user_id_created_at"), "runs", ["user_id", "created_at"])
    op.create_index(
        "ix_runs_unfinished", "runs", ["created_at", "id"], sqlite_where=UNFINISHED, postgresql_where=UNFINISHED
    )
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, autoincrement=True),
        sa.Column("run_id", sa.String(32)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("amount_micro_usd", sa.BigInteger, nullable=False),
        sa.Column("estimated", sa.Boolean, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_ledger_entries_run_id_runs")),
        sa.UniqueConstraint("run_id", "kind", name=op.f("uq_ledger_entries_run_id_kind")),
        sa.CheckConstraint(
            "kind IN ('reserve', 'settle', 'release', 'grant', 'adjust')", name=op.f("ck_ledger_entries_kind")
        ),
        sa.CheckConstraint(
            "amount_micro_usd >= 0 OR kind IN ('grant', 'adjust')", name=op.f("ck_ledger_entries_amount")
        ),
    )
    op.create_index(
        "uq_ledger_entries_end", "ledger_entries", ["run_id"], unique=True, sqlite_where=ENDS, postgresql_where=ENDS
    )
    op.create_table(
        "ledger_totals",
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("window", sa.String(8), nullable=False),
        sa.Column("window_start", UtcDateTime, nullable=False),
        sa.Column("held_micro_usd", sa.BigInteger, nullable=False),
        sa.Column("spent_micro_usd", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("subject", "subject_id", "window", "window_start", name=op.f("pk_ledger_totals")),
    )
    op.create_table(
        "synced_commands",
        sa.Column("application_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("synced_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_synced_commands")),
    )
