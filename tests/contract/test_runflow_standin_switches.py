"""The switches of the Runflow stand-in, one by one, as a client sees them."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from PIL import Image

from sandbox.clock import SandboxClock
from sandbox.runflow import RunflowStandin
from sandbox.runflow.switches import ALWAYS, PROFILES, Switches

CREATE = "/v1/models/black-forest-labs/flux-2-klein-4b/runs"


@dataclass(slots=True)
class Client:
    standin: RunflowStandin
    clock: SandboxClock
    session: aiohttp.ClientSession

    async def get(self, path: str) -> tuple[int, Any, Any]:
        async with self.session.get(self.standin.url + path) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else await answer.text(), answer.headers

    async def create(self, **given: Any) -> tuple[int, Any, Any]:
        body = {"input": {"prompt": "a fox", "image_size": "square", **given}, "client_ref": "j"}
        async with self.session.post(self.standin.url + CREATE, json=body) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else await answer.text(), answer.headers

    async def run(self, switches: Switches, **given: Any) -> dict[str, Any]:
        """What a run created under these switches says when all is over."""
        self.standin.switches = switches
        _, created, _ = await self.create(**given)
        self.clock.advance(10)
        return (await self.get(f"/v1/runs/{created['id']}"))[1]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    clock = SandboxClock(stopped=True)
    headers = {"Authorization": "Bearer rf_sandbox_key"}
    async with RunflowStandin(clock=clock) as standin, aiohttp.ClientSession(headers=headers) as session:
        yield Client(standin, clock, session)


async def fetch(url: str) -> tuple[int, bytes]:
    async with aiohttp.request("GET", url) as answer:
        return answer.status, await answer.read()


@pytest.mark.parametrize(
    ("switches", "status"),
    [
        (Switches(outcome="failed"), "failed"),
        (Switches(outcome="canceled"), "canceled"),
        (Switches(outcome="canceled", cancel_status_code="cancelled"), "cancelled"),
        (Switches(outcome="stuck_queued"), "queued"),
        (Switches(outcome="stuck_running"), "running"),
        (Switches(outcome="unknown"), "archiving"),
        (Switches(outcome="unknown", unknown_status_s=3), "succeeded"),
        (Switches(nsfw="failed"), "failed"),
        (Switches(images_missing=1, shortfall_status="partial_succeeded"), "partial_succeeded"),
        (Switches(provider_max_steps=3), "failed"),
    ],
)
async def test_outcomes(client: Client, switches: Switches, status: str) -> None:
    run = await client.run(switches)
    assert run["status_code"] == status
    assert (run["output"] is not None) is (run["cost"] is not None) is (status in {"succeeded", "partial_succeeded"})


async def test_failures_in_each_dialect(client: Client) -> None:
    plain = await client.run(PROFILES["late_input_failure"])
    assert (plain["failure_code"], plain["failure_stage_code"]) == ("INPUT_VALIDATION_FAILED", "preprocess")
    assert plain["errors"][0]["loc"] == ["input", "num_inference_steps"]
    nested = await client.run(Switches(outcome="failed", failure_dialect="error"))
    assert nested["error"]["code"] == "PROVIDER_ERROR"
    assert "failure_code" not in nested
    silent = await client.run(Switches(outcome="failed", failure_dialect="nulls"))
    assert silent["failure_code"] is silent["failure_message"] is None
    late = await client.run(Switches(bad_input="fails_late"), num_images=9)
    assert (late["status_code"], late["failure_code"]) == ("failed", "INPUT_VALIDATION_FAILED")
    assert client.standin.billed_micro_usd() == 0


async def test_output_shapes(client: Client) -> None:
    bare = (await client.run(PROFILES["bare_outputs"]))["output"]
    assert bare["outputs"][0].keys() == {"url", "type"}
    assert bare["seed"] is bare["timing"] is None
    assert "model_data" not in bare
    assert (await client.run(Switches(output_seed="string"), seed=9))["output"]["seed"] == "9"
    assert (await client.run(Switches(output_shape="empty")))["output"]["outputs"] == []
    assert len((await client.run(Switches(output_shape="image_urls"), num_images=3))["output"]["image_urls"]) == 3
    assert isinstance((await client.run(Switches(output_shape="image_list")))["output"]["image"], list)
    assert "url" in (await client.run(Switches(output_shape="image_object")))["output"]["image"]
    assert (await client.run(Switches(output_shape="output_url")))["output"]["output_url"].startswith("http")
    data = (await client.run(Switches(output_shape="data_urls")))["output"]["outputs"][0]["url"]
    assert data.startswith("data:image/png;base64,")
    assert len((await client.run(Switches(images_missing=1), num_images=3))["output"]["outputs"]) == 2


async def test_absent_fields(client: Client) -> None:
    client.standin.switches = Switches(unset_fields="absent")
    _, created, _ = await client.create()
    assert not {"output", "cost", "failure_code"} & created.keys()


async def test_flags(client: Client) -> None:
    flagged = {name: await client.run(Switches(nsfw=name)) for name in ("cleared", "flagged", "black", "empty", "null")}
    assert [run["output"]["nsfw_detected"] for run in flagged.values()] == [False, True, True, True, None]
    assert flagged["empty"]["output"]["outputs"] == []
    _, content = await fetch(flagged["black"]["output"]["outputs"][0]["url"])
    assert Image.open(io.BytesIO(content)).convert("L").getextrema() == (0, 0)
    _, content = await fetch(flagged["flagged"]["output"]["outputs"][0]["url"])
    assert Image.open(io.BytesIO(content)).convert("L").getextrema() != (0, 0)
    unchecked = await client.run(Switches(nsfw="black"), enable_safety_checker=False)
    assert unchecked["output"]["nsfw_detected"] is None


async def test_storage_that_does_not_serve(client: Client) -> None:
    async def first(switches: Switches) -> tuple[str, str]:
        run = await client.run(switches)
        return run["output"]["outputs"][0]["url"], f"/v1/runs/{run['id']}"

    url, path = await first(Switches(storage="expired"))
    assert (await fetch(url))[0] == 403
    url, path = await first(Switches(storage="expired_once"))
    assert (await fetch(url))[0] == 403
    assert (await fetch((await client.get(path))[1]["output"]["outputs"][0]["url"]))[0] == 200
    url, path = await first(Switches(storage="gone"))
    assert (await fetch(url))[0] == 410
    url, path = await first(Switches(fresh_urls=False))
    client.clock.advance(60)
    assert (await client.get(path))[1]["output"]["outputs"][0]["url"] == url


async def test_storage_that_serves_badly(client: Client) -> None:
    async def content(switches: Switches) -> bytes:
        run = await client.run(switches)
        return (await fetch(run["output"]["outputs"][0]["url"]))[1]

    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(await content(Switches(storage="truncated")))).load()
    with pytest.raises(aiohttp.ClientPayloadError):
        await content(Switches(storage="wrong_length"))
    assert (await content(Switches(storage="not_a_picture"))).startswith(b"<!doctype")
    huge = await content(Switches(storage="huge", huge_bytes=3_000_000))
    assert len(huge) == 3_000_000
    Image.open(io.BytesIO(huge)).load()
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(await content(Switches(storage="bomb"))))
    assert Image.open(io.BytesIO(await content(Switches(delivered_format="webp")))).format == "WEBP"


async def test_slow_storage_waits_for_the_clock(client: Client) -> None:
    run = await client.run(Switches(storage="slow", storage_delay_s=3600))
    async with aiohttp.request("GET", run["output"]["outputs"][0]["url"]) as answer:
        start = await answer.content.readany()
        client.clock.advance(3600)
        rest = await answer.read()
    assert len(start) + len(rest) == answer.content_length


@pytest.mark.parametrize(
    ("switches", "status", "code"),
    [
        (Switches(auth="unauthorized"), 401, "UNAUTHORIZED"),
        (Switches(auth="forbidden"), 403, "PERMISSION_DENIED"),
        (Switches(credit_micro_usd=0), 402, "INSUFFICIENT_CREDIT"),
        (Switches(refused_field="prompt"), 422, "VALIDATION_ERROR"),
        (Switches(limited_creates=1), 429, "RATE_LIMITED"),
        (Switches(create_errors=1), 503, "MODEL_UNAVAILABLE"),
        (Switches(create_errors=1, create_error_status=500), 500, "INTERNAL_ERROR"),
        (Switches(model="unavailable"), 503, "MODEL_UNAVAILABLE"),
        (Switches(model="missing"), 404, "MODEL_NOT_FOUND"),
    ],
)
async def test_refused_creates(client: Client, switches: Switches, status: int, code: str) -> None:
    client.standin.switches = switches
    seen, body, headers = await client.create()
    assert (seen, body["code"]) == (status, code)
    assert "Retry-After" not in headers
    assert not client.standin.runs
    assert client.standin.create_requests == 1


async def test_credit_runs_out(client: Client) -> None:
    await client.run(Switches(credit_micro_usd=1000))
    assert (await client.create())[0] == 402


async def test_counts_end_and_start_anew(client: Client) -> None:
    switches = Switches(limited_creates=2)
    client.standin.switches = switches
    assert [(await client.create())[0] for _ in range(3)] == [429, 429, 201]
    client.standin.switches = switches
    assert (await client.create())[0] == 429


async def test_error_bodies(client: Client) -> None:
    async def body(switches: Switches) -> Any:
        client.standin.switches = switches
        return (await client.create())[1]

    refused = Switches(refused_field="prompt")
    assert (await body(replace(refused, error_body="error_object")))["error"]["code"] == "VALIDATION_ERROR"
    assert (await body(replace(refused, error_body="detail")))["detail"][0]["loc"] == ["input", "prompt"]
    assert "<title>422" in await body(replace(refused, error_body="html"))
    assert await body(replace(refused, error_body="empty")) == ""


async def test_retry_after(client: Client) -> None:
    said: list[str] = []
    for kind in ("seconds", "date", "nonsense"):
        client.standin.switches = Switches(limited_creates=ALWAYS, retry_after=kind, retry_after_s=2)
        said.append((await client.create())[2]["Retry-After"])
    assert said[0] == "2"
    assert said[1].endswith("GMT")
    assert said[2] == "a little while"


async def test_creates_whose_answer_is_lost(client: Client) -> None:
    client.standin.switches = Switches(lost_creates=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.create()
    assert len(client.standin.runs) == 1
    client.standin.switches = Switches(reset_creates=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.create()
    assert len(client.standin.runs) == 1
    client.standin.switches = Switches(create_errors=1, create_error_status=504, create_error_accepts=True)
    assert (await client.create())[0] == 504
    assert len(client.standin.runs) == 2
    assert (await client.create())[0] == 201  # never told apart by client_ref
    assert len(client.standin.runs) == 3


async def test_creates_that_are_over_at_once(client: Client) -> None:
    client.standin.switches = Switches(create_terminal=True, create_status=200)
    status, created, _ = await client.create()
    assert (status, created["status_code"], len(created["output"]["outputs"])) == (200, "succeeded", 1)
    client.standin.switches = Switches()
    _, synced, _ = await client.create(sync_mode=True)
    assert synced["output"]["outputs"][0]["url"].startswith("data:")


async def test_reads_that_fail_for_a_while(client: Client) -> None:
    client.standin.switches = Switches(get_missing_s=0.5)
    path = f"/v1/runs/{(await client.create())[1]['id']}"
    assert (await client.get(path))[0] == 404
    client.clock.advance(0.5)
    assert (await client.get(path))[0] == 200
    client.standin.switches = Switches(get_errors=2, limited_gets=1, get_resets=2)  # aiohttp repeats a GET once
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.get(path)
    assert [(await client.get(path))[0] for _ in range(4)] == [429, 502, 502, 200]


async def test_costs(client: Client) -> None:
    rules = ("proportional", "rounded_1e6", "rounded_2e20", "null")
    costs = [(await client.run(Switches(cost=rule), image_size="square_hd"))["cost"] for rule in rules]
    assert costs == ["0.00524288", "0.01", "0.005", None]
    assert "cost" not in await client.run(Switches(cost="absent"), image_size="square_hd")
    assert client.standin.billed_micro_usd() == 5243 + 10_000 + 5_000 + 2 * 5243


async def test_balances(client: Client) -> None:
    client.standin.switches = Switches(balance="decimal", credit_micro_usd=124_500_000)
    assert (await client.get("/v1/billing/balance"))[1]["balance"] == "124.5"
    for switches, status in ((Switches(balance="forbidden"), 403), (Switches(balance="missing"), 404)):
        client.standin.switches = switches
        assert (await client.get("/v1/billing/balance"))[0] == status


async def test_lists_lag(client: Client) -> None:
    client.standin.switches = Switches(list_lag_s=2)
    await client.create()
    assert (await client.get("/v1/runs"))[1]["items"] == []
    client.clock.advance(2)
    assert len((await client.get("/v1/runs"))[1]["items"]) == 1
