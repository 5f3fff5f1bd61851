"""How soon pictures are shown, from the moment Runflow is done to the moment Discord has them whole."""

from bench.measuring import Bench, Measured, between_ms, both, in_turns, longest_block, middle, not_shown, presses
from bench.rows import Bar, Row


async def measure(bench: Bench) -> Measured:
    """One run at a time, of 0.6 s; one and four pictures of 1024 by 1024 pixels; by callback and by polling."""
    found = Measured()
    for way, most in (("callback", 2.0), ("polling", 1.1)):
        async with both(bench, f"shown-{way}", callbacks=way == "callback") as sides:
            for pictures in (1, 4):
                turns = await in_turns(
                    sides, bench.sizes.reps, count=bench.sizes.shown, under_way=1, run_s=0.6, pictures=pictures
                )
                what = f"shown after ready, {way}, {pictures} x 1024²"
                times = {
                    program: between_ms(presses(results), "ready_s", "shown_s") for program, results in turns.items()
                }
                key = f"shown.{way}.{pictures}"
                ours, floor = middle(times["ours"]), middle(times["floor"])
                found.rows.append(Row(key, what, "ms", ours, floor, Bar("ratio", most)))
                found.wrong += not_shown(turns, what, pictures)
                found.notes[key] = times
                if way == "callback" and pictures == 4:
                    found.rows.append(longest_block("shown", "4 x 1024² one at a time, callback", turns))
    return found
