"""What every REST request passes: the token, the switches, the rate limits, the recording."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from sandbox.clock import SandboxClock
from sandbox.discord.media import Upload
from sandbox.discord.rest.body import read_body
from sandbox.discord.rest.limits import RateLimits, too_many
from sandbox.discord.rest.log import BotRequest, SentFile
from sandbox.discord.rules.refusals import Refused, not_found, unauthorized
from sandbox.discord.switches import DiscordSwitches, FailNext
from sandbox.discord.wire import API


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a route hears it."""

    params: dict[str, str]
    query: dict[str, str]
    payload: object
    files: dict[int, Upload]


@dataclass(frozen=True, slots=True)
class Answer:
    """A success. `body` None with 204 sends nothing."""

    status: int
    body: object = None


Route = Callable[[Call], Awaitable[Answer]]

NO_CONTENT = Answer(204)


class Door:
    """Wraps every route. `requests` grows by one with each answer."""

    def __init__(self, clock: SandboxClock) -> None:
        self.requests: list[BotRequest] = []
        self.token = ""
        self._clock = clock
        self._limits = RateLimits(clock)
        self._switches = DiscordSwitches()
        self._failures_left: list[int] = []

    def configure(self, switches: DiscordSwitches) -> None:
        """Take other switches; failures and rate limits are counted anew."""
        self._switches = switches
        self._failures_left = [failure.count for failure in switches.fail_next]
        self._limits.reset()

    def wrap(self, method: str, template: str, route: Route, *, with_token: bool) -> web.RouteDef:
        """An aiohttp route that answers as Discord does."""

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(request, template, route, with_token=with_token)

        return web.route(method, API + template, handle)

    def unknown(self) -> web.RouteDef:
        """The route of everything that is no route."""

        async def refuse(_call: Call) -> Answer:
            raise not_found()

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(request, request.path.removeprefix(API), refuse, with_token=False)

        return web.route("*", "/api/{rest:.*}", handle)

    async def _handle(
        self, request: web.Request, template: str, route: Route, *, with_token: bool
    ) -> web.StreamResponse:
        began_s, at, seconds = time.perf_counter(), self._clock.now(), self._clock.elapsed_s()
        payload: object = None
        files: dict[int, Upload] = {}
        headers: dict[str, str] = {}
        violation: str | None = None
        try:
            payload, files = await read_body(request)
            if with_token and request.headers.get("Authorization") != f"Bot {self.token}":
                raise unauthorized()
            headers = self._limits.take(
                self._switches,
                method=request.method,
                route=template,
                resource=_resource(request),
                with_token=with_token,
            )
            call = Call(dict(request.match_info), dict(request.query), payload, files)
            answer = await self._answer(request, template, route, call)
        except Refused as refused:
            headers |= refused.headers
            answer, violation = Answer(refused.status, refused.body()), _reason(refused)
        if self._switches.latency_s:
            await self._clock.sleep(self._switches.latency_s)
        self.requests.append(
            BotRequest(
                method=request.method,
                route=template,
                path=request.path.removeprefix(API),
                query=request.query_string,
                payload=payload,
                files=tuple(_sent(number, upload) for number, upload in sorted(files.items())),
                status=answer.status,
                answer=answer.body,
                violation=violation,
                at=at,
                seconds=seconds,
                took_s=time.perf_counter() - began_s,
            )
        )
        return _response(answer, headers)

    async def _answer(self, request: web.Request, template: str, route: Route, call: Call) -> Answer:
        failure = self._failure(request.method, template, request.path)
        if failure is None:
            return await route(call)
        if failure.applied:
            await route(call)
        if failure.status == 429:
            raise too_many(failure.retry_after_s, scope="user", headers={})
        raise Refused(failure.status, failure.code, failure.message or f"{failure.status}: sandbox")

    def _failure(self, method: str, template: str, path: str) -> FailNext | None:
        for index, failure in enumerate(self._switches.fail_next):
            matches = failure.method in {None, method} and (failure.route in template or failure.route in path)
            if matches and self._failures_left[index] > 0:
                self._failures_left[index] -= 1
                return failure
        return None


def _resource(request: web.Request) -> str:
    """What a bucket is counted for: the channel, guild or webhook with its token."""
    names = ("channel_id", "guild_id", "webhook_id", "webhook_token")
    return "/".join(request.match_info.get(name, "") for name in names)


def _reason(refused: Refused) -> str:
    detail = "" if refused.errors is None else " " + json.dumps(refused.errors, separators=(",", ":"))
    return f"{refused.code} {refused.message}{detail}"


def _sent(number: int, upload: Upload) -> SentFile:
    return SentFile(number, upload.filename, len(upload.content), upload.claimed_type)


def _response(answer: Answer, headers: dict[str, str]) -> web.Response:
    if answer.status == 204:
        return web.Response(status=204, headers=headers)
    # aiohttp's json_response adds a charset, and discord.py takes nothing but the bare type for JSON.
    body = json.dumps(answer.body, separators=(",", ":")).encode()
    return web.Response(status=answer.status, body=body, headers={**headers, "Content-Type": "application/json"})
