"""Runs whose card is for one person's eyes, until it is posted; and channels where that is how answers begin."""

import sqlalchemy as sa
from alembic import op

from bot.store.types import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("private", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("runs", sa.Column("posted_at", UtcDateTime()))
    op.add_column("channel_settings", sa.Column("private", sa.Boolean()))
