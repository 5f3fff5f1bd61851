"""How long a recount of the books takes: `python -m bench.recount [--runs 1000000]`.

Every run has its reserve and its end, spread over 50,000 people, 100 servers and two years, and every total that they
add up to is there: so the recount reads what it would read in a bot of that age, and must find nothing wrong.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import Connection

from bench.ledger import fill
from bot.ledger import recount
from bot.store.engine import Store

TARGET_S = 60.0  # for each million runs

_STARTS = {
    "hour": "at - at % 3600000000",
    "day": "at - at % 86400000000",
    "month": "CAST(strftime('%s', at / 1000000, 'unixepoch', 'start of month') AS INTEGER) * 1000000",
    "ever": "0",
}
_WHOSE = {"user": ("guild_id", "user_id"), "guild": ("guild_id", "guild_id"), "channel": ("guild_id", "channel_id")}


def totals_of_entries() -> list[str]:
    """Statements that write every total of the entries, which are all settled; in the order of time, as a bot does."""
    rows = [(subject, *whose, window) for subject, whose in _WHOSE.items() for window in _STARTS]
    rows += [("bot", "0", "0", window) for window in ("month", "ever")]
    sums = "0, sum(amount_micro_usd), 0, 0, 0, sum(pictures), 0, 0, 0"
    return [
        f"INSERT INTO ledger_totals SELECT {guild_id}, '{subject}', {subject_id}, '{window}', {_STARTS[window]}, {sums}"  # noqa: S608
        " FROM ledger_entries WHERE kind = 'settle' GROUP BY 5, 1, 3"
        for subject, guild_id, subject_id, window in rows
    ]


async def measure(folder: Path, runs: int) -> tuple[float, float]:
    """Seconds for one recount, and those of them at work. Raises AssertionError where it finds the books wrong."""
    file = folder / "books.db"
    async with Store.open(f"sqlite:///{file}"):
        pass  # migrated
    began = perf_counter()
    entries, totals = fill(file, 2 * runs, totals_of_entries())
    print(f"{entries:,} entries, {totals:,} totals, written in {perf_counter() - began:.0f} s")
    async with Store.open(f"sqlite:///{file}") as store:

        def look(connection: Connection) -> Any:
            began, began_cpu = perf_counter(), process_time()
            wrong = list(recount.disagreements(connection))
            return began, began_cpu, wrong

        began, began_cpu, wrong = await store.read(look)
    assert not wrong, wrong[:3]  # noqa: S101 - a benchmark of books that do not agree measures nothing
    return perf_counter() - began, process_time() - began_cpu


def main() -> int:
    """Measure once; 1 when the target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.recount", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000, help="how many runs the books hold")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="imagine-bench-") as folder:
        took_s, cpu_s = asyncio.run(measure(Path(folder), given.runs))
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    limit_s = TARGET_S * given.runs / 1_000_000
    print(f"recounted {given.runs:,} runs in {took_s:.1f} s, {cpu_s:.1f} s of them at work; {memory_mb} MB at most")
    print(f"at most {limit_s:.1f} s: " + ("holds" if took_s <= limit_s else "is MISSED"))
    return 0 if took_s <= limit_s else 1


if __name__ == "__main__":
    sys.exit(main())
