"""The benchmark works: ours and the floor are started, run, and nothing is lost. What it measures is not looked at."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench import results
from bench.books import bytes_in_use, of_finished, of_running, old_hours
from bench.measuring import PROGRAMS, Measured, Turns, between_ms, longest_block, not_shown, presses
from bench.rows import Row
from bench.side import Program, open_side
from bot.check import books

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc, which Linux has")


async def turn(program: Program, folder: Path, *, callbacks: bool) -> Turns:
    async with open_side(program, folder, callbacks=callbacks) as side:
        found = await side.measured(count=3, under_way=2, run_s=0.1, pictures=2, side_px=512, timeout_s=20)
        assert side.memory_bytes() > 0
        assert (await side.ask("GET", "strays"))["strays"] == []
    return {program: [found]}


async def test_ours_and_the_floor_show_every_picture_and_lose_none(tmp_path: Path) -> None:
    sides: list[tuple[Program, bool]] = [(program, callbacks) for program in PROGRAMS for callbacks in (True, False)]
    found = await asyncio.gather(
        *(turn(program, tmp_path / f"{program}-{callbacks}", callbacks=callbacks) for program, callbacks in sides)
    )
    for turns in found:
        assert not_shown(turns, "pictures", 2) == []
        for (result,) in turns.values():
            each = presses([result])
            assert {one["ack"] for one in each} == {"card"}
            assert len(between_ms(each, "pressed_s", "acked_s")) == len(between_ms(each, "ready_s", "shown_s")) == 3
            assert all(one["discord"] >= 2 and one["runflow"] >= 1 for one in each)
            assert result["probe"]["callbacks"] > 0
    rows = [longest_block("load", "a load", found[0]), Row("x", "x", "", 1.0)]
    results.keep("smoke", "all", Measured(rows), {"at": "now"}, tmp_path)
    assert len(json.loads((tmp_path / "smoke.json").read_text("utf-8"))["all"]["rows"]) == 2


async def test_runs_that_are_at_runflow_at_the_start_are_looked_at(tmp_path: Path) -> None:
    runs = await of_running(tmp_path / "imagine.db", 5)
    adopted = {"runs": runs, "run_s": 60.0}
    async with open_side("ours", tmp_path, callbacks=True, adopted=adopted) as side, asyncio.timeout(20):
        while (await side.ask("GET", "looks?over_s=60"))["seen"] < 5:  # noqa: ASYNC110 - another process rings no bell
            await asyncio.sleep(0.1)


async def test_books_made_by_sql_agree(tmp_path: Path) -> None:
    file = tmp_path / "imagine.db"
    await of_finished(file, 300)
    assert "agrees" in await books(f"sqlite:///{file}", datetime.now(UTC))
    assert bytes_in_use(file) > 0
    assert old_hours(file, 40) > old_hours(file, 900) == 0
