"""A long line of people who wait: rows as the bot writes them, and their cards, there before it starts."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import aiohttp
from sqlalchemy import Connection

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.ledger import ledger
from bot.ledger.values import Defaults, Demand, Person
from bot.moderation.policy import Policy
from bot.money import MicroUsd
from bot.runs import rows
from bot.runs.run import Delivery, Place, Reply, Run, State
from bot.store.engine import Store
from tests.chaos.arena import Arena, Press

PER_PERSON = 4
"""How many requests each person has in line."""

_COMPONENTS_V2 = 1 << 15
_TEXT = {"type": 10, "content": "**a fox**"}
_BUTTON = {"type": 2, "style": 2, "label": "Leave the queue", "custom_id": f"leave:{'0' * 32}"}
_LEAVE = {"type": 1, "components": [_BUTTON]}
_CARD = {
    "type": 4,
    "data": {"flags": _COMPONENTS_V2, "components": [_TEXT, _LEAVE]},
}
_AT_ONCE = 16  # requests that fill
_TOGETHER = 200  # rows in a transaction
_DEFAULTS = Defaults(user_daily=MicroUsd(10**9), private_daily=MicroUsd(10**9))


async def fill(arena: Arena, waiting: int) -> None:
    """Put so many requests in line, of the crowd, in the order of their age. The bot is not running."""
    people = arena.sandbox.discord.world.cast.crowd[: waiting // PER_PERSON + 1]
    gate = asyncio.Semaphore(_AT_ONCE)
    began = datetime.now(UTC) - timedelta(seconds=waiting * 0.002 + 5)
    async with aiohttp.ClientSession(trust_env=False) as session:

        async def one(number: int) -> Run:
            async with gate:
                at = began + timedelta(seconds=0.002 * number)
                return await _asked(arena, session, people[number % len(people)].id, at)

        made = await asyncio.gather(*(one(number) for number in range(waiting)))
    async with Store.open(f"sqlite+aiosqlite:///{arena.database}") as store:
        for first in range(0, len(made), _TOGETHER):
            await store.write(_add, made[first : first + _TOGETHER])


async def _asked(arena: Arena, session: aiohttp.ClientSession, user_id: int, at: datetime) -> Run:
    """A request as the bot would have written it, its card standing."""
    discord, cast = arena.sandbox.discord, arena.sandbox.discord.world.cast
    prompt = {"prompt": f"number {len(arena.presses) + 1} in line", "image_size": "square"}
    pressed = await discord.people.slash(
        user_id=user_id, channel_id=cast.general.id, command="imagine", options=prompt, check=False
    )
    arena.presses.append(Press(int(pressed), user_id, cast.general.id, prompt["prompt"]))
    found = discord.interactions.get(int(pressed))
    assert found is not None
    url = f"{discord.api_url}/interactions/{found.id}/{found.token}/callback"
    async with session.post(url, json=_CARD) as answer:
        answer.raise_for_status()
    checked = FLUX_KLEIN.parse(prompt)
    return Run(
        id=uuid4().hex,
        user_id=user_id,
        place=Place(cast.guild.id, cast.general.id),
        reply=Reply(
            found.id, cast.application_id, found.token, datetime.now(UTC), found.limit_bytes, found.original_id
        ),
        model_id=FLUX_KLEIN.model_id,
        input=checked.wire(),
        request=checked.request,
        policy=Policy.BLOCK,
        state=State.ACCEPTED,
        delivery=Delivery.PENDING,
        held=FLUX_KLEIN.most(checked),
        created_at=at,
    )


def _add(connection: Connection, made: Sequence[Run]) -> None:
    for run in made:
        rows.add(connection, run)
        ledger.reserve(
            connection,
            run_id=run.id,
            person=Person(run.user_id, run.place.guild_id, run.place.channel_id, ()),
            demand=Demand(run.held, run.images_wanted),
            defaults=_DEFAULTS,
            at=run.created_at,
        )
