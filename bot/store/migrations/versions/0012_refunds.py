"""What is given back to people: a kind of entry, its sums, and what a run's row says of it."""

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.times_as_text import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ENDS = sa.text("kind IN ('settle', 'release')")
BEGINNINGS = sa.text("kind IN ('reserve', 'grant')")
KINDS = "kind IN ('reserve', 'settle', 'release', 'grant', 'adjust')"
KINDS_NOW = "kind IN ('reserve', 'settle', 'release', 'grant', 'adjust', 'refund')"
# Cards that show their pictures, or have: what they cost is not given back should they be hidden and found gone later.
SHOWN = (
    "UPDATE runs SET pictures_shown = {made} WHERE state IN ('succeeded', 'partial') AND result IS NOT NULL AND reason IS NULL"
    " AND (delivery IN ('shown', 'still_visible') OR pictures_up OR id IN (SELECT run_id FROM reports))"
)


def upgrade() -> None:
    op.add_column("runs", sa.Column("given_back_micro_usd", sa.BigInteger()))
    op.add_column("runs", sa.Column("pictures_shown", sa.Integer()))
    op.add_column("ledger_totals", sa.Column("refunded_micro_usd", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("ledger_totals", sa.Column("refunded_pictures", sa.BigInteger(), nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "sqlite":
        _copy_entries()
        op.execute(SHOWN.format(made="json_extract(result, '$.num_outputs')"))
    else:
        op.drop_constraint(op.f("ck_ledger_entries_kind"), "ledger_entries")
        op.create_check_constraint(op.f("ck_ledger_entries_kind"), "ledger_entries", KINDS_NOW)
        op.execute(SHOWN.format(made="CAST(result ->> 'num_outputs' AS INTEGER)"))


def _copy_entries() -> None:
    """SQLite changes no constraint of a table that is there: the entries move to a new one."""
    with op.batch_alter_table("ledger_entries", copy_from=_entries(), recreate="always") as batch:
        batch.drop_constraint(op.f("ck_ledger_entries_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_ledger_entries_kind"), KINDS_NOW)


def _entries() -> sa.Table:
    metadata = sa.MetaData()
    sa.Table("runs", metadata, sa.Column("id", sa.String(32), primary_key=True))
    return sa.Table(
        "ledger_entries",
        metadata,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("run_id", sa.String(32)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("guild_id", sa.BigInteger),
        sa.Column("channel_id", sa.BigInteger),
        sa.Column("amount_micro_usd", sa.BigInteger, nullable=False),
        sa.Column("estimated", sa.Boolean, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("pictures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("role_ids", sa.JSON),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_ledger_entries_run_id_runs")),
        sa.UniqueConstraint("run_id", "kind", name=op.f("uq_ledger_entries_run_id_kind")),
        sa.CheckConstraint(KINDS, name=op.f("ck_ledger_entries_kind")),
        sa.CheckConstraint("amount_micro_usd >= 0 OR kind IN ('grant', 'adjust')", name=op.f("ck_ledger_entries_amount")),
        sa.Index("uq_ledger_entries_end", "run_id", unique=True, sqlite_where=ENDS),
        sa.Index("ix_ledger_entries_of_guild", "guild_id", "at", "id"),
        sa.Index("ix_ledger_entries_beginning", "at", "id", sqlite_where=BEGINNINGS),
    )
