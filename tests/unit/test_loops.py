"""Which loop the bot runs on: uvloop where it is installed, asyncio's own where it is not."""

import asyncio
import sys

import pytest

from bot import loops


async def _loop() -> str:
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


def test_uvloop_is_taken_where_it_is_there() -> None:
    pytest.importorskip("uvloop")
    assert (loops.name(), loops.run(_loop())) == ("uvloop", "uvloop")


def test_without_it_asyncio_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert (loops.name(), loops.run(_loop())) == ("asyncio", "asyncio")
