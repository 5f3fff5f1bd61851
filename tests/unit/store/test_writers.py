"""Writers that wait at the same time are committed together, and each keeps its own outcome."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, text

from bot.errors import Unavailable
from bot.store.engine import Store

INSERT = text("INSERT INTO t VALUES (:x)")


@pytest.fixture(params=["thread", "inline"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with Store.open(f"sqlite:///{tmp_path / 'x.db'}", inline=request.param == "inline", patience_s=1) as store:
        await store.write(lambda connection: connection.execute(text("CREATE TABLE t (x UNIQUE)")))
        yield store


@pytest.fixture
def commits() -> Iterator[list[None]]:
    """As long as there were commits."""
    seen: list[None] = []

    def note(_: Connection) -> None:
        seen.append(None)

    event.listen(Engine, "commit", note)
    yield seen
    event.remove(Engine, "commit", note)


def add(connection: Connection, number: int) -> int:
    connection.execute(INSERT, {"x": number})
    return number


def fail(connection: Connection, number: int) -> None:
    add(connection, number)
    raise ZeroDivisionError(number)


async def numbers(store: Store) -> list[int]:
    return await store.read(lambda connection: list(connection.scalars(text("SELECT x FROM t ORDER BY x"))))


async def test_whoever_waits_is_committed_together(store: Store, commits: list[None]) -> None:
    assert await asyncio.gather(*(store.write(add, number) for number in range(40))) == list(range(40))
    assert await numbers(store) == list(range(40))
    assert len(commits) == 3, "the first alone, then 32, and the rest"


async def test_one_that_fails_takes_no_other_with_it(store: Store) -> None:
    ends = await asyncio.gather(
        *(store.write(fail if number % 3 else add, number) for number in range(12)), return_exceptions=True
    )
    assert [type(end) for end in ends] == [int, ZeroDivisionError, ZeroDivisionError] * 4
    assert await numbers(store) == [0, 3, 6, 9]


async def test_a_statement_that_fails_takes_no_other_with_it(store: Store) -> None:
    same = [store.write(add, 7) for _ in range(5)]
    ends = await asyncio.gather(*same, store.write(add, 8), return_exceptions=True)
    assert [end for end in ends if isinstance(end, int)] == [7, 8]
    assert await numbers(store) == [7, 8]


async def test_what_comes_later_sees_what_came_before_it(store: Store) -> None:
    def double(connection: Connection) -> int:
        return add(connection, 2 * (connection.scalar(text("SELECT max(x) FROM t")) or 0))

    assert await asyncio.gather(store.write(add, 3), *(store.write(double) for _ in range(4))) == [3, 6, 12, 24, 48]


async def test_a_commit_that_fails_fails_all_that_counted_on_it(store: Store) -> None:
    """Those who were refused as well: what they were refused for never came to be."""
    fails = True

    def no_commit(_: Connection) -> None:
        if fails:
            raise sqlite3.OperationalError("disk I/O error")

    def refuse(connection: Connection) -> None:
        if connection.scalar(text("SELECT count(*) FROM t")):
            raise ValueError("there are some already")

    first = asyncio.create_task(store.write(add, 1), name="alone")
    group = [asyncio.create_task(work, name="group") for work in (store.write(add, 2), store.write(refuse))]
    await asyncio.sleep(0)
    event.listen(Engine, "commit", no_commit)
    try:
        ends = [await asyncio.gather(task, return_exceptions=True) for task in (first, *group)]
    finally:
        event.remove(Engine, "commit", no_commit)
    assert all(isinstance(end, sqlite3.OperationalError) for (end,) in ends), ends
    assert await numbers(store) == []
    fails = False
    assert await store.write(add, 5) == 5


async def test_a_transaction_that_was_undone_as_a_whole_fails_those_before_and_not_those_after(store: Store) -> None:
    """As SQLite undoes it where the disk is full in the middle of a statement."""

    def undo_all(connection: Connection) -> None:
        add(connection, 2)
        connection.exec_driver_sql("ROLLBACK")
        raise sqlite3.OperationalError("disk full")

    works = (store.write(add, 0), store.write(add, 1), store.write(undo_all), store.write(add, 3))
    ends = await asyncio.gather(*works, return_exceptions=True)
    assert [type(end) for end in ends] == [int, sqlite3.OperationalError, sqlite3.OperationalError, int]
    assert await numbers(store) == [0, 3]


async def test_a_locked_database_fails_whoever_waits_and_nothing_is_left(store: Store, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ends = await asyncio.gather(*(store.write(add, number) for number in range(4)), return_exceptions=True)
        other.execute("ROLLBACK")
    assert {type(end) for end in ends} == {Unavailable}
    assert await store.write(add, 9) == 9
    assert await numbers(store) == [9]


async def test_who_is_cancelled_while_others_wait_leaves_alone(store: Store) -> None:
    tasks = [asyncio.create_task(store.write(add, number), name=f"writer {number}") for number in range(10)]
    await asyncio.sleep(0)
    for task in tasks[3:6]:
        task.cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [end for end in ends if isinstance(end, int)] == [0, 1, 2, 6, 7, 8, 9]
    assert await numbers(store) == [0, 1, 2, 6, 7, 8, 9]


async def test_whoever_goes_first_overtakes_those_that_wait_and_nobody_starves(store: Store) -> None:
    order: list[int] = []

    def note(_: Connection, number: int) -> None:
        order.append(number)

    others = [asyncio.create_task(store.write(note, number)) for number in range(40)]
    await asyncio.sleep(0)
    first = [asyncio.create_task(store.write_first(note, 100 + number)) for number in range(60)]
    await asyncio.gather(*others, *first)
    assert order[0] == 0, "it had begun"
    assert order[1:25] == list(range(100, 124)), "those that go first, as they came"
    assert order[25:33] == list(range(1, 9)), "and beside them some of the others"
    assert sorted(order) == [*range(40), *range(100, 160)]
