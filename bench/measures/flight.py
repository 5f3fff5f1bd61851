"""Many runs in flight: whether each is followed, and what that costs. Ours alone: the floor takes nothing up.

A run was looked at when Runflow showed it, by itself or on a page of a list.
"""

import asyncio

from bench.books import of_running
from bench.measuring import Bench, Measured, between_ms, longest_block, middle, p99, warm_up
from bench.process import cpu_s
from bench.rows import Bar, Row
from bench.side import Side, open_side

_PRESSES = 40


async def measure(bench: Bench) -> Measured:
    """Runs that were at Runflow when the bot began, with callbacks on; none of them ends while it is measured."""
    count, found = bench.sizes.flight, Measured()
    async with open_side("ours", bench.folder / "idle", callbacks=True, checkout=bench.checkout) as side:
        await warm_up(side)
        idle_bytes = side.memory_bytes()
    folder = bench.folder / "flight"
    runs = await of_running(folder / "imagine.db", count)
    adopted = {"runs": runs, "run_s": 800.0}
    async with open_side("ours", folder, callbacks=True, adopted=adopted, checkout=bench.checkout) as side:
        all_seen_s = await _until_all_seen(side, bench)
        window_s = bench.sizes.flight_window_s
        before_s = cpu_s(side.pid)
        presses = await side.measured(count=_PRESSES, over_s=window_s, run_s=0.3, side_px=512)
        core = 100 * (cpu_s(side.pid) - before_s) / presses["took_s"]
        looks = await side.ask("GET", f"looks?over_s={window_s}")
        kept_bytes = (side.memory_bytes() - idle_bytes) / count
    acks = between_ms(presses["presses"], "pressed_s", "acked_s")
    name, patience = f"{count:,} in flight", f"{bench.sizes.flight_patience_s:g} s"
    found.rows += [
        Row("flight.seen", f"{name}: looked at within {window_s:g} s", "%", 100 * looks["seen"] / count,
            None, Bar("ours", 100, least=True)),
        Row("flight.first", f"{name}: until each was looked at once (- is over {patience})", "s", all_seen_s),
        Row("flight.cpu", f"{name}: of a core, with two presses a second", "%", core, None, Bar("ours", 60)),
        Row("flight.p99", f"{name}: acknowledgement p99", "ms", p99(acks), None, Bar("ours", 500)),
        Row("flight.memory", f"{name}: memory a run", "kB", kept_bytes / 1000, None, Bar("ours", 25)),
        longest_block("flight", name, {"ours": [presses]}),
    ]  # fmt: skip
    found.notes["flight"] = {"looks": looks, "ack_median_ms": middle(acks), "blocks": presses["probe"]["blocks"][:5]}
    return found


async def _until_all_seen(side: Side, bench: Bench) -> float | None:
    """Seconds until every run was looked at; None where that takes longer than anybody waits here."""
    waited_s = 0.0
    while waited_s < bench.sizes.flight_patience_s:
        looks = await side.ask("GET", "looks?over_s=1000")
        if looks["seen"] == looks["runs"]:
            return waited_s
        await asyncio.sleep(1.0)
        waited_s += 1.0
    return None
