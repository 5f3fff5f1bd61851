"""How the process ends, without signals and without the thread that forces it: both are handed in."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from bot.shutdown import until_stopped


class Ending:
    """A part that runs until it is cancelled, and what happened in which order."""

    def __init__(self) -> None:
        self.stop, self.began = asyncio.Event(), asyncio.Event()
        self.happened: list[str] = []

    async def part(self) -> None:
        self.began.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.happened.append("cancelled")

    async def wind_down(self) -> None:
        self.happened.append("wound down")

    def last_resort(self) -> None:
        self.happened.append("last resort")

    async def dies(self) -> None:
        await self.began.wait()
        raise ZeroDivisionError

    async def ends(self) -> None:
        await self.began.wait()

    async def until(self, *others: Callable[[], Coroutine[Any, Any, None]]) -> None:
        parts = {serve.__name__: serve for serve in (self.part, *others)}
        await until_stopped(parts, stop=self.stop, wind_down=self.wind_down, last_resort=self.last_resort)


async def test_a_stop_winds_down_before_it_cancels() -> None:
    ending = Ending()
    running = asyncio.create_task(ending.until(), name="until stopped")
    await ending.began.wait()
    assert ending.happened == []
    ending.stop.set()
    await running
    assert ending.happened == ["last resort", "wound down", "cancelled"]


async def test_a_part_that_dies_ends_everything_with_its_reason() -> None:
    ending = Ending()
    with pytest.raises(ZeroDivisionError):
        await ending.until(ending.dies)
    assert ending.happened == ["last resort", "cancelled"]


async def test_a_part_that_ends_by_itself_is_a_fault() -> None:
    ending = Ending()
    with pytest.raises(RuntimeError, match="the part ends ended"):
        await ending.until(ending.ends)
    assert ending.happened == ["last resort", "cancelled"]
