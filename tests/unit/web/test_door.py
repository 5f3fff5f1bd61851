"""The web server against strangers with raw sockets: half requests, crowds, garbage, bodies that are too long."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from bot.runs.execution.callbacks import CallbackHint
from bot.web.app import make_app, serve
from bot.web.callbacks import BODY_MOST_BYTES, CALLBACK_PATH, CallbackReceiver
from bot.web.door import Door
from sandbox.clock import SandboxClock

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n"
HALF = b"GET /healthz HTTP/1.1\r\nHost: b"


@dataclass
class Stranger:
    """A raw connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def says(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def hears(self) -> bytes:
        """The head of the next answer, and what follows it at once."""
        async with asyncio.timeout(5):
            return await self.reader.read(4096)

    async def is_closed(self, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await self.reader.read()
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return True


@dataclass
class Street:
    port: int
    door: Door
    clock: SandboxClock
    hints: asyncio.Queue[CallbackHint]
    strangers: list[Stranger] = field(default_factory=list[Stranger])

    async def comes(self, *parts: bytes) -> Stranger:
        stranger = Stranger(*await asyncio.open_connection("127.0.0.1", self.port))
        self.strangers.append(stranger)
        await stranger.says(*parts)
        return stranger


@asynccontextmanager
async def street(*, request_s: float = 0.15, idle_s: float = 5.0, most: int = 50) -> AsyncGenerator[Street]:
    async def broken(_: web.Request) -> web.Response:
        raise ValueError("ours")

    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(request_s * 2)
        return web.Response(text="slow")

    registry, hints = CollectorRegistry(), asyncio.Queue[CallbackHint](10)
    app = make_app(checks={}, registry=registry)
    app.router.add_get("/broken", broken)
    app.router.add_get("/slow", slow)
    CallbackReceiver(secrets=(), hints=hints, registry=registry).add_to(app)
    door, clock = Door(SandboxClock(), request_s=request_s, idle_s=idle_s, most=most), SandboxClock(stopped=True)
    async with serve(app, host="127.0.0.1", port=0, clock=clock, door=door) as port:
        here = Street(port, door, clock, hints)
        try:
            yield here
        finally:
            for one in here.strangers:
                one.writer.close()


@pytest.mark.parametrize("said", [b"", b"\r\n", b"G", HALF, HEALTH[:-2], b"POST /callbacks/runflow HTTP/1.1\r\n"])
async def test_half_a_request_is_closed_in_time(said: bytes) -> None:
    async with street() as here:
        stranger = await here.comes(said)
        assert await stranger.is_closed(within_s=2)
        assert here.door.connections == 0


async def test_a_header_at_a_time_buys_no_time() -> None:
    async with street(request_s=0.2) as here:
        stranger = await here.comes(HALF)

        async def trickle() -> None:
            while True:
                await stranger.says(b"a")
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle(), name="slowloris")
        assert await stranger.is_closed(within_s=2)
        trickling.cancel()
        await asyncio.gather(trickling, return_exceptions=True)


async def test_the_second_request_of_a_connection_has_its_time_as_well() -> None:
    async with street() as here:
        stranger = await here.comes(HEALTH)
        assert b"200 OK" in await stranger.hears()
        await stranger.says(HALF)
        assert await stranger.is_closed(within_s=2)


async def test_a_connection_may_rest_between_requests_and_not_for_ever() -> None:
    async with street(request_s=0.05, idle_s=0.4) as here:
        stranger = await here.comes(HEALTH)
        assert b"200 OK" in await stranger.hears()
        await asyncio.sleep(0.15)  # longer than a request may take
        await stranger.says(HEALTH)
        assert b"200 OK" in await stranger.hears()
        assert await stranger.is_closed(within_s=3)


async def test_a_whole_request_is_answered_however_long_that_takes() -> None:
    async with street(request_s=0.1) as here:
        stranger = await here.comes(HEALTH.replace(b"/healthz", b"/slow"))
        assert b"200 OK" in await stranger.hears()


async def test_a_crowd_of_half_requests_keeps_nobody_out() -> None:
    async with street(request_s=30, most=10) as here:
        crowd = [await here.comes(HALF) for _ in range(40)]
        friend = await here.comes(HEALTH)
        assert b"200 OK" in await friend.hears()
        assert here.door.connections <= 10
        assert await crowd[0].is_closed(within_s=2)


async def test_a_crowd_whose_requests_are_in_hand_is_not_sent_away() -> None:
    async with street(request_s=0.3, most=3) as here:
        busy = [await here.comes(HEALTH.replace(b"/healthz", b"/slow")) for _ in range(3)]
        await asyncio.sleep(0.1)  # nothing rings when a request is in hand
        one_more = await here.comes(HEALTH)
        assert await one_more.is_closed(within_s=2)
        assert all(b"200 OK" in answer for answer in [await one.hears() for one in busy])


CHUNKED = b"POST /callbacks/runflow HTTP/1.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
GARBAGE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) + b"\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: 1\r\n" % n for n in range(500)) + b"\r\n",
    CHUNKED + b"zz\r\n",
    CHUNKED + b"1\r\n{\r\nzz\r\n",
]


async def test_garbage_is_one_line_a_minute_and_never_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    async with street(request_s=5) as here:
        with capture_logs() as lines:
            for _ in range(3):
                for said in GARBAGE:
                    stranger = await here.comes(said)
                    await stranger.hears()
            assert len(lines) == 1
            here.clock.advance(61)
            stranger = await here.comes(b"nonsense\r\n\r\n")
            await stranger.hears()
            assert len(lines) == 2
    assert lines[1]["more_since_the_last"] > 10
    assert not any("exc_info" in line for line in lines)
    assert not [record for record in caplog.records if record.name.startswith(("aiohttp", "asyncio"))]


async def test_a_fault_of_ours_keeps_its_traceback() -> None:
    async with street() as here:
        with capture_logs() as lines:
            stranger = await here.comes(HEALTH.replace(b"/healthz", b"/broken"))
            assert b"500" in await stranger.hears()
    assert [type(line["exc_info"]) for line in lines] == [ValueError]


async def test_a_callback_that_is_announced_as_too_long_is_refused_unread() -> None:
    async with street(request_s=5) as here:
        head = f"POST {CALLBACK_PATH} HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\n"
        stranger = await here.comes(f"{head}Content-Length: {BODY_MOST_BYTES + 1}\r\n\r\n".encode())
        assert b"413" in await stranger.hears()  # not a byte of the body was sent
        assert BODY_MOST_BYTES == 64 * 1024
        assert here.hints.empty()
