"""Discord's REST API, as far as a bot needs it to answer a slash command with a card and pictures."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from bench.world import shapes
from bench.world.body import Body, parse
from bench.world.book import ACK_MOST_S, Book, Press
from bench.world.gateway import Gateway
from bench.world.pictures import Pictures
from bench.world.shapes import Payload

_EPHEMERAL, _V2 = 1 << 6, 1 << 15
_CARD, _DEFERRED = 4, 5


class Discord:
    """The routes. `base_url` is told once the port is known."""

    def __init__(self, *, book: Book, gateway: Gateway, pictures: Pictures) -> None:
        self.base_url = ""
        self._book, self._gateway, self._pictures = book, gateway, pictures
        self._acked: dict[int, asyncio.Future[None]] = {}
        self._shown: dict[int, asyncio.Future[None]] = {}

    def routes(self) -> Sequence[web.RouteDef]:
        """Everything that is answered; anything else is a stray, and noted."""
        api = "/api/v10"
        return [
            web.get("/gateway", self._gateway.handle),
            web.get("/gateway/", self._gateway.handle),
            web.get(f"{api}/users/@me", self._me),
            web.get(f"{api}/oauth2/applications/@me", self._application),
            web.get(f"{api}/gateway/bot", self._gateway_bot),
            web.put(f"{api}/applications/{{app}}/commands", self._commands),
            web.post(f"{api}/interactions/{{id}}/{{token}}/callback", self._callback),
            web.patch(f"{api}/webhooks/{{app}}/{{token}}/messages/{{message}}", self._edit),
            web.get(f"{api}/webhooks/{{app}}/{{token}}/messages/{{message}}", self._read),
            web.delete(f"{api}/webhooks/{{app}}/{{token}}/messages/{{message}}", self._delete),
            web.post(f"{api}/webhooks/{{app}}/{{token}}", self._followup),
            web.patch(f"{api}/channels/{{channel}}/messages/{{message}}", self._edit_in_channel),
            web.route("*", f"{api}/{{rest:.*}}", self._stray),
        ]

    def acked(self, press: Press) -> asyncio.Future[None]:
        """Done when a press was acknowledged."""
        return self._acked.setdefault(press.number, asyncio.get_running_loop().create_future())

    def shown(self, press: Press) -> asyncio.Future[None]:
        """Done when the pictures of a press have arrived, or, of another command than a model's, its answer."""
        return self._shown.setdefault(press.number, asyncio.get_running_loop().create_future())

    async def _me(self, _: web.Request) -> web.Response:
        return _json(shapes.BOT | {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None})

    async def _application(self, _: web.Request) -> web.Response:
        return _json(shapes.application())

    async def _gateway_bot(self, _: web.Request) -> web.Response:
        starts = {"total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": 1}
        return _json({"url": self._gateway.url, "shards": 1, "session_start_limit": starts})

    async def _commands(self, request: web.Request) -> web.Response:
        given: list[Payload] = await request.json()
        return _json([shapes.command(at, one) for at, one in enumerate(given)])

    async def _callback(self, request: web.Request) -> web.Response:
        """The first answer. One that comes after 3 s is for nobody any more."""
        body = await _body(request)
        press, now = self._book.by_token.get(request.match_info["token"]), _now()
        if press is None or now - press.pressed_s > ACK_MOST_S:
            return _json({"message": "Unknown interaction", "code": 10062}, 404)
        press.discord += 1
        self._book.heard_s = now
        kind = int(body.payload["type"])
        data: Payload = body.payload.get("data") or {}
        flags = int(data.get("flags") or 0)
        press.acked_s = now
        press.ack = "deferred" if kind == _DEFERRED else "refused" if flags & _EPHEMERAL else "card"
        _tell(self.acked(press))
        answer: Payload = {"interaction": {"id": str(press.id), "type": 2, "response_message_id": str(press.id)}}
        if kind == _CARD:
            answer["resource"] = {"type": kind, "message": self._said(press, body, data, flags)}
        return _json(answer)

    async def _edit(self, request: web.Request) -> web.Response:
        body = await _body(request)
        press = self._book.by_token.get(request.match_info["token"])
        return self._edited(press, body)

    async def _edit_in_channel(self, request: web.Request) -> web.Response:
        body = await _body(request)
        return self._edited(self._book.by_message.get(int(request.match_info["message"])), body)

    def _edited(self, press: Press | None, body: Body) -> web.Response:
        if press is None:
            return _json({"message": "Unknown Message", "code": 10008}, 404)
        press.discord += 1
        return _json(self._said(press, body, body.payload, _V2))

    async def _followup(self, request: web.Request) -> web.Response:
        body = await _body(request)
        press = self._book.by_token.get(request.match_info["token"])
        if press is None:
            return _json({"message": "Unknown Webhook", "code": 10015}, 404)
        press.discord += 1
        if press.run_s == 0:
            _tell(self.shown(press))  # over, but what was asked for has not come: `card_s` stays unset
        return _json(shapes.message(press, body.payload.get("components"), [], flags=_EPHEMERAL))

    async def _read(self, request: web.Request) -> web.Response:
        press = self._book.by_token.get(request.match_info["token"])
        if press is None or press.acked_s is None:
            return _json({"message": "Unknown Message", "code": 10008}, 404)
        press.discord += 1
        return _json(shapes.message(press, [], [], flags=_V2))

    async def _delete(self, _: web.Request) -> web.Response:
        return web.Response(status=204)

    def _said(self, press: Press, body: Body, data: Payload, flags: int) -> Payload:
        """Take a message in, and say how Discord would show it."""
        now = _now()
        press.card_s, self._book.heard_s = press.card_s or now, now
        if body.files and press.shown_s is None:
            press.shown_s, press.pictures = now, len(body.files)
            press.intact = all(self._pictures.knows(length) for length in body.files)
        if press.shown_s is not None or press.run_s == 0:
            _tell(self.shown(press))
        listed: list[Payload] = data.get("attachments") or []
        files = [
            shapes.attachment(at, str(one.get("filename", "file")), size, self.base_url)
            for at, (one, size) in enumerate(zip(listed, body.files, strict=False))
        ]
        return shapes.message(press, data.get("components"), files, flags=flags)

    async def _stray(self, request: web.Request) -> web.Response:
        self._book.strays.append(f"{request.method} {request.path}"[:200])
        return _json({"message": "404: Not Found", "code": 0}, 404)


async def _body(request: web.Request) -> Body:
    return parse(request.headers.get("Content-Type", ""), await request.read())


def _tell(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _json(payload: object, status: int = 200) -> web.Response:
    # discord.py wants exactly this type, without a charset.
    return web.Response(status=status, body=shapes.dumped(payload), headers={"Content-Type": "application/json"})
