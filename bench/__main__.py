"""The benchmarks: prints a table for each, and writes its numbers into bench/results."""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from bench import ledger, moments

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run them; 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--entries", type=int, default=ledger.MANY, help="entries of the large ledger")
    parser.add_argument("--pairs", type=int, default=ledger.PAIRS, help="how many pairs of checks are timed")
    given = parser.parse_args()
    brief = moments.measure()
    print(moments.table(brief))
    with tempfile.TemporaryDirectory(prefix="imagine-bench-") as folder:
        measured = asyncio.run(ledger.measure(Path(folder), many=given.entries, pairs=given.pairs, say=print))
    print(ledger.table(measured))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "moments.json").write_text(json.dumps(moments.as_json(brief), indent=2) + "\n", "utf-8")
    (RESULTS / "ledger.json").write_text(json.dumps(ledger.as_json(measured), indent=2) + "\n", "utf-8")
    return 0 if measured.holds and all(one.holds for one in brief) else 1


if __name__ == "__main__":
    sys.exit(main())
