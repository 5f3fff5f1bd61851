"""Discord at the wire, as small as these tests need it: REST on loopback, and interactions as Discord sends them."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self

from aiohttp import BodyPartReader, web

APPLICATION_ID = 900000000000000001
USER_ID = 800000000000000001
GUILD_ID = 700000000000000001
CHANNEL_ID = 600000000000000001
MESSAGE_ID = 500000000000000001

Refuse = Callable[["Call"], "tuple[int, dict[str, Any]] | None"]


@dataclass
class Call:
    method: str
    path: str
    body: Any
    files: dict[str, bytes]
    authorized: bool

    @property
    def data(self) -> dict[str, Any]:
        """The message in a call: under `data` in a callback, else the body itself."""
        return self.body.get("data", self.body) if self.path.endswith("/callback") else self.body


@dataclass
class FakeDiscord:
    """Answers REST calls and keeps them. `refuse` may answer in its place."""

    calls: list[Call] = field(default_factory=list[Call])
    refuse: Refuse = lambda _: None
    url: str = ""
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/api/v10"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def named(self, method: str, part: str) -> list[Call]:
        return [call for call in self.calls if call.method == method and part in call.path]

    async def wait(self, method: str, part: str, count: int = 1) -> list[Call]:
        async with asyncio.timeout(5):
            while len(found := self.named(method, part)) < count:
                self._arrived.clear()
                await self._arrived.wait()
        return found

    async def _serve(self, request: web.Request) -> web.Response:
        body, files = await _read(request)
        path = request.path.removeprefix("/api/v10")
        call = Call(request.method, path, body, files, "Authorization" in request.headers)
        self.calls.append(call)
        self._arrived.set()
        refusal = self.refuse(call)
        status, answer = refusal if refusal else (200, _answer(call))
        if answer is None:
            return web.Response(status=204)
        # Exactly this content type: discord.py takes anything longer for text.
        return web.Response(status=status, body=json.dumps(answer).encode(), headers={"Content-Type": JSON})


JSON = "application/json"


async def _read(request: web.Request) -> tuple[Any, dict[str, bytes]]:
    if not request.can_read_body:
        return {}, {}
    if not request.content_type.startswith("multipart/"):
        return await request.json(), {}
    body: Any = {}
    files: dict[str, bytes] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        if part.name == "payload_json":
            body = json.loads(await part.text())
        else:
            files[part.filename or ""] = bytes(await part.read())
    return body, files


def _answer(call: Call) -> Any:
    user: dict[str, Any] = {"id": str(APPLICATION_ID), "username": "imagine", "discriminator": "0", "avatar": None}
    if call.path == "/users/@me":
        return user
    if call.path == "/oauth2/applications/@me":
        return {
            "id": str(APPLICATION_ID),
            "name": "imagine",
            "icon": None,
            "description": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "owner": user,
            "flags": 0,
            "interactions_endpoint_url": None,
        }
    if call.path.endswith("/commands"):
        return [
            {"description": "", **command, "id": str(1000 + i), "application_id": str(APPLICATION_ID), "version": "1"}
            for i, command in enumerate(call.body)
        ]
    if call.method == "DELETE":
        return None
    message = _message(user)
    if call.path.endswith("/callback"):
        interaction = {"id": "1", "type": 2, "response_message_id": str(MESSAGE_ID)}
        resource = {"resource": {"type": 4, "message": message}} if call.body["type"] == 4 else {}
        return {"interaction": interaction, **resource}
    return message


def pressed_button(custom_id: str) -> dict[str, Any]:
    """INTERACTION_CREATE as Discord sends it for a button under a message of the bot's."""
    author: dict[str, Any] = {"id": str(APPLICATION_ID), "username": "imagine", "discriminator": "0", "avatar": None}
    button: dict[str, Any] = {"type": 2, "id": 3, "style": 2, "label": "Press", "custom_id": custom_id}
    message = _message(author) | {"flags": 1 << 15, "components": [{"type": 1, "id": 2, "components": [button]}]}
    payload = interaction({}) | {"type": 3, "message": message}
    return payload | {"data": {"custom_id": custom_id, "component_type": 2, "id": 3}}


