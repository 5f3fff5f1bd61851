"""The Runflow stand-in over real sockets: every route, and what each switch changes."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from PIL import Image

from sandbox.clock import SandboxClock
from sandbox.runflow import RunflowStandin
from sandbox.runflow.switches import DEFAULT, PROFILES, Switches

KEY = "rf_sandbox_key"
CREATE = "/v1/models/black-forest-labs/flux-2-klein-4b/runs"
SMALL = {"prompt": "a red fox in snow", "image_size": "square"}


@dataclass(slots=True)
class Answer:
    status: int
    body: Any
    headers: Any


@dataclass(slots=True)
class Caller:
    """A client of the stand-in that holds a key, and moves the clock."""

    standin: RunflowStandin
    clock: SandboxClock
    session: aiohttp.ClientSession

    async def call(self, method: str, path: str, *, key: str | None = KEY, **more: Any) -> Answer:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        async with self.session.request(method, self.standin.url + path, headers=headers, **more) as answer:
            is_json = answer.content_type == "application/json"
            return Answer(answer.status, await answer.json() if is_json else await answer.text(), answer.headers)

    async def get(self, path: str) -> Answer:
        return await self.call("GET", path)

    async def create(self, **body: Any) -> Answer:
        return await self.call("POST", CREATE, json={"input": SMALL, **body})

    async def finished(self, **given: Any) -> dict[str, Any]:
        """A run that was created and has come to its end."""
        created = await self.create(input={**SMALL, **given})
        self.clock.advance(30)
        return (await self.get(f"/v1/runs/{created.body['id']}")).body

    async def picture(self, url: str) -> tuple[int, bytes]:
        async with self.session.get(url) as answer:
            return answer.status, await answer.read()


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    clock = SandboxClock(stopped=True)
    async with RunflowStandin(clock=clock) as standin, aiohttp.ClientSession() as session:
        yield Caller(standin, clock, session)


def urls(run: dict[str, Any]) -> list[str]:
    return [entry["url"] for entry in run["output"]["outputs"]]


async def test_a_run_goes_its_way_by_the_clock_alone(caller: Caller) -> None:
    created = await caller.create(metadata={"job": "j1"}, client_ref="j1")
    assert created.status == 201
    assert (created.body["status_code"], created.body["output"], created.body["cost"]) == ("queued", None, None)
    assert (created.body["metadata"], created.body["client_ref"]) == ({"job": "j1"}, "j1")
    seen: list[str] = []
    for _ in range(21):
        seen.append((await caller.get(f"/v1/runs/{created.body['id']}")).body["status_code"])
        caller.clock.advance(0.05)
    assert list(dict.fromkeys(seen)) == ["queued", "dispatching", "running", "succeeded"]


async def test_a_finished_run_has_everything(caller: Caller) -> None:
    run = await caller.finished(num_images=2, seed=7)
    assert [(entry["type"], entry["width"], entry["height"]) for entry in run["output"]["outputs"]] == [
        ("image", 512, 512)
    ] * 2
    assert (run["output"]["seed"], run["output"]["nsfw_detected"], run["duration_ms"]) == (7, False, 1000)
    assert run["cost"] == "0.00262144"
    assert caller.standin.billed_micro_usd() == 2621
    assert run["created_at"].endswith("Z")


@pytest.mark.parametrize(("asked", "seen"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
async def test_pictures_have_the_format_and_size_asked_for(caller: Caller, asked: str, seen: str) -> None:
    run = await caller.finished(output_format=asked, image_size="portrait_16_9")
    status, content = await caller.picture(urls(run)[0])
    picture = Image.open(io.BytesIO(content))
    assert (status, picture.format, picture.size) == (200, seen, (576, 1024))


async def test_the_same_seed_gives_the_same_bytes(caller: Caller) -> None:
    first, again, other = [await caller.finished(seed=seed, num_images=2) for seed in (5, 5, 6)]
    contents = [[(await caller.picture(url))[1] for url in urls(run)] for run in (first, again, other)]
    assert contents[0] == contents[1]
    assert contents[0][0] not in {contents[0][1], contents[2][0]}


async def test_the_standin_seeds_what_nobody_seeded(caller: Caller) -> None:
    mine = (await caller.finished())["output"]["seed"]
    async with RunflowStandin(clock=caller.clock) as twin:
        theirs = (await Caller(twin, caller.clock, caller.session).finished())["output"]["seed"]
    assert mine == theirs


async def test_storage_refuses_as_s3_does(caller: Caller) -> None:
    url = urls(await caller.finished())[0]
    assert (await caller.picture(url.split("?")[0]))[0] == 403
    assert (await caller.picture(url[:-1] + ("0" if url[-1] != "0" else "1")))[0] == 403
    assert (await caller.call("GET", url.removeprefix(caller.standin.url))).status == 400
    assert (await caller.picture(url))[0] == 200
    caller.clock.advance(DEFAULT.url_lifetime_s)
    assert (await caller.picture(url))[0] == 403


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "prompt"),
        ({"prompt": "  "}, "prompt"),
        ({"prompt": 3}, "prompt"),
        ({"prompt": "x", "num_images": 5}, "num_images"),
        ({"prompt": "x", "num_images": True}, "num_images"),
        ({"prompt": "x", "num_inference_steps": 0}, "num_inference_steps"),
        ({"prompt": "x", "seed": -1}, "seed"),
        ({"prompt": "x", "image_size": "huge"}, "image_size"),
        ({"prompt": "x", "output_format": "gif"}, "output_format"),
        ({"prompt": "x", "guidance_scale": 2.5}, "guidance_scale"),
    ],
)
async def test_wrong_input_is_refused_and_named(caller: Caller, given: dict[str, Any], field: str) -> None:
    answer = await caller.create(input=given)
    assert (answer.status, answer.body["code"]) == (422, "VALIDATION_ERROR")
    assert answer.body["errors"][0]["loc"] == ["input", field]
    assert not caller.standin.runs


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"nonsense", 400),
        (b"[]", 400),
        (b'{"input": []}', 422),
        (b'{"input": {"prompt": "x"}, "metadata": 1}', 422),
        (b'{"input": {"prompt": "x"}, "callback_url": "ftp://x"}', 422),
        (b'{"input": {"prompt": "x"}, "client_ref": "' + b"x" * 256 + b'"}', 422),
        (b'{"input": {"prompt": "x"}, "surprise": 1}', 422),
    ],
)
async def test_wrong_bodies_are_refused(caller: Caller, body: bytes, status: int) -> None:
    assert (await caller.call("POST", CREATE, data=body)).status == status


async def test_other_routes(caller: Caller) -> None:
    run = await caller.finished()
    assert {"code": "canceled"} in (await caller.get("/v1/runs/statuses")).body["items"]
    assert (await caller.get("/v1/billing/balance")).body == {"balance_cents": 9999, "currency": "USD"}
    assert (await caller.get("/v1/auth/me")).status == 200
    assert (await caller.get("/v1/models")).body["items"][0]["slug"] == "flux-2-klein-4b"
    model = (await caller.get("/v1/models/black-forest-labs/flux-2-klein-4b")).body
    assert next(entry for entry in model["inputs"] if entry["name"] == "num_images")["validator_attrs"]["max"] == 4
    assert (await caller.get("/v1/models/black-forest-labs/other")).status == 404
    assert (await caller.call("GET", "/v1/health", key=None)).body == {"status": "ok"}
    assert (await caller.get(f"/v1/runs/{run['id']}/logs")).body == []
    assert (await caller.get("/v1/runs/none")).body["code"] == "RUN_NOT_FOUND"
    assert (await caller.get("/v1/nowhere")).body["code"] == "NOT_FOUND"
    assert (await caller.call("GET", "/v1/auth/me", key="wrong")).status == 401
    assert (await caller.call("GET", "/v1/auth/me", key=None)).status == 401


async def test_lists_are_searched_sorted_projected_and_paged(caller: Caller) -> None:
    for number in range(5):
        await caller.create(client_ref=f"job-{number}")
        caller.clock.advance(0.2)
    first = (await caller.get("/v1/runs?limit=2&fields=client_ref")).body
    assert first["items"] == [{"client_ref": "job-4"}, {"client_ref": "job-3"}]
    second = (await caller.get(f"/v1/runs?limit=2&fields=client_ref&pq={first['next']}")).body
    assert second["items"] == [{"client_ref": "job-2"}, {"client_ref": "job-1"}]
    back = (await caller.get(f"/v1/runs?limit=2&fields=client_ref&pq={second['previous']}")).body
    assert back["items"] == first["items"]
    params = {"q": 'client_ref:"job-3" OR client_ref:job-0', "sort_by": "created_at:asc", "fields": "client_ref"}
    found = (await caller.call("GET", "/v1/runs", params=params)).body
    assert [item["client_ref"] for item in found["items"]] == ["job-0", "job-3"]
    assert (await caller.get("/v1/runs?limit=501")).status == 422
    assert (await caller.get("/v1/runs?q=metadata.job:x")).status == 400

    caller.standin.switches = replace(DEFAULT, list_client_ref="ignored", list_cursors="next_pq")
    ignored = (await caller.get("/v1/runs?q=client_ref:job-3&limit=2")).body
    assert len(ignored["items"]) == 2
    assert {"next_pq", "prev_pq"} < ignored.keys()
    caller.standin.switches = replace(DEFAULT, list_client_ref="refused", list_errors=1)
    assert (await caller.get("/v1/runs")).status == 502
    assert (await caller.get("/v1/runs?q=client_ref:job-3")).status == 400


async def test_an_admin_cancels_once(caller: Caller) -> None:
    run_id = (await caller.create()).body["id"]
    caller.clock.advance(0.5)
    assert (await caller.call("POST", f"/v1/admin/runs/{run_id}/cancellation")).status == 201
    caller.clock.advance(5)
    again = await caller.call("POST", f"/v1/admin/runs/{run_id}/cancellation")
    assert (again.status, again.body["status_code"], again.body["output"]) == (200, "canceled", None)
    assert caller.standin.billed_micro_usd() == 0


async def test_requests_are_recorded(caller: Caller) -> None:
    await caller.create(client_ref="x")
    await caller.call("POST", CREATE, key=None, data=b"?")
    first, second = caller.standin.requests
    assert (first.method, first.path, first.authorization, first.body) == (
        "POST",
        CREATE,
        True,
        {"input": SMALL, "client_ref": "x"},
    )
    assert (second.authorization, second.body) == (False, None)
    assert (caller.standin.create_requests, len(caller.standin.runs)) == (2, 1)


async def test_a_run_keeps_the_switches_it_was_created_under(caller: Caller) -> None:
    run_id = (await caller.create()).body["id"]
    caller.standin.switches = Switches(outcome="failed")
    caller.clock.advance(5)
    assert (await caller.get(f"/v1/runs/{run_id}")).body["status_code"] == "succeeded"


async def test_closing_does_not_wait_for_answers_that_are_held_back() -> None:
    clock = SandboxClock(stopped=True)
    switches = Switches(create_delay_s=3600)
    async with aiohttp.ClientSession() as session, asyncio.timeout(5):
        async with RunflowStandin(clock=clock, switches=switches) as standin:
            waiting = asyncio.create_task(Caller(standin, clock, session).create(), name="create")
            while not standin.runs:
                await Caller(standin, clock, session).get("/v1/health")
        with pytest.raises(aiohttp.ClientConnectionError):
            await waiting


async def test_a_run_is_billed_once(caller: Caller) -> None:
    for _ in range(3):
        await caller.create(input={**SMALL, "num_images": 4})
        caller.clock.advance(30)
    assert caller.standin.billed_micro_usd() == caller.standin.billed_micro_usd() == 3 * 5243


@pytest.mark.parametrize("name", PROFILES)
async def test_every_profile_answers_like_runflow(caller: Caller, name: str) -> None:
    """Whatever a profile does, an answer is the run, an error, or a broken connection: never a fault of our own."""
    caller.standin.switches = replace(PROFILES[name], create_delay_s=0.0)
    for path in ("/v1/runs", "/v1/billing/balance", "/v1/models", "/v1/health"):
        assert (await caller.get(path)).status < 500
    for _ in range(2):
        try:
            created = await caller.create()
        except aiohttp.ClientConnectionError:
            continue
        assert created.status in {200, 201, 401, 402, 403, 422, 429, 503, 504}
    caller.clock.advance(60)
    for run_id in caller.standin.runs:
        statuses: list[int] = []
        for _ in range(6):
            with contextlib.suppress(aiohttp.ClientConnectionError):
                statuses.append((await caller.get(f"/v1/runs/{run_id}")).status)
        assert set(statuses) <= {200, 401, 403, 429, 502}
        assert statuses[-1] == 200
