"""`python -m tests.chaos`: a long storm, every exact point, and the tables. Exits with 1 where a promise is broken."""

import argparse
import asyncio
import functools
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from tests.chaos.points import die_everywhere, die_twice
from tests.chaos.storm import Size, storm
from tests.chaos.verdict import Verdict

_TITLES = {
    "points": "Killed at every point of one run's life",
    "twice": "Killed, and killed again at every point of taking the run up",
}
_write = functools.partial(print, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="what is drawn, and when (default: a new one each time)")
    parser.add_argument("--runs", type=int, default=300, help="at least so many runs are accepted (default 300)")
    parser.add_argument("--kills", type=int, default=50, help="how often the bot is killed (default 50)")
    parser.add_argument("--people", type=int, default=40, help="how many people press (default 40)")
    parser.add_argument("--only", choices=("storm", "points", "twice"), help="leave the others out")
    parser.add_argument("--quiet", action="store_true", help="only the tables")
    options = parser.parse_args()
    seed: int = secrets.randbelow(10**6) if options.seed is None else options.seed
    _write(f"seed {seed}")
    broken = 0
    if options.only in {None, "storm"}:
        broken += asyncio.run(_storm(seed, Size(options.runs, options.kills, options.people), quiet=options.quiet))
    for name, every in (("points", die_everywhere), ("twice", die_twice)):
        if options.only in {None, name}:
            broken += asyncio.run(_points(name, every, quiet=options.quiet))
    _write("every promise held" if not broken else f"{broken} promises broken, seed {seed}")
    return 1 if broken else 0


async def _storm(seed: int, size: Size, *, quiet: bool) -> int:
    began_s = time.monotonic()

    def say(line: str) -> None:
        if not quiet:
            _write(f"{time.monotonic() - began_s:6.1f} s  {line}")

    with tempfile.TemporaryDirectory(prefix="chaos-") as directory:
        verdict = await storm(Path(directory), seed=seed, size=size, say=say)
    _write(f"\nA storm of {time.monotonic() - began_s:.0f} s\n\n{verdict.table()}\n")
    return len(verdict.wrong)


async def _points(name: str, every: Callable[[Path], AsyncIterator[tuple[str, bool, Verdict]]], *, quiet: bool) -> int:
    began_s, verdict, missed = time.monotonic(), None, 0
    with tempfile.TemporaryDirectory(prefix="chaos-") as directory:
        async for death, came, now in every(Path(directory)):
            missed += not came
            if not quiet:
                told = 0 if verdict is None else len(verdict.wrong)
                note = "" if came else "  (it did not come there)"
                line = f"{time.monotonic() - began_s:6.1f} s  killed at {death}{note}"
                _write("\n  ".join((line, *now.wrong[told:])))
            verdict = now
    if verdict is None:
        return 1
    _write(f"\n{_TITLES[name]}, in {time.monotonic() - began_s:.0f} s; {missed} not reached\n\n{verdict.table()}\n")
    return len(verdict.wrong)


if __name__ == "__main__":
    sys.exit(main())
