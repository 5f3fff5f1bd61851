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

from tests.chaos.away import AWAY
from tests.chaos.outages import Scale, Seen, outage, table
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
    parser.add_argument(
        "--only", choices=("storm", "points", "twice", "outages"), help="this part alone; outages only where named"
    )
    parser.add_argument("--waiting", type=int, default=3000, help="requests in line during outages (default 3000)")
    parser.add_argument("--minutes", type=float, default=3.0, help="how long each outage lasts (default 3)")
    parser.add_argument("--outage", help="only outages whose name has this in it")
    parser.add_argument("--killed", choices=("yes", "no"), help="only with the bot killed in the middle, or without")
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
    if options.only == "outages":  # two and a half hours in all
        broken += asyncio.run(_outages(options, seed))
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


async def _outages(options: argparse.Namespace, seed: int) -> int:
    scale = Scale(waiting=options.waiting, away_s=60 * options.minutes)
    found: list[Seen] = []
    for name in AWAY:
        for killed in (False, True):
            if (options.outage or "") in name and options.killed in {None, "yes" if killed else "no"}:
                found.append(await _outage(name, scale, seed, killed=killed, quiet=options.quiet))
    _write(f"\nOutages of {scale.away_s:.0f} s, {scale.waiting} in line\n\n{table(found)}\n")
    return sum(len(seen.wrong) for seen in found)


async def _outage(name: str, scale: Scale, seed: int, *, killed: bool, quiet: bool) -> Seen:
    began_s, title = time.monotonic(), f"{name}, killed" if killed else name

    def say(line: str) -> None:
        if not quiet:
            _write(f"{time.monotonic() - began_s:6.1f} s  {title}: {line}")

    with tempfile.TemporaryDirectory(prefix="chaos-") as directory:
        seen = await outage(Path(directory), name, killed=killed, scale=scale, seed=seed, say=say)
    for sentence in seen.wrong:
        _write(f"  {title}: {sentence}")
    return seen


if __name__ == "__main__":
    sys.exit(main())
