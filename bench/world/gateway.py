"""Discord's gateway for one bot: HELLO, READY, the server, heartbeats, and whatever is dispatched."""

import asyncio
import json
from typing import Any, cast

from aiohttp import WSMsgType, web

from bench.world import shapes
from bench.world.shapes import Payload

_HELLO, _ACK = 10, 11
_INTERVAL_MS = 41_250


class Gateway:
    """The gateway. `url` is where it is reached."""

    def __init__(self) -> None:
        self.url = ""
        self._socket: web.WebSocketResponse | None = None
        self._sequence = 0
        self._identified = asyncio.Event()

    async def identified(self) -> None:
        """Come back when a bot has been told where it is."""
        await self._identified.wait()

    async def dispatch(self, event: str, data: Payload) -> None:
        """Tell the bot of an event. Raises RuntimeError where none is connected."""
        if self._socket is None:
            raise RuntimeError("no bot is connected")
        self._sequence += 1
        await self._send(self._socket, {"op": 0, "t": event, "s": self._sequence, "d": data})

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, in plain text: clients that ask for compression take that as well."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        await self._send(socket, {"op": _HELLO, "s": None, "t": None, "d": {"heartbeat_interval": _INTERVAL_MS}})
        try:
            async for message in socket:
                if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    await self._hear(socket, json.loads(cast("str | bytes", message.data)))
        finally:
            if self._socket is socket:
                self._socket = None
                self._identified.clear()
        return socket

    async def _hear(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        match frame.get("op"):
            case 1:
                await self._send(socket, {"op": _ACK, "s": None, "t": None, "d": None})
            case 2:
                self._socket = socket
                shard: list[int] = frame["d"].get("shard") or [0, 1]
                await self.dispatch("READY", shapes.ready(self.url, shard))
                await self.dispatch("GUILD_CREATE", shapes.guild())
                self._identified.set()
            case 6:
                await self._send(socket, {"op": 9, "s": None, "t": None, "d": False})
            case _:
                pass

    async def _send(self, socket: web.WebSocketResponse, payload: Payload) -> None:
        await socket.send_str(shapes.dumped(payload).decode())
