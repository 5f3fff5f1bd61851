"""How soon a press is answered, one at a time."""

from bench.measuring import (
    Bench,
    Measured,
    between_ms,
    both,
    in_turns,
    long_blocks,
    longest_block,
    middle,
    not_shown,
    presses,
)
from bench.rows import Bar, Row
from bench.side import DEFAULTS, OPEN

_BAR = Bar("ratio", 4)
_PAUSE_S = 0.15  # what is still written after a picture was shown is not to weigh on the next press


async def measure(bench: Bench) -> Measured:
    """One press, its pictures by callback, the next press."""
    found = Measured()
    for key, what, settings, bar in (
        ("open", "acknowledgement, one at a time, no limits, median", OPEN, _BAR),
        ("default", "the same, default settings", DEFAULTS, None),
    ):
        async with both(bench, f"ack-{key}", callbacks=True, settings=settings) as sides:
            turns = await in_turns(
                sides,
                bench.sizes.reps,
                count=bench.sizes.one_by_one,
                under_way=1,
                pause_s=_PAUSE_S,
                run_s=0.1,
                side_px=512,
            )
        times = {program: between_ms(presses(results), "pressed_s", "acked_s") for program, results in turns.items()}
        found.rows.append(Row(f"ack.{key}", what, "ms", middle(times["ours"]), middle(times["floor"]), bar))
        found.wrong += not_shown(turns, what, 1)
        found.notes[key] = {"ms": times, "blocks": long_blocks(turns)}
        if key == "open":
            found.rows.append(longest_block("ack", "one at a time", turns))
    return found
