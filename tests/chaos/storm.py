"""A storm: many people press, the bot is killed again and again, and neither Runflow nor Discord has a good day.

Everything that is drawn is drawn from the seed. What happens in between is up to real processes and real sockets, so a
seed names a storm and does not replay it to the millisecond; a fault it found comes back within a few of its storms.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import aiohttp

from sandbox.runflow.run import view
from sandbox.witness import Moment, Point
from tests.chaos import weather
from tests.chaos.arena import Arena, Fate, open_arena
from tests.chaos.forger import forgeries, send
from tests.chaos.verdict import Verdict, judge

Say = Callable[[str], None]

_PROMPTS = ("a red fox in snow", "a lighthouse at dusk", "a bowl of lemons", "an old map of nowhere")
_SIZES = ("square", "portrait_4_3", "landscape_16_9")
_QUIET_S = 90.0
_HOOK_PATIENCE_S = 4.0
_UP_S = 30.0
_LOOK_AGAIN_S = 0.02

# Where a bot dies, as (peer, method, part of the route): each kind is as likely as the other, or reads would be all.
_PLACES: tuple[tuple[str, str, str], ...] = (
    ("discord", "POST", "/callback"),
    ("discord", "PATCH", "/webhooks/"),
    ("discord", "GET", ""),
    ("runflow", "POST", "/runs"),
    ("runflow", "GET", "/v1/runs/{id}"),
    ("runflow", "GET", "/v1/runs"),
    ("runflow", "GET", "/storage/"),
    ("callback", "POST", ""),
)


@dataclass(frozen=True, slots=True)
class Size:
    """How large a storm is. It goes on until there were this many of each."""

    runs: int
    kills: int
    people: int = 40
    stuck: bool = True


@dataclass(slots=True)
class Storm:
    """One storm in an arena."""

    arena: Arena
    size: Size
    seed: int
    say: Say
    forged: int = 0
    _raging: bool = True

    async def rage(self) -> Verdict:
        """From the first press to the last word."""
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._change_weather(), name="weather")
            parts.create_task(self._forge(), name="forger")
            killer = parts.create_task(self._kill(), name="killer")
            service = parts.create_task(self.arena.keep_up(), name="service manager")
            await self._press()
            self._raging = False
            await killer
            self.arena.trap.disarm()
            await self.arena.sandbox.discord.wait_connected(_UP_S)
            service.cancel()
        self.arena.calm()
        self.arena.trap.delay_callback_s = lambda: 0.0
        self.say("the storm is over; waiting for quiet")
        if not await self.arena.quiet(_QUIET_S):
            self.arena.faults.append("something is still owed long after the storm")
        await asyncio.sleep(1)  # whatever comes late now would be one too many
        return await judge(self.arena, seed=self.seed, forged=self.forged)

    # --- people

    @property
    def _accepted(self) -> int:
        return sum(self.arena.stands(press) not in {"failed", "sent"} for press in self.arena.presses)

    async def _press(self) -> None:
        rng = Random(f"{self.seed} people")
        cast = self.arena.sandbox.discord.world.cast
        people = (cast.member, cast.moderator, cast.admin, cast.other, *cast.crowd)[: self.size.people]
        while self._accepted < self.size.runs or self.arena.kills < self.size.kills:
            # Some press while the bot is away: Discord tells them that it does not answer. Most come back later.
            if not self.arena.sandbox.discord.online and rng.random() < 0.95:
                await asyncio.sleep(0.1)
                continue
            for _ in range(rng.choice((1, 1, 1, 2, 6))):
                person = rng.choice(people)
                place = rng.choice((cast.general, cast.after_dark, cast.thread, cast.dm_of(person.id)))
                options: dict[str, object] = {"image_size": rng.choice(_SIZES), "output_format": "jpeg"}
                await self.arena.press(
                    user_id=person.id,
                    channel_id=place.id,
                    prompt=f"{rng.choice(_PROMPTS)}, number {len(self.arena.presses) + 1}",
                    num_images=rng.choice((1, 1, 2)),
                    **options,
                )
            await asyncio.sleep(rng.expovariate(4))

    # --- the end of a bot, and the next

    async def _kill(self) -> None:
        rng = Random(f"{self.seed} kills")
        gap = self.size.runs / (self.size.kills + 1)
        number = 0
        while self._raging and self.arena.kills < self.size.kills:
            if self._accepted < gap * (number + rng.random()):
                await asyncio.sleep(_LOOK_AGAIN_S)
                continue
            number += 1
            how = await self._die(rng)
            self.say(f"kill {number} after {len(self.arena.presses)} presses: {how}")
            if rng.random() < 0.25:
                how = await self._die(rng)
                self.say(f"and again: {how}")
            await self._until_up()

    async def _until_up(self) -> None:
        while not self.arena.sandbox.bot.running:  # noqa: ASYNC110 - the service manager is at it
            await asyncio.sleep(_LOOK_AGAIN_S)
        await self.arena.sandbox.discord.wait_connected(_UP_S)

    async def _die(self, rng: Random) -> str:
        if rng.random() < 0.3:
            delay_s = rng.random()
            await asyncio.sleep(delay_s)
            await self.arena.kill()
            return f"after {delay_s:.2f} s"
        place, fate = self._place(rng), rng.choice(_FATES)
        self.arena.trap.set(place, skip=rng.choice((0, 0, 1, 3)), fate=fate)
        try:
            await asyncio.wait_for(self.arena.trap.sprung.wait(), _HOOK_PATIENCE_S)
        except TimeoutError:
            self.arena.trap.disarm()
            await self.arena.kill()
            return "nothing came to its point"
        return f"at {self.arena.trap.last}" + ("" if fate == "heard" else f" ({fate})")

    def _place(self, rng: Random) -> Callable[[Point], bool]:
        peer, method, route = rng.choice(_PLACES)
        moment = rng.choice((Moment.ARRIVED, Moment.DONE, Moment.ANSWERED))

        def wanted(point: Point) -> bool:
            return (point.peer, point.method, point.moment) == (peer, method, moment) and route in point.route

        return wanted

    # --- Runflow, Discord, and strangers

    async def _change_weather(self) -> None:
        rng = Random(f"{self.seed} weather")
        kinds = [*weather.RUNFLOW.values(), *([weather.STUCK] if self.size.stuck else [])]
        self.arena.trap.delay_callback_s = lambda: rng.choice((0.0, 0.0, 0.3, 3.0))
        while self._raging:
            self.arena.sandbox.runflow.switches = rng.choice(kinds)
            self.arena.sandbox.discord.switches = rng.choice(weather.DISCORD)
            if rng.random() < 0.2:
                await self.arena.sandbox.discord.drop_gateway(rng.choice(weather.DROPS))
            await asyncio.sleep(rng.uniform(0.4, 1.2))

    async def _forge(self) -> None:
        rng = Random(f"{self.seed} forger")
        async with aiohttp.ClientSession(trust_env=False) as session:
            while self._raging:
                await asyncio.sleep(rng.uniform(0.1, 0.4))
                runs = list(self.arena.sandbox.runflow.runs.values())[-20:]
                if not runs:
                    continue
                run = rng.choice(runs)
                forgery = rng.choice(forgeries(run, view(run, self.arena.sandbox.clock.now()), rng))
                status = await send(session, self.arena.sandbox, forgery)
                self.forged += status is not None
                if status is not None and status not in forgery.allowed:
                    self.arena.faults.append(f"a forged callback ({forgery.kind}) was answered with {status}")


_FATES: tuple[Fate, ...] = ("heard", "unheard", "late")


async def storm(directory: Path, *, seed: int, size: Size, say: Say = lambda _: None) -> Verdict:
    """One storm, from an empty database to the verdict."""
    async with open_arena(directory, seed=seed, switches=weather.COURSE, crowd=max(0, size.people - 4)) as arena:
        return await Storm(arena, size, seed, say).rage()
