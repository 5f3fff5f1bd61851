"""A disk that is full and a database that is locked, at each step of a run: it waits, and then comes to its one end."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select, text

from bot.errors import Unavailable
from bot.runs.card import EditResult, Ended, FinalCard, Pictures
from bot.runs.run import AT_RUNFLOW, Delivery, Run, State
from bot.store.tables import ledger_entries
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.room import RunsRoom, runs_room, until

FAST = without_waiting(PROFILES["default"])
SLOW = replace(PROFILES["default"], running_s=100.0)
PATIENCE_S = 0.02


@asynccontextmanager
async def locked(room: RunsRoom, directory: Path) -> AsyncGenerator[None]:
    """Another process writes, and does not come to an end."""
    other = sqlite3.connect(directory / "runs.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


@asynccontextmanager
async def full(room: RunsRoom, directory: Path) -> AsyncGenerator[None]:
    """The disk takes no page more, and whatever is written about a run needs one.

    So a transaction fails in its middle: where the row comes before the books, and the books before the row.
    """

    def prepare(connection: Connection) -> Engine:
        connection.execute(text("CREATE TABLE IF NOT EXISTS filler (bytes BLOB)"))
        for name, table, act in (("on_run", "runs", "UPDATE"), ("on_entry", "ledger_entries", "INSERT")):
            connection.execute(
                text(
                    f"CREATE TRIGGER {name} AFTER {act} ON {table} BEGIN"
                    " INSERT INTO filler VALUES (zeroblob(1000000)); END"
                )
            )
        return connection.engine

    engine = await room.store.write(prepare)

    def fill(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite takes as many as there are for the least

    def free(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    event.listen(engine, "begin", fill)
    try:
        yield
    finally:
        event.remove(engine, "begin", fill)
        event.listen(engine, "begin", free)

        def change(connection: Connection) -> None:
            for name in ("on_run", "on_entry"):
                connection.execute(text(f"DROP TRIGGER {name}"))

        await room.store.write(change)


TROUBLES = [locked, full]
Trouble = Callable[[RunsRoom, Path], Any]


async def passing_until(room: RunsRoom, holds: Callable[[Run], bool], run: Run) -> Run:
    """Let time pass, a few seconds at a time, until it holds for the run."""

    async def held() -> bool:
        room.clock.advance(5)
        await asyncio.sleep(0.03)
        return holds(await room.runs.load(run.id))

    await until(held)
    return await room.runs.load(run.id)


async def a_while(room: RunsRoom) -> None:
    """Long enough for several tries."""
    for _ in range(8):
        room.clock.advance(5)
        await asyncio.sleep(0.05)


def is_done(run: Run) -> bool:
    return run.delivery is not Delivery.PENDING


async def entries(room: RunsRoom) -> list[tuple[str, int]]:

    def look(connection: Connection) -> Any:
        rows = connection.execute(
            select(ledger_entries.c.kind, ledger_entries.c.amount_micro_usd).order_by(ledger_entries.c.id)
        )
        return [(row.kind, row.amount_micro_usd) for row in rows]

    return await room.store.read(look)


async def assert_one_end(room: RunsRoom, run: Run) -> None:
    """Pictures on the card, one create, and books that agree with what was billed."""
    done = await passing_until(room, is_done, run)
    assert (done.state, done.delivery) == (State.SUCCEEDED, Delivery.SHOWN)
    assert isinstance(room.card.ends[-1][1], Pictures)
    assert not [ending for _, ending in room.card.ends if isinstance(ending, Ended)]
    assert room.runflow.create_requests == 1
    assert await entries(room) == [("reserve", run.held), ("settle", room.runflow.billed_micro_usd())]
    assert await room.held() == 0


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_press_is_refused_in_words_and_leaves_nothing(tmp_path: Path, trouble: Trouble) -> None:
    async with runs_room(tmp_path, FAST, patience_s=PATIENCE_S) as room:
        async with trouble(room, tmp_path):
            with pytest.raises(Unavailable, match="nothing was started"):
                await room.press()
        assert await room.runs.unfinished() == []
        assert await entries(room) == []
        assert await room.held() == 0


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_card_that_could_not_be_noted_is_found_again(tmp_path: Path, trouble: Trouble) -> None:
    async with runs_room(tmp_path, FAST, patience_s=PATIENCE_S) as room:
        run = await room.press()
        room.card.cards = [77] * 20
        async with trouble(room, tmp_path):
            await room.services.runs.start(run, 77)
            await a_while(room)
            assert room.runflow.create_requests == 0  # nothing is sent that is not written down
        await assert_one_end(room, run)
        assert (await room.runs.load(run.id)).reply.message_id == 77


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_nothing_is_sent_before_it_is_written_down(tmp_path: Path, trouble: Trouble) -> None:
    async with runs_room(tmp_path, FAST, patience_s=PATIENCE_S, serve=False) as room:
        run = await room.press()
        await room.services.runs.start(run, 11)
        async with trouble(room, tmp_path):
            serving = asyncio.create_task(room.app.worker.serve(), name="driver")
            await a_while(room)
            assert room.runflow.create_requests == 0
        await assert_one_end(room, run)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_an_answer_that_could_not_be_written_down_is_found_again(tmp_path: Path, trouble: Trouble) -> None:
    async with runs_room(tmp_path, replace(FAST, create_delay_s=3.0), patience_s=PATIENCE_S) as room:
        run = await room.press()
        await room.services.runs.start(run, 11)

        async def created() -> bool:
            return room.runflow.create_requests == 1

        await until(created)
        async with trouble(room, tmp_path):
            await a_while(room)
            assert (await room.runs.load(run.id)).state is State.SUBMITTING
        await assert_one_end(room, run)


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_an_end_that_could_not_be_written_down_is_read_again(tmp_path: Path, trouble: Trouble) -> None:
    async with runs_room(tmp_path, SLOW, patience_s=PATIENCE_S) as room:
        run = await room.press()
        await room.services.runs.start(run, 11)
        await room.running(run)
        async with trouble(room, tmp_path):
            room.clock.advance(101)
            await a_while(room)
            assert (await room.runs.load(run.id)).state in AT_RUNFLOW
            assert await entries(room) == [("reserve", run.held)]
            assert await room.held() == run.held
            assert room.card.ends == []  # nothing is said that may not become true
        await assert_one_end(room, run)


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_delivery_that_could_not_be_noted_is_noted_later(tmp_path: Path, trouble: Trouble) -> None:
    async with runs_room(tmp_path, FAST, patience_s=PATIENCE_S) as room:
        run = await room.press()
        stack = trouble(room, tmp_path)
        show = room.card.end

        async def end_into_trouble(run: Run, ending: FinalCard) -> EditResult:
            answer = await show(run, ending)
            if len(room.card.ends) == 1:
                await stack.__aenter__()
            return answer

        room.card.end = end_into_trouble
        await room.services.runs.start(run, 11)
        await until(room.card.has_ended_once)
        await a_while(room)
        assert (await room.runs.load(run.id)).delivery is Delivery.PENDING
        await stack.__aexit__(None, None, None)
        await assert_one_end(room, run)


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_press_whose_card_failed_is_undone_later(tmp_path: Path, trouble: Trouble) -> None:
    async with runs_room(tmp_path, FAST, patience_s=PATIENCE_S) as room:
        run = await room.press()
        async with trouble(room, tmp_path):
            with pytest.raises(Unavailable):
                await room.services.runs.abandon(run)
            await a_while(room)
            assert await room.held() == run.held
        done = await passing_until(room, is_done, run)
        assert (done.state, done.delivery) == (State.CANCELED, Delivery.UNDELIVERABLE)
        assert await entries(room) == [("reserve", run.held), ("release", run.held)]
        assert (room.runflow.create_requests, await room.held()) == (0, 0)
