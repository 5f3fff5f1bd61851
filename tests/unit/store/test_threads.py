"""What aiosqlite is relied on for, and does not promise: a function of anybody's runs in a connection's thread."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from bot.store.engine import Store
from bot.store.sqlite import WRITING, make_file
from bot.store.threads import DatabaseThread


@pytest.fixture
async def thread(tmp_path: Path) -> AsyncIterator[DatabaseThread]:
    make_file(tmp_path / "x.db")
    thread = DatabaseThread(tmp_path / "x.db", begin=WRITING, patience_s=1)
    await thread
    yield thread
    await thread.close()


async def test_a_function_runs_whole_in_the_thread_of_the_connection(thread: DatabaseThread) -> None:
    """Should aiosqlite do without its queue one day, this fails first: `DatabaseThread.submit` needs another way."""
    assert isinstance(thread, aiosqlite.Connection)
    names: list[str] = []

    def work(engine: Engine) -> None:
        names.append(threading.current_thread().name)
        with engine.begin() as connection:
            assert connection.scalar(text("SELECT 1")) == 1

    await thread.submit(work)
    await thread.submit(work)
    assert len(set(names)) == 1
    assert names[0] != threading.current_thread().name


async def test_its_error_comes_back(thread: DatabaseThread) -> None:
    def work(_: Engine) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await thread.submit(work)


async def test_what_nobody_waits_for_begins_no_statement(thread: DatabaseThread) -> None:
    began, ended = threading.Event(), threading.Event()

    def work(engine: Engine) -> None:
        with engine.begin() as connection:
            began.set()
            ended.wait(5)
            connection.scalar(text("SELECT 1"))

    done = thread.submit(work)
    await asyncio.to_thread(began.wait, 5)
    thread.abandon()
    ended.set()
    with pytest.raises(OperationalError, match="nobody waits"):
        await done
    await thread.submit(lambda engine: engine.connect().close())  # the next is as ever


async def test_a_write_crosses_over_to_the_thread_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many statements it has."""

    def many(connection: Connection) -> int:
        return sum(connection.scalar(text("SELECT 1")) or 0 for _ in range(50))

    async with Store.open(f"sqlite:///{tmp_path / 'x.db'}") as store:
        loop, crossed = asyncio.get_running_loop(), list[None]()
        really = loop.call_soon_threadsafe

        def counted(callback: Callable[..., object], *given: Any) -> asyncio.Handle:
            crossed.append(None)
            return really(callback, *given)

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        assert await store.write(many) == 50
        assert len(crossed) == 1
