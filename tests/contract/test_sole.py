"""One running bot for each database, on SQLite and on PostgreSQL."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bot.clock import SystemClock
from bot.errors import SettingsError, Unavailable
from bot.store.engine import Store
from bot.store.sole import IN_USE, LOST, sole_use

ROOT = Path(__file__).parents[2]
HOLDER = """
import asyncio, sys
from bot.clock import SystemClock
from bot.store.sole import sole_use
async def hold():
    async with sole_use(sys.argv[1], SystemClock()):
        print("held", flush=True)
        await asyncio.Event().wait()
asyncio.run(hold())
"""


async def taken(database_url: str) -> None:
    async with sole_use(database_url, SystemClock(), patience_s=0):
        pass


async def test_a_second_is_refused_until_the_first_has_ended(database_url: str) -> None:
    async with sole_use(database_url, SystemClock()):
        with pytest.raises(Unavailable) as refused:
            await taken(database_url)
        assert str(refused.value) == IN_USE
    await taken(database_url)


async def test_check_and_export_work_beside_a_running_bot(database_url: str) -> None:
    async with sole_use(database_url, SystemClock()), Store.open(database_url) as store:

        def look(connection: Connection) -> None:
            assert connection.scalar(text("SELECT 1")) == 1

        await store.read(look)


async def test_a_killed_process_leaves_no_lock(database_url: str) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, database_url, cwd=ROOT, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    with pytest.raises(Unavailable, match="another running bot"):
        await taken(database_url)
    holder.kill()
    await holder.wait()
    async with sole_use(database_url, SystemClock()):
        pass


async def test_the_watch_is_quiet_while_the_lock_is_held(database_url: str) -> None:
    async with sole_use(database_url, SystemClock(), every_s=0.01) as watch:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(watch(), 0.1)


async def test_who_loses_the_lock_ends_with_its_reason(postgres_url: str) -> None:
    async with sole_use(postgres_url, SystemClock(), every_s=60) as watch, Store.open(postgres_url) as store:
        watching = asyncio.create_task(watch(), name="watch")

        def change(connection: Connection) -> None:
            holders = "SELECT pg_terminate_backend(pid, 2000) FROM pg_locks WHERE locktype = 'advisory' AND pid <> :own"
            own = connection.scalar(text("SELECT pg_backend_pid()"))
            connection.execute(
                text(f"{holders} AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"),
                {"own": own},
            )

        await store.write(change)
        with pytest.raises(Unavailable) as lost:
            await asyncio.wait_for(watching, 5)
        assert str(lost.value) == LOST
        await taken(postgres_url)


async def test_a_lock_that_the_server_no_longer_knows_is_lost(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pooler between the two may hand the session to somebody else without closing anything."""
    monkeypatch.setattr("bot.store.sole._HELD", text("SELECT 0"))
    async with sole_use(postgres_url, SystemClock(), every_s=0.01) as watch:
        with pytest.raises(Unavailable, match="lost"):
            await asyncio.wait_for(watch(), 5)


async def test_the_same_file_by_another_name_is_the_same_database(sqlite_url: str, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(sqlite_url.removeprefix("sqlite+aiosqlite:///"))
    async with sole_use(sqlite_url, SystemClock()):
        with pytest.raises(Unavailable, match="another running bot"):
            await taken(f"sqlite:///{tmp_path / 'link.db'}")


async def test_two_databases_of_one_server_are_two(postgres_url: str, empty_postgres_url: str) -> None:
    async with sole_use(postgres_url, SystemClock()):
        await taken(empty_postgres_url)


async def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(Unavailable, match=r"DATABASE_URL: the database does not answer: .*failed"):
        await taken("postgres://x@127.0.0.1:9/x")
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        await taken("sqlite:////proc/no/x.db")


async def test_a_database_that_is_not_there_is_named(postgres_folder: str) -> None:
    with pytest.raises(SettingsError, match=r'^DATABASE_URL: the database cannot be used: .*"nope" does not exist'):
        await taken(f"postgresql://postgres@/nope?host={postgres_folder}")


async def test_the_bot_itself_does_not_start_twice(sqlite_url: str) -> None:
    own = {"DISCORD_TOKEN": "t", "RUNFLOW_API_KEY": "k", "DATABASE_URL": sqlite_url, "LOG_FORMAT": "json"}

    async def run(*command: str) -> tuple[int | None, str]:
        bot = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *command,
            cwd=ROOT,
            env=os.environ | own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(bot.communicate(), 30)
        return bot.returncode, said.decode()

    async with sole_use(sqlite_url, SystemClock()):
        started, exported = await asyncio.gather(run(), run("export"))
    assert (started[0], exported[0]) == (1, 0)
    assert IN_USE in started[1]
    assert "Traceback" not in started[1]
