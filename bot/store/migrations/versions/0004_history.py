"""A person's runs in a server, page by page."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_runs_history", "runs", ["user_id", "guild_id", "interaction_id"])
