"""Pictures that people save, who may press a card's buttons, and which card a draft came from."""

import sqlalchemy as sa
from alembic import op

from bot.store.types import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("channel_settings", sa.Column("buttons", sa.String(512)))
    op.add_column("drafts", sa.Column("card", sa.String(32)))
    op.create_table(
        "saved_pictures",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.String(32), nullable=False),
        sa.Column("picture", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("taken_out", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_saved_pictures_run_id_runs")),
        sa.PrimaryKeyConstraint("user_id", "run_id", "picture", name=op.f("pk_saved_pictures")),
    )
