"""One run's life, and the bot killed at each single point of it: before and after each request and each answer."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.witness import Moment, Point
from tests.chaos.arena import CALM, Arena, Fate, open_arena
from tests.chaos.verdict import Verdict, judge

# Slow enough that every state is read, and shown on the card, once.
COURSE = replace(CALM, queued_s=0.2, dispatching_s=0.3, running_s=0.4)
_QUIET_S = 30.0


@dataclass(frozen=True, slots=True)
class Death:
    """Where the bot is killed: at the `number`-th time (from 0) that a run comes to a point, and what becomes of the
    request there.
    """

    point: Point
    number: int
    fate: Fate = "heard"

    def __str__(self) -> str:
        after = {"heard": "", "unheard": ", request lost", "late": ", request done late"}[self.fate]
        return f"{self.point} #{self.number + 1}{after}"


def deaths(seen: Sequence[Point]) -> list[Death]:
    """Every death that one run's life offers. Its reads of a state differ in number each time: the first two count."""
    found: dict[Death, None] = {}
    times: Counter[Point] = Counter()
    for point in seen:
        number = times[point]
        times[point] += 1
        if number >= 2:
            continue
        fates: tuple[Fate, ...] = ("heard",)
        if point.moment is Moment.ARRIVED and point.peer != "callback":
            fates = ("unheard", "late") if point.method != "GET" else ("unheard",)
        found |= dict.fromkeys(Death(point, number, fate) for fate in fates)
    return list(found)


async def clean_life(arena: Arena) -> list[Point]:
    """The points of a run that nobody disturbs, in order."""
    arena.sandbox.runflow.switches = COURSE
    arena.trap.seen.clear()
    await one_press(arena, "undisturbed")
    assert await arena.quiet(_QUIET_S)
    return list(arena.trap.seen)


async def one_press(arena: Arena, prompt: str) -> None:
    cast = arena.sandbox.discord.world.cast
    await arena.press(user_id=cast.member.id, channel_id=cast.general.id, prompt=prompt, image_size="square")


async def die(arena: Arena, death: Death) -> bool:
    """Press, kill the bot at the point, start it again, and wait for the end; False where the run never came there."""
    since = len(arena.presses)
    arena.trap.set(lambda point: point == death.point, skip=death.number, fate=death.fate)
    await one_press(arena, str(death))
    came = False
    while not came and arena.sandbox.bot.running and not await arena.quiet(0.3, since=since):
        came = arena.trap.sprung.is_set()
    came = came or arena.trap.sprung.is_set()
    arena.trap.disarm()
    if not arena.sandbox.bot.running:
        arena.died(await arena.sandbox.bot.wait())
        await arena.start()
    if not await arena.quiet(_QUIET_S, since=since):
        arena.faults.append(f"killed at {death}: something is still owed")
    return came


async def die_everywhere(directory: Path, *, share: slice = slice(None)) -> AsyncIterator[tuple[Death, bool, Verdict]]:
    """Every death, or a share of them, one after the other, each with the verdict on everything until then."""
    async with open_arena(directory, switches=COURSE) as arena:
        seen = await clean_life(arena)
        for death in deaths(seen)[share]:
            came = await die(arena, death)
            yield death, came, await judge(arena, seed=0)
