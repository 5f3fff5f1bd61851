"""Runflow's API and storage, as far as a run needs them; a run is done when its timer says so, for all alike."""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import web

from bench.world.book import Book, Press
from bench.world.pictures import Pictures
from bench.world.shapes import dumped
from sandbox.runflow.refusals import Refused
from sandbox.runflow.search import matching, page, parse_search

KEY = "rf_bench_key"
SECRET = "whsec_bench_callback_secret"  # noqa: S105 - nobody else accepts it
_MODEL = "black-forest-labs/flux-2-klein-4b"
_SIDES_PX: Mapping[str, int] = {"square_hd": 1024, "square": 512}
_NUMBER = re.compile(r"#(\d+)")
_QUEUED_S = 0.02
_AGAIN_S = (0.2, 1.0, 5.0)
_ORG = "0197a3f0-1111-7000-8000-00000000f10e"


@dataclass(slots=True)
class Run:
    """One run. Times are of the event loop's clock; `done_s` is None until it is done."""

    id: str
    began_s: float
    created_at: datetime
    pictures: int
    side_px: int
    press: Press | None
    metadata: Mapping[str, Any] | None = None
    client_ref: str | None = None
    callback_url: str | None = None
    done_s: float | None = None
    completed_at: datetime | None = None
    looks: list[float] = field(default_factory=list[float])


class Runflow:
    """The routes. `base_url` is told once the port is known."""

    def __init__(self, *, book: Book, pictures: Pictures) -> None:
        self.base_url = ""
        self.runs: dict[str, Run] = {}
        self._book, self._pictures = book, pictures
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> Sequence[web.RouteDef]:
        """Everything that is answered."""
        return [
            web.post("/v1/models/{owner}/{slug}/runs", self._create),
            web.get("/v1/runs", self._list),
            web.get("/v1/runs/{id}", self._read),
            web.get("/v1/billing/balance", self._balance),
            web.get("/v1/auth/me", self._me),
            web.get("/storage/{side}/{name}", self._storage),
        ]

    async def close(self) -> None:
        """Stop telling."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def adopt(self, run: Run, lasts_s: float) -> None:
        """Take a run in that is done after so many seconds."""
        self.runs[run.id] = run
        asyncio.get_running_loop().call_later(lasts_s, self._done, run)

    async def _create(self, request: web.Request) -> web.Response:
        body: dict[str, Any] = await request.json()
        given: dict[str, Any] = body["input"]
        found = _NUMBER.search(str(given["prompt"]))
        press = self._book.of_number(int(found[1])) if found else None
        if press is None:
            return _json({"error": {"code": "VALIDATION_ERROR", "message": "no press asked for this"}}, 422)
        press.runflow += 1
        now = asyncio.get_running_loop().time()
        press.created_s, self._book.heard_s = press.created_s or now, now
        run = Run(
            id=f"0197a3f0-0000-7000-8000-{len(self.runs):012d}",
            began_s=now,
            created_at=datetime.now(UTC),
            pictures=int(given.get("num_images", 1)),
            side_px=_SIDES_PX[str(given.get("image_size", "square_hd"))],
            press=press,
            metadata=body.get("metadata"),
            client_ref=body.get("client_ref"),
            callback_url=body.get("callback_url"),
        )
        self.adopt(run, press.run_s)
        return _json(self._record(run), 201)

    async def _read(self, request: web.Request) -> web.Response:
        run = self.runs.get(request.match_info["id"])
        if run is None:
            return _json({"error": {"code": "RUN_NOT_FOUND", "message": "The run was not found."}}, 404)
        self._looked_at(run)
        if run.press is not None:
            run.press.runflow += 1
        return _json(self._record(run))

    async def _list(self, request: web.Request) -> web.Response:
        """Runs by filter, order, projection and pages; those on the page were looked at."""
        self._book.lists += 1
        try:
            query = parse_search(request.query)
        except Refused as refused:
            return _json({"error": {"code": "BAD_REQUEST", "message": str(refused)}}, 400)
        newest = list(reversed(self.runs.values()))
        if (is_found := query.by_creation()) is not None:
            found = [run for run in newest if is_found(run.created_at)]
        else:
            found = [self.runs[str(one["id"])] for one in matching([self._record(run) for run in newest], query)]
        shown = found[query.offset : query.offset + query.limit]
        for run in shown:
            self._looked_at(run)
        return _json(page([self._record(run) for run in shown], len(found), query, "next"))

    def _looked_at(self, run: Run) -> None:
        run.looks.append(asyncio.get_running_loop().time())

    async def _balance(self, _: web.Request) -> web.Response:
        return _json({"id": _ORG, "org_id": _ORG, "balance": "1000"})

    async def _me(self, _: web.Request) -> web.Response:
        return _json({"id": _ORG, "org_id": _ORG, "name": "Bench", "email": None})

    async def _storage(self, request: web.Request) -> web.Response:
        data = self._pictures.of(int(request.match_info["side"]))
        return web.Response(body=data, headers={"Content-Type": "image/png"})

    def _status(self, run: Run) -> str:
        if run.done_s is not None:
            return "succeeded"
        return "queued" if asyncio.get_running_loop().time() - run.began_s < _QUEUED_S else "running"

    def _record(self, run: Run) -> dict[str, Any]:
        return {
            "id": run.id,
            "org_id": _ORG,
            "model_id": _MODEL,
            "target_type": "model",
            "source_code": "api",
            "status_code": self._status(run),
            "client_ref": run.client_ref,
            "metadata": run.metadata,
            "callback_url": run.callback_url,
            "created_at": _written(run.created_at),
            "started_at": None,
            "completed_at": _written(run.completed_at),
            "duration_ms": None if run.done_s is None else round((run.done_s - run.began_s) * 1000),
            "output": None if run.done_s is None else self._output(run),
            "cost": None if run.done_s is None else "0.005243",
            "failure_code": None,
            "failure_message": None,
        }

    def _output(self, run: Run) -> dict[str, Any]:
        signed = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=3600&X-Amz-Signature=" + "5e" * 32
        urls = [f"{self.base_url}/storage/{run.side_px}/{run.id}-{at}.png?{signed}" for at in range(run.pictures)]
        size = {"width": run.side_px, "height": run.side_px}
        return {
            "outputs": [{"url": url, "type": "image", **size} for url in urls],
            "seed": 7,
            "model_data": None,
            "nsfw_detected": False,
            "timing": {"inference_ms": 400},
        }

    def _done(self, run: Run) -> None:
        run.done_s, run.completed_at = asyncio.get_running_loop().time(), datetime.now(UTC)
        if run.press is not None:
            run.press.ready_s = run.done_s
        if run.callback_url is not None:
            task = asyncio.get_running_loop().create_task(self._tell(run, run.callback_url))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell(self, run: Run, url: str) -> None:
        """A signed callback, again where it was not taken."""
        body = dumped(
            {
                "event": "run.completed",
                "run_id": run.id,
                "status": "succeeded",
                "output": self._output(run),
                "duration_ms": None,
                "created_at": _written(run.created_at),
                "completed_at": _written(run.completed_at),
                "metadata": run.metadata,
            }
        )
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "Runflow-Signature": signature}
        self._session = self._session or aiohttp.ClientSession(trust_env=False)
        for wait_s in (*_AGAIN_S, 0):
            with suppress(aiohttp.ClientError, TimeoutError):
                async with self._session.post(url, data=body, headers=headers) as answer:
                    if answer.ok:
                        return
            await asyncio.sleep(wait_s)


def _written(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _json(payload: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=dumped(payload), headers={"Content-Type": "application/json"})
