"""The bot's small web server: is it alive, is it ready, what has it counted. Callbacks get their receiver here too."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from bot.clock import Clock
from bot.web.door import Door, GarbageLog

Check = Callable[[], Awaitable[bool]]

_CHECK_TIMEOUT_S = 2.0
# For how long the rest of a body that was refused is read and thrown away, so that the answer is not lost in a reset.
_LINGERING_S = 1.0


def make_app(*, checks: Mapping[str, Check], registry: CollectorRegistry) -> web.Application:
    """The application. `checks` are what `/readyz` asks, by name; each must answer within two seconds."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        answers = {name: await _answers(check) for name, check in checks.items()}
        ready = all(answers.values())
        return web.json_response({"ready": ready, "checks": answers}, status=200 if ready else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app


@asynccontextmanager
async def serve(
    app: web.Application, *, host: str, port: int, clock: Clock, door: Door | None = None
) -> AsyncGenerator[int]:
    """Serve the application while the block runs; gives the port. Raises OSError when the port cannot be had.

    `door`: who is let in, with other times than the usual. It is put before the application's own middlewares.
    """
    door = door or Door(clock)
    app.middlewares.insert(0, door.middleware)
    runner = web.AppRunner(app, access_log=None, logger=GarbageLog(clock), lingering_time=_LINGERING_S)
    await runner.setup()
    try:
        if runner.server is None:
            raise RuntimeError("a runner that is set up has a server")
        listening = await asyncio.get_running_loop().create_server(door.behind(runner.server), host, port)
        try:
            yield int(listening.sockets[0].getsockname()[1])
        finally:
            listening.close()
    finally:
        await runner.cleanup()


async def _answers(check: Check) -> bool:
    try:
        return await asyncio.wait_for(check(), _CHECK_TIMEOUT_S)
    except Exception:  # noqa: BLE001 - whatever keeps a check from answering, the part is not ready
        return False
