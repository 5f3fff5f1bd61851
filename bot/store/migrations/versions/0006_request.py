"""What was asked for, in words that fit every model; rows from before keep only their input, and stay as they are."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("request", sa.JSON))
