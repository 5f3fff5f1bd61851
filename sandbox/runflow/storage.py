"""The storage where pictures lie: signed addresses that expire, and that refuse an Authorization header, as S3 does."""

import asyncio
import base64
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast
from urllib.parse import urlencode

from aiohttp import web
from yarl import URL

from sandbox.clock import SandboxClock
from sandbox.painter import black_picture, draw_picture, edit_picture, plain_picture
from sandbox.runflow import defects
from sandbox.runflow.refusals import Broken
from sandbox.runflow.run import StandinRun, View

_DATE: Final = "%Y%m%dT%H%M%SZ"
_KEPT: Final = 64
_ASSETS: Final = "runflow://assets/"
_ASSET_LIFETIME_S: Final = 604_800.0
"""About 7 days, as the ad-creative skill says of what is uploaded."""
_TYPES: Final = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
_ENDINGS: Final = {"png": "png", "jpeg": "jpg", "webp": "webp"}


@dataclass(frozen=True, slots=True)
class _Place:
    run: StandinRun
    index: int


@dataclass(frozen=True, slots=True)
class _Missing:
    """Why there is nothing at an address, in the words of S3."""

    status: int
    code: str
    message: str

    def answer(self) -> web.Response:
        inner = f"<Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>"
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n{inner}'
        return web.Response(status=self.status, text=body, content_type="application/xml")


