"""What a run costs the database: each transaction is a crossing to its thread, each commit a sync of the disk."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelContext
from bot.runs.run import Delivery, Place, Reply, State
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.room import FLUX_KLEIN, RunsRoom, runs_room, until

FAST = without_waiting(PROFILES["default"])


@dataclass
class Counted:
    begun: int = 0
    committed: int = 0


@pytest.fixture
def counted() -> Iterator[Counted]:
    """Transactions of every database in this process, and how many of them were committed."""
    counted = Counted()

    def begin(_: Connection) -> None:
        counted.begun += 1

    def commit(_: Connection) -> None:
        counted.committed += 1

    event.listen(Engine, "begin", begin)
    event.listen(Engine, "commit", commit)
    yield counted
    event.remove(Engine, "begin", begin)
    event.remove(Engine, "commit", commit)


async def asked(room: RunsRoom) -> None:
    """As `/imagine` does it: the rules of the channel read with it, and what is to be told beside the card."""
    run = await room.services.runs.accept(
        user_id=7,
        place=Place(1, 2),
        reply=Reply(1, 8, "token", room.clock.now(), 10 * 1024 * 1024),
        model=FLUX_KLEIN,
        options={"prompt": "a red fox"},
        where=ChannelContext(1, 2),
    )
    assert run.policy is Policy.BLOCK
    await room.services.runs.start(run, 11)
    assert await room.services.runs.notices(run) == ()
    await room.card.ended.wait()


async def shown_in(directory: Path) -> None:
    """Come back when the row says that the pictures are shown. Looked at from beside, so that it is not counted."""
    with closing(sqlite3.connect(directory / "runs.db")) as beside:

        async def shown() -> bool:
            return beside.execute("SELECT delivery FROM runs").fetchone() == (Delivery.SHOWN,)

        await until(shown)


def assert_few(counted: Counted) -> None:
    assert counted.committed <= 5, "accepted; being sent; its answer; its end; shown"
    assert counted.begun <= 8


async def test_a_run_takes_few_transactions_and_fewer_syncs(tmp_path: Path, counted: Counted) -> None:
    async with runs_room(tmp_path, FAST) as room:
        await asyncio.sleep(0.05)  # the workers have read what was left to do
        counted.begun = counted.committed = 0
        await asked(room)
        await shown_in(tmp_path)
    assert_few(counted)


async def test_a_run_that_is_seen_on_its_way_takes_no_more(tmp_path: Path, counted: Counted) -> None:
    """Queued, dispatching and running, and polled for twenty seconds."""
    slow = replace(FAST, queued_s=2.0, dispatching_s=2.0, running_s=16.0)
    async with runs_room(tmp_path, slow) as room:
        await asyncio.sleep(0.05)
        counted.begun = counted.committed = 0
        passing = asyncio.create_task(passing_by(room))
        await asked(room)
        await shown_in(tmp_path)
        await passing
        polls = [one for one in room.runflow.requests if one.method == "GET" and "runs" in one.path]
    assert len(polls) >= 8
    assert room.card.progressed[-1] in {State.DISPATCHING, State.RUNNING}  # people read one sentence for both
    assert_few(counted)


async def passing_by(room: RunsRoom) -> None:
    """Let twenty-four seconds pass, half a second at a time: at thirty the review worker reads something of its own."""
    for _ in range(48):
        await asyncio.sleep(0.02)
        room.clock.advance(0.5)
