"""A start with 10,000 unfinished runs: `python -m bench.start`, which starts a bot of its own.

A run was looked at when Runflow showed it, by itself or on a page of a list.
"""

import asyncio
import json
import os
import sys
from importlib.util import find_spec
from typing import Any

from bench.measuring import LONGEST_BLOCK_MS, Bench, Measured
from bench.rows import Bar, Row
from sandbox.botprocess import ROOT

CAN_BE_MEASURED = find_spec("bench.start") is not None


async def measure(bench: Bench) -> Measured:
    """Runs at Runflow, then runs in the bot's own queue."""
    count, found = bench.sizes.flight, Measured()
    for kind, what in (("unfinished", "at Runflow"), ("waiting", "in the queue")):
        said = await _said(kind, count)
        name = f"start with {count:,} {what}"
        acks: dict[str, float] = said["ack_ms"] or {}
        found.rows.append(Row(f"start.{kind}.ready", f"{name}: ready", "s", said["ready_s"], None, Bar("ours", 2)))
        if kind == "unfinished":
            seen = Row(
                "start.seen",
                f"{name}: all looked at, by list or alone",
                "s",
                said["all_looked_at_s"],
                None,
                Bar("ours", 15),
            )
            found.rows.append(seen)
        found.rows += [
            Row(f"start.{kind}.p99", f"{name}: acknowledgement p99 meanwhile", "ms", acks.get("p99")),
            Row(
                f"block.start.{kind}", f"longest block of the loop: {name}", "ms", said["longest_block_ms"], None,
                Bar("ours", LONGEST_BLOCK_MS),
            ),
        ]  # fmt: skip
        found.wrong += [f"{name}: {one}" for one in said["wrong"]]
        found.notes[kind] = said
    return found


async def _said(kind: str, count: int) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.start", f"--{kind}", str(count),
        cwd=ROOT, env=os.environ, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    return json.loads((await process.communicate())[0])
