"""Presses come first, and work that can wait is held up by them for a moment only."""

import asyncio
from contextlib import ExitStack

from bot.runs.presses import Presses


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
