"""Many presses at once: all are to be answered, in time, and none refused."""

from collections.abc import Callable, Mapping, Sequence

from bench.measuring import (
    Bench,
    Measured,
    Result,
    between_ms,
    both,
    in_turns,
    long_blocks,
    longest_block,
    p99,
    presses,
    warm_up,
)
from bench.postgres import postgresql
from bench.rows import Bar, Row
from bench.side import OPEN, open_side


async def measure_crowd(bench: Bench) -> Measured:
    """200 presses within a second while 50 runs are in flight; ours and the floor in turns."""
    found, sizes = Measured(), bench.sizes
    async with both(bench, "crowd", callbacks=True) as sides:
        for side in sides.values():
            await side.load(count=sizes.crowd_held, under_way=10, run_s=600, hold=True)
        turns = await in_turns(sides, sizes.reps, count=sizes.crowd, over_s=1.0, run_s=0.6, side_px=512)
    acks = {program: between_ms(presses(results), "pressed_s", "acked_s") for program, results in turns.items()}
    name = f"{sizes.crowd} presses within 1 s, {sizes.crowd_held} in flight"
    found.rows += [
        *_counts("crowd", name, presses(turns["ours"]), presses(turns["floor"])),
        Row("crowd.p99", f"{name}: acknowledgement p99", "ms", p99(acks["ours"]), p99(acks["floor"]), Bar("ours", 400)),
        longest_block("crowd", name, turns),
    ]
    found.notes["crowd"] = {"ms": acks, "blocks": long_blocks(turns)}
    return found


async def measure_storm(bench: Bench) -> Measured:
    """1,000 presses within 5 s, on either engine; ours alone."""
    found, sizes = Measured(), bench.sizes
    engines: dict[str, str] = {"SQLite": ""}
    async with postgresql() as url:
        if url is not None:
            engines["PostgreSQL"] = url
        for engine, address in engines.items():
            found_here = await _storm(bench, engine, {**OPEN, **({"DATABASE_URL": address} if address else {})})
            found.notes[engine] = {"blocks": long_blocks({"ours": [found_here]})}
            key, each = f"storm.{engine.lower()}", found_here["presses"]
            name = f"{sizes.storm:,} presses within {sizes.storm_s:g} s, {engine}"
            acks = p99(between_ms(each, "pressed_s", "acked_s"))
            found.rows += [
                *_counts(key, name, each, None),
                Row(f"{key}.p99", f"{name}: acknowledgement p99", "ms", acks, None, Bar("ours", 1000)),
                longest_block(key, name, {"ours": [found_here]}),
            ]
    return found


async def _storm(bench: Bench, engine: str, settings: Mapping[str, str]) -> Result:
    folder = bench.folder / f"storm-{engine}"
    async with open_side("ours", folder, callbacks=True, settings=settings, checkout=bench.checkout) as side:
        await warm_up(side)
        sizes = bench.sizes
        return await side.measured(
            count=sizes.storm, over_s=sizes.storm_s, run_s=0.6, side_px=512, timeout_s=max(10.0, sizes.storm * 0.09)
        )


def _counts(key: str, name: str, ours: Sequence[Result], floor: Sequence[Result] | None) -> list[Row]:
    """How many of the presses got no answer in time, none but a refusal, or a "thinking" first; none is to."""
    tests: dict[str, Callable[[Result], bool]] = {
        "lost": lambda one: one["acked_s"] is None,
        "refused": lambda one: one["acked_s"] is not None and one["created_s"] is None,
        "deferred": lambda one: one["ack"] == "deferred",
        "never shown": lambda one: one["created_s"] is not None and one["shown_s"] is None,
    }
    return [
        Row(
            f"{key}.{what.replace(' ', '_')}",
            f"{name}: {what}",
            "%",
            _share(ours, test),
            None if floor is None else _share(floor, test),
            Bar("ours", 0),
        )
        for what, test in tests.items()
    ]


def _share(of: Sequence[Result], test: Callable[[Result], bool]) -> float:
    return 100 * sum(1 for one in of if test(one)) / len(of)
