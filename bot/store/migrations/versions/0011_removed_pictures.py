"""Pictures that were removed for good: by whom, when and why."""

import sqlalchemy as sa
from alembic import op

from bot.store.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_REMOVED = sa.text("(removed_at IS NOT NULL)")


def upgrade() -> None:
    op.add_column("runs", sa.Column("removed_by", sa.BigInteger()))
    op.add_column("runs", sa.Column("removed_at", UtcDateTime()))
    op.add_column("runs", sa.Column("removed_why", sa.String(512)))
    op.create_index(
        "ix_runs_removed",
        "runs",
        ["guild_id", "user_id", "removed_at"],
        sqlite_where=_REMOVED,
        postgresql_where=_REMOVED,
    )
