"""Indexes that reads really go by: lost runs, kept tokens, a server's entries and days.

Those that nothing reads by any more go: a person's runs are listed by `ix_runs_history`, a server's entries by time.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_LOST = sa.text("state = 'lost'")
_WITH_TOKEN = sa.text("interaction_token <> ''")
_DAYS_OF_PEOPLE = sa.text("subject = 'user' AND \"window\" = 'day'")


def upgrade() -> None:
    op.create_index("ix_runs_lost", "runs", ["ended_at", "id"], sqlite_where=_LOST, postgresql_where=_LOST)
    op.create_index(
        "ix_runs_with_token", "runs", ["interaction_at"], sqlite_where=_WITH_TOKEN, postgresql_where=_WITH_TOKEN
    )
    op.create_index("ix_ledger_entries_of_guild", "ledger_entries", ["guild_id", "at", "id"])
    op.create_index(
        "ix_ledger_totals_days",
        "ledger_totals",
        ["guild_id", "window_start"],
        sqlite_where=_DAYS_OF_PEOPLE,
        postgresql_where=_DAYS_OF_PEOPLE,
    )
    op.drop_index("ix_runs_user_id_created_at", "runs")
    op.drop_index("ix_ledger_entries_guild_id_id", "ledger_entries")
