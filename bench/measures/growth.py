"""What a bot that has run for long costs: commands, the check of the books, bytes. Ours alone, databases in turns."""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from bench.books import bytes_in_use, of_finished, old_hours
from bench.measuring import Bench, Measured, Result, between_ms, middle, presses, warm_up
from bench.rows import Bar, Row
from bench.side import Side, bot_settings, open_side
from sandbox.botprocess import ROOT, bot_environment

_ROUNDS = 5
_BARS_FROM = 1_000_000  # smaller databases are measured, and held to nothing
_KEPT_DAYS = 40
_HOUSEKEEPING_S = 900.0
_COMMANDS: Mapping[str, tuple[str, dict[str, object]]] = {
    "spend": ("/spend, 30 days", {"options": [{"name": "period", "type": 3, "value": "30 days"}]}),
    "history": ("/history", {}),
    "usage": ("/usage", {}),
    "imagine": ("/imagine, acknowledgement", {"run_s": 0.1, "side_px": 512}),
}


async def measure(bench: Bench) -> Measured:
    """Every size in turns."""
    found, sizes = Measured(), bench.sizes.books
    files: dict[int, Path] = {}
    for size in sizes:
        began = time.monotonic()
        files[size] = bench.folder / f"books-{size}" / "imagine.db"
        await of_finished(files[size], size)
        bench.say(f"  a database of {size:,} runs, written in {time.monotonic() - began:.0f} s")
    async with AsyncExitStack() as stack:
        sides = {
            size: await stack.enter_async_context(
                open_side("ours", file.parent, callbacks=True, checkout=bench.checkout)
            )
            for size, file in files.items()
        }
        for side in sides.values():
            await warm_up(side)
        await _housekept(bench, files)
        for key, (what, load) in _COMMANDS.items():
            times = await _command(sides, key, load, found)
            small, large = times[sizes[0]], times[sizes[-1]]
            ratio = None if not small or large is None else large / small
            name = f"{what}: at {sizes[-1]:,} runs against {sizes[0]:,}"
            found.rows.append(Row(f"growth.{key}", name, "times", ratio, None, _bar(1.5, sizes[-1])))
            found.notes[key] = {str(size): value for size, value in times.items()}
        largest = sides[sizes[-1]]
        found.rows += await _check(bench, largest, sizes[-1], found)
    found.rows += _kept(files[sizes[-1]], sizes[-1])
    return found


async def _housekept(bench: Bench, files: Mapping[int, Path]) -> None:
    """Wait until old hours have gone: a bot that has run for long has none."""
    began = time.monotonic()
    for left in iter(lambda: sum(old_hours(file, _KEPT_DAYS) for file in files.values()), 0):
        if time.monotonic() - began > _HOUSEKEEPING_S:
            bench.say(f"  {left:,} old hours are left")
            return
        await asyncio.sleep(1)
    bench.say(f"  old hours have gone after {time.monotonic() - began:.0f} s")


async def _command(
    sides: Mapping[int, Side], key: str, load: Mapping[str, object], found: Measured
) -> dict[int, float | None]:
    """The median of each size, in milliseconds: to the answer, or to the card."""
    results: dict[int, list[Result]] = {size: [] for size in sides}
    until = "acked_s" if key == "imagine" else "card_s"
    asked = {"command": key, "run_s": 0, "count": 3, "under_way": 1, **load}
    for _ in range(_ROUNDS):
        for size, side in sides.items():
            results[size].append(await side.load(**asked))
    unanswered = sum(1 for each in results.values() for one in presses(each) if one[until] is None)
    if unanswered:
        found.wrong.append(f"/{key}: {unanswered} were not answered with what was asked for")
    return {size: middle(between_ms(presses(each), "pressed_s", until)) for size, each in results.items()}


async def _check(bench: Bench, side: Side, runs: int, found: Measured) -> list[Row]:
    """`python -m bot check` on the largest database, beside a bot that is idle."""
    settings = bot_settings(side.address, side.folder, callbacks=False)
    root = bench.checkout or ROOT
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "check",
        env={**bot_environment(settings, os.environ), "PYTHONPATH": str(root)}, cwd=bench.folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    began, peak = time.monotonic(), 0
    reading = asyncio.create_task(process.communicate())
    while not reading.done():
        peak = max(peak, _peak_bytes(process.pid))
        await asyncio.wait({reading}, timeout=0.05)
    took_s = time.monotonic() - began
    if process.returncode:
        found.wrong.append(f"check: {reading.result()[0].decode('utf-8', 'replace')[-500:]}")
    name = f"`check` at {runs:,} runs"
    return [
        Row("check.time", name, "s", took_s, None, _bar(45, runs)),
        Row("check.memory", f"{name}: memory", "MB", peak / 1e6, None, _bar(100, runs)),
    ]


def _bar(most: float, runs: int) -> Bar | None:
    return Bar("ours", most) if runs >= _BARS_FROM else None


def _peak_bytes(pid: int) -> int:
    """The most memory that a process had so far; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def _kept(file: Path, runs: int) -> list[Row]:
    each = bytes_in_use(file) / runs
    hours = old_hours(file, _KEPT_DAYS)
    return [
        Row("bytes.run", f"bytes in the database a run, at {runs:,}", "B", each, None, Bar("ours", 1600)),
        Row(
            "bytes.hours",
            f"totals of hours older than {_KEPT_DAYS} days that are kept",
            "",
            hours,
            None,
            Bar("ours", 0),
        ),
    ]
