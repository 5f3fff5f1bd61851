"""The routes of the stand-in, each a small function over what it remembers."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from aiohttp import web

from sandbox.runflow import creates
from sandbox.runflow.callbacks import Callbacks
from sandbox.runflow.models import MODELS
from sandbox.runflow.records import Records
from sandbox.runflow.refusals import Broken, Refused, rate_limited, server_error
from sandbox.runflow.run import StandinRun, view
from sandbox.runflow.search import Search, matching, page, parse_search
from sandbox.runflow.sources import Source, Sources
from sandbox.runflow.state import State
from sandbox.runflow.storage import Storage
from sandbox.runflow.wire import ORG_ID, STATUSES, timestamp

_LONG_BYTES: Final = 256 * 1024
"""Longer bodies are parsed in a thread."""


class Routes:
    """Answers requests. Every handler may raise Refused or Broken, which the stand-in's door turns into answers."""

    def __init__(
        self, *, state: State, records: Records, storage: Storage, sources: Sources, callbacks: Callbacks
    ) -> None:
        self._state = state
        self._sources = sources
        self._records = records
        self._storage = storage
        self._callbacks = callbacks

    def table(self) -> list[web.RouteDef]:
        """All routes. A literal path stands before a pattern that would match it too."""
        return [
            web.post("/v1/models/{owner}/{slug:.+}/runs", self.create),
            web.get("/v1/models", self.models),
            web.get("/v1/public/models", self.models),
            web.get("/v1/models/{owner}/{slug:.+}", self.model),
            web.get("/v1/runs", self.search),
            web.get("/v1/runs/statuses", self.statuses),
            web.get("/v1/runs/{id}", self.read),
            web.get("/v1/runs/{id}/logs", self.nothing),
            web.get("/v1/runs/{id}/node-runs", self.nothing),
            web.get("/v1/runs/{id}/callback", self.deliveries),
            web.post("/v1/runs/{id}/callback-redeliveries", self.redeliver),
            web.post("/v1/admin/runs/{id}/cancellation", self.cancel),
            web.get("/v1/billing/balance", self.balance),
            web.get("/v1/auth/me", self.me),
            web.get("/v1/health", self.health),
            web.get("/storage/{key:.+}", self._storage.answer),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """`POST /v1/models/{owner}/{slug}/runs`."""
        state = self._state
        creates.admit(state)
        model = creates.require_model(request.match_info["owner"], request.match_info["slug"], state.switches)
        raw = await request.read()
        body = await asyncio.to_thread(creates.parse_body, raw) if len(raw) > _LONG_BYTES else creates.parse_body(raw)
        problems = creates.check(state, body, model)
        sources: tuple[Source, ...] = ()
        if model.takes_pictures and not problems:
            # Before the run exists, so that its course is known from its start; what is wrong with them shows late.
            sources, problems = await self._sources.gather(body.given["image_urls"], state.switches)
            body = self._with_assets(body, sources)
        run = creates.accept(state, body, model, problems, sources)
        # Where callbacks come before the answer, the answer still tells of the run as it was created.
        record = await self._records.record(run, reading=False)
        if run.switches.callback_time == "before_create_answer" and run.callback_url is not None:
            await self._callbacks.at_end(run)
        else:
            self._callbacks.watch(run)
        if state.take("lost_creates"):
            raise Broken(reset=False)
        if run.switches.create_error_accepts and state.take("create_errors"):
            raise server_error(run.switches.create_error_status)
        if run.switches.create_delay_s:
            await state.clock.sleep(run.switches.create_delay_s)
        return web.json_response(record, status=run.switches.create_status)

    def _with_assets(self, body: creates.CreateBody, sources: Sequence[Source]) -> creates.CreateBody:
        """The body with what was sent inline put into the storage, as Runflow does."""
        if not any(source.inline for source in sources):
            return body
        urls = [
            self._storage.keep_asset(source.content, self._state.new_id()) if source.inline else url
            for url, source in zip(body.given["image_urls"], sources, strict=True)
        ]
        return replace(body, given={**body.given, "image_urls": urls})

    async def read(self, request: web.Request) -> web.Response:
        """`GET /v1/runs/{id}`."""
        state = self._state
        if state.take("get_resets"):
            raise Broken(reset=True)
        if state.take("limited_gets"):
            raise rate_limited(state.switches, state.now())
        if state.take("get_errors"):
            raise server_error(state.switches.get_error_status)
        run = self._run(request)
        if state.now() < run.created_at + timedelta(seconds=run.switches.get_missing_s):
            raise _missing()
        state.looked_at.add(run.id)
        return web.json_response(await self._records.record(run, reading=True))

    async def search(self, request: web.Request) -> web.Response:
        """`GET /v1/runs`."""
        state = self._state
        if state.take("list_errors"):
            raise server_error(state.switches.get_error_status)
        query = parse_search(request.query, state.switches.list_client_ref, state.switches.list_created_at)
        now = state.now()
        # The newest come first where two were created in the same moment.
        listed = [
            run
            for run in reversed(list(state.runs.values()))
            if run.created_at + timedelta(seconds=run.switches.list_lag_s) <= now
        ]
        found = await self._found(listed, query)
        shown = found[query.offset : query.offset + query.limit]
        state.looked_at.update(run.id for run in shown)
        bare = bool(query.wanted) and "output" not in query.wanted
        items = [await self._records.record(run, reading=False, bare=bare) for run in shown]
        return web.json_response(page(items, len(found), query, state.switches.list_cursors))

    async def _found(self, listed: list[StandinRun], query: Search) -> list[StandinRun]:
        """The runs that a search finds, in its order."""
        if (is_found := query.by_creation()) is not None:
            return [run for run in listed if is_found(run.created_at)]
        records = [await self._records.record(run, reading=False, bare=True) for run in listed]
        return [self._state.runs[str(record["id"])] for record in matching(records, query)]

    async def statuses(self, _: web.Request) -> web.Response:
        """`GET /v1/runs/statuses`. The shape of the answer is not documented."""
        return web.json_response({"items": [{"code": code} for code in STATUSES]})

    async def nothing(self, request: web.Request) -> web.Response:
        """Logs and node runs: a model of a single step has none."""
        self._run(request)
        return web.json_response([])

    async def deliveries(self, request: web.Request) -> web.Response:
        """`GET /v1/runs/{id}/callback`: the history of deliveries."""
        run = self._run(request)
        return web.json_response([delivery.wire() for delivery in self._callbacks.history(run.id)])

    async def redeliver(self, request: web.Request) -> web.Response:
        """`POST /v1/runs/{id}/callback-redeliveries`."""
        run = self._run(request)
        if not view(run, self._state.now()).is_final:
            raise Refused(409, "CONFLICT", "The run is not over yet.")
        delivery = await self._callbacks.redeliver(run)
        if delivery is None:
            raise Refused(400, "BAD_REQUEST", "The run has no callback address.")
        return web.json_response(delivery.wire(), status=201)

    async def cancel(self, request: web.Request) -> web.Response:
        """`POST /v1/admin/runs/{id}/cancellation`: 201 when it cancelled the run, 200 when there was nothing left."""
        run = self._run(request)
        now = self._state.now()
        status = 200
        if not view(run, now).is_final:
            run = replace(run, canceled_at=now)
            self._state.keep(run)
            self._callbacks.watch(run)
            status = 201
        return web.json_response(await self._records.record(run, reading=False), status=status)

    async def balance(self, _: web.Request) -> web.Response:
        """`GET /v1/billing/balance`, in the form that the switches ask for."""
        kind, left = self._state.switches.balance, self._state.credit_micro_usd()
        if kind == "forbidden":
            raise Refused(403, "PERMISSION_DENIED", "The key may not read the balance.")
        if kind == "missing":
            raise Refused(404, "NOT_FOUND", "Not found.")
        if kind == "cents":
            return web.json_response({"balance_cents": left // 10_000, "currency": "USD"})
        return web.json_response(
            {
                "id": ORG_ID,
                "org_id": ORG_ID,
                "balance": format((Decimal(left) / 10**6).normalize(), "f"),
                "low_balance_threshold": "10",
                "low_balance_notified_at": None,
                "created_at": "2026-01-01T00:00:00Z",
                "updated_at": timestamp(self._state.now(), "z"),
            }
        )

    async def models(self, _: web.Request) -> web.Response:
        """`GET /v1/models`."""
        kind = self._state.switches.model
        items = [] if kind == "missing" else [model.wire(available=kind == "available") for model in MODELS.values()]
        return web.json_response({"items": items, "first": None, "next": None, "previous": None})

    async def model(self, request: web.Request) -> web.Response:
        """`GET /v1/models/{owner}/{slug}`."""
        kind = self._state.switches.model
        known = replace(self._state.switches, model="missing" if kind == "missing" else "available")
        model = creates.require_model(request.match_info["owner"], request.match_info["slug"], known)
        return web.json_response(model.wire(available=kind == "available"))

    async def me(self, _: web.Request) -> web.Response:
        """`GET /v1/auth/me`."""
        return web.json_response({"id": ORG_ID, "org_id": ORG_ID, "name": "Sandbox", "email": None})

    async def health(self, _: web.Request) -> web.Response:
        """`GET /v1/health`, which needs no key."""
        body: Mapping[str, Any] = {"ok": True} if self._state.switches.health == "ok" else {"status": "ok"}
        return web.json_response(body)

    def _run(self, request: web.Request) -> StandinRun:
        run = self._state.runs.get(request.match_info["id"])
        if run is None:
            raise _missing()
        return run


def _missing() -> Refused:
    return Refused(404, "RUN_NOT_FOUND", "The run was not found.")
