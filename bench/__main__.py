"""What it costs, as a table: the bot beside the floor, in turns. Its results go into bench/results as JSON, and
docs/performance.md is made from them. Exits with 1 where a bar is missed or something went wrong.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from bench import ledger, moments, page, results, where
from bench.launch import FAST
from bench.measures import ack, crowd, flight, growth, requests, shown, start, throughput
from bench.measuring import SMOKE, Bench, Measured, Sizes
from bench.process import machine
from bench.rows import bar_told, told

Measure = Callable[[Bench], Coroutine[Any, Any, Measured]]

MEASURES: Mapping[str, Measure] = {
    "ack": ack.measure,
    "crowd": crowd.measure_crowd,
    "storm": crowd.measure_storm,
    "shown": shown.measure,
    "throughput": throughput.measure,
    "requests": requests.measure,
    "flight": flight.measure,
    **({"start": start.measure} if start.CAN_BE_MEASURED else {}),
    "growth": growth.measure,
}
"""The measures of the table, in its order."""

_ALONE = ("moments", "ledger")  # with files and tables of their own

_say = partial(print, flush=True)


def main() -> int:
    """Run what is asked for; 1 when a bar is missed."""
    given = _parser().parse_args()
    if given.page:
        page.renew()
        return 0
    if given.fast:
        os.environ[FAST] = "1"
    sizes = _sizes(given)
    with tempfile.TemporaryDirectory(prefix="imagine-bench-") as folder:
        if given.profile:
            asyncio.run(where.profile(Bench(Path(folder), sizes, _say, given.checkout), given.profile))
            return 0
        wanted = given.only or [*MEASURES, *_ALONE]
        benches = {name: Bench(Path(folder) / name, sizes, _say, given.checkout) for name in MEASURES if name in wanted}
        holds = [_one(name, bench, given.name) for name, bench in benches.items()]
        if "moments" in wanted:
            holds.append(_moments())
        if "ledger" in wanted:
            holds.append(_ledger(Path(folder), given.entries, given.pairs))
    return 0 if all(holds) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = [*MEASURES, *_ALONE]
    parser.add_argument("--only", action="append", choices=names, help="this measure alone; may be given again")
    parser.add_argument("--name", default=results.NOW, help="the name of the file of results (default: now)")
    parser.add_argument(
        "--fast", action="store_true", help="ours with the extra `fast` (uvloop, orjson); give a --name"
    )
    parser.add_argument("--checkout", type=Path, help="measure the bot of this other checkout, with our libraries")
    parser.add_argument("--reps", type=int, help="turns of each side")
    parser.add_argument("--runs", type=int, help="runs in each turn of `throughput`")
    parser.add_argument("--in-flight", type=int, help="how many runs `flight` follows")
    parser.add_argument("--books", type=_numbers, help="finished runs in the databases of `growth`, as 10000,100000")
    parser.add_argument("--smoke", action="store_true", help="just enough to see that everything works")
    parser.add_argument("--profile", choices=where.LOADS, help="instead: where the processor time of a run goes")
    parser.add_argument("--page", action="store_true", help="only make docs/performance.md from the results anew")
    parser.add_argument("--entries", type=int, default=ledger.MANY, help="entries of the large ledger")
    parser.add_argument("--pairs", type=int, default=ledger.PAIRS, help="how many pairs of checks are timed")
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _sizes(given: argparse.Namespace) -> Sizes:
    asked = {"reps": given.reps, "throughput": given.runs, "flight": given.in_flight, "books": given.books}
    chosen = {name: value for name, value in asked.items() if value is not None}
    return replace(SMOKE if given.smoke else Sizes(), **chosen)


def _one(name: str, bench: Bench, file: str) -> bool:
    """Run one measure, say and keep what it found; whether all is well."""
    began, on = time.monotonic(), machine(bench.checkout)
    found = asyncio.run(MEASURES[name](bench))
    _say(f"\n{name}, {time.monotonic() - began:.0f} s\n")
    for row in found.rows:
        met = {True: "met", False: "MISSED", None: ""}[row.holds]
        _say(f"  {row.what:<72} {told(row).replace('**', ''):<34} {bar_told(row.bar, row.unit):<10} {met}")
    for wrong in found.wrong:
        _say(f"  WRONG: {wrong}")
    results.keep(file, name, found, on)
    if file in {results.BEFORE, results.NOW}:
        page.renew()
    return not found.wrong and all(row.holds is not False for row in found.rows)


def _moments() -> bool:
    brief = moments.measure()
    _say(f"\n{moments.table(brief)}")
    results.FOLDER.mkdir(exist_ok=True)
    (results.FOLDER / "moments.json").write_text(json.dumps(moments.as_json(brief), indent=2) + "\n", "utf-8")
    return all(one.holds for one in brief)


def _ledger(folder: Path, entries: int, pairs: int) -> bool:
    measured = asyncio.run(ledger.measure(folder, many=entries, pairs=pairs, say=_say))
    _say(ledger.table(measured))
    results.FOLDER.mkdir(exist_ok=True)
    (results.FOLDER / "ledger.json").write_text(json.dumps(ledger.as_json(measured), indent=2) + "\n", "utf-8")
    return measured.holds


if __name__ == "__main__":
    sys.exit(main())
