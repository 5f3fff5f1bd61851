"""How many requests a run costs Runflow and Discord; downloads are not counted."""

import asyncio
from collections.abc import Mapping
from typing import Any

from bench.measuring import Bench, Measured, both, not_shown
from bench.rows import Bar, Row
from bench.side import Program, Side


async def measure(bench: Bench) -> Measured:
    """Runs of 0.6 s and of 20 s, some at once, by callback; by polling for comparison."""
    found = Measured()
    for way in ("callback", "polling"):
        async with both(bench, f"requests-{way}", callbacks=way == "callback") as sides:
            for key, run_s, most in (("short", 0.6, 2.0), ("long", bench.sizes.long_run_s, 4.0)):
                bar = Bar("ours", most) if way == "callback" else None
                results = await _side_by_side(sides, bench.sizes.requests, run_s)
                for peer, name in (("runflow", "Runflow"), ("discord", "Discord")):
                    each = {program: result[peer] / bench.sizes.requests for program, result in results.items()}
                    what = f"{name} requests a run of {run_s:g} s, {way}"
                    found.rows.append(Row(f"{peer}.{key}.{way}", what, "", each["ours"], each["floor"], bar))
                for program, result in results.items():
                    found.wrong += not_shown({program: [result]}, f"a run of {run_s:g} s, {way}", 1)
    return found


async def _side_by_side(sides: Mapping[Program, Side], count: int, run_s: float) -> dict[Program, dict[str, Any]]:
    counted = await asyncio.gather(*(_counted(side, count, run_s) for side in sides.values()))
    return dict(zip(sides, counted, strict=True))


async def _counted(side: Side, count: int, run_s: float) -> dict[str, Any]:
    before = (await side.ask("GET", "strays"))["lists"]
    result = await side.load(count=count, over_s=1.0, run_s=run_s, side_px=512)
    lists = (await side.ask("GET", "strays"))["lists"] - before
    presses = result["presses"]
    runflow, discord = sum(one["runflow"] for one in presses) + lists, sum(one["discord"] for one in presses)
    return result | {"runflow": runflow, "discord": discord}
