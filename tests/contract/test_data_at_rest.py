"""What lies on the disk: files that only their owner reads, and no token that is over."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_IMODE

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import SystemClock
from bot.runs import rows
from bot.runs.housekeeping import TOKEN_KEPT, Housekeeping
from bot.store.engine import Store
from bot.store.sole import sole_use
from bot.store.sqlite import make_file
from bot.store.tables import runs
from sandbox.clock import SandboxClock

AddRun = Callable[[AsyncConnection, int], Awaitable[str]]
PRESSED = datetime(2026, 5, 1, tzinfo=UTC)  # as `add_run` writes them


@pytest.fixture(params=[0o022, 0o000, 0o277])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {file.name: S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


@pytest.mark.usefixtures("umask")
async def test_the_files_are_their_owners_alone_in_a_folder_that_was_there(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    url = f"sqlite:///{folder / 'x.db'}"
    async with sole_use(url, SystemClock()), Store.open(url) as store, store.write() as connection:
        await connection.execute(text("DELETE FROM warnings"))
        assert modes(folder) == dict.fromkeys(("x.db", "x.db-wal", "x.db-shm", "x.db.lock"), 0o600)


async def test_files_that_others_could_read_are_tightened_at_the_next_start(sqlite_url: str) -> None:
    folder = Path(sqlite_url.removeprefix("sqlite+aiosqlite:///")).parent
    async with Store.open(sqlite_url) as store, store.read() as connection:
        await connection.execute(text("SELECT 1"))
        for file in folder.iterdir():
            file.chmod(0o644)
        async with Store.open(sqlite_url):
            assert set(modes(folder)) >= {"imagine.db", "imagine.db-wal", "imagine.db-shm"}
            assert set(modes(folder).values()) == {0o600}


async def test_a_second_opening_takes_no_lock_from_the_first(sqlite_url: str) -> None:
    """POSIX locks are the process's: whoever closes the file in any other way than SQLite's takes them all away."""
    write = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute(sys.argv[2])"
    file = sqlite_url.removeprefix("sqlite+aiosqlite:///")

    async def can_close_the_wal() -> bool:
        """Only who is alone with the file may leave the WAL mode; whether another process can."""
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", write, file, "PRAGMA journal_mode=DELETE", stderr=asyncio.subprocess.DEVNULL
        )
        return await other.wait() == 0

    async with Store.open(sqlite_url) as store, store.read() as connection:
        await connection.execute(select(runs.c.id))
        assert not await can_close_the_wal()
        await asyncio.to_thread(make_file, Path(file))
        assert not await can_close_the_wal()


async def tokens(store: Store) -> list[str]:
    async with store.read() as connection:
        return list(await connection.scalars(select(runs.c.interaction_token).order_by(runs.c.interaction_id)))


async def rest_of_rows(store: Store) -> list[tuple[object, ...]]:
    """Everything but the tokens."""
    columns = [column for column in runs.c if column is not runs.c.interaction_token]
    async with store.read() as connection:
        return [tuple(row) for row in await connection.execute(select(*columns).order_by(runs.c.interaction_id))]


async def test_tokens_that_are_over_are_forgotten_and_no_others(store: Store, add_run: AddRun) -> None:
    clock = SandboxClock(stopped=True, start=PRESSED)
    async with store.write() as connection:
        for number in range(3):
            await add_run(connection, number)
        later = PRESSED + timedelta(minutes=1)
        await connection.execute(update(runs).where(runs.c.interaction_id == 2).values(interaction_at=later))
    before = await rest_of_rows(store)
    serving = asyncio.create_task(Housekeeping(store=store, clock=clock).serve(), name="housekeeping")
    try:
        clock.advance(15 * 60)
        await asyncio.sleep(0.05)
        assert await tokens(store) == ["t", "t", "t"], "Discord may take them still"
        clock.advance(TOKEN_KEPT.total_seconds() - 15 * 60 + 1)
        async with asyncio.timeout(10):
            while await tokens(store) != ["", "", "t"]:  # noqa: ASYNC110 - rows ring no bell
                await asyncio.sleep(0.01)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert await rest_of_rows(store) == before


async def test_a_worker_that_remembers_a_token_does_not_write_it_again(store: Store, add_run: AddRun) -> None:
    async with store.write() as connection:
        run = await rows.load(connection, await add_run(connection, 1))
        assert await rows.forget_tokens(connection, PRESSED + timedelta(days=1), most=5) == 1
        assert await rows.change(connection, run, run)
        assert (await rows.load(connection, run.id)).reply.token == ""


async def test_more_tokens_than_a_batch_are_forgotten_in_several(store: Store, add_run: AddRun) -> None:
    async with store.write() as connection:
        for number in range(5):
            await add_run(connection, number)
        over = PRESSED + timedelta(days=1)
        assert [await rows.forget_tokens(connection, over, most=2) for _ in range(4)] == [2, 2, 1, 0]


async def test_a_row_that_is_being_written_is_left_for_the_next_time(postgres_url: str, add_run: AddRun) -> None:
    async with Store.open(postgres_url, patience_s=0.05) as store:
        async with store.write() as connection:
            for number in range(2):
                await add_run(connection, number)
        async with store.write() as writer:
            await writer.execute(update(runs).where(runs.c.interaction_id == 0).values(state="running"))
            async with store.write() as connection:
                assert await rows.forget_tokens(connection, PRESSED + timedelta(days=1), most=5) == 1
        assert await tokens(store) == ["t", ""]
