"""SQLite without threads. What every store keeps is tested in tests/contract/test_store.py, this one included."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bot.runs.run import Delivery, State
from bot.store.engine import Store
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.room import runs_room

FAST = without_waiting(PROFILES["default"])


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'inline.db'}"


async def test_no_thread_is_begun(database_url: str) -> None:
    before = set(threading.enumerate())
    async with Store.open(database_url, inline=True) as store:
        await store.write(lambda connection: connection.execute(text("CREATE TABLE t (x)")))
        await store.read(lambda connection: connection.execute(text("SELECT * FROM t")))
        assert set(threading.enumerate()) == before


async def test_others_go_on_between_transactions(database_url: str) -> None:
    """A transaction is a step: whoever asks much does not keep the loop to itself."""
    steps = 0

    async def count() -> None:
        nonlocal steps
        while True:
            steps += 1
            await asyncio.sleep(0)

    async with Store.open(database_url, inline=True) as store:
        counting = asyncio.create_task(count(), name="count")
        for _ in range(10):
            await store.read(lambda connection: connection.scalar(text("SELECT 1")))
        counting.cancel()
    assert steps >= 10


async def test_a_wait_for_the_lock_leaves_the_loop_to_others(database_url: str, tmp_path: Path) -> None:
    async with Store.open(database_url, inline=True) as store:
        with closing(sqlite3.connect(tmp_path / "inline.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(store.write(lambda connection: connection.scalar(text("SELECT 1"))), name="w")
            for _ in range(5):
                await asyncio.sleep(0.005)
                assert await store.read(lambda connection: connection.scalar(text("SELECT 2"))) == 2
            assert not writing.done()
            other.execute("ROLLBACK")
        assert await writing == 1


async def test_a_write_cancelled_at_any_step_is_whole_or_nothing(database_url: str) -> None:
    """Cancelled at the first step, the second, and so on until it is through: more often than the pool has places."""
    async with Store.open(database_url, inline=True) as store:
        await store.write(lambda connection: connection.execute(text("CREATE TABLE t (x)")))

        async def both(number: int) -> None:

            def change(connection: Connection) -> None:
                connection.execute(text("INSERT INTO t VALUES (:x)"), {"x": number})
                connection.execute(text("INSERT INTO t VALUES (:x)"), {"x": number})

            await store.write(change)

        async def written(number: int) -> int:
            return await store.read(
                lambda connection: int(
                    connection.scalar(text("SELECT count(*) FROM t WHERE x = :x"), {"x": number}) or 0
                )
            )

        found: list[int] = []
        is_through = False
        while not is_through:
            writer = asyncio.create_task(both(len(found)), name=f"writer {len(found)}")
            for _ in found:
                await asyncio.sleep(0)
            is_through = writer.done()
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            found.append(await written(len(found)))
    assert set(found) == {0, 2}
    assert found == sorted(found)
    assert len(found) > 2


async def test_runs_at_once_come_to_their_ends(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, inline=True) as room:
        runs = [await room.press(num_images=1) for _ in range(8)]
        ends = await asyncio.gather(*(room.to_the_end(run) for run in runs))
        assert {(run.state, run.delivery) for run in ends} == {(State.SUCCEEDED, Delivery.SHOWN)}
        assert await room.held() == 0
        assert sum(run.cost or 0 for run in ends) == room.runflow.billed_micro_usd()
