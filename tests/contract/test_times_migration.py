"""Times that SQLite kept as text become numbers: all of them, with everything else of their rows, or none."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, select

from bot.errors import SettingsError, Unavailable
from bot.runs import rows
from bot.store.engine import Store
from bot.store.tables import ledger_entries, ledger_totals, prompt_rules, reviews, runs
from bot.store.types import UtcDateTime

NOON = datetime(2026, 5, 1, 12, 0, 0, 7, tzinfo=UTC)
TIMES = st.datetimes(datetime(1969, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
SQLITE = create_engine("sqlite://").dialect


def as_of(revision: str, connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def as_text(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


@pytest.fixture
async def old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database from before, with a run, its entries, a total, a review that has no end, and a rule that was last."""
    file = tmp_path / "imagine.db"
    with monkeypatch.context() as patched:
        patched.setattr("bot.store.engine.upgrade", partial(as_of, "0008"))
        async with Store.open(f"sqlite:///{file}"):
            pass
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "INSERT INTO runs (id, interaction_id, application_id, user_id, channel_id, model_id, input, policy,"
            " interaction_token, interaction_at, attachment_limit_bytes, state, delivery, held_micro_usd,"
            " cost_estimated, reason_fields, created_at, submitted_at) VALUES ('a', 1, 1, 7, 77, 'm',"
            """ '{"prompt": "2026-05-01 12:00:00.000000", "num_images": 1}', 'block', 't', ?, 1, 'running',"""
            " 'pending', 5, 0, '[]', ?, ?)",
            (as_text(NOON), as_text(NOON + timedelta(seconds=1)), as_text(NOON + timedelta(hours=1))),
        )
        connection.execute(
            "INSERT INTO ledger_entries (id, run_id, kind, user_id, amount_micro_usd, estimated, at)"
            " VALUES (41, 'a', 'reserve', 7, 5, 0, ?)",
            (as_text(NOON),),
        )
        connection.execute(
            "INSERT INTO ledger_totals VALUES (0, 'user', 7, 'ever', '1970-01-01 00:00:00.000000', 5, 0, 0, 0, 1, 0, 1)"
        )
        connection.execute(
            "INSERT INTO reviews (run_id, guild_id, why, opened_at) VALUES ('a', 1, 'flagged', ?)", (as_text(NOON),)
        )
        for number in (1, 2):
            connection.execute(
                "INSERT INTO prompt_rules VALUES (?, 1, ?, ?, 'refuse', NULL, 0, 9, ?)",
                (number, f"t{number}", f"k{number}", as_text(NOON)),
            )
        connection.execute("DELETE FROM prompt_rules WHERE id = 2")
    return file


async def test_what_was_written_as_text_reads_as_the_same_moment(old_file: Path) -> None:
    def look(connection: Connection) -> Any:
        run = connection.execute(select(runs)).one()
        review = connection.execute(select(reviews)).one()
        entry = connection.execute(select(ledger_entries)).one()
        total = connection.execute(select(ledger_totals)).one()
        added = connection.execute(
            prompt_rules.insert().returning(prompt_rules.c.id),
            {"guild_id": 1, "text": "t", "key": "k", "action": "refuse", "is_exception": False, "added_by": 9,
             "added_at": NOON},
        ).scalar_one()  # fmt: skip
        assert rows.load(connection, "a").prompt == "2026-05-01 12:00:00.000000", "words are left alone"
        return run, review, entry, total, added

    async with Store.open(f"sqlite:///{old_file}") as store:
        run, review, entry, total, added = await store.write(look)
    assert (run.interaction_at, run.created_at) == (NOON, NOON + timedelta(seconds=1))
    assert (run.submitted_at, run.ended_at) == (NOON + timedelta(hours=1), None)
    assert (review.opened_at, review.closed_at) == (NOON, None)
    assert (entry.id, entry.at, entry.run_id) == (41, NOON, "a")
    assert (total.window_start, total.live_runs) == (datetime(1970, 1, 1, tzinfo=UTC), 1)
    assert added == 3, "a number that was given once never comes back"


def schema(file: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {(name, sql.replace('"', "").replace("DATETIME", "BIGINT")) for name, sql in found}


async def test_nothing_but_the_type_of_times_changes(old_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("bot.store.engine.upgrade", partial(as_of, "0012"))
        async with Store.open(f"sqlite:///{old_file}"):
            pass
    before = schema(old_file)
    with monkeypatch.context() as patched:
        patched.setattr("bot.store.engine.upgrade", partial(as_of, "0013"))
        async with Store.open(f"sqlite:///{old_file}"):
            pass
    assert schema(old_file) == before
    with closing(sqlite3.connect(old_file)) as connection:
        assert "DATETIME" not in str(connection.execute("SELECT sql FROM sqlite_master").fetchall())
        connection.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            connection.execute("DELETE FROM runs")


async def test_a_migration_that_ends_midway_has_changed_nothing(
    old_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(old_file)

    def interrupted(_: Connection) -> None:
        raise Unavailable("pulled out")

    with monkeypatch.context() as patched:
        patched.setattr("bot.store.migrate.need_whole_references", interrupted)
        with pytest.raises((Unavailable, SettingsError)):
            async with Store.open(f"sqlite:///{old_file}"):
                pass
    assert contents(old_file) == before


def contents(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


async def test_rows_that_name_what_is_not_there_stop_a_migration(old_file: Path) -> None:
    with closing(sqlite3.connect(old_file)) as connection, connection:
        connection.execute("DELETE FROM runs")  # as no writer of ours can
    before = contents(old_file)
    with pytest.raises(SettingsError):
        async with Store.open(f"sqlite:///{old_file}"):
            pass
    assert contents(old_file) == before


@given(TIMES, TIMES)
def test_times_keep_every_microsecond_and_their_order(one: datetime, other: datetime) -> None:
    kept = UtcDateTime()
    as_kept, as_other = (kept.process_bind_param(at, SQLITE) for at in (one, other))
    assert kept.process_result_value(as_kept, SQLITE) == one
    assert (as_kept < as_other, as_kept == as_other) == (one < other, one == other)
