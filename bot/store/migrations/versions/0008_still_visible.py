"""Pictures that are to be taken away and stand all the same: which cards show them, and whether moderators were told."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UNFINISHED = sa.text(
    "(delivery IN ('pending', 'still_visible')"
    " OR state NOT IN ('canceled', 'failed', 'lost', 'partial', 'succeeded'))"
)


def upgrade() -> None:
    op.add_column("runs", sa.Column("pictures_up", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("reviews", sa.Column("said_visible", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_index("ix_runs_unfinished", "runs")
    op.create_index(
        "ix_runs_unfinished", "runs", ["created_at", "id"], sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED
    )
