"""What can be away for minutes, and in which way. Each is a context: away inside, back at its end."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal

from sandbox.discord.switches import DiscordSwitches
from sandbox.runflow.switches import ALWAYS
from sandbox.witness import Failing, Point, Unheard
from tests.chaos.arena import Arena
from tests.chaos.weather import DROPS

_DROP_EVERY_S = 1.5


@dataclass(frozen=True, slots=True)
class Away:
    """One kind of outage. `blocks_starts`: a bot that starts meanwhile may end again, with a sentence."""

    begin: Callable[[Arena], AbstractAsyncContextManager[None]]
    blocks_starts: bool = False


def _is_storage(point: Point) -> bool:
    return point.peer == "runflow" and point.route.startswith("/storage/")


def _is_api(point: Point) -> bool:
    return point.peer == "runflow" and not _is_storage(point)


def _is_discord(point: Point) -> bool:
    return point.peer == "discord"


@asynccontextmanager
async def _answering(arena: Arena, status: int, *, concerns: Callable[[Point], bool]) -> AsyncGenerator[None]:
    arena.trap.out = lambda point: Failing(status) if concerns(point) else None
    yield
    arena.trap.out = lambda _: None


@asynccontextmanager
async def _hanging_up(arena: Arena, *, concerns: Callable[[Point], bool]) -> AsyncGenerator[None]:
    arena.trap.out = lambda point: Unheard() if concerns(point) else None
    yield
    arena.trap.out = lambda _: None


@asynccontextmanager
async def _discord_refusing(arena: Arena) -> AsyncGenerator[None]:
    """Nobody listens any more: no REST, no gateway."""
    async with _hanging_up(arena, concerns=_is_discord):
        await arena.sandbox.discord.shut()
        await arena.sandbox.discord.drop_gateway("abrupt")
        yield
        await arena.sandbox.discord.reopen()


@asynccontextmanager
async def _runflow_refusing(arena: Arena) -> AsyncGenerator[None]:
    async with _hanging_up(arena, concerns=lambda point: point.peer == "runflow"):
        await arena.sandbox.runflow.shut()
        yield
        await arena.sandbox.runflow.reopen()


@asynccontextmanager
async def _gateway(arena: Arena, switches: DiscordSwitches) -> AsyncGenerator[None]:
    arena.sandbox.discord.switches = switches
    await arena.sandbox.discord.drop_gateway("abrupt")
    yield
    arena.sandbox.discord.switches = DiscordSwitches()


@asynccontextmanager
async def _gateway_dropping(arena: Arena) -> AsyncGenerator[None]:
    """Every connection is lost again after a second or two, each time in another way."""

    async def drop() -> None:
        number = 0
        while True:
            await arena.sandbox.discord.drop_gateway(DROPS[number % len(DROPS)])
            number += 1
            await asyncio.sleep(_DROP_EVERY_S)

    dropping = asyncio.create_task(drop(), name="dropping the gateway")
    yield
    dropping.cancel()
    await asyncio.gather(dropping, return_exceptions=True)


@asynccontextmanager
async def _database(arena: Arena, kind: Literal["IMMEDIATE", "EXCLUSIVE"]) -> AsyncGenerator[None]:
    """Somebody else has the database and does not let go."""

    def lock() -> sqlite3.Connection:
        connection = sqlite3.connect(arena.database, isolation_level=None, timeout=30, check_same_thread=False)
        connection.execute(f"BEGIN {kind}")
        return connection

    with closing(await asyncio.to_thread(lock)) as connection:
        yield
        connection.execute("ROLLBACK")


AWAY: Mapping[str, Away] = MappingProxyType(
    {
        "discord answers 502": Away(partial(_answering, status=502, concerns=_is_discord)),
        "discord refuses connections": Away(_discord_refusing),
        "gateway refuses connections": Away(partial(_gateway, switches=DiscordSwitches(refuse_gateway=ALWAYS))),
        "gateway leaves greetings unanswered": Away(
            partial(_gateway, switches=DiscordSwitches(greetings="unanswered"))
        ),
        "gateway refuses greetings": Away(partial(_gateway, switches=DiscordSwitches(greetings="refused"))),
        "gateway drops again and again": Away(_gateway_dropping),
        "storage answers 503": Away(partial(_answering, status=503, concerns=_is_storage)),
        "storage hangs up": Away(partial(_hanging_up, concerns=_is_storage)),
        "runflow answers 503": Away(partial(_answering, status=503, concerns=_is_api)),
        "runflow refuses connections": Away(_runflow_refusing),
        "database locked": Away(partial(_database, kind="IMMEDIATE"), blocks_starts=True),
        "database locked exclusively": Away(partial(_database, kind="EXCLUSIVE"), blocks_starts=True),
    }
)
"""Every kind, by its name."""
