"""SQLite without threads. What every store keeps is tested in tests/contract/test_store.py, this one included."""

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

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
        async with store.write() as connection:
            await connection.execute(text("CREATE TABLE t (x)"))
        async with store.read() as connection:
            await connection.execute(text("SELECT * FROM t"))
        assert set(threading.enumerate()) == before


async def test_others_go_on_between_statements(database_url: str) -> None:
    """A statement is a step: whoever writes much does not keep the loop to itself."""
    steps = 0

    async def count() -> None:
        nonlocal steps
        while True:
            steps += 1
            await asyncio.sleep(0)

    async with Store.open(database_url, inline=True) as store, store.read() as connection:
        counting = asyncio.create_task(count(), name="count")
        before = steps
        for _ in range(10):
            await connection.execute(text("SELECT 1"))
        counting.cancel()
    assert steps - before >= 10


async def test_a_wait_for_the_lock_leaves_the_loop_to_the_one_who_has_it(database_url: str) -> None:
    async with Store.open(database_url, inline=True) as one, Store.open(database_url, inline=True) as other:
        has_lock, order = asyncio.Event(), list[str]()

        async def first() -> None:
            async with one.write() as connection:
                has_lock.set()
                for _ in range(5):
                    await asyncio.sleep(0.005)
                    await connection.execute(text("SELECT 1"))
                order.append("first")

        async def second() -> None:
            await has_lock.wait()
            async with other.write():
                order.append("second")

        await asyncio.gather(first(), second())
    assert order == ["first", "second"]


async def test_a_write_cancelled_at_any_step_is_whole_or_nothing(database_url: str) -> None:
    """Cancelled at the first step, the second, and so on until it is through: more often than the pool has places."""
    async with Store.open(database_url, inline=True) as store:
        async with store.write() as connection:
            await connection.execute(text("CREATE TABLE t (x)"))

        async def both(number: int) -> None:
            async with store.write() as connection:
                await connection.execute(text("INSERT INTO t VALUES (:x)"), {"x": number})
                await connection.execute(text("INSERT INTO t VALUES (:x)"), {"x": number})

        async def written(number: int) -> int:
            async with store.read() as connection:
                return int(await connection.scalar(text("SELECT count(*) FROM t WHERE x = :x"), {"x": number}) or 0)

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
    assert len(found) > 5


async def test_runs_at_once_come_to_their_ends(tmp_path: Path) -> None:
    async with runs_room(tmp_path, FAST, inline=True) as room:
        runs = [await room.press(num_images=1) for _ in range(8)]
        ends = await asyncio.gather(*(room.to_the_end(run) for run in runs))
        assert {(run.state, run.delivery) for run in ends} == {(State.SUCCEEDED, Delivery.SHOWN)}
        assert await room.held() == 0
        assert sum(run.cost or 0 for run in ends) == room.runflow.billed_micro_usd()
