"""A Runflow of our own on loopback, which speaks the API of Runflow and nothing else."""

import asyncio
import hashlib
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox.clock import SandboxClock
from sandbox.listener import Listener
from sandbox.runflow.callbacks import Callbacks
from sandbox.runflow.records import Records
from sandbox.runflow.refusals import Broken, Refused, refusal_answer
from sandbox.runflow.routes import Routes
from sandbox.runflow.run import StandinRun
from sandbox.runflow.sources import Sources
from sandbox.runflow.state import RecordedRequest, State
from sandbox.runflow.storage import Storage
from sandbox.runflow.switches import DEFAULT, Switches
from sandbox.witness import Tap, Witness

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_MOST_BODY_BYTES = 64 * 1024 * 1024  # not documented: two sources of 20 MB in base64 fit
_LONG_BYTES = 256 * 1024

_OPEN_PATHS = frozenset({"/v1/health", "/v1/public/models"})


class RunflowStandin:
    """Runflow on 127.0.0.1, as an async context.

    `api_key` is the one key it takes. With a `callback_secret` its callbacks are signed; `old_callback_secret` is the
    secret before that one, for deliveries of a rotation. `rng_seed` decides the seeds of runs that ask for none. Port
    0 takes any free one. `witness` is told of every request and callback. Entering it raises OSError for a taken port.
    """

    def __init__(
        self,
        *,
        clock: SandboxClock,
        switches: Switches = DEFAULT,
        port: int = 0,
        api_key: str = "rf_sandbox_key",
        callback_secret: str | None = None,
        rng_seed: int = 0,
        witness: Witness | None = None,
    ) -> None:
        self.url = ""
        self.api_key = api_key
        self.callback_secret = callback_secret
        self.old_callback_secret = None if callback_secret is None else f"{callback_secret}_before"
        self._port = port
        self._state = State(clock=clock, switches=switches, rng_seed=rng_seed)
        secret = hashlib.sha256(f"storage {rng_seed}".encode()).digest()
        self._storage = Storage(clock=clock, secret=secret, base=lambda: self.url)
        records = Records(state=self._state, storage=self._storage)
        self._callbacks = Callbacks(
            clock=clock,
            secret=self.callback_secret,
            old_secret=self.old_callback_secret,
            payload_of=records.payload,
            new_id=self._state.new_id,
            witness=witness,
        )
        self._tap = None if witness is None else Tap("runflow", witness)
        self._sources = Sources(stored=self._storage.stored)
        self._routes = Routes(
            state=self._state,
            records=records,
            storage=self._storage,
            sources=self._sources,
            callbacks=self._callbacks,
        )
        self._stack = AsyncExitStack()
        self._listener: Listener | None = None

    @property
    def switches(self) -> Switches:
        """How it behaves; may be assigned at any time, which starts the counts of "the next N" anew."""
        return self._state.switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self._state.switches = switches

    @property
    def runs(self) -> Mapping[str, StandinRun]:
        """Every run it accepted, by id, oldest first."""
        return self._state.runs

    @property
    def create_requests(self) -> int:
        """How many creates reached it, whatever became of them."""
        return self._state.create_requests

    @property
    def requests(self) -> Sequence[RecordedRequest]:
        """Every request that reached it, oldest first."""
        return tuple(self._state.requests)

    @property
    def looked_at(self) -> Set[str]:
        """The ids of runs that were shown to somebody: read, or on a page of a list."""
        return self._state.looked_at

    def fill(self, count: int, *, every_s: float) -> None:
        """Let others of the organisation make runs, one each `every_s` seconds from now on: copies of the last run.

        Time does not move: lists show each of them once it is created.
        """
        last = list(self._state.runs.values())[-1]
        for n in range(count):
            created_at = self._state.now() + timedelta(seconds=(n + 1) * every_s)
            other = replace(
                last, id=self._state.new_id(), created_at=created_at, metadata=None, client_ref=f"other-{n}"
            )
            self._state.keep(other)

    def billed_micro_usd(self) -> int:
        """What it has billed until now: the sum of all costs, each rounded half up to a whole micro-dollar."""
        return self._state.billed_micro_usd()

    def take_sources_from(self, base: str) -> None:
        """Let edits fetch pictures from addresses below `base` (scheme, host, port and path), as well as its own."""
        self._sources.allow(base)

    async def shut(self) -> None:
        """Refuse every new connection until `reopen`; those that stand are left as they are."""
        if self._listener is not None:
            await self._listener.shut()

    async def reopen(self) -> None:
        """Take connections again."""
        if self._listener is not None:
            await self._listener.open()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            told = [] if self._tap is None else self._tap.middlewares()
            app = web.Application(middlewares=[*told, self._door], client_max_size=_MOST_BODY_BYTES)
            app.add_routes(self._routes.table())
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            self._listener = Listener(runner, self._port)
            await self._listener.open()
            self.url = f"http://127.0.0.1:{self._listener.port}"
            self._callbacks.open()
            self._sources.open()
            stack.push_async_callback(self._sources.close)
            stack.push_async_callback(self._storage.close)
            stack.push_async_callback(self._callbacks.close)
            if self._tap is not None:
                stack.push_async_callback(self._tap.close)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @web.middleware
    async def _door(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            await self._record(request)
            self._check_key(request)
            return await handler(request)
        except Refused as refused:
            return refusal_answer(refused, self._state.switches.error_body)
        except Broken as broken:
            _cut(request, reset=broken.reset)
            return web.Response()  # nobody will hear it: the connection is gone
        except web.HTTPException as error:
            refused = Refused(error.status, "NOT_FOUND" if error.status == 404 else "BAD_REQUEST", error.reason)
            return refusal_answer(refused, self._state.switches.error_body)

    async def _record(self, request: web.Request) -> None:
        if request.method == "POST" and request.path.startswith("/v1/models/"):
            self._state.create_requests += 1
        raw = await request.read()
        try:
            if len(raw) > _LONG_BYTES:
                body: object = await asyncio.to_thread(json.loads, raw)
            else:
                body = json.loads(raw) if raw else None
        except ValueError:
            body = None
        known = "Authorization" in request.headers
        self._state.requests.append(RecordedRequest(request.method, request.path, known, body))

    def _check_key(self, request: web.Request) -> None:
        if request.path in _OPEN_PATHS or request.path.startswith("/storage/"):
            return
        given = request.headers.get("Authorization", "")
        if self._state.switches.auth == "unauthorized" or given != f"Bearer {self.api_key}":
            raise Refused(401, "UNAUTHORIZED", "The key is missing or not valid.")
        if self._state.switches.auth == "forbidden":
            raise Refused(403, self._state.switches.forbidden_code, "The key may not do this.")


def _cut(request: web.Request, *, reset: bool) -> None:
    transport = request.transport
    if transport is None:
        return
    if reset:
        connection = transport.get_extra_info("socket")
        if connection is not None:
            # Lingering for no time at all makes the system send RST instead of FIN.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
