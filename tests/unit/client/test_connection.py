"""The gateway's keeper: a connection that ends begins anew, later each time; what no try could help ends the bot."""

import asyncio
from datetime import datetime, timedelta
from random import Random
from typing import Any, Self, cast

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
    """A client as the keeper knows it. `connected_s`: how long it stays on the gateway."""

    def __init__(
        self, clock: Clock, *, login: Exception | None = None, end: Any = None, connected_s: float = 0
    ) -> None:
        self._clock, self._login, self._end, self._connected_s = clock, login, end, connected_s
        self.is_open, self.is_on, self.accepts = False, False, True

    async def __aenter__(self) -> Self:
        self.is_open = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.is_open = False

    async def login(self, token: str) -> None:
        assert token == "secret-token"
        if self._login is not None:
            raise self._login

    async def connect(self) -> None:
        self.is_on = True
        self._clock.time += timedelta(seconds=self._connected_s)
        try:
            if isinstance(self._end, Exception):
                raise self._end
            if self._end == "stay":
                await asyncio.Event().wait()
        finally:
            self.is_on = False

    def is_ready(self) -> bool:
        return self.is_on

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


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_tries_again_later_each_time_until_discord_is_there() -> None:
    clock, attached = Clock(), list[Client]()
    away = [Client(clock, login=Unavailable("Discord cannot be reached")) for _ in range(8)]
    gateway = keeper(clock, [*away, Client(clock, end="stay")], attached)
    assert not gateway.connected
    task = await staying(gateway)
    for slept_s, about_s in zip(clock.slept_s, (1, 2, 4, 8, 16, 32, 60, 60), strict=True):
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
    assert clock.slept_s[0] <= 1.2  # it went well for long: no reason to wait
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
