"""Chance and time have one source each; nothing in bot/ or cogs/ reads them past it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from bot.entropy import Entropy

ROOT = Path(__file__).parents[2]

# Modules that no file may import but those named, each with its reason.
SOURCES: dict[str, set[str]] = {
    "random": {"bot/entropy.py"},
    "uuid": {"bot/entropy.py"},
    "time": {"bot/clock.py"},
    "secrets": set(),
    "sched": set(),
    # The end that comes even when the loop no longer turns; what the loop and a database's thread may both take.
    "threading": {"bot/shutdown.py", "bot/store/work.py"},
}
# Names that read the machine's time or chance, on whatever they are looked up.
NAMES: dict[str, set[str]] = {
    "utcnow": set(),
    "today": set(),
    "urandom": set(),
    "getrandom": set(),
    "monotonic": {"bot/clock.py"},
    "perf_counter": set(),
    "call_later": {"bot/store/inline.py"},  # see MAY_SLEEP
    "call_at": set(),
}
MAY_READ_NOW = {"bot/clock.py"}
# A wait goes by the clock that is handed in. The store's goes by the loop's, as the `asyncio.timeout` around it does.
MAY_SLEEP = {"bot/clock.py"}


def reads(source: str, file: str) -> Iterator[str]:
    """Where a source reads time or chance though it is not the file for it."""
    tree = ast.parse(source)
    dates = {"datetime", "date"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "datetime":
            dates |= {alias.asname or alias.name for alias in node.names}
    for node in ast.walk(tree):
        for what in _read_by(node, file, dates):
            yield f"{file}:{getattr(node, 'lineno', 0)}: {what}"


def _read_by(node: ast.AST, file: str, dates: set[str]) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (name.name for name in names if file not in SOURCES.get(name.name.split(".")[0], {file}))
        case ast.ImportFrom(module=str(module), names=names):
            if file not in SOURCES.get(module.split(".")[0], {file}):
                yield module
            yield from (name.name for name in names if file not in NAMES.get(name.name, {file}))
            if module == "asyncio" and any(name.name == "sleep" for name in names):
                yield "asyncio.sleep under another name"
        case ast.Attribute(attr="now", value=ast.Name(id=owner) | ast.Attribute(attr=owner)) if owner in dates:
            if file not in MAY_READ_NOW:
                yield f"{owner}.now"
        case ast.Attribute(attr=name) if file not in NAMES.get(name, {file}):
            yield name
        case ast.Call(func=ast.Attribute(attr="time"), args=[], keywords=[]):
            yield "a loop's time"
        case ast.Call(func=ast.Attribute(attr="sleep", value=ast.Name(id="asyncio")), args=args):
            is_step = isinstance(args[0], ast.Constant) and args[0].value == 0  # a turn of the loop, no wait
            if not is_step and file not in MAY_SLEEP:
                yield "asyncio.sleep"
        case _:
            pass


@pytest.mark.parametrize(
    "line",
    [
        "import time",
        "import random as r",
        "from time import monotonic",
        "from uuid import uuid4",
        "import secrets",
        "from threading import Timer",
        "import os; os.urandom(8)",
        "from os import urandom",
        "from datetime import UTC, datetime; datetime.now(UTC)",
        "from datetime import datetime as D; D.now()",
        "import datetime; made = datetime.datetime.now",
        "from datetime import date; date.today()",
        "import discord; discord.utils.utcnow()",
        "from discord.utils import utcnow",
        "import asyncio; asyncio.get_running_loop().time()",
        "import asyncio; asyncio.get_running_loop().call_later(1, print)",
        "import asyncio\nasync def f(s): await asyncio.sleep(s)",
        "from asyncio import sleep",
    ],
)
def test_every_way_past_the_sources_is_seen(line: str) -> None:
    assert list(reads(line, "bot/somewhere.py"))


@pytest.mark.parametrize(
    "line",
    ["import asyncio\nasync def f(): await asyncio.sleep(0)", "clock.now()", "self._clock.now()", "clock.sleep(1)"],
)
def test_what_is_handed_in_may_be_used(line: str) -> None:
    assert not list(reads(line, "bot/somewhere.py"))


def test_nothing_reads_time_or_chance_past_the_sources() -> None:
    files = [file for room in ("bot", "cogs") for file in sorted((ROOT / room).rglob("*.py"))]
    found = [
        one
        for file in files
        if file.parent.name != "versions"  # migrations
        for one in reads(file.read_text(encoding="utf-8"), file.relative_to(ROOT).as_posix())
    ]
    assert len(files) > 50
    assert found == []


def test_the_same_seed_gives_the_same_ids() -> None:
    one, same, other = Entropy.seeded(1), Entropy.seeded(1), Entropy.seeded(2)
    drawn = [(source.new_run_id(), source.new_reference(), source.rng.random()) for source in (one, same, other)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert one.new_run_id() != one.new_run_id()


def test_ids_have_the_form_that_rows_and_people_know() -> None:
    source = Entropy.of_system()
    assert UUID(source.new_run_id()).version == 4
    assert len(source.new_reference()) == 8
    assert int(source.new_reference(), 16) >= 0
