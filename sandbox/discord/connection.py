"""One websocket of the gateway: the protocol from HELLO to close."""

import asyncio
import contextlib
import json
import zlib
from collections.abc import Mapping
from typing import Protocol, cast

from aiohttp import WSMsgType, web

from sandbox.discord.sessions import ALL_INTENTS, PRIVILEGED, Session
from sandbox.discord.switches import DiscordSwitches
from sandbox.discord.wire import Payload

HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, MEMBERS, INVALID, HELLO, ACK = 1, 2, 3, 4, 6, 7, 8, 9, 10, 11
LARGEST_FRAME_BYTES = 4096
MOST_PER_MINUTE = 120

_Out = str | int | None  # a text to send, a code to close with, or None to end


class Hangup(Exception):
    """The connection is to be closed with this code (documentation: gateway close event codes)."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class SessionHost(Protocol):
    """What a connection needs of the gateway: its sessions, and somebody to tell when they come and go."""

    token: str
    switches: DiscordSwitches
    sessions: dict[str, Session]

    def welcome(self, session: Session) -> None:
        """Tell a session that just identified where it is."""
        ...

    def members_chunk(self, session: Session, wanted: Payload) -> None:
        """Answer a request for members."""
        ...

    def changed(self) -> None:
        """Take note that a session came or went."""
        ...


class Connection:
    """Reads what a client sends, and writes in order what is queued for it.

    Text and binary frames are heard alike. With `compress=zlib-stream` everything is sent through one zlib stream;
    otherwise as plain text, which clients that asked for zstd-stream take as well.
    """

    def __init__(self, host: SessionHost, query: Mapping[str, str]) -> None:
        self.session: Session | None = None
        self.closing = False
        self._host = host
        self._query = query
        self._out: asyncio.Queue[_Out] = asyncio.Queue()
        self._deflate = zlib.compressobj() if query.get("compress") == "zlib-stream" else None
        self._socket = web.WebSocketResponse(max_msg_size=0, autoping=True)
        self._transport: asyncio.BaseTransport | None = None
        self._interval_s = host.switches.heartbeat_interval_s
        self._heard_at = 0.0
        self._frames: list[float] = []

    async def run(self, request: web.Request) -> web.WebSocketResponse:
        """Serve the client until it or we close."""
        self._transport = request.transport
        await self._socket.prepare(request)
        self._heard_at = asyncio.get_running_loop().time()
        tasks = [
            asyncio.create_task(self._write(), name="gateway writer"),
            asyncio.create_task(self._watch_heartbeat(), name="gateway heartbeat watch"),
        ]
        try:
            self._send({"op": HELLO, "s": None, "t": None, "d": {"heartbeat_interval": int(self._interval_s * 1000)}})
            await self._read()
        finally:
            self._leave()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return self._socket

    async def disturb(self, kind: str) -> None:
        """Break the connection in one of the ways of `Gateway.drop`."""
        match kind:
            case "reconnect":
                self._send({"op": RECONNECT, "d": None, "s": None, "t": None})
            case "invalid" | "invalid_resumable":
                self._invalidate(resumable=kind == "invalid_resumable")
            case "abrupt":
                self._leave()
                if isinstance(self._transport, asyncio.WriteTransport):
                    self._transport.abort()
            case _:
                self._leave()
                self._out.put_nowait(4000)
        self._host.changed()

    def _leave(self) -> None:
        """Stop hearing for the session, which stays for a resume unless the client ended it itself."""
        self.closing = True
        if self.session is not None and self.session.send == self._queue_text:
            self.session.send = None
            self.session.left_at_s = asyncio.get_running_loop().time()
            if self._socket.close_code in {1000, 1001}:
                self._host.sessions.pop(self.session.id, None)

    def _invalidate(self, *, resumable: bool) -> None:
        if self.session is not None:
            self.session.send = None
            if not resumable:
                self._host.sessions.pop(self.session.id, None)
            self.session = None
        self._send({"op": INVALID, "d": resumable, "s": None, "t": None})

    def _queue_text(self, text: str) -> None:
        self._out.put_nowait(text)

    def _send(self, payload: Payload) -> None:
        self._queue_text(json.dumps(payload, separators=(",", ":")))

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError):  # the client is gone; the reader ends for the same reason
            while (item := await self._out.get()) is not None:
                if isinstance(item, int):
                    await self._socket.close(code=item)
                    return
                if self._deflate is None:
                    await self._socket.send_str(item)
                else:
                    data = self._deflate.compress(item.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                    await self._socket.send_bytes(data)

    async def _watch_heartbeat(self) -> None:
        """Sockets live in real time: a client whose heart stands still for two beats is a zombie."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._interval_s / 4)
            if loop.time() - self._heard_at > 2 * self._interval_s:
                self._out.put_nowait(4009)
                return

    async def _read(self) -> None:
        try:
            if self._query.get("v", "10") not in {"9", "10"}:
                raise Hangup(4012, "Invalid API version")
            if self._query.get("encoding", "json") != "json":
                raise Hangup(4002, "Only JSON is spoken here")
            async for message in self._socket:
                if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    continue
                self._hear(_parse(cast("str | bytes", message.data)))
        except Hangup as hangup:
            self.closing = True
            await self._socket.close(code=hangup.code, message=hangup.reason.encode())

    def _hear(self, frame: Payload) -> None:
        self._limit()
        data: object = frame.get("d")
        match frame.get("op"):
            case 1:
                if data is not None and not isinstance(data, int):
                    raise Hangup(4002, "Error while decoding payload.")
                self._heard_at = asyncio.get_running_loop().time()
                self._send({"op": ACK, "d": None, "s": None, "t": None})
            case 2 | 6 if self._host.switches.greetings == "unanswered":
                return
            case 2 | 6 if self._host.switches.greetings == "refused":
                self._send({"op": INVALID, "d": False, "s": None, "t": None})
            case 2:
                self._identify(_object(data))
            case 6:
                self._resume(_object(data))
            case 8:
                session = self._identified()
                self._host.members_chunk(session, _object(data))
            case 3 | 4 | 31:
                self._identified()
            case _:
                raise Hangup(4001, "Unknown opcode.")

    def _limit(self) -> None:
        now = asyncio.get_running_loop().time()
        self._frames = [*(at for at in self._frames if at > now - 60), now]
        if len(self._frames) > MOST_PER_MINUTE:
            raise Hangup(4008, "Rate limited.")

    def _identified(self) -> Session:
        if self.session is None:
            raise Hangup(4003, "Not authenticated.")
        return self.session

    def _identify(self, data: Payload) -> None:
        if self.session is not None:
            raise Hangup(4005, "Already authenticated.")
        self._check_token(data)
        intents = data.get("intents")
        if not isinstance(intents, int) or isinstance(intents, bool) or not 0 <= intents <= ALL_INTENTS:
            raise Hangup(4013, "Invalid intent(s).")
        if intents & PRIVILEGED and not self._host.switches.privileged_intents:
            raise Hangup(4014, "Disallowed intent(s).")
        if not isinstance(data.get("properties"), dict):
            raise Hangup(4002, "Error while decoding payload.")
        session = Session(intents, _shard(data.get("shard")), self._queue_text)
        self._host.sessions[session.id] = session
        self.session = session
        self._host.welcome(session)
        self._host.changed()

    def _resume(self, data: Payload) -> None:
        self._check_token(data)
        session = self._host.sessions.get(str(data.get("session_id")))
        after = data.get("seq")
        if session is None or not isinstance(after, int):
            self._send({"op": INVALID, "d": False, "s": None, "t": None})
            return
        session.send = self._queue_text
        if not session.replay(after):
            self.session = session
            self._invalidate(resumable=False)
            return
        self.session = session
        session.dispatch("RESUMED", {"_trace": ["sandbox"]})
        self._host.changed()

    def _check_token(self, data: Payload) -> None:
        # discord.py adds the prefix on REST alone; some clients send it here too, and Discord takes both.
        if str(data.get("token")).removeprefix("Bot ") != self._host.token:
            raise Hangup(4004, "Authentication failed.")


def _parse(data: str | bytes) -> Payload:
    if len(data) > LARGEST_FRAME_BYTES:
        raise Hangup(4002, "Payload too large.")
    try:
        return _object(json.loads(data))
    except ValueError as error:
        raise Hangup(4002, "Error while decoding payload.") from error


def _object(data: object) -> Payload:
    if not isinstance(data, dict):
        raise Hangup(4002, "Error while decoding payload.")
    return cast("Payload", data)


def _shard(given: object) -> tuple[int, int]:
    if given is None:
        return (0, 1)
    match given:
        case [int(number), int(count)] if 0 <= number < count:
            return (number, count)
        case _:
            raise Hangup(4010, "Invalid shard.")
