"""Takes Runflow's callbacks: each is a hint, checked here and followed elsewhere. Source: concepts/callbacks.

What the body says of the run is never believed: the run is read from Runflow when a hint names it. The answer has no
body, so that a stranger learns nothing but the status.
"""

import asyncio
from collections.abc import Sequence

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter
from pydantic import SecretStr

from bot.errors import RunflowUnclear
from bot.runflow.callback import SIGNATURE_HEADER, is_signed
from bot.runflow.wire import parse_reading
from bot.runs.execution.callbacks import CallbackHint

CALLBACK_PATH = "/callbacks/runflow"

_log = structlog.get_logger(__name__)

# Runs carry addresses, not pictures, in what is pushed; a run pushed with `data:` URLs is polled for instead.
# Whatever a stranger writes into so few bytes is parsed within some 5 ms on the event loop.
BODY_MOST_BYTES = 64 * 1024
_READ_TIMEOUT_S = 5.0


class CallbackReceiver:
    """Answers in milliseconds and leaves a hint in `hints`; a full queue drops it, since polling finds the end too.

    With `secrets` empty every well-formed callback is a hint; with any, only what one of them signed.
    """

    def __init__(
        self, *, secrets: Sequence[SecretStr], hints: asyncio.Queue[CallbackHint], registry: CollectorRegistry
    ) -> None:
        self._secrets = tuple(secret.get_secret_value() for secret in secrets)
        self._hints = hints
        self._count = Counter("imagine_callbacks", "Callbacks answered, by HTTP status", ["status"], registry=registry)

    def add_to(self, app: web.Application) -> None:
        """Serve the callback path."""
        app.router.add_post(CALLBACK_PATH, self._receive)

    async def _receive(self, request: web.Request) -> web.Response:
        status = await self._take(request)
        self._count.labels(status=str(status)).inc()
        return web.Response(status=status)

    async def _take(self, request: web.Request) -> int:
        """The status: 415 not JSON, 413 too large, 408 too slow, 401 not signed, 400 not a run, 200 taken."""
        if request.content_type != "application/json" or "Content-Encoding" in request.headers:
            return 415
        try:
            body = await self._read(request)
        except TimeoutError:
            return 408
        if body is None:
            return 413
        if self._secrets and not is_signed(body, request.headers.get(SIGNATURE_HEADER), self._secrets):
            _log.warning("callback refused: not signed by any of the secrets")
            return 401
        try:
            reading = parse_reading(body)
        except RunflowUnclear:
            return 400
        try:
            self._hints.put_nowait(CallbackHint(runflow_id=reading.runflow_id, job=reading.job))
        except asyncio.QueueFull:
            _log.warning("callback hint dropped: too many at once")
        return 200

    async def _read(self, request: web.Request) -> bytes | None:
        """The raw body; None where it is too large, whatever its headers say. Raises TimeoutError."""
        if (request.content_length or 0) > BODY_MOST_BYTES:
            return None
        body = bytearray()
        async with asyncio.timeout(_READ_TIMEOUT_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > BODY_MOST_BYTES:
                    return None
        return bytes(body)
