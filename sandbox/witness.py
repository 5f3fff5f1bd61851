"""Tells a witness of each request and answer at the moment it happens, so that a test can act at exactly that point.

Nothing of this is in the bot: a test that kills it between two instructions of the world needs no help from it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

Peer = Literal["discord", "runflow", "callback"]
"""Who serves: Discord's stand-in, Runflow's, or the bot, which Runflow's stand-in calls back."""


class Moment(StrEnum):
    """How far a request has come."""

    ARRIVED = "arrived"  # it is there, and nothing was done (a callback: it is about to be sent)
    DONE = "done"  # what it asks is done, and the answer is not sent (never told of a callback)
    ANSWERED = "answered"  # the answer is on its way


@dataclass(frozen=True, slots=True)
class Point:
    """One moment of one request. `route` is the template of its path, without anything that differs each time."""

    peer: Peer
    method: str
    route: str
    moment: Moment

    def __str__(self) -> str:
        return f"{self.peer} {self.method} {self.route} {self.moment}"


Witness = Callable[[Point], Awaitable[None]]
"""Everything about the request waits until it comes back. It may raise Unheard or Failing."""


class Unheard(Exception):
    """Raised by a witness where a request has arrived: it is lost after all, and nothing of it is done."""


class Failing(Exception):
    """Raised by a witness where a request has arrived: something in front of the server answers it with `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered with {status} by something in front")
        self.status = status


class Tap:
    """A middleware that tells `witness` of all that `peer` serves.

    What has arrived is done, whatever becomes of the connection meanwhile, as a real server would.
    """

    def __init__(self, peer: Peer, witness: Witness) -> None:
        self._peer: Peer = peer
        self._witness = witness
        self._serving: set[asyncio.Task[web.StreamResponse]] = set()

    def middlewares(self) -> list[Middleware]:
        """For `web.Application`, before any other."""

        @web.middleware
        async def tell(request: web.Request, handler: Handler) -> web.StreamResponse:
            if hdrs.UPGRADE in request.headers:
                return await handler(request)
            serving = asyncio.create_task(self._serve(request, handler), name=f"{request.method} {request.path}")
            self._serving.add(serving)
            serving.add_done_callback(self._serving.discard)
            return await asyncio.shield(serving)

        return [tell]

    async def close(self) -> None:
        """Stop whatever is still being served."""
        serving = tuple(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            await request.read()
            await self._witness(self._point(request, Moment.ARRIVED))
            response = await handler(request)
            await self._witness(self._point(request, Moment.DONE))
            await response.prepare(request)
            await response.write_eof()
            await self._witness(self._point(request, Moment.ANSWERED))
        except Failing as failing:
            return web.Response(
                status=failing.status, text="<html>no healthy upstream</html>", content_type="text/html"
            )
        except (Unheard, ConnectionError):
            if request.transport is not None:
                request.transport.abort()
            return web.Response()  # nobody will hear it: the connection is gone
        return response

    def _point(self, request: web.Request, moment: Moment) -> Point:
        resource = request.match_info.route.resource
        return Point(self._peer, request.method, resource.canonical if resource else request.path, moment)
