"""Policies of channels, rules for prompts, reviews, sanctions, appeals and reports."""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.times_as_text import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UNCLOSED = sa.text("(closed_at IS NULL)")


def numbered() -> sa.Column[int]:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("id", number, nullable=False, autoincrement=True)


def upgrade() -> None:
    op.add_column("runs", sa.Column("rules", sa.JSON))
    op.add_column("runs", sa.Column("review_why", sa.String(32)))
    op.create_index(op.f("ix_runs_message_id"), "runs", ["message_id"])
    op.add_column("guild_settings", sa.Column("review_channel_id", sa.BigInteger))
    op.add_column("guild_settings", sa.Column("reject_reasons", sa.JSON))
    op.create_table(
        "channel_settings",
        sa.Column("guild_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("channel_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("policy", sa.String(16)),
        sa.Column("approve_everything", sa.Boolean),
        sa.Column("unchecked", sa.String(16)),
        sa.Column("hide_prompt", sa.Boolean),
        sa.Column("safety_checker", sa.Boolean),
        sa.Column("undecided_after_s", sa.Integer),
        sa.Column("undecided_reject", sa.Boolean),
        sa.Column("hide_reported", sa.Boolean),
        sa.PrimaryKeyConstraint("guild_id", "channel_id", name=op.f("pk_channel_settings")),
    )
    op.create_table(
        "prompt_rules",
        numbered(),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("text", sa.String(100), nullable=False),
        sa.Column("key", sa.String(400), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("public_reason", sa.String(512)),
        sa.Column("is_exception", sa.Boolean, nullable=False),
        sa.Column("added_by", sa.BigInteger, nullable=False),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt_rules")),
        sa.UniqueConstraint("guild_id", "key", "is_exception", name=op.f("uq_prompt_rules_guild_id_key_is_exception")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "reviews",
        sa.Column("run_id", sa.String(32), nullable=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("detail", sa.String),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("obstacle", sa.String(32)),
        sa.Column("told_at", UtcDateTime),
        sa.Column("outcome", sa.String(16)),
        sa.Column("decided_by", sa.BigInteger),
        sa.Column("decided_at", UtcDateTime),
        sa.Column("reason", sa.String(512)),
        sa.Column("closed_at", UtcDateTime),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_reviews")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_reviews_run_id_runs")),
    )
    op.create_index(op.f("ix_reviews_guild_id_opened_at"), "reviews", ["guild_id", "opened_at"])
    op.create_index("ix_reviews_unclosed", "reviews", ["opened_at"], sqlite_where=UNCLOSED, postgresql_where=UNCLOSED)
    op.create_table(
        "sanctions",
        numbered(),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(512), nullable=False),
        sa.Column("until", UtcDateTime),
        sa.Column("by_threshold", sa.Boolean, nullable=False),
        sa.Column("actor_id", sa.BigInteger, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sanctions")),
    )
    op.create_index(op.f("ix_sanctions_guild_id_user_id_id"), "sanctions", ["guild_id", "user_id", "id"])
    op.create_table(
        "people",
        sa.Column("guild_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("acts", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "user_id", name=op.f("pk_people")),
    )
    op.create_table(
        "appeals",
        numbered(),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("sanction_id", sa.BigInteger, nullable=False),
        sa.Column("words", sa.String, nullable=False),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("lifted", sa.Boolean),
        sa.Column("decided_by", sa.BigInteger),
        sa.Column("decided_at", UtcDateTime),
        sa.Column("reason", sa.String(512)),
        sa.Column("heard_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.ForeignKeyConstraint(["sanction_id"], ["sanctions.id"], name=op.f("fk_appeals_sanction_id_sanctions")),
        sa.UniqueConstraint("sanction_id", name=op.f("uq_appeals_sanction_id")),
    )
    op.create_index(op.f("ix_appeals_guild_id_user_id_id"), "appeals", ["guild_id", "user_id", "id"])
    op.create_table(
        "reports",
        sa.Column("run_id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.String(512)),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "user_id", name=op.f("pk_reports")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_reports_run_id_runs")),
    )
