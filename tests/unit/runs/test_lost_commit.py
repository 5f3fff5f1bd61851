"""The database wrote a new run, but its answer to the commit was lost: nothing stays held for what nobody drives."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot.errors import Unavailable
from bot.runs.rows import unfinished
from bot.runs.run import Run
from bot.runs.store import Accepted
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.room import RunsRoom, runs_room, until

FAST = without_waiting(PROFILES["default"])
LOST = "the connection was lost in the commit"


def lose_the_answer(room: RunsRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    really_accept = room.runs.accept

    async def accepted(made: Callable[[Connection], Run], role_ids: tuple[int, ...] = ()) -> Accepted | None:
        await really_accept(made, role_ids)
        raise Unavailable(LOST)

    monkeypatch.setattr(room.runs, "accept", accepted)


async def test_what_was_written_after_all_is_canceled_and_its_money_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with runs_room(tmp_path, FAST) as room:
        lose_the_answer(room, monkeypatch)
        with pytest.raises(Unavailable, match=LOST):
            await room.press()
        assert await room.held() == 0

        def look(connection: Connection) -> None:
            assert unfinished(connection) == []

        await room.store.read(look)


async def test_where_the_database_stays_away_the_driver_sees_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with runs_room(tmp_path, FAST) as room:
        lose_the_answer(room, monkeypatch)
        really_take, tries = room.runs.take, 0

        async def away_once(*given: object) -> Run | None:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise Unavailable("the database does not answer")
            return await really_take(*given)  # type: ignore[arg-type]

        monkeypatch.setattr(room.runs, "take", away_once)
        with pytest.raises(Unavailable, match=LOST):
            await room.press()

        async def nothing_held() -> bool:
            room.clock.advance(5)
            await asyncio.sleep(0.02)
            return await room.held() == 0

        await until(nothing_held)


async def test_a_run_that_was_never_written_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with runs_room(tmp_path, FAST) as room:

        async def away(*_: object) -> None:
            raise Unavailable("the database does not answer")

        monkeypatch.setattr(room.runs, "accept", away)
        monkeypatch.setattr(room.runs, "take", away)
        with pytest.raises(Unavailable):
            await room.press()

        async def over() -> bool:
            return room.app.worker.alive == 0

        await asyncio.sleep(0.05)
        await until(over)
        assert "faulted" not in capsys.readouterr().out
