"""Callbacks of the Runflow stand-in, received over a real socket, with a clock that is moved."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.clock import SandboxClock
from sandbox.runflow import RunflowStandin
from sandbox.runflow.callbacks import WRONG_SECRET
from sandbox.runflow.switches import Switches

CREATE = "/v1/models/black-forest-labs/flux-2-klein-4b/runs"
SECRET = "whsec_for_tests"


@dataclass(slots=True)
class CallbackHint:
    at: datetime
    body: bytes
    signature: str | None
    request_id: str | None

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass(slots=True)
class Receiver:
    """A web server that answers callbacks with the statuses it is given, then with 200."""

    standin: RunflowStandin
    clock: SandboxClock
    session: aiohttp.ClientSession
    url: str = ""
    statuses: list[int] = field(default_factory=list[int])
    knocks: list[CallbackHint] = field(default_factory=list[CallbackHint])

    async def take(self, request: web.Request) -> web.Response:
        headers = request.headers
        body = await request.read()
        self.knocks.append(
            CallbackHint(self.clock.now(), body, headers.get("Runflow-Signature"), headers.get("Runflow-Request-Id"))
        )
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def create(self, switches: Switches, **body: Any) -> str:
        self.standin.switches = switches
        whole = {"input": {"prompt": "a fox", "image_size": "square"}, "callback_url": self.url, **body}
        async with self.session.post(self.standin.url + CREATE, json=whole) as answer:
            return (await answer.json())["id"]

    async def history(self, run_id: str) -> list[dict[str, Any]]:
        async with self.session.get(f"{self.standin.url}/v1/runs/{run_id}/callback") as answer:
            return await answer.json()

    async def settled(self, run_id: str, deliveries: int = 1) -> list[dict[str, Any]]:
        """The history once that many deliveries are over. Time moves in small steps until then."""
        async with asyncio.timeout(10):
            while True:
                history = await self.history(run_id)
                if len([entry for entry in history if entry["completed_at"]]) >= deliveries:
                    return history
                self.clock.advance(0.1)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    clock = SandboxClock(stopped=True)
    headers = {"Authorization": "Bearer rf_sandbox_key"}
    async with (
        RunflowStandin(clock=clock, callback_secret=SECRET) as standin,
        aiohttp.ClientSession(headers=headers) as session,
    ):
        receiver = Receiver(standin, clock, session)
        app = web.Application()
        app.add_routes([web.post("/cb", receiver.take)])
        runner = web.AppRunner(app, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/cb"
        yield receiver
        await runner.cleanup()


def signed(secret: str) -> Callable[[CallbackHint], bool]:
    def check(knock: CallbackHint) -> bool:
        return knock.signature == hmac.new(secret.encode(), knock.body, hashlib.sha256).hexdigest()

    return check


def unsigned(knock: CallbackHint) -> bool:
    return knock.signature is None


async def test_a_callback_is_signed_and_says_what_the_documents_say(receiver: Receiver) -> None:
    run_id = await receiver.create(Switches(), metadata={"job": "j1"}, client_ref="j1")
    history = await receiver.settled(run_id)
    (knock,) = receiver.knocks
    assert signed(SECRET)(knock)
    assert knock.request_id
    assert list(knock.payload) == [
        "event",
        "run_id",
        "status",
        "output",
        "duration_ms",
        "created_at",
        "completed_at",
        "metadata",
    ]
    assert (knock.payload["event"], knock.payload["run_id"]) == ("run.completed", run_id)
    assert knock.payload["metadata"] == {"job": "j1"}
    assert knock.payload["completed_at"].endswith("+00:00")
    async with aiohttp.request("GET", knock.payload["output"]["outputs"][0]["url"]) as answer:
        assert answer.status == 200
    assert (history[0]["status_code"], history[0]["attempts"][0]["status_code"]) == ("succeeded", 200)


async def test_nothing_comes_before_the_end(receiver: Receiver) -> None:
    run_id = await receiver.create(Switches())
    receiver.clock.advance(0.9)
    assert await receiver.history(run_id) == []
    await receiver.settled(run_id)
    assert len(receiver.knocks) == 1


async def test_server_errors_are_tried_again_after_one_and_two_seconds(receiver: Receiver) -> None:
    receiver.statuses = [500, 503]
    run_id = await receiver.create(Switches())
    (delivery,) = await receiver.settled(run_id)
    first, second, third = receiver.knocks
    assert first.body == second.body == third.body
    assert 1 <= (second.at - first.at).total_seconds() < 2
    assert 2 <= (third.at - second.at).total_seconds() < 3
    assert (delivery["status_code"], delivery["attempt_count"], delivery["max_attempts"]) == ("succeeded", 3, 3)


async def test_retries_end(receiver: Receiver) -> None:
    receiver.statuses = [500] * 9
    (delivery,) = await receiver.settled(await receiver.create(Switches()))
    assert (delivery["status_code"], len(receiver.knocks)) == ("failed", 3)


async def test_refusals_are_final_unless_the_switch_says_otherwise(receiver: Receiver) -> None:
    receiver.statuses = [401]
    await receiver.settled(await receiver.create(Switches()))
    assert len(receiver.knocks) == 1
    receiver.statuses = [401]
    await receiver.settled(await receiver.create(Switches(callback_retry="any_non_2xx")))
    assert len(receiver.knocks) == 3


@pytest.mark.parametrize(
    ("switches", "holds"),
    [
        (Switches(callback_signature="unsigned"), unsigned),
        (Switches(callback_signature="wrong_secret"), signed(WRONG_SECRET)),
        (Switches(callback_signature="old_secret"), signed(f"{SECRET}_before")),
    ],
)
async def test_signatures(receiver: Receiver, switches: Switches, holds: Callable[[CallbackHint], bool]) -> None:
    await receiver.settled(await receiver.create(switches))
    assert holds(receiver.knocks[0])


@pytest.mark.parametrize(
    ("switches", "event", "status"),
    [
        (Switches(outcome="failed"), "run.failed", "failed"),
        (Switches(outcome="canceled"), "run.cancelled", "cancelled"),
        (Switches(outcome="canceled", callback_cancel_status="canceled"), "run.cancelled", "canceled"),
        (
            Switches(images_missing=1, shortfall_status="partial_succeeded"),
            "run.partial_succeeded",
            "partial_succeeded",
        ),
    ],
)
async def test_events(receiver: Receiver, switches: Switches, event: str, status: str) -> None:
    await receiver.settled(await receiver.create(switches))
    payload = receiver.knocks[0].payload
    assert (payload["event"], payload["status"]) == (event, status)
    assert (payload["output"] is None) is (event != "run.partial_succeeded")


async def test_payload_dialects(receiver: Receiver) -> None:
    await receiver.settled(
        await receiver.create(
            Switches(outcome="failed", callback_failed_output="envelope", callback_timestamps="z"),
        )
    )
    payload = receiver.knocks[0].payload
    assert payload["output"]["code"] == "PROVIDER_ERROR"
    assert payload["created_at"].endswith("Z")


async def test_copies(receiver: Receiver) -> None:
    await receiver.settled(await receiver.create(Switches(callback_copies=2)), deliveries=2)
    assert len(receiver.knocks) == 2


async def test_never(receiver: Receiver) -> None:
    run_id = await receiver.create(Switches(callback_time="never"))
    receiver.clock.advance(60)
    assert await receiver.history(run_id) == []


async def test_a_callback_can_come_before_the_create_is_answered(receiver: Receiver) -> None:
    async with asyncio.timeout(10):
        task = asyncio.create_task(receiver.create(Switches(callback_time="before_create_answer")), name="create")
        while not receiver.standin.runs:
            await receiver.history("none yet")
        (run_id,) = receiver.standin.runs
        assert not task.done()
        await receiver.settled(run_id)
        assert receiver.knocks[0].payload["run_id"] == await task


async def test_redelivery_sends_a_payload_made_anew(receiver: Receiver) -> None:
    run_id = await receiver.create(Switches())
    url = f"{receiver.standin.url}/v1/runs/{run_id}/callback-redeliveries"
    async with receiver.session.post(url) as answer:
        assert answer.status == 409
    await receiver.settled(run_id)
    receiver.clock.advance(60)
    async with receiver.session.post(url) as answer:
        assert answer.status == 201
        assert (await answer.json())["is_automatic"] is False
    await receiver.settled(run_id, deliveries=2)
    first, second = receiver.knocks
    assert first.body != second.body
    assert signed(SECRET)(second)


async def test_cancelling_calls_back_once(receiver: Receiver) -> None:
    run_id = await receiver.create(Switches())
    async with receiver.session.post(f"{receiver.standin.url}/v1/admin/runs/{run_id}/cancellation") as answer:
        assert answer.status == 201
    await receiver.settled(run_id)
    receiver.clock.advance(60)
    assert [knock.payload["event"] for knock in receiver.knocks] == ["run.cancelled"]


async def test_an_address_beyond_this_machine_is_never_called(receiver: Receiver) -> None:
    run_id = await receiver.create(Switches(), callback_url="https://bot.example/callbacks/runflow")
    (delivery,) = await receiver.settled(run_id)
    assert delivery["status_code"] == "failed"
    assert "sandbox" in delivery["failure_detail"]


async def test_nobody_at_the_address(receiver: Receiver) -> None:
    run_id = await receiver.create(Switches(), callback_url="http://127.0.0.1:9/cb")
    (delivery,) = await receiver.settled(run_id)
    assert (delivery["status_code"], delivery["attempt_count"]) == ("failed", 3)
