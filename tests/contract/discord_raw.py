"""A bot without a library: it says to the stand-in exactly what a test wants, and judges every answer."""

import asyncio
import json
import zlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.clock import SandboxClock
from sandbox.discord import DiscordStandin, DiscordSwitches
from tests.contract.openapi import DiscordSpec

Json = dict[str, Any]

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d"
    "0000001049444154789c63fccf00054c3006030013290103f0d807840000000049454e44ae426082"
)
"""A picture of 3 by 2."""

GUILDS = 1
PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of REST."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> int:
        """Discord's JSON error code."""
        return self.body["code"]

    def error(self, *path: str | int) -> str:
        """The code of the first error at a path of an invalid form."""
        node = self.body["errors"]
        for step in path:
            node = node[str(step)]
        return node["_errors"][0]["code"]


class Socket:
    """One gateway connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.sequence: int | None = None
        self._inflate = zlib.decompressobj()

    async def receive(self) -> Json:
        """The next frame, whatever it is."""
        message = await self.socket.receive(PATIENCE_S)
        if message.type is aiohttp.WSMsgType.BINARY:
            assert message.data.endswith(b"\x00\x00\xff\xff")
            frame = json.loads(self._inflate.decompress(message.data))
        else:
            assert message.type is aiohttp.WSMsgType.TEXT, message
            frame = json.loads(message.data)
        self.sequence = frame["s"] or self.sequence
        return frame

    async def event(self, name: str) -> Json:
        """The data of the next event of this name; others are passed over."""
        while (frame := await self.receive())["t"] != name:
            pass
        return frame["d"]

    async def send(self, op: int, data: object, *, binary: bool = False) -> None:
        text = json.dumps({"op": op, "d": data})
        await (self.socket.send_bytes(text.encode()) if binary else self.socket.send_str(text))

    async def identify(self, token: str, intents: int = GUILDS, **more: object) -> Json:
        """Say who we are; READY."""
        assert (await self.receive())["op"] == 10
        await self.send(2, {"token": token, "intents": intents, "properties": {}, **more})
        return await self.event("READY")

    async def close_code(self) -> int | None:
        """The code the other side closes with; frames before that are passed over."""
        while not self.socket.closed:
            await self.socket.receive(PATIENCE_S)
        return self.socket.close_code


class Stage:
    """A stand-in with an identified bot. `socket` hears what the bot hears."""

    def __init__(self, discord: DiscordStandin, clock: SandboxClock, session: aiohttp.ClientSession) -> None:
        self.discord = discord
        self.clock = clock
        self.cast = discord.world.cast
        self.people = discord.people
        self._session = session

    @asynccontextmanager
    async def connect(self, **query: str) -> AsyncGenerator[Socket]:
        parameters = {"v": "10", "encoding": "json", **query}
        async with self._session.ws_connect(self.discord.gateway_url, params=parameters) as socket:
            yield Socket(socket)

    async def call(
        self,
        method: str,
        path: str,
        payload: object = None,
        *,
        files: Mapping[str, bytes] | None = None,
        token: str | None = None,
    ) -> Reply:
        """A REST request; with `files` as multipart, numbered in their order."""
        headers = {"Authorization": f"Bot {self.discord.token if token is None else token}"}
        body: Json = {} if payload is None else {"json": payload}
        if files is not None:
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("payload_json", json.dumps(payload or {}))
            for number, (name, content) in enumerate(files.items()):
                form.add_field(f"files[{number}]", content, filename=name, content_type="application/octet-stream")
            body = {"data": form}
        async with self._session.request(method, self.discord.api_url + path, headers=headers, **body) as answer:
            assert answer.status == 204 or answer.headers["Content-Type"] == "application/json"
            raw = await answer.read()
            return Reply(answer.status, answer.headers, json.loads(raw) if raw else None)

    async def register(self, *commands: Json) -> Reply:
        return await self.call("PUT", f"/applications/{self.cast.application_id}/commands", list(commands))

    async def slash(self, command: str = "imagine", **more: Any) -> "Asked":
        """Somebody uses a command, unchecked unless a test says otherwise; the bot has heard it."""
        asked: Json = {"user_id": self.cast.member.id, "channel_id": self.cast.general.id, "check": False, **more}
        return self.heard(await self.people.slash(command=command, **asked))

    def heard(self, interaction_id: str) -> "Asked":
        interaction = self.discord.interactions.get(int(interaction_id))
        assert interaction is not None
        return Asked(self, interaction_id, interaction.token)


def violations(standin: DiscordStandin, spec: DiscordSpec) -> list[str]:
    """What Discord's document says of every answer so far, and of every request that was accepted."""
    found: list[str] = []
    for request in standin.requests:
        if request.status >= 500 or request.route.startswith("/nothing"):
            continue  # the document knows neither broken servers nor routes that are none
        if request.status < 400:
            asked = spec.check_request(request.method, request.path, request.payload)
            found += [f"request {request.method} {request.route}: {each}" for each in asked]
        answer = spec.check_response(request.method, request.path, request.status, request.answer)
        found += [f"answer {request.method} {request.route}: {each}" for each in answer]
    return found


class Asked:
    """An interaction as the bot has it."""

    def __init__(self, stage: Stage, interaction_id: str, token: str) -> None:
        self.stage = stage
        self.id = interaction_id
        self.hook = f"/webhooks/{stage.cast.application_id}/{token}"
        self.original = f"{self.hook}/messages/@original"
        self._callback = f"/interactions/{interaction_id}/{token}/callback"

    async def answer(self, kind: int, data: Json | None = None, *, response: bool = True, **more: Any) -> Reply:
        payload: Json = {"type": kind} if data is None else {"type": kind, "data": data}
        return await self.stage.call("POST", f"{self._callback}?with_response={int(response)}", payload, **more)

    async def edit(self, data: Json, **more: Any) -> Reply:
        return await self.stage.call("PATCH", self.original, data, **more)


@asynccontextmanager
async def open_stage(switches: DiscordSwitches | None = None, *, running: bool = False) -> AsyncGenerator[Stage]:
    """A stand-in whose clock stands still until a test moves it. Afterwards all its answers are judged."""
    clock = SandboxClock(stopped=not running)
    async with (
        DiscordStandin(clock=clock, switches=switches or DiscordSwitches()) as discord,
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as session,
    ):
        stage = Stage(discord, clock, session)
        yield stage
        spec = DiscordSpec.find()
        if spec is not None:
            found = violations(discord, spec)
            assert not found, "\n".join(found)


def option(kind: int = 3, name: str = "prompt", **more: object) -> Json:
    return {"type": kind, "name": name, "description": "What to draw", **more}


def command(*options: Json, name: str = "imagine", **more: object) -> Json:
    return {"type": 1, "name": name, "description": "Draw", "options": list(options), **more}


def text(content: str = "Hello") -> Json:
    return {"type": 10, "content": content}


def button(custom_id: str | None = "again", **more: object) -> Json:
    return {"type": 2, "style": 1, "custom_id": custom_id, "label": "Again", **more}


def row(*components: Json) -> Json:
    return {"type": 1, "components": list(components)}


def gallery(*urls: str) -> Json:
    return {"type": 12, "items": [{"media": {"url": url}, "description": "a kite"} for url in urls]}


def card(*components: Json, **more: object) -> Json:
    return {"flags": 1 << 15, "components": list(components) or [text()], **more}


async def settle() -> None:
    """Let everything that is due run."""
    for _ in range(20):
        await asyncio.sleep(0)
