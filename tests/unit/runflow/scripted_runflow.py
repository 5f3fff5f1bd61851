"""A server on loopback that answers as it is told, and a clock that moves when somebody sleeps."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class MovingClock:
    """Sleeping moves it at once; `slept_s` keeps every wait."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []
        self._now = datetime(2026, 7, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    async def sleep(self, delay_s: float) -> None:
        self.slept_s.append(delay_s)
        self._now += timedelta(seconds=delay_s)
        await asyncio.sleep(0)


class FakeDns(AbstractResolver):
    """Every name leads to these addresses; without any, no name is known."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if not self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [_resolved(host, port, address) for address in self.addresses]

    async def close(self) -> None:
        pass


def _resolved(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)


@dataclass
class Seen:
    method: str
    raw_path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class ScriptedServer:
    """Gives its answers in order, the last one for ever, and keeps what it was asked."""

    answers: list[Answer] = field(default_factory=list[Answer])
    seen: list[Seen] = field(default_factory=list[Seen])
    url: str = ""
    port: int = 0
    _runner: web.AppRunner | None = None

    def then(self, *answers: Answer) -> Self:
        self.answers.extend(answers)
        return self

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = int(self._runner.addresses[0][1])
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw) if raw else None
        self.seen.append(Seen(request.method, request.raw_path, dict(request.query), dict(request.headers), body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


def says(status: int, body: object = None, **headers: str) -> Answer:
    """Bytes and text as they are, anything else as JSON. `retry_after="1"` is the header Retry-After."""

    async def answer(_: web.Request) -> web.StreamResponse:
        raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        named = {name.replace("_", "-").title(): value for name, value in headers.items()}
        return web.Response(status=status, body=raw, headers=named)

    return answer


def cuts(*, reset: bool = False, after: bytes = b"") -> Answer:
    """The connection ends, after some raw bytes."""

    async def answer(request: web.Request) -> web.StreamResponse:
        transport = request.transport
        assert transport is not None
        if after:
            transport.write(after)
            await asyncio.sleep(0.01)  # the bytes must be on their way
        if reset:
            held = transport.get_extra_info("socket")
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort() if reset else transport.close()
        return web.Response()

    return answer


def hangs() -> Answer:
    """No answer, until the client goes."""

    async def answer(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    return answer


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