def chosen(custom_id: str, *values: str) -> dict[str, Any]:
    """INTERACTION_CREATE as Discord sends it for a choice in a select under a message of the bot's."""
    payload = pressed_button(custom_id)
    return payload | {"data": {"custom_id": custom_id, "component_type": 3, "id": 3, "values": list(values)}}


def sent_form(custom_id: str, *components: object) -> dict[str, Any]:
    """INTERACTION_CREATE as Discord sends it for a form. `components` are its parts as they are sent."""
    return interaction({}) | {"type": 5, "data": {"custom_id": custom_id, "components": list(components)}}


def message() -> dict[str, Any]:
    """A message of the bot's."""
    return _message({"id": str(APPLICATION_ID), "username": "imagine", "discriminator": "0", "avatar": None})


def _message(author: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(MESSAGE_ID),
        "channel_id": str(CHANNEL_ID),
        "type": 0,
        "content": "",
        "author": author,
        "attachments": [],
        "embeds": [],
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "pinned": False,
        "tts": False,
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "components": [],
    }


_NUMBERS = count()


def snowflake_now() -> int:
    """An id as Discord gives it: none is given twice, not even within a millisecond."""
    return (int(time.time() * 1000) - 1420070400000) << 22 | (next(_NUMBERS) & 0xFFF)


def interaction(
    options: dict[str, object],
    *,
    command: str = "imagine",
    dm: bool = False,
    nsfw: bool = False,
    thread_of: int | None = None,
    guild_id: int = GUILD_ID,
) -> dict[str, Any]:
    """INTERACTION_CREATE as Discord sends it for a slash command."""
    user: dict[str, Any] = {"id": str(USER_ID), "username": "mia", "discriminator": "0", "avatar": None}
    kinds: dict[type, int] = {int: 4, bool: 5, float: 10}
    channel: dict[str, Any] = {"id": str(CHANNEL_ID), "type": 1 if dm else 0}
    if not dm:
        channel |= {"name": "art", "position": 0, "nsfw": nsfw, "guild_id": str(guild_id), "permissions": "0"}
    if thread_of is not None:
        metadata = {"archived": False, "auto_archive_duration": 60, "archive_timestamp": "2026-01-01T00:00:00+00:00"}
        channel |= {"type": 11, "parent_id": str(thread_of), "owner_id": str(USER_ID), "thread_metadata": metadata}
        channel |= {"message_count": 0, "member_count": 0, "rate_limit_per_user": 0}
    payload: dict[str, Any] = {
        "id": str(snowflake_now()),
        "application_id": str(APPLICATION_ID),
        "type": 2,
        "token": "tok-secret",
        "version": 1,
        "attachment_size_limit": 10_485_760,
        "locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(guild_id)},
        "channel_id": str(CHANNEL_ID),
        "channel": channel,
        "data": {
            "id": "1",
            "name": command,
            "type": 1,
            "options": [{"name": k, "type": kinds.get(type(v), 3), "value": v} for k, v in options.items()],
        },
    }
    if dm:
        return payload | {"user": user}
    member: dict[str, Any] = {
        "user": user,
        "roles": [],
        "flags": 0,
        "permissions": "0",
        "joined_at": "2026-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
    }
    return payload | {"guild_id": str(guild_id), "member": member}


def guild(*, nsfw: bool, guild_id: int = GUILD_ID) -> dict[str, Any]:
    """GUILD_CREATE with one text channel."""
    return {
        "id": str(guild_id),
        "name": "Studio",
        "roles": [{"id": str(guild_id), "name": "@everyone", "permissions": "0", "position": 0}],
        "members": [],
        "member_count": 1,
        "channels": [{"id": str(CHANNEL_ID), "type": 0, "name": "art", "position": 0, "nsfw": nsfw}],
        "threads": [],
        "emojis": [],
        "stickers": [],
    }
