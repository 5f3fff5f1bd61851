"""Presses come first, and work that can wait is held up by them for a moment only."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

from bot.runs.presses import Presses
from bot.runs.run import State
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.room import runs_room


async def test_few_presses_hold_up_nobody() -> None:
    presses = Presses()
    with ExitStack() as under_way:
        for _ in range(3):
            under_way.enter_context(presses.one())
        async with asyncio.timeout(1):
            await presses.let_pass()


async def test_work_waits_until_few_presses_are_left() -> None:
    presses = Presses()
    with ExitStack() as few, ExitStack() as many:
        few.enter_context(presses.one())
        for _ in range(3):
            many.enter_context(presses.one())
        waiting = asyncio.create_task(presses.let_pass())
        await asyncio.sleep(0.01)
        assert not waiting.done()
        many.close()
        await asyncio.wait_for(waiting, 1)


async def test_a_stream_of_presses_without_end_starves_nobody() -> None:
    presses = Presses(most_s=0.02)
    with ExitStack() as many:
        for _ in range(10):
            many.enter_context(presses.one())
        async with asyncio.timeout(1):
            await presses.let_pass()


async def test_no_run_is_begun_while_many_presses_are_being_accepted(tmp_path: Path) -> None:
    async with runs_room(tmp_path, without_waiting(PROFILES["default"])) as room:
        run = await room.press()
        with ExitStack() as many:
            for _ in range(4):
                many.enter_context(room.app.wake_ups.presses.one())
            await room.services.runs.start(run, 11)
            await asyncio.sleep(0.1)
            assert (room.runflow.create_requests, room.app.worker.alive) == (0, 1)
        assert (await room.settled(run)).state is State.SUCCEEDED


async def test_a_press_counts_while_it_is_being_accepted(tmp_path: Path) -> None:
    async with runs_room(tmp_path, without_waiting(PROFILES["default"]), serve=False) as room:
        presses = room.app.wake_ups.presses
        with ExitStack() as few:
            for _ in range(3):
                few.enter_context(presses.one())
            accepting = asyncio.create_task(room.press())
            await asyncio.sleep(0)
            passed = asyncio.create_task(presses.let_pass())
            await asyncio.sleep(0)
            assert not passed.done()
            await accepting
            await asyncio.wait_for(passed, 1)
