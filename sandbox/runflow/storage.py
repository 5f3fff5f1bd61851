"""The storage where pictures lie: signed addresses that expire, and that refuse an Authorization header, as S3 does."""

import asyncio
import base64
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from sandbox.clock import SandboxClock
from sandbox.painter import black_picture, draw_picture, plain_picture
from sandbox.runflow import defects
from sandbox.runflow.refusals import Broken
from sandbox.runflow.run import StandinRun, View

_DATE: Final = "%Y%m%dT%H%M%SZ"
_KEPT: Final = 64
_TYPES: Final = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
_ENDINGS: Final = {"png": "png", "jpeg": "jpg", "webp": "webp"}


@dataclass(frozen=True, slots=True)
class _Place:
    run: StandinRun
    index: int


class Storage:
    """Pictures of runs under signed addresses. `base` gives the stand-in's address once it listens."""

    def __init__(self, *, clock: SandboxClock, secret: bytes, base: Callable[[], str]) -> None:
        self._clock = clock
        self._secret = secret
        self._base = base
        self._places: dict[str, _Place] = {}
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
        date, expires = at.strftime(_DATE), str(max(1, round(place.run.switches.url_lifetime_s)))
        query = {"X-Amz-Date": date, "X-Amz-Expires": expires, "X-Amz-Signature": self._signature(key, date, expires)}
        return f"{self._base()}/storage/{key}?{urlencode(query)}"

    def _signature(self, key: str, date: str, expires: str) -> str:
        return hmac.new(self._secret, f"{key}\n{date}\n{expires}".encode(), hashlib.sha256).hexdigest()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The picture at an address, or S3's refusal."""
        if "Authorization" in request.headers:
            return _refusal(400, "InvalidArgument", "Only one auth mechanism allowed")
        key = request.match_info["key"]
        date, expires = request.query.get("X-Amz-Date", ""), request.query.get("X-Amz-Expires", "")
        signature = request.query.get("X-Amz-Signature", "")
        if not hmac.compare_digest(signature.encode(), self._signature(key, date, expires).encode()):
            return _refusal(403, "AccessDenied", "Access Denied")
        ends = datetime.strptime(date, _DATE).replace(tzinfo=UTC) + timedelta(seconds=int(expires))
        if self._clock.now() >= ends:
            return _refusal(403, "AccessDenied", "Request has expired")
        place = self._places.get(key)
        if place is None or place.run.switches.storage == "gone":
            return _refusal(410 if place else 404, "NoSuchKey", "The specified key does not exist.")
        return await self._send(request, place)

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


def _refusal(status: int, code: str, message: str) -> web.Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return web.Response(status=status, text=body, content_type="application/xml")
