"""What lies on the disk: files that only their owner reads, and no token that is over."""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from stat import S_IMODE

import pytest
from sqlalchemy import Connection, select, text, update

from bot.clock import SystemClock
from bot.runs import rows
from bot.runs.housekeeping import TOKEN_KEPT, Housekeeping
from bot.store.engine import Store
from bot.store.sole import sole_use
from bot.store.sqlite import make_file
from bot.store.tables import runs
from sandbox.clock import SandboxClock
from tests.contract.meanwhile import meanwhile

AddRun = Callable[[Connection, int], str]
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
    async with sole_use(url, SystemClock()), Store.open(url) as store:

        def change(connection: Connection) -> None:
            connection.execute(text("DELETE FROM warnings"))
            assert modes(folder) == dict.fromkeys(("x.db", "x.db-wal", "x.db-shm", "x.db.lock"), 0o600)

        await store.write(change)


async def test_files_that_others_could_read_are_tightened_at_the_next_start(sqlite_url: str) -> None:
    folder = Path(sqlite_url.removeprefix("sqlite+aiosqlite:///")).parent
    async with Store.open(sqlite_url) as store:
        await store.read(lambda connection: connection.scalar(text("SELECT 1")))
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

    async with Store.open(sqlite_url) as store:
        await store.read(lambda connection: connection.scalar(select(runs.c.id)))
        assert not await can_close_the_wal()
        await asyncio.to_thread(make_file, Path(file))
        assert not await can_close_the_wal()


async def tokens(store: Store) -> list[str]:
    return await store.read(
        lambda connection: list(connection.scalars(select(runs.c.interaction_token).order_by(runs.c.interaction_id)))
    )


async def rest_of_rows(store: Store) -> list[tuple[object, ...]]:
    """Everything but the tokens."""
    columns = [column for column in runs.c if column is not runs.c.interaction_token]
    return await store.read(
        lambda connection: [tuple(row) for row in connection.execute(select(*columns).order_by(runs.c.interaction_id))]
    )


async def test_tokens_that_are_over_are_forgotten_and_no_others(store: Store, add_run: AddRun) -> None:
    clock = SandboxClock(stopped=True, start=PRESSED)

    def change(connection: Connection) -> None:
        for number in range(3):
            add_run(connection, number)
        later = PRESSED + timedelta(minutes=1)
        connection.execute(update(runs).where(runs.c.interaction_id == 2).values(interaction_at=later))

    await store.write(change)
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

    def change(connection: Connection) -> None:
        run = rows.load(connection, add_run(connection, 1))
        assert rows.forget_tokens(connection, PRESSED + timedelta(days=1), most=5) == 1
        assert rows.change(connection, run, run)
        assert (rows.load(connection, run.id)).reply.token == ""

    await store.write(change)


async def test_more_tokens_than_a_batch_are_forgotten_in_several(store: Store, add_run: AddRun) -> None:

    def change(connection: Connection) -> None:
        for number in range(5):
            add_run(connection, number)
        over = PRESSED + timedelta(days=1)
        assert [rows.forget_tokens(connection, over, most=2) for _ in range(4)] == [2, 2, 1, 0]

    await store.write(change)


async def test_a_row_that_is_being_written_is_left_for_the_next_time(postgres_url: str, add_run: AddRun) -> None:
    async with Store.open(postgres_url, patience_s=0.05) as store:

        def change_2(connection: Connection) -> None:
            for number in range(2):
                add_run(connection, number)

        await store.write(change_2)
        loop = asyncio.get_running_loop()

        def writing(connection: Connection) -> None:
            connection.execute(update(runs).where(runs.c.interaction_id == 0).values(state="running"))
            assert meanwhile(loop, store.write(rows.forget_tokens, PRESSED + timedelta(days=1), most=5)) == 1

        await store.write(writing)
        assert await tokens(store) == ["t", ""]
