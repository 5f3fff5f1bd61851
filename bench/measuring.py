"""What all measures share: how much is measured, both sides side by side, and loads in turns."""

import math
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.rows import Bar, Row
from bench.side import OPEN, Program, Side, open_side

PROGRAMS: tuple[Program, ...] = ("ours", "floor")
LONGEST_BLOCK_MS = 50.0


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured. `reps`: turns of each side; `books`: how many finished runs a database holds."""

    reps: int = 3
    one_by_one: int = 20
    shown: int = 12
    throughput: int = 100
    under_way: int = 32
    requests: int = 10
    long_run_s: float = 20.0
    crowd: int = 200
    crowd_held: int = 50
    storm: int = 1_000
    storm_s: float = 5.0
    flight: int = 10_000
    flight_window_s: float = 20.0
    flight_patience_s: float = 90.0
    books: tuple[int, ...] = (10_000, 100_000, 1_000_000)


SMOKE = Sizes(
    reps=1,
    one_by_one=2,
    shown=2,
    throughput=4,
    under_way=4,
    requests=2,
    long_run_s=0.6,
    crowd=4,
    crowd_held=1,
    storm=5,
    storm_s=0.2,
    flight=20,
    flight_window_s=1.0,
    flight_patience_s=10.0,
    books=(200, 400),
)
"""Just enough to see that everything works. Its numbers mean nothing."""


@dataclass(slots=True)
class Measured:
    """What a measure found. `wrong`: what must not be, such as pictures that never came; `notes`: for programs."""

    rows: list[Row] = field(default_factory=list[Row])
    wrong: list[str] = field(default_factory=list[str])
    notes: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Bench:
    """What a measure is given: a folder of its own, how much to measure, and somebody to tell how it goes.

    `checkout`: where the bot is that is measured, if not here.
    """

    folder: Path
    sizes: Sizes
    say: Callable[[str], None]
    checkout: Path | None = None


Result = Mapping[str, Any]
Turns = Mapping[Program, Sequence[Result]]


@asynccontextmanager
async def both(
    bench: Bench, name: str, *, callbacks: bool, settings: Mapping[str, str] = OPEN
) -> AsyncGenerator[Mapping[Program, Side]]:
    """Ours and the floor, connected and warm."""
    async with AsyncExitStack() as stack:
        sides: Mapping[Program, Side] = {
            program: await stack.enter_async_context(
                open_side(
                    program,
                    bench.folder / f"{name}-{program}",
                    callbacks=callbacks,
                    settings=settings,
                    checkout=bench.checkout,
                )
            )
            for program in PROGRAMS
        }
        for side in sides.values():
            await warm_up(side)
        yield sides


async def warm_up(side: Side) -> None:
    """A few runs, so that no first time of anything is measured."""
    await side.load(count=4, under_way=2, run_s=0.05, side_px=512)


async def in_turns(sides: Mapping[Program, Side], reps: int, **load: Any) -> Turns:
    """The same load for each side, one after the other, which of them begins changing each time."""
    results: dict[Program, list[Result]] = {program: [] for program in sides}
    for rep in range(reps):
        for program in sorted(sides, reverse=rep % 2 == 0):
            results[program].append(await sides[program].measured(**load))
    return results


def presses(results: Sequence[Result]) -> list[Result]:
    """The presses of every turn."""
    return [press for result in results for press in result["presses"]]


def between_ms(found: Sequence[Result], since: str, until: str) -> list[float]:
    """Milliseconds from one moment of each press to another, where both came."""
    return [(one[until] - one[since]) * 1000 for one in found if one[since] is not None and one[until] is not None]


def middle(values: Sequence[float]) -> float | None:
    """The median; None of nothing."""
    return median(values) if values else None


def p99(values: Sequence[float]) -> float | None:
    """The value that 99 of 100 do not exceed, by nearest rank; of fewer than 100 it is the greatest."""
    return sorted(values)[max(0, math.ceil(len(values) * 0.99) - 1)] if values else None


def not_shown(turns: Turns, name: str, pictures: int) -> list[str]:
    """What went wrong with pictures that were to be shown, in words."""
    wrong: list[str] = []
    for program, results in turns.items():
        bad = [one for one in presses(results) if one["pictures"] != pictures or not one["intact"]]
        if bad:
            wrong.append(f"{name}, {program}: {len(bad)} of {len(presses(results))} were not shown whole")
    return wrong


def longest_block(key: str, load: str, turns: Turns) -> Row:
    """The longest callback of the event loop while a load ran, of all turns; None where the probe could see none."""
    longest = {
        program: max((one["probe"]["longest_s"] * 1000 for one in results if one["probe"]["callbacks"]), default=None)
        for program, results in turns.items()
    }
    return Row(
        f"block.{key}",
        f"longest block of the loop: {load}",
        "ms",
        longest.get("ours"),
        longest.get("floor"),
        Bar("ours", LONGEST_BLOCK_MS),
    )


def long_blocks(turns: Turns) -> list[Result]:
    """Our longest callbacks, for the notes."""
    blocks = [block for result in turns["ours"] for block in result["probe"]["blocks"]]
    return sorted(blocks, key=lambda one: one["wall_s"], reverse=True)[:5]
