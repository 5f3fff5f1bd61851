"""Whatever anybody sends: the receiver answers, nothing is raised to the outside, and no row changes by itself."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlalchemy import Connection

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.clock import SystemClock
from bot.errors import RunflowUnclear
from bot.ledger import recount
from bot.ledger.values import Defaults
from bot.runflow import wire
from bot.runflow.callback import SIGNATURE_HEADER, is_signed
from bot.runs.execution.callbacks import CallbackHint, CallbackHints, HeardCallbacks
from bot.runs.run import Run, State
from bot.runs.store import RunStore
from bot.runs.transitions import FINAL, Change, read
from bot.store.engine import Store
from bot.web.callbacks import CALLBACK_PATH, CallbackReceiver
from sandbox.runflow.callbacks import signature
from tests.examples import share
from tests.unit.runs.made import NOON, a_run

SECRET = "whsec_of_this_test"
RUNFLOW_ID = "01980c1e-5a00-7c3e-9d2b-1f2e3d4c5b6a"
ANSWERED = {200, 400, 401, 408, 413, 415}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
_MEMBERS = (
    "id", "run_id", "status", "status_code", "output", "cost", "metadata", "client_ref", "failure_code", "error",
    "failure_message", "duration_ms", "completed_at", "event", "items", "next", "detail", "balance_cents", "balance",
)  # fmt: skip
_STATUSES = (
    "queued", "dispatching", "running", "succeeded", "partial_succeeded", "failed", "canceled", "cancelled", "odd",
)  # fmt: skip


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """A run's record as it might be, with any of its members replaced by anything."""
    true: dict[str, Any] = {
        "id": RUNFLOW_ID,
        "run_id": RUNFLOW_ID,
        "status_code": draw(st.sampled_from(_STATUSES)),
        "status": draw(st.sampled_from(_STATUSES)),
        "cost": draw(st.sampled_from(("0.003", "0", "99.9", None, "-1", "1e400", "NaN", 0.003))),
        "output": {"outputs": [{"url": "http://127.0.0.1:9/x.png", "width": 512, "height": 512}], "seed": 7},
        "metadata": {"job": draw(st.sampled_from(("0" * 32, "1" * 32)))},
    }
    return true | draw(st.dictionaries(st.sampled_from(_MEMBERS), json_values, max_size=5))


def written(value: object) -> bytes:
    return json.dumps(value).encode(errors="replace")


bodies = st.binary(max_size=300) | json_values.map(written) | records().map(written)


@given(body=bodies | st.lists(records(), max_size=3).map(lambda runs: written({"items": runs})))
def test_any_answer_is_a_value_or_unclear(body: bytes) -> None:
    wire.parse_error(body)
    wire.parse_balance(body)
    for parse in (wire.parse_reading, wire.parse_run_page, wire.parse_status_page):
        with suppress(RunflowUnclear):
            parse(body)


@dataclass
class Receiver:
    """The receiver on a socket with what it sets off, and one run that Runflow is working on."""

    url: str
    session: aiohttp.ClientSession
    book: RunStore
    run: Run
    database: Path
    woken: asyncio.Queue[str]

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        async with self.session.post(self.url, data=body, headers=headers) as answer:
            assert await answer.read() == b""
            return answer.status

    def rows(self) -> list[tuple[object, ...]]:
        """Everything the database holds of runs and money."""
        with closing(sqlite3.connect(self.database)) as connection:
            tables = ("runs", "ledger_entries", "ledger_totals")
            return [row for table in tables for row in connection.execute(f"SELECT * FROM {table}")]


async def working(book: RunStore, number: int, runflow_id: str = RUNFLOW_ID) -> Run:
    """A run that was accepted and created."""
    run = a_run(id=f"{number:032x}", reply=replace(a_run().reply, interaction_id=number))
    run = replace(run, rules=run.rules_then)  # as every accepted run knows them
    assert await book.open(run)
    return await book.apply(run, Change(replace(run, state=State.RUNNING, runflow_id=runflow_id, submitted_at=NOON)))


