"""Databases of a bot that has run for long, made by SQL: finished runs with their books, and runs at Runflow.

Finished runs lie evenly over two years that end now, over 2,000 people and ten servers, of which the world's is one.
They stand in the order of their ids, so pages are fuller than those of a bot whose ids come at random.
"""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from bench.bulk import fill_by
from bench.recount import totals_of_entries
from bench.world.shapes import APPLICATION_ID, CHANNEL_ID, FIRST_USER_ID, GUILD_ID, snowflake, token_of
from bot.store.engine import Store

PEOPLE, SERVERS, DAYS = 2_000, 10, 730

_RUNS = """
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :runs),
    placed AS (
        SELECT n, ((n * 2654435761) >> 16) % :servers AS server,
            (:start + n * :span_s / :runs) * 1000000 AS at
        FROM numbers
    )
INSERT INTO runs (id, interaction_id, application_id, user_id, guild_id, channel_id, model_id, input, policy,
    interaction_token, interaction_at, attachment_limit_bytes, message_id, state, delivery, held_micro_usd,
    cost_micro_usd, cost_estimated, runflow_id, reason_fields, result, created_at, submitted_at, ended_at, request)
SELECT printf('%08x%024x', n * 4294967296 / :runs, n),
    ((:start + n * :span_s / :runs) * 1000 - 1420070400000) << 22 | (n & 4194303), :application,
    :first_user + n % :people, :guild + server, :channel + 100 + server, 'black-forest-labs/flux-2-klein-4b',
    :input, 'block', '', at, 10485760, 1500000000000000000 + n, 'succeeded', 'shown', 10000, 5243, 0,
    printf('0197a3ff-0000-7000-8000-%012d', n), '[]', :result, at, at, at, :request
FROM placed
"""
_ENTRIES = """
INSERT INTO ledger_entries (run_id, kind, user_id, guild_id, channel_id, amount_micro_usd, estimated, at, pictures)
SELECT id, kinds.column1, user_id, guild_id, channel_id, 5243, 0, created_at, 1
FROM runs, (VALUES ('reserve'), ('settle')) AS kinds ORDER BY runs.id
"""
_INPUT = {
    "prompt": "a lighthouse at dusk, painted with care",
    "image_size": "square_hd",
    "num_images": 1,
    "num_inference_steps": 4,
    "seed": None,
    "output_format": "png",
    "enable_safety_checker": True,
}
_REQUEST = {"prompt": _INPUT["prompt"], "images": 1, "facts": ["4 steps"], "tells_seed": True}
_RESULT = {"seed": 7, "nsfw_detected": False}


async def of_finished(file: Path, count: int) -> None:
    """A database with so many finished runs, whose books agree."""
    await _migrated(file)
    start = datetime.now(UTC) - timedelta(days=DAYS)
    amounts = {
        "runs": count, "servers": SERVERS, "people": PEOPLE, "start": int(start.timestamp()), "span_s": DAYS * 86_400,
        "application": APPLICATION_ID, "first_user": FIRST_USER_ID, "guild": GUILD_ID, "channel": CHANNEL_ID,
        "input": json.dumps(_INPUT), "result": json.dumps(_RESULT), "request": json.dumps(_REQUEST),
    }  # fmt: skip
    fill_by(file, (_RUNS, _ENTRIES, *totals_of_entries()), amounts)


async def of_running(file: Path, count: int) -> list[tuple[str, str, int, str]]:
    """A database with runs that are at Runflow since a moment ago, without books: none of them ends while it is used.

    For each its id at Runflow, ours, its interaction's id and token.
    """
    await _migrated(file)
    now = _microseconds(datetime.now(UTC))
    made = [(f"bench-run-{at}", UUID(int=at + 1).hex, snowflake()) for at in range(count)]
    runs = [
        (runflow_id, run_id, interaction_id, token_of(interaction_id)) for runflow_id, run_id, interaction_id in made
    ]
    rows = [
        {
            "id": run_id, "interaction_id": interaction_id, "application_id": APPLICATION_ID,
            "user_id": FIRST_USER_ID + at % PEOPLE, "guild_id": GUILD_ID, "channel_id": CHANNEL_ID,
            "model_id": "black-forest-labs/flux-2-klein-4b", "input": json.dumps(_INPUT), "policy": "block",
            "interaction_token": token, "interaction_at": now, "attachment_limit_bytes": 10_485_760,
            "message_id": interaction_id, "state": "running", "delivery": "pending", "held_micro_usd": 5243,
            "cost_estimated": 0, "runflow_id": runflow_id, "reason_fields": "[]", "created_at": now,
            "submitted_at": now, "request": json.dumps(_REQUEST),
        }
        for at, (runflow_id, run_id, interaction_id, token) in enumerate(runs)
    ]  # fmt: skip
    names = ", ".join(rows[0])
    marks = ", ".join(f":{name}" for name in rows[0])
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(f"INSERT INTO runs ({names}) VALUES ({marks})", rows)  # noqa: S608 - our own words
    return runs


def bytes_in_use(file: Path) -> int:
    """How many bytes of a database hold something."""
    with closing(sqlite3.connect(file)) as connection:
        (pages,), (free,), (size,) = (
            connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count", "page_size")
        )
    return (int(pages) - int(free)) * int(size)


def old_hours(file: Path, days: int) -> int:
    """How many totals of single hours older than so many days are kept."""
    before = _microseconds(datetime.now(UTC) - timedelta(days=days))
    counted = "SELECT count(*) FROM ledger_totals WHERE \"window\" = 'hour' AND window_start < ?"
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute(counted, (before,)).fetchone()[0])


def _microseconds(at: datetime) -> int:
    """A time as SQLite keeps it (bot/store/types.py)."""
    return int(at.timestamp()) * 1_000_000


async def _migrated(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    async with Store.open(f"sqlite:///{file}"):
        pass
