"""One run's life, and the bot killed at each single point of it: before and after each request and each answer."""

import asyncio
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
_CALLBACK = "/api/v10/interactions/{interaction_id}/{interaction_token}/callback"


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
    """Every death that these points offer, in their order."""
    found: list[Death] = []
    times: Counter[Point] = Counter()
    for point in seen:
        number = times[point]
        times[point] += 1
        fates: tuple[Fate, ...] = ("heard",)
        if point.moment is Moment.ARRIVED and point.peer != "callback":
            fates = ("unheard", "late") if point.method != "GET" else ("unheard",)
        found += [Death(point, number, fate) for fate in fates]
    return found


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


async def die(arena: Arena, *row: Death) -> bool:
    """Press, kill the bot at the first point, the next bot at the second, and so on, and wait for the end.

    False where one of them never came to its point: how often a run is read, and so shown, differs from life to life.
    """
    since, came = len(arena.presses), True
    for number, death in enumerate(row):
        arena.trap.set(lambda point, wanted=death.point: point == wanted, skip=death.number, fate=death.fate)
        await (arena.start() if number else one_press(arena, ", then ".join(map(str, row))))
        while arena.sandbox.bot.running and not arena.trap.sprung.is_set() and not await arena.quiet(0.2, since=since):
            pass
        came = came and arena.trap.sprung.is_set()
        arena.trap.disarm()
        if not arena.sandbox.bot.running:
            arena.died(await arena.sandbox.bot.wait())
    if not arena.sandbox.bot.running:
        await arena.start()
    if not await arena.quiet(_QUIET_S, since=since):
        arena.faults.append(f"killed at {', then '.join(map(str, row))}: something is still owed")
    return came


async def second_deaths(arena: Arena, first: Death) -> list[Death]:
    """What the bot after a death does, as the deaths that it could die itself: the first two at each point.

    Further reads and edits are those of a run that nobody has to take up any more.
    """
    since = len(arena.presses)
    arena.trap.set(lambda point: point == first.point, skip=first.number, fate=first.fate)
    await one_press(arena, str(first))
    await asyncio.wait_for(arena.trap.sprung.wait(), _QUIET_S)
    arena.died(await arena.sandbox.bot.wait())
    arena.trap.seen.clear()
    await arena.start()
    assert await arena.quiet(_QUIET_S, since=since)
    return [death for death in deaths(arena.trap.seen) if death.number < 2]


# After each of these, the next bot finds the run in another state: accepted, submitting, running, ended and not shown.
FIRST = (
    Death(Point("discord", "POST", _CALLBACK, Moment.DONE), 0),
    Death(Point("runflow", "POST", "/v1/models/{owner}/{slug}/runs", Moment.DONE), 0),
    Death(Point("runflow", "GET", "/v1/runs/{id}", Moment.ANSWERED), 0),
    Death(Point("runflow", "GET", "/storage/{key}", Moment.DONE), 0),
)


async def die_everywhere(directory: Path) -> AsyncIterator[tuple[str, bool, Verdict]]:
    """Every death of a run's first bot, each with the verdict on everything until then."""
    async with open_arena(directory, switches=COURSE) as arena:
        for death in deaths(await clean_life(arena)):
            came = await die(arena, death)
            yield str(death), came, await judge(arena, seed=0)


async def die_twice(directory: Path) -> AsyncIterator[tuple[str, bool, Verdict]]:
    """Every death of the bot that takes a run up after the first death."""
    async with open_arena(directory, switches=COURSE) as arena:
        for first in FIRST:
            for second in await second_deaths(arena, first):
                came = await die(arena, first, second)
                yield f"{first}, then {second}", came, await judge(arena, seed=0)