class Storage:
    """Pictures of runs under signed addresses. `base` gives the stand-in's address once it listens."""

    def __init__(self, *, clock: SandboxClock, secret: bytes, base: Callable[[], str]) -> None:
        self._clock = clock
        self._secret = secret
        self._base = base
        self._places: dict[str, _Place] = {}
        self._assets: dict[str, bytes] = {}
        self._drawn: OrderedDict[str, asyncio.Task[bytes]] = OrderedDict()
        self._shown: set[str] = set()

    async def close(self) -> None:
        """Let go of pictures that are still being drawn."""
        tasks = list(self._drawn.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._drawn.clear()

    def draw_ahead(self, run: StandinRun, count: int) -> None:
        """Start drawing, so that pictures are there when the run ends, as a real run's are."""
        for index in range(count):
            self._drawing(_Place(run, index))

    async def urls(self, run: StandinRun, view: View, now: datetime, *, reading: bool) -> list[str]:
        """Addresses of a run's pictures; `reading` says that a client sees them by reading the run."""
        if run.switches.output_shape == "data_urls":
            file_format = _delivered(run)
            pictures = [await self._picture(_Place(run, index)) for index in range(view.images)]
            return [f"data:{_TYPES[file_format]};base64,{base64.b64encode(data).decode()}" for data in pictures]
        signed = now if run.switches.fresh_urls or view.completed_at is None else view.completed_at
        first_time = run.id not in self._shown
        if run.switches.storage == "expired" or (run.switches.storage == "expired_once" and first_time):
            signed = now - timedelta(seconds=run.switches.url_lifetime_s + 60)
        if reading and view.images:
            self._shown.add(run.id)
        return [self._sign(_Place(run, index), signed) for index in range(view.images)]

    def _sign(self, place: _Place, at: datetime) -> str:
        key = f"outputs/{place.run.id[-2:]}/{place.run.id}-{place.index}.{_ENDINGS[place.run.job.file_format]}"
        self._places[key] = place
        return self._signed(key, at, place.run.switches.url_lifetime_s)

    def _signed(self, key: str, at: datetime, lifetime_s: float) -> str:
        date, expires = at.strftime(_DATE), str(max(1, round(lifetime_s)))
        query = {"X-Amz-Date": date, "X-Amz-Expires": expires, "X-Amz-Signature": self._signature(key, date, expires)}
        return f"{self._base()}/storage/{key}?{urlencode(query)}"

    def _signature(self, key: str, date: str, expires: str) -> str:
        return hmac.new(self._secret, f"{key}\n{date}\n{expires}".encode(), hashlib.sha256).hexdigest()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The picture at an address, or S3's refusal."""
        if "Authorization" in request.headers:
            return _Missing(400, "InvalidArgument", "Only one auth mechanism allowed").answer()
        found = self._found(request.match_info["key"], request.query)
        if isinstance(found, _Missing):
            return found.answer()
        if isinstance(found, bytes):
            return web.Response(body=found, content_type="application/octet-stream")
        return await self._send(request, found)

    async def stored(self, url: URL) -> bytes | None:
        """What lies at an address of this storage, b"" where it serves nothing, None where it is no address of it."""
        if url.origin() != URL(self._base()).origin() or not url.path.startswith("/storage/"):
            return None
        found = self._found(url.path.removeprefix("/storage/"), url.query)
        if isinstance(found, _Missing) or (isinstance(found, _Place) and found.run.switches.storage == "wrong_length"):
            return b""
        return found if isinstance(found, bytes) else await self._content(found)

    def _found(self, key: str, query: Mapping[str, str]) -> "_Place | bytes | _Missing":
        date, expires = query.get("X-Amz-Date", ""), query.get("X-Amz-Expires", "")
        signature = query.get("X-Amz-Signature", "")
        if not hmac.compare_digest(signature.encode(), self._signature(key, date, expires).encode()):
            return _Missing(403, "AccessDenied", "Access Denied")
        ends = datetime.strptime(date, _DATE).replace(tzinfo=UTC) + timedelta(seconds=int(expires))
        if self._clock.now() >= ends:
            return _Missing(403, "AccessDenied", "Request has expired")
        if key in self._assets:
            return self._assets[key]
        place = self._places.get(key)
        if place is None or place.run.switches.storage == "gone":
            return _Missing(410 if place else 404, "NoSuchKey", "The specified key does not exist.")
        return place

    def keep_asset(self, content: bytes, asset_id: str) -> str:
        """Keep what somebody sent along. Gives the address that stands for it inside Runflow."""
        self._assets[f"assets/{asset_id}"] = content
        return f"{_ASSETS}{asset_id}"

    def shown_input(self, run: StandinRun, now: datetime) -> Mapping[str, Any]:
        """The input of a run as reads show it: what was sent along has an address signed for the moment."""
        given: object = run.given.get("image_urls")
        if not isinstance(given, list):
            return run.given
        urls = [
            self._signed(f"assets/{url.removeprefix(_ASSETS)}", now, _ASSET_LIFETIME_S)
            if isinstance(url, str) and url.startswith(_ASSETS)
            else url
            for url in cast("list[object]", given)
        ]
        return {**run.given, "image_urls": urls}

    async def _send(self, request: web.Request, place: _Place) -> web.StreamResponse:
        switches = place.run.switches
        content = await self._content(place)
        sent = defects.cut(content) if switches.storage in {"slow", "wrong_length"} else content
        response = web.StreamResponse(headers={"ETag": f'"{place.run.id}-{place.index}"'})
        response.content_type = "image/png" if switches.storage in {"huge", "bomb"} else _TYPES[_delivered(place.run)]
        response.content_length = len(content)
        await response.prepare(request)
        try:
            await response.write(sent)
            if switches.storage == "wrong_length":
                raise Broken(reset=False)
            if switches.storage == "slow":
                await self._clock.sleep(switches.storage_delay_s)
                await response.write(content[len(sent) :])
            await response.write_eof()
        except ConnectionResetError:  # the client has had enough, which is its right
            raise Broken(reset=False) from None
        return response

    async def _content(self, place: _Place) -> bytes:
        switches = place.run.switches
        if switches.storage == "not_a_picture":
            return defects.NOT_A_PICTURE
        if switches.storage == "bomb":
            return await asyncio.to_thread(defects.bomb)
        if switches.storage == "huge":
            small = await asyncio.to_thread(black_picture, place.run.job.width_px, place.run.job.height_px, "png")
            return await asyncio.to_thread(defects.padded_png, small, switches.huge_bytes)
        picture = await self._picture(place)
        return defects.cut(picture) if switches.storage == "truncated" else picture

    async def _picture(self, place: _Place) -> bytes:
        return await asyncio.shield(self._drawing(place))

    def _drawing(self, place: _Place) -> "asyncio.Task[bytes]":
        key = f"{place.run.id}-{place.index}"
        task = self._drawn.get(key)
        if task is None:
            task = asyncio.create_task(_draw(place), name=f"picture {key}")
            self._drawn[key] = task
        self._drawn.move_to_end(key)
        while len(self._drawn) > _KEPT and next(iter(self._drawn.values())).done():
            self._drawn.popitem(last=False)
        return task


async def _draw(place: _Place) -> bytes:
    run, file_format = place.run, _delivered(place.run)
    if run.switches.nsfw == "black" and run.job.safety_checker:
        return await asyncio.to_thread(black_picture, run.job.width_px, run.job.height_px, file_format)
    if run.sources and run.switches.pictures == "scenes":
        return await asyncio.to_thread(
            edit_picture,
            run.sources,
            run.job.prompt,
            seed=run.seed,
            width_px=run.job.width_px,
            height_px=run.job.height_px,
            file_format=file_format,
        )
    return await asyncio.to_thread(
        draw_picture if run.switches.pictures == "scenes" else plain_picture,
        run.job.prompt,
        seed=run.seed,
        index=place.index,
        width_px=run.job.width_px,
        height_px=run.job.height_px,
        file_format=file_format,
    )


def _delivered(run: StandinRun) -> str:
    asked = run.switches.delivered_format
    return run.job.file_format if asked == "as_asked" else asked
