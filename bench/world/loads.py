"""Loads: people who press, in the rhythm that is asked for, until each has what they pressed for."""

import asyncio
from dataclasses import dataclass
from typing import Any

from bench.world import shapes
from bench.world.book import ACK_MOST_S, Book, Press
from bench.world.discord import Discord
from bench.world.gateway import Gateway
from bench.world.pictures import Pictures
from bench.world.shapes import Payload

_SILENCE_S = 8.0
_SIZES = {1024: "square_hd", 512: "square"}


@dataclass(frozen=True, slots=True)
class Load:
    """So many presses. `over_s`: spread evenly over so many seconds; `under_way`: at most so many at once, 0 for any.

    `pause_s`: how long whoever presses next waits after that. `hold`: come back when each was acknowledged, not when
    each was shown. `run_s` 0 is a command without a run.
    """

    count: int
    over_s: float = 0.0
    under_way: int = 0
    pause_s: float = 0.0
    run_s: float = 0.6
    pictures: int = 1
    side_px: int = 1024
    people: int = 500
    command: str = "imagine"
    hold: bool = False
    timeout_s: float = 60.0
    options: tuple[Payload, ...] = ()


class Loads:
    """Presses for people, and waits for what comes of it."""

    def __init__(self, *, book: Book, gateway: Gateway, discord: Discord, pictures: Pictures) -> None:
        self._book, self._gateway, self._discord, self._pictures = book, gateway, discord, pictures

    async def run(self, load: Load) -> dict[str, Any]:
        """Press as asked; the records of these presses, and how long it took in seconds."""
        self._pictures.of(load.side_px)
        loop = asyncio.get_running_loop()
        began, gate = loop.time(), asyncio.Semaphore(load.under_way or load.count)
        tasks: list[asyncio.Task[Press]] = []
        for at in range(load.count):
            await gate.acquire()
            await asyncio.sleep(max(0.0, began + at * load.over_s / load.count - loop.time()))
            task = asyncio.create_task(self._press(load))
            task.add_done_callback(lambda _: gate.release())
            tasks.append(task)
        presses = await asyncio.gather(*tasks)
        return {"took_s": loop.time() - began, "presses": [press.as_json() for press in presses]}

    async def _press(self, load: Load) -> Press:
        loop, number = asyncio.get_running_loop(), len(self._book.presses)
        interaction_id = shapes.snowflake()
        press = Press(
            number=number,
            id=interaction_id,
            token=shapes.token_of(interaction_id),
            user_id=shapes.FIRST_USER_ID + number % load.people,
            command=load.command,
            run_s=load.run_s,
            side_px=load.side_px,
            pressed_s=loop.time(),
        )
        self._book.add(press)
        body = shapes.interaction(press, self._options(load, number))
        press.pressed_s = loop.time()
        await self._gateway.dispatch("INTERACTION_CREATE", body)
        await self._over(press, load)
        await asyncio.sleep(load.pause_s)
        return press

    async def _over(self, press: Press, load: Load) -> None:
        """Wait until it is over. Words instead of a run cannot be told from a card: a silence tells them."""
        loop, end_s = asyncio.get_running_loop(), press.pressed_s + load.timeout_s
        acked, shown = self._discord.acked(press), self._discord.shown(press)
        await asyncio.wait({acked}, timeout=ACK_MOST_S + 0.5)
        if not acked.done() or load.hold or press.ack == "refused":
            return
        while not shown.done() and (now := loop.time()) < end_s:
            if press.created_s is None and press.run_s and now - self._book.heard_s > _SILENCE_S:
                return
            await asyncio.wait({shown}, timeout=min(1.0, end_s - now))

    def _options(self, load: Load, number: int) -> list[Payload]:
        if load.run_s == 0:
            return list(load.options)
        return [
            {"name": "prompt", "type": 3, "value": f"a lighthouse at dusk, painted with care, #{number}"},
            {"name": "image_size", "type": 3, "value": _SIZES[load.side_px]},
            {"name": "num_images", "type": 4, "value": load.pictures},
        ]
