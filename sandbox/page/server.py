"""Serves the page that looks like a Discord channel, and carries what people do there to the Discord stand-in."""

import asyncio
import contextlib
import json
import weakref
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import urlsplit

from aiohttp import WSCloseCode, web

from sandbox.discord import ClientRefusal, DiscordStandin, Upload
from sandbox.page.guard import UPLOADS, Handler, only_from_here, page_headers
from sandbox.page.sight import sees
from sandbox.page.uploads import Uploads
from sandbox.runflow import RunflowStandin
from sandbox.runflow.switches import PROFILES

STATIC = Path(__file__).parent / "static"
BODY_LIMIT_BYTES = 256 * 1024

Body = Mapping[str, Any]


class PageServer:
    """The page on 127.0.0.1. `port` 0 takes a free one. Raises OSError on opening when the port is taken."""

    def __init__(
        self, *, discord: DiscordStandin, runflow: RunflowStandin, profile: str = "default", port: int = 0
    ) -> None:
        self._discord = discord
        self._runflow = runflow
        self._profile = profile
        self._port = port
        self._sockets: weakref.WeakSet[web.WebSocketResponse] = weakref.WeakSet()
        self._uploads = Uploads()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where the page is, once it is open."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._dressed, only_from_here], client_max_size=BODY_LIMIT_BYTES)
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/favicon.ico", self._favicon),
                web.get("/api/state", self._state),
                web.get("/api/events", self._events),
                web.post("/api/slash", self._slash),
                web.post(UPLOADS, self._upload),
                web.post("/api/menu", self._menu),
                web.post("/api/delete", self._delete),
                web.post("/api/say", self._say),
                web.post("/api/press", self._press),
                web.post("/api/modal", self._modal),
                web.post("/api/autocomplete", self._autocomplete),
                web.post("/api/profile", self._choose_profile),
                web.static("/static", STATIC),
            ]
        )
        app.on_shutdown.append(self._hang_up)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        await self._runner.setup()
        try:
            site = web.TCPSite(self._runner, "127.0.0.1", self._port)
            await site.start()
        except BaseException:
            await self._runner.cleanup()
            raise
        self._port = cast("int", self._runner.addresses[0][1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _dressed(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        cdn = urlsplit(self._discord.cdn_url)
        headers = page_headers(request.headers.get("Host", ""), f"{cdn.scheme}://{cdn.netloc}")
        try:
            answer = await handler(request)
        except web.HTTPException as refused:
            refused.headers.update(headers)
            raise
        if not answer.prepared:
            answer.headers.update(headers)
        return answer

    async def _index(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _favicon(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "icon.svg")

    async def _state(self, request: web.Request) -> web.StreamResponse:
        user_id = _id(request.query.get("as") or self._discord.world.cast.member.id)
        snapshot = self._discord.people.snapshot(user_id)
        runflow = {"profile": self._profile, "profiles": list(PROFILES)}
        return web.json_response({**snapshot, "you": str(user_id), "runflow": runflow})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Everything this person would see, as it happens. What they send is ignored: they act through POST."""
        user_id = _id(request.query.get("as"))
        socket = web.WebSocketResponse(heartbeat=20.0)
        await socket.prepare(request)
        self._sockets.add(socket)
        teller = asyncio.create_task(self._tell(socket, user_id), name=f"page events of {user_id}")
        try:
            async for _ in socket:
                pass
        finally:
            teller.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await teller
        return socket

    async def _tell(self, socket: web.WebSocketResponse, user_id: int) -> None:
        events = self._discord.people.subscribe()
        try:
            await socket.send_json({"t": "ready"})
            channels = {str(channel["id"]) for channel in self._discord.people.snapshot(user_id)["channels"]}
            async for event in events:
                if sees(event, user_id, channels):
                    await socket.send_json(event)
        finally:
            events.close()

    async def _hang_up(self, _app: web.Application) -> None:
        for socket in tuple(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the sandbox closes")

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        """A file that somebody chose, before what they choose it for is sent; as Discord's client does it."""
        user_id = _id(request.query.get("as"))
        limit_bytes = self._discord.switches.attachment_limit_bytes
        content = bytearray()
        async for chunk in request.content.iter_chunked(256 * 1024):
            if len(content) <= limit_bytes:  # the rest is heard and dropped, so that the browser hears the answer
                content += chunk
        if len(content) > limit_bytes:
            return _refused(f"Your files are too powerful! The limit is {limit_bytes / (1024 * 1024):g} MB.")
        upload = Upload(request.query.get("name") or "unknown", bytes(content), request.query.get("type") or None)
        return web.json_response({"upload": self._uploads.keep(user_id, upload)})

    async def _slash(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)
        user_id, options = _id(body.get("as")), _mapping(body, "options")
        return await _answered(
            lambda: self._discord.people.slash(
                user_id=user_id,
                channel_id=_id(body.get("channel_id")),
                command=_text(body, "command"),
                options=self._uploads.filled_in(user_id, options),
            )
        )

    async def _menu(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)
        return await _answered(
            lambda: self._discord.people.use_context_menu(
                user_id=_id(body.get("as")),
                channel_id=_id(body.get("channel_id")),
                command=_text(body, "command"),
                target_id=_id(body.get("target_id")),
            )
        )

    async def _say(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)
        user_id = _id(body.get("as"))
        try:
            message_id = await self._discord.people.say(
                user_id=user_id,
                channel_id=_id(body.get("channel_id")),
                content=_text(body, "content"),
                files=self._uploads.filled_in(user_id, {"files": list(body.get("files") or ())})["files"],
            )
        except ClientRefusal as refusal:
            return _refused(str(refusal))
        return web.json_response({"message_id": message_id})

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)
        try:
            await self._discord.people.delete_message(
                user_id=_id(body.get("as")), message_id=_id(body.get("message_id"))
            )
        except ClientRefusal as refusal:
            return _refused(str(refusal))
        return web.json_response({"deleted": True})

    async def _press(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)
        return await _answered(
            lambda: self._discord.people.press(
                user_id=_id(body.get("as")),
                message_id=_id(body.get("message_id")),
                custom_id=_text(body, "custom_id"),
                values=tuple(str(value) for value in body.get("values") or ()),
            )
        )

    async def _modal(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)
        user_id, values = _id(body.get("as")), _mapping(body, "values")
        return await _answered(
            lambda: self._discord.people.submit_modal(
                user_id=user_id,
                interaction_id=_id(body.get("interaction_id")),
                custom_id=_text(body, "custom_id"),
                values=self._uploads.filled_in(user_id, values),
            )
        )

    async def _autocomplete(self, request: web.Request) -> web.StreamResponse:
        body = await _json(request)
        try:
            choices = await self._discord.people.autocomplete(
                user_id=_id(body.get("as")),
                channel_id=_id(body.get("channel_id")),
                command=_text(body, "command"),
                options=_mapping(body, "options"),
                focused=_text(body, "focused"),
            )
        except ClientRefusal as refusal:
            return _refused(str(refusal))
        return web.json_response({"choices": choices})

    async def _choose_profile(self, request: web.Request) -> web.StreamResponse:
        name = _text(await _json(request), "profile")
        if name not in PROFILES:
            return _refused("There is no such profile.")
        self._runflow.switches = PROFILES[name]
        self._profile = name
        return web.json_response({"profile": name})


async def _answered(act: Callable[[], Awaitable[str]]) -> web.StreamResponse:
    try:
        return web.json_response({"interaction_id": await act()})
    except ClientRefusal as refusal:
        return _refused(str(refusal))


def _refused(reason: str) -> web.StreamResponse:
    # 200: the page did its work. It is the client of the little world that would not send this.
    return web.json_response({"refused": reason})


async def _json(request: web.Request) -> Body:
    try:
        body = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError) as wrong:
        raise web.HTTPBadRequest(text="That is no JSON.") from wrong
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="Send a JSON object.")
    return cast("Body", body)


def _id(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise web.HTTPBadRequest(text="An id is missing or is not one.")
    return int(text)


def _text(body: Body, key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str):
        raise web.HTTPBadRequest(text=f"{key} is missing.")
    return value


def _mapping(body: Body, key: str) -> dict[str, Any]:
    value: object = body.get(key) or {}
    if not isinstance(value, dict):
        raise web.HTTPBadRequest(text=f"{key} must be an object.")
    return cast("dict[str, Any]", value)
