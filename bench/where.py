"""Where the processor time of a run goes: by library from `perf`, and by package of Python code from cProfile."""

import asyncio
import pstats
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from bench.measuring import Bench, warm_up
from bench.side import open_side

LOADS: dict[str, dict[str, object]] = {
    "4x1024": {"pictures": 4, "side_px": 1024},
    "1x512": {"pictures": 1, "side_px": 512},
}
_PACKAGES = re.compile(r"site-packages/([^/]+)|/(bot|cogs)/([^/]+)|/python3\.\d+/(?!site-packages)([^/.]+)")
_QUIET_S = 1.5  # perf gives up where a thread ends while it begins
_LINE = re.compile(r"^\s*([\d.]+)%\s+(\S.*)$")


async def profile(bench: Bench, load: str) -> None:
    """Print both for one load. The profiler makes Python code slower than native code: read its shares, not times."""
    wanted = {"count": bench.sizes.throughput, "under_way": bench.sizes.under_way, "run_s": 0.3, **LOADS[load]}
    async with open_side("ours", bench.folder / "perf", callbacks=False, checkout=bench.checkout) as side:
        await warm_up(side)
        recorder = await _recorder(side.pid, bench.folder / "perf.data")
        result = await side.measured(**wanted)
        bench.say(f"{load}: {result['cpu_s'] * 1000 / bench.sizes.throughput:.1f} ms of processor time a run")
        if recorder is not None and recorder.returncode is None:
            recorder.terminate()
            await recorder.wait()
            bench.say(await _by_library(bench.folder / "perf.data"))
    file = bench.folder / "profile.pstats"
    folder = bench.folder / "cprofile"
    async with open_side("ours", folder, callbacks=False, checkout=bench.checkout, profile=file) as side:
        await warm_up(side)
        await side.load(**wanted)
    bench.say(_by_package(file))


async def _recorder(pid: int, file: Path) -> asyncio.subprocess.Process | None:
    perf = shutil.which("perf")
    if perf is None:
        return None
    await asyncio.sleep(_QUIET_S)
    recorder = await asyncio.create_subprocess_exec(
        perf, "record", "-q", "-F", "997", "-p", str(pid), "-o", str(file),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    await asyncio.sleep(_QUIET_S)
    return recorder


async def _by_library(file: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        "perf", "report", "-i", str(file), "--stdio", "--sort", "dso", "--percent-limit", "0.5",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    said = (await process.communicate())[0].decode("utf-8", "replace")
    rows = [f"| {found[2].strip()} | {found[1]} % |" for line in said.splitlines() if (found := _LINE.match(line))]
    return "\n".join(("| library (perf, the whole process) | share |", "| --- | --- |", *rows))


def _by_package(file: Path, most: int = 20) -> str:
    stats = cast("dict[tuple[str, int, str], tuple[Any, ...]]", vars(pstats.Stats(str(file)))["stats"])
    spent: defaultdict[str, float] = defaultdict(float)
    for (path, _, name), figures in stats.items():
        if path != "~":
            spent[_package(path)] += float(figures[2])
        elif "poll" not in name and "select" not in name:  # waiting is no work
            callers = cast("dict[tuple[str, int, str], tuple[Any, ...]]", figures[4])
            for (caller, _, _), share in callers.items():  # what is built in counts for whoever called it
                spent[_package(caller)] += float(share[2])
    spent.pop("probe.py", None)
    whole = sum(spent.values()) or 1.0
    rows = [f"| {name} | {100 * value / whole:.1f} % |" for name, value in _largest(spent, most)]
    return "\n".join(("| package (cProfile, the thread of the event loop) | share |", "| --- | --- |", *rows))


def _largest(spent: Mapping[str, float], most: int) -> Iterable[tuple[str, float]]:
    return sorted(spent.items(), key=lambda one: one[1], reverse=True)[:most]


def _package(path: str) -> str:
    """The package that code is in; `bot` and `cogs` by their rooms."""
    found = _PACKAGES.search(path)
    if found is None:
        return Path(path).name
    return found[1] or (f"{found[2]}.{found[3].removesuffix('.py')}" if found[2] else found[4])
