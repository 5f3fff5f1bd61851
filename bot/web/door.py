"""The door of the web server: how many connections there may be, and how long one may take to ask for something.

aiohttp has no time for a request's headers (3.14): a connection with half a request stays for an hour, and a few
hundred of them leave no file descriptor for Discord, Runflow and the database. So each stands behind a timer of ours.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import cast

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.clock import Clock

_log = structlog.get_logger(__name__)

_EVERY = timedelta(minutes=1)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Door:
    """Lets connections in. Times in seconds of the clock.

    `request_s`: how long a request may take from its first byte, or from the connection, to its last header.
    `idle_s`: how long a connection may rest after an answer; longer than the proxies before us keep one, so that none
    is closed under their next request. `most`: connections at once; beyond, the one goes that has waited longest.
    """

    def __init__(self, clock: Clock, *, request_s: float = 10.0, idle_s: float = 75.0, most: int = 200) -> None:
        self.clock = clock
        self.request_s, self.idle_s, self._most = request_s, idle_s, most
        # In the order in which they last had a whole request. The keys are aiohttp's handlers.
        self._open: dict[asyncio.BaseProtocol, _Guarded] = {}

    def behind(self, make: Callable[[], asyncio.Protocol]) -> Callable[[], asyncio.Protocol]:
        """A factory of protocols for a listening socket; `make` makes what each connection is served by."""
        return lambda: _Guarded(make(), self)

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._open)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Tells the connection that it has a whole request in hand, and when it is answered."""
        guarded = self._open.pop(request.protocol, None)
        if guarded is None:  # it is gone already, or was not made by this door
            return await handler(request)
        self._open[request.protocol] = guarded
        guarded.begin()
        try:
            return await handler(request)
        finally:
            guarded.end()

    def enter(self, guarded: "_Guarded") -> bool:
        """Whether one more is let in; where there are too many, one without a request in hand is sent away for it."""
        if len(self._open) >= self._most:
            waiting = next((one for one in self._open.values() if not one.has_request), None)
            if waiting is None:
                return False
            waiting.drop()
        self._open[guarded.served_by] = guarded
        return True

    def leave(self, guarded: "_Guarded") -> None:
        """The connection is gone."""
        self._open.pop(guarded.served_by, None)


class _Guarded(asyncio.Protocol):
    """One connection: everything is passed on, and a timer ends it unless a request is in hand."""

    def __init__(self, served_by: asyncio.Protocol, door: Door) -> None:
        self.served_by, self._door = served_by, door
        self.has_request = False
        self._has_begun = True  # a new connection owes its first request
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast("asyncio.Transport", transport)  # a listening socket makes no other; uvloop's has no such base
        if not self._door.enter(self):
            stream.abort()
            return
        self._transport = stream
        self._end_in(self._door.request_s)
        self.served_by.connection_made(stream)

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        if not self.has_request and not self._has_begun:
            self._has_begun = True
            self._end_in(self._door.request_s)
        self.served_by.data_received(data)

    def begin(self) -> None:
        """A whole request is in hand; its handler has its own times."""
        self.has_request = True
        self._cancel()

    def end(self) -> None:
        """The request is answered. Who does not take the answer is no better than who does not ask."""
        self.has_request, self._has_begun = False, False
        self._end_in(self._door.idle_s)

    def drop(self) -> None:
        """Close at once, whatever is unsent: a close in good order would wait for whoever reads nothing."""
        self._door.leave(self)
        self._cancel()
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        if self._transport is not None:
            self._transport = None
            self._door.leave(self)
            self.served_by.connection_lost(exc)

    def eof_received(self) -> bool | None:
        return None if self._transport is None else self.served_by.eof_received()

    def pause_writing(self) -> None:
        self.served_by.pause_writing()

    def resume_writing(self) -> None:
        self.served_by.resume_writing()

    def _end_in(self, delay_s: float) -> None:
        self._cancel()
        if self._transport is not None:
            self._timer = asyncio.create_task(self._drop_after(delay_s), name="connection's time")

    async def _drop_after(self, delay_s: float) -> None:
        await self._door.clock.sleep(delay_s)
        self._timer = None  # it is this task, which ends by itself
        self.drop()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class GarbageLog(logging.Logger):
    """What aiohttp logs its errors to. Bytes that are no HTTP are one line a minute, without a traceback.

    Errors of our own handlers keep theirs, and go to the log of this module.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__("web", logging.DEBUG)  # what is no HTTP at all is a line for debugging to aiohttp
        self._clock = clock
        self._said_at: datetime | None = None
        self._unsaid = 0

    def handle(self, record: logging.LogRecord) -> None:
        """Write a record, or count it."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not _is_of_a_stranger(error):
            _log.error("web request failed", exc_info=error)
            return
        now = self._clock.now()
        if self._said_at is not None and timedelta() <= now - self._said_at < _EVERY:
            self._unsaid += 1
            return
        _log.warning("a web request could not be read", more_since_the_last=self._unsaid)
        self._said_at, self._unsaid = now, 0


def _is_of_a_stranger(error: BaseException) -> bool:
    """Whether an error is of the bytes that came in, and none of our handlers."""
    return isinstance(error, HttpProcessingError | web.RequestPayloadError | ConnectionError)
