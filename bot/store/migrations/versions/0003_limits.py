"""Limits; totals of servers, channels and people, filled from the entries."""

from collections import defaultdict
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from bot.store.migrations.times_as_text import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COUNTS = (
    "held_micro_usd",
    "spent_micro_usd",
    "estimated_micro_usd",
    "granted_micro_usd",
    "held_pictures",
    "spent_pictures",
    "live_runs",
)
KEYS = ("guild_id", "subject", "subject_id", "window", "window_start")
BEGINNINGS = sa.text("kind IN ('reserve', 'grant')")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

RUNS = sa.table(
    "runs",
    sa.column("id", sa.String),
    sa.column("parent_channel_id", sa.BigInteger),
    sa.column("input", sa.JSON),
    sa.column("result", sa.JSON),
)
ENTRIES = sa.table(
    "ledger_entries",
    sa.column("id", sa.BigInteger),
    sa.column("run_id", sa.String),
    sa.column("kind", sa.String),
    sa.column("user_id", sa.BigInteger),
    sa.column("guild_id", sa.BigInteger),
    sa.column("channel_id", sa.BigInteger),
    sa.column("amount_micro_usd", sa.BigInteger),
    sa.column("estimated", sa.Boolean),
    sa.column("at", UtcDateTime),
    sa.column("pictures", sa.Integer),
)


def upgrade() -> None:
    op.add_column("ledger_entries", sa.Column("pictures", sa.Integer, nullable=False, server_default="0"))
    op.add_column("ledger_entries", sa.Column("role_ids", sa.JSON))
    op.create_index(op.f("ix_ledger_entries_guild_id_id"), "ledger_entries", ["guild_id", "id"])
    op.create_index(
        "ix_ledger_entries_beginning",
        "ledger_entries",
        ["at", "id"],
        sqlite_where=BEGINNINGS,
        postgresql_where=BEGINNINGS,
    )
    op.drop_table("ledger_totals")
    totals = op.create_table(
        "ledger_totals",
        sa.Column("guild_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("window", sa.String(8), nullable=False),
        sa.Column("window_start", UtcDateTime, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in COUNTS),
        sa.PrimaryKeyConstraint(*KEYS, name=op.f("pk_ledger_totals")),
    )
    op.create_index(op.f("ix_ledger_totals_window_window_start"), "ledger_totals", ["window", "window_start"])
    _create_others()
    _fill(op.get_bind(), totals)


def _create_others() -> None:
    op.create_table(
        "limits",
        sa.Column("guild_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("window", sa.String(8), nullable=False),
        sa.Column("measure", sa.String(16), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "subject", "subject_id", "window", "measure", name=op.f("pk_limits")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_limits_amount")),
    )
    op.create_table(
        "limit_notices",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("guild_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("subject", sa.String(16), nullable=False),
        sa.Column("subject_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("window", sa.String(8), nullable=False),
        sa.Column("window_start", UtcDateTime, nullable=False),
        sa.Column("measure", sa.String(16), nullable=False),
        sa.Column("run_id", sa.String(32), nullable=False),
        sa.Column("why", sa.String(16), nullable=False),
        sa.Column("set_by_guild", sa.Boolean, nullable=False),
        sa.Column("limit_amount", sa.BigInteger, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("user_id", *KEYS, "measure", name=op.f("pk_limit_notices")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_limit_notices_run_id_runs")),
    )
    op.create_index(op.f("ix_limit_notices_run_id"), "limit_notices", ["run_id"])
    op.create_table(
        "warnings",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("told_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_warnings")),
    )


def _fill(connection: sa.Connection, totals: sa.Table) -> None:
    """Give entries their pictures and their thread's channel, and sum them up anew."""
    joined = sa.select(ENTRIES, RUNS.c.parent_channel_id, RUNS.c.input, RUNS.c.result).join(
        RUNS, RUNS.c.id == ENTRIES.c.run_id
    )
    reserves: dict[str, sa.Row] = {}
    ends: dict[str, sa.Row] = {}
    changed = []
    for row in connection.execute(joined):
        (reserves if row.kind == "reserve" else ends)[row.run_id] = row
        changed.append({"entry": row.id, "pictures": _pictures(row), "channel": _channel(row)})
    if changed:
        connection.execute(
            sa.update(ENTRIES)
            .where(ENTRIES.c.id == sa.bindparam("entry"))
            .values(pictures=sa.bindparam("pictures"), channel_id=sa.bindparam("channel")),
            changed,
        )
    sums: defaultdict[tuple[object, ...], dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    for run_id, reserve in reserves.items():
        for key in _keys(reserve):
            _add(sums[key], reserve, ends.get(run_id), ever=key[3] == "ever")
    if sums:
        connection.execute(sa.insert(totals), [dict(zip(KEYS, key)) | counts for key, counts in sums.items()])


def _pictures(row: sa.Row) -> int:
    if row.kind == "settle":
        return int((row.result or {}).get("num_outputs", 0))
    return int(row.input.get("num_images", 1))


def _channel(row: sa.Row) -> int:
    return row.parent_channel_id or row.channel_id


def _keys(reserve: sa.Row) -> list[tuple[object, ...]]:
    hour = reserve.at.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    windows = {"hour": hour, "day": day, "month": day.replace(day=1), "ever": EPOCH}
    subjects = [("user", reserve.user_id)]
    if reserve.guild_id is not None:
        subjects += [("guild", reserve.guild_id), ("channel", _channel(reserve))]
    keys = [(reserve.guild_id or 0, *subject, *window) for subject in subjects for window in windows.items()]
    return [*keys, *((0, "bot", 0, window, windows[window]) for window in ("month", "ever"))]


def _add(counts: dict[str, int], reserve: sa.Row, end: sa.Row | None, *, ever: bool) -> None:
    if end is None:
        counts["held_micro_usd"] += reserve.amount_micro_usd
        counts["held_pictures"] += _pictures(reserve)
        counts["live_runs"] += ever
    elif end.kind == "settle":
        counts["spent_micro_usd"] += end.amount_micro_usd
        counts["estimated_micro_usd"] += end.amount_micro_usd if end.estimated else 0
        counts["spent_pictures"] += _pictures(end)
