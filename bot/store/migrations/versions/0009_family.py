"""Which pictures a run was made from, and which button asked for it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_PRESSED = sa.text("button IS NOT NULL")


def upgrade() -> None:
    op.add_column("runs", sa.Column("parents", sa.JSON()))
    op.add_column("runs", sa.Column("button", sa.String(100)))
    op.create_index(
        "ix_runs_pressed", "runs", ["button", "user_id", "created_at"], sqlite_where=_PRESSED, postgresql_where=_PRESSED
    )
    op.create_table(
        "run_parents",
        sa.Column("run_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parent_run_id", sa.String(32), nullable=False),
        sa.Column("picture", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "position", name="pk_run_parents"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_run_parents_run_id_runs"),
        sa.ForeignKeyConstraint(["parent_run_id"], ["runs.id"], name="fk_run_parents_parent_run_id_runs"),
    )
    op.create_index("ix_run_parents_parent_run_id_run_id", "run_parents", ["parent_run_id", "run_id"])
