"""The gateway's keeper: a connection that ends begins anew, later each time; what no try could help ends the bot."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any, Self, cast

import discord
import pytest

from bot.client.client import ImagineClient
from bot.client.connection import Connection
from bot.errors import SettingsError, Unavailable
from tests.unit.cogs.samples import NOW


class Clock:
    """Time that passes only in sleeps, which it remembers."""

    def __init__(self) -> None:
        self.time, self.slept_s = NOW, list[float]()

    def now(self) -> datetime:
        return self.time

    async def sleep(self, delay_s: float) -> None:
        self.slept_s.append(delay_s)
        self.time += timedelta(seconds=delay_s)
        await asyncio.sleep(0)


class Client:
    """A client as the keeper knows it. `connected_s`: how long it stays on the gateway.

    With `end="stay"` it stays for ever, or until `away` says otherwise.
    """

    def __init__(
        self, clock: Clock, *, login: Exception | None = None, end: Any = None, connected_s: float = 0
    ) -> None:
        self._clock, self._login, self._end, self._connected_s = clock, login, end, connected_s
        self.is_open, self.is_on, self.accepts = False, False, True
        self.away, self.rejoined = frozenset[int](), list[int]()
        self.rejoin_fails = False
        self.sessions_left, self.connected_at = 1000, NOW

    async def __aenter__(self) -> Self:
        self.is_open = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.is_open = False

    async def login(self, token: str) -> None:
        assert token == "secret-token"
        if self._login is not None:
            raise self._login

    async def fetch_session_start_limits(self) -> discord.SessionStartLimits:
        return discord.SessionStartLimits(
            total=1000, remaining=self.sessions_left, reset_after=4_000_000, max_concurrency=1
        )

    async def close(self) -> None:
        self.is_open = False

    async def connect(self) -> None:
        self.connected_at = self._clock.now()
        self.is_on = True
        self._clock.time += timedelta(seconds=self._connected_s)
        try:
            if isinstance(self._end, Exception):
                raise self._end
            while self._end == "stay" and self.is_open:
                with suppress(asyncio.CancelledError):  # as discord.py in the middle of a greeting
                    await asyncio.Event().wait()
        finally:
            self.is_on = False

    def is_ready(self) -> bool:
        return self.is_on

    @property
    def is_on_gateway(self) -> bool:
        return self.is_on and 0 not in self.away

    @property
    def shards_away(self) -> frozenset[int]:
        return self.away

    async def rejoin(self, shard_id: int) -> None:
        self.rejoined.append(shard_id)
        if self.rejoin_fails:
            raise OSError
        self.away -= {shard_id}

    def is_closed(self) -> bool:
        return not self.is_open

    def stop_accepting(self) -> None:
        self.accepts = False

    async def quiet(self) -> None: ...


def keeper(clock: Clock, clients: list[Client], attached: list[Client]) -> Connection:
    waiting = iter(clients)
    return Connection(
        make=lambda _: cast("ImagineClient", next(waiting)),
        attach=lambda client: attached.append(cast("Client", client)),
        token="secret-token",
        clock=clock,
        rng=Random(1),
    )


async def staying(gateway: Connection) -> asyncio.Task[None]:
    """The keeper at work, once it is connected."""
    task = asyncio.create_task(gateway.serve(), name="gateway")
    async with asyncio.timeout(5):
        while not gateway.connected:
            assert not task.done()
            await asyncio.sleep(0)
    return task


async def until(happened: Callable[[], bool]) -> None:
    """Let the keeper work until something has happened."""
    async with asyncio.timeout(5):
        while not happened():  # noqa: ASYNC110 - time is the test's, and rings no bell
            await asyncio.sleep(0)


def between_clients_s(clock: Clock) -> list[float]:
    """How long the keeper waited before each new client; its looks at the shards come once a second."""
    return [slept_s for slept_s in clock.slept_s if slept_s != 1.0]


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_tries_again_later_each_time_until_discord_is_there() -> None:
    clock, attached = Clock(), list[Client]()
    away = [Client(clock, login=Unavailable("Discord cannot be reached")) for _ in range(8)]
    gateway = keeper(clock, [*away, Client(clock, end="stay")], attached)
    assert not gateway.connected
    task = await staying(gateway)
    for slept_s, about_s in zip(between_clients_s(clock), (1, 2, 4, 8, 15, 15, 15, 15), strict=True):
        assert 0.8 * about_s <= slept_s <= 1.2 * about_s
    assert len(attached) == 9
    assert not any(client.is_open for client in away)
    await stopped(task)
    assert not attached[-1].is_open


@pytest.mark.parametrize("end", [AttributeError("'NoneType' object has no attribute 'sequence'"), OSError(), None])
async def test_a_connection_that_ends_is_followed_by_another_client(end: Exception | None) -> None:
    clock, attached = Clock(), list[Client]()
    gateway = keeper(clock, [Client(clock, end=end, connected_s=3600), Client(clock, end="stay")], attached)
    task = await staying(gateway)
    assert len(attached) == 2
    assert between_clients_s(clock)[0] <= 1.2  # it went well for long: no reason to wait
    await stopped(task)


@pytest.mark.parametrize("when", ["login", "connect"])
async def test_what_no_try_could_help_ends_it(when: str) -> None:
    clock, error = Clock(), SettingsError("DISCORD_TOKEN: Discord does not take this token")
    client = Client(clock, login=error) if when == "login" else Client(clock, end=error)
    with pytest.raises(SettingsError, match="DISCORD_TOKEN"):
        await keeper(clock, [client], []).serve()
    assert not client.is_open


async def test_a_fault_of_the_bots_own_ends_it() -> None:
    clock = Clock()
    with pytest.raises(RuntimeError, match="broken"):
        await keeper(clock, [Client(clock, login=RuntimeError("an extension is broken"))], []).serve()


async def test_once_stopping_no_client_accepts_any_more() -> None:
    clock, attached = Clock(), list[Client]()
    gateway = keeper(clock, [Client(clock, end=OSError()), Client(clock, end="stay")], attached)
    await gateway.stop_accepting()
    task = await staying(gateway)
    await gateway.stop_accepting()
    assert [client.accepts for client in attached] == [False, False]
    await stopped(task)


async def test_a_client_that_discord_py_leaves_away_for_long_is_followed_by_another() -> None:
    """discord.py sleeps up to 1,024 s after tries that failed (chaos seed 4711: away from second 83 to some 220)."""
    clock, attached = Clock(), list[Client]()
    sleeping = Client(clock, end="stay")
    gateway = keeper(clock, [sleeping, Client(clock, end="stay")], attached)
    task = await staying(gateway)
    sleeping.away, left_at = frozenset({0}), clock.now()
    assert not gateway.connected
    await until(lambda: gateway.connected)
    assert clock.now() - left_at <= timedelta(seconds=30)
    assert not sleeping.is_open
    await stopped(task)


async def test_a_short_absence_is_left_to_discord_py() -> None:
    clock, attached = Clock(), list[Client]()
    flapping = Client(clock, end="stay")
    task = await staying(keeper(clock, [flapping], attached))
    for _ in range(3):
        flapping.away = frozenset({0})
        for _ in range(15):
            await asyncio.sleep(0)
        flapping.away = frozenset()
        for _ in range(3):
            await asyncio.sleep(0)
    assert attached == [flapping]
    assert not task.done()
    await stopped(task)


@pytest.mark.parametrize("fails", [False, True])
async def test_one_shard_that_is_away_is_brought_back_alone_and_again(fails: bool) -> None:
    clock, attached = Clock(), list[Client]()
    client = Client(clock, end="stay")
    client.rejoin_fails = fails
    gateway = keeper(clock, [client], attached)
    task = await staying(gateway)
    client.away, left_at = frozenset({3}), clock.now()
    await until(lambda: len(client.rejoined) == (2 if fails else 1))
    assert set(client.rejoined) == {3}
    assert clock.now() - left_at <= timedelta(seconds=42 if fails else 21)
    assert gateway.connected
    assert attached == [client]
    await stopped(task)


async def test_with_few_sessions_left_for_the_day_it_takes_its_time() -> None:
    """Discord resets the token of a bot that starts more sessions than it grants."""
    clock, attached = Clock(), list[Client]()
    client = Client(clock, end="stay")
    client.sessions_left = 3
    task = await staying(keeper(clock, [client], attached))
    assert client.connected_at - NOW >= timedelta(minutes=10)
    await stopped(task)
