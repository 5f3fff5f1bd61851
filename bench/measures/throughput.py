"""How many runs a second, and what each costs in processor time; whoever has their pictures presses again."""

from statistics import median

from bench.measuring import Bench, Measured, both, in_turns, long_blocks, longest_block, not_shown
from bench.rows import Bar, Row

_LOADS = (("4x1024", "4 x 1024²", 4, 1024, 0.6, 3.0), ("1x512", "1 x 512²", 1, 512, 0.7, 4.0))


async def measure(bench: Bench) -> Measured:
    """By polling, runs of 0.3 s."""
    found, sizes = Measured(), bench.sizes
    for key, words, pictures, side_px, least, most_cpu in _LOADS:
        async with both(bench, f"throughput-{key}", callbacks=False) as sides:
            turns = await in_turns(
                sides,
                sizes.reps,
                count=sizes.throughput,
                under_way=sizes.under_way,
                run_s=0.3,
                pictures=pictures,
                side_px=side_px,
            )
        rate = {program: median(sizes.throughput / one["took_s"] for one in each) for program, each in turns.items()}
        cpu_ms = {
            program: sum(one["cpu_s"] for one in each) * 1000 / (sizes.throughput * len(each))
            for program, each in turns.items()
        }
        under_way = f"{words}, {sizes.under_way} under way"
        found.rows += [
            Row(
                f"rate.{key}", f"runs a second, {under_way}", "", rate["ours"], rate["floor"],
                Bar("ratio", least, least=True),
            ),
            Row(
                f"cpu.{key}", f"processor time of the bot a run, {words}", "ms", cpu_ms["ours"], cpu_ms["floor"],
                Bar("ratio", most_cpu),
            ),
            longest_block(f"throughput.{key}", under_way, turns),
        ]  # fmt: skip
        found.wrong += not_shown(turns, f"runs a second, {words}", pictures)
        world = {program: max(one["world_cpu_s"] / one["took_s"] for one in each) for program, each in turns.items()}
        found.notes[key] = {"world_share_of_a_core": world, "blocks": long_blocks(turns)}
    return found