@asynccontextmanager
async def receiving(directory: Path) -> AsyncGenerator[Receiver]:
    clock, waiting, woken = SystemClock(), asyncio.Queue[CallbackHint](100), asyncio.Queue[str]()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store.open(f"sqlite+aiosqlite:///{directory / 'any.db'}"))
        book = RunStore(store=store, defaults=Defaults(), clock=clock)
        app = web.Application()
        CallbackReceiver(secrets=[SecretStr(SECRET)], hints=waiting, registry=CollectorRegistry()).add_to(app)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}{CALLBACK_PATH}"
        session = await stack.enter_async_context(aiohttp.ClientSession())
        heard = HeardCallbacks(asked_for=True)
        hints = CallbackHints(store=book, waiting=waiting, wake=woken.put_nowait, heard=heard, clock=clock)
        serving = asyncio.create_task(hints.serve(), name="hints")
        try:
            yield Receiver(url, session, book, await working(book, 1), directory / "any.db", woken)
            assert not serving.done()
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


_HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=80)
_KINDS = st.sampled_from(("application/json", "application/json; charset=utf-8", "text/plain", "a/b/c", ""))


async def test_any_callback_is_answered_and_changes_nothing(tmp_path: Path) -> None:
    async with receiving(tmp_path) as receiver:
        before = receiver.rows()

        async def send(body: bytes, signed: str | None, kind: str) -> None:
            sent = {"Content-Type": kind} | ({} if signed is None else {SIGNATURE_HEADER: signed})
            status = await receiver.post(body, sent)
            assert status in ANSWERED
            if not is_signed(body, signed, [SECRET]):
                assert status in {401, 413, 415}
            assert receiver.rows() == before

        loop = asyncio.get_running_loop()

        @share(0.6)
        @given(body=bodies, header=st.none() | _HEADER, is_true=st.booleans(), kind=_KINDS)
        def any_callback(body: bytes, header: str | None, is_true: bool, kind: str) -> None:
            signed = signature(SECRET, body) if is_true else header
            asyncio.run_coroutine_threadsafe(send(body, signed, kind), loop).result(timeout=20)

        await asyncio.to_thread(any_callback)


async def test_an_unsigned_callback_wakes_nobody_and_a_signed_one_does(tmp_path: Path) -> None:
    body = written({"run_id": RUNFLOW_ID, "status": "failed", "metadata": {"job": f"{1:032x}"}, "cost": "99"})
    async with receiving(tmp_path) as receiver:
        before = receiver.rows()
        plain = {"Content-Type": "application/json"}
        for forged in (plain, plain | {SIGNATURE_HEADER: signature("whsec_of_another", body)}):
            assert await receiver.post(body, forged) == 401
        assert await receiver.post(body, plain | {SIGNATURE_HEADER: signature(SECRET, body)}) == 200
        assert await asyncio.wait_for(receiver.woken.get(), 5) == receiver.run.id
        assert receiver.woken.empty()
        assert receiver.rows() == before


async def test_any_reading_leaves_the_row_and_the_books_whole(tmp_path: Path) -> None:
    async with Store.open(f"sqlite+aiosqlite:///{tmp_path / 'any.db'}") as store:
        book = RunStore(store=store, defaults=Defaults(), clock=SystemClock())
        numbers = count(1)

        async def follow(bodies: list[bytes]) -> None:
            number = next(numbers)
            run = await working(book, number, f"run-{number}")
            for body in bodies:
                try:
                    reading = wire.parse_reading(body)
                except RunflowUnclear:
                    continue
                change = read(run, reading, FLUX_KLEIN, NOON)
                then = run if change is None else await book.apply(run, change)
                assert then == await book.load(run.id)
                assert run.state not in FINAL or then == run  # an end stays
                run = then

            def look(connection: Connection) -> None:
                assert not list(recount.disagreements(connection))

            await store.read(look)

        loop = asyncio.get_running_loop()

        @share(0.6)
        @given(bodies=st.lists(records().map(written) | bodies, max_size=3))
        def any_readings(bodies: list[bytes]) -> None:
            asyncio.run_coroutine_threadsafe(follow(bodies), loop).result(timeout=20)

        await asyncio.to_thread(any_readings)
