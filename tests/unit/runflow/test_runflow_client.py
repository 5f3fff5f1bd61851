"""RunflowClient against a scripted server: what is sent, how often, and what each answer becomes."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.errors import Refusal, RunflowRefused, RunflowUnanswered, RunflowUnclear, RunflowUnreachable
from bot.runflow.client import RunflowClient
from bot.runflow.reading import RunflowStatus
from tests.unit.runflow.scripted_runflow import (
    Answer,
    FakeDns,
    MovingClock,
    ScriptedServer,
    cuts,
    free_port,
    hangs,
    says,
)

MODEL = "black-forest-labs/flux-2-klein-4b"
KEY = "rf_live_secretsecret"
RUN = {"id": "r1", "status_code": "queued", "client_ref": "j1"}
SINCE = datetime(2026, 7, 1, 10, tzinfo=UTC)


class Bench:
    def __init__(self, server: ScriptedServer, session: aiohttp.ClientSession) -> None:
        self.server, self.session, self.clock = server, session, MovingClock()

    def client(self, *, url: str | None = None, timeout_s: float = 5.0) -> RunflowClient:
        return RunflowClient(
            session=self.session,
            base_url=url or self.server.url,
            api_key=SecretStr(KEY),
            clock=self.clock,
            rng=random.Random(1),
            request_timeout_s=timeout_s,
        )

    async def create(self, *answers: Answer, callback_url: str | None = None, **how: Any) -> Any:
        self.server.then(*answers)
        return await self.client(**how).create(MODEL, {"prompt": "a fox"}, job="j1", callback_url=callback_url)

    async def read(self, *answers: Answer, runflow_id: str = "r1", **how: Any) -> Any:
        self.server.then(*answers)
        return await self.client(**how).read(runflow_id)

    async def find(self, *answers: Answer) -> Any:
        self.server.then(*answers)
        return await self.client().find("j1", since=SINCE)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with ScriptedServer() as server, aiohttp.ClientSession() as session:
        yield Bench(server, session)


async def test_a_create_says_who_asked_and_for_what(bench: Bench) -> None:
    reading = await bench.create(says(201, RUN), callback_url="https://bot.example/cb")
    (seen,) = bench.server.seen
    assert (reading.runflow_id, reading.status, reading.job) == ("r1", RunflowStatus.QUEUED, "j1")
    assert (seen.method, seen.raw_path) == ("POST", f"/v1/models/{MODEL}/runs")
    assert seen.headers["Authorization"] == f"Bearer {KEY}"
    assert seen.body == {
        "input": {"prompt": "a fox"},
        "metadata": {"job": "j1"},
        "client_ref": "j1",
        "callback_url": "https://bot.example/cb",
    }


async def test_without_a_callback_address_none_is_sent(bench: Bench) -> None:
    await bench.create(says(201, RUN))
    assert "callback_url" not in bench.server.seen[0].body


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_any_2xx_is_taken_even_when_the_run_is_over(bench: Bench, status: int) -> None:
    done = {"id": "r1", "status_code": "succeeded", "output": {"outputs": [{"url": "https://s/a"}]}, "cost": "0.005"}
    reading = await bench.create(says(status, done))
    assert (reading.status, len(reading.outputs), reading.cost) == (RunflowStatus.SUCCEEDED, 1, 5000)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (says(500), "500"),
        (says(502, "<html>"), "502"),
        (says(503, {"code": "MODEL_UNAVAILABLE"}), "503"),
        (says(504), "504"),
        (says(409, {"code": "CONFLICT"}), "409"),
        (says(408, {}), "408"),
        (says(499, {}), "499"),
        (cuts(), "no answer"),
        (cuts(reset=True), "no answer"),
        (cuts(after=b"HTTP/1.1 201 Created\r\nContent-Length: 900\r\n\r\n{"), "no answer"),
        (cuts(after=b"nonsense\r\n\r\n"), "no answer"),
        (says(201, "<html>"), "unreadable"),
        (says(201, {"status_code": "queued"}), "unreadable"),
        (says(201, []), "unreadable"),
        (says(200, b"\xff\xfe"), "unreadable"),
        (says(204, b""), "unreadable"),
        (says(200, b" " * (33 * 1024 * 1024)), "longer than"),
    ],
)
async def test_an_outcome_that_is_not_known_is_never_sent_again(bench: Bench, answer: Answer, why: str) -> None:
    with pytest.raises(RunflowUnclear, match=why):
        await bench.create(answer)
    assert (len(bench.server.seen), bench.clock.slept_s) == (1, [])


async def test_no_answer_in_time_is_unclear(bench: Bench) -> None:
    with pytest.raises(RunflowUnclear):
        await bench.create(hangs(), timeout_s=0.1)
    assert len(bench.server.seen) == 1


async def test_a_dropped_kept_alive_connection_repeats_no_create(bench: Bench) -> None:
    await bench.read(says(200, RUN))  # leaves a connection behind, for the create to take
    bench.server.answers.clear()
    with pytest.raises(RunflowUnclear):
        await bench.create(cuts(reset=True))
    assert [seen.method for seen in bench.server.seen] == ["GET", "POST"]


async def test_429_is_sent_again_with_growing_waits(bench: Bench) -> None:
    with pytest.raises(RunflowUnreachable):
        await bench.create(says(429, {"code": "RATE_LIMITED"}))
    assert len(bench.server.seen) == 5
    assert [int(slept) for slept in bench.clock.slept_s] == [1, 2, 4, 8]


async def test_a_limit_that_ends_lets_one_create_through(bench: Bench) -> None:
    reading = await bench.create(says(429), says(429), says(201, RUN))
    assert reading.runflow_id == "r1"
    assert len(bench.server.seen) == 3


@pytest.mark.parametrize(
    ("header", "whole_s"),
    [("7", 7), ("0", 1), ("61", 1), ("-5", 1), ("a little while", 1), ("", 1), ("9" * 400, 1)],
)
async def test_a_sane_retry_after_is_honoured(bench: Bench, header: str, whole_s: int) -> None:
    await bench.create(says(429, retry_after=header), says(201, RUN))
    (slept_s,) = bench.clock.slept_s
    assert int(slept_s) == whole_s


async def test_a_retry_after_may_be_a_date(bench: Bench) -> None:
    await bench.create(says(429, retry_after="Wed, 01 Jul 2026 12:00:20 GMT"), says(201, RUN))
    assert int(bench.clock.slept_s[0]) == 20


async def test_a_refused_connection_is_tried_again_then_given_up(bench: Bench) -> None:
    with pytest.raises(RunflowUnreachable):
        await bench.create(says(201, RUN), url=f"http://127.0.0.1:{free_port()}")
    assert len(bench.clock.slept_s) == 4


async def test_a_name_that_does_not_resolve_was_never_sent(bench: Bench) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=FakeDns())) as session:
        bench.session = session
        with pytest.raises(RunflowUnreachable):
            await bench.create(says(201, RUN), url="http://runflow.example")
    assert len(bench.clock.slept_s) == 4


async def test_a_connection_that_is_not_made_in_time_was_never_sent(bench: Bench) -> None:
    class SlowDns(FakeDns):
        async def resolve(self, *_: Any, **__: Any) -> Any:
            raise TimeoutError

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=SlowDns())) as session:
        bench.session = session
        with pytest.raises(RunflowUnreachable, match="ConnectionTimeoutError"):
            await bench.create(says(201, RUN), url="http://runflow.example")
    assert len(bench.clock.slept_s) == 4


async def test_a_run_with_its_pictures_inside_is_read(bench: Bench) -> None:
    urls = ["data:image/png;base64," + "A" * 3_000_000] * 4
    assert len((await bench.read(says(200, {"id": "r1", "output": {"image_urls": urls}}))).outputs) == 4


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (400, Refusal.INPUT),
        (401, Refusal.CREDENTIALS),
        (402, Refusal.CREDIT),
        (403, Refusal.CREDENTIALS),
        (404, Refusal.NOT_FOUND),
        (405, Refusal.OTHER),
        (413, Refusal.OTHER),
        (422, Refusal.INPUT),
    ],
)
async def test_refusals_are_final(bench: Bench, status: int, refusal: Refusal) -> None:
    body = {"code": "C", "message": "m", "errors": [{"loc": ["input", "num_images"]}]}
    with pytest.raises(RunflowRefused) as caught:
        await bench.create(says(status, body))
    assert (caught.value.refusal, caught.value.fields) == (refusal, ("num_images",))
    assert len(bench.server.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(bench: Bench, status: int) -> None:
    with pytest.raises(RunflowRefused) as caught:
        await bench.create(says(status, "", location="/elsewhere"))
    assert caught.value.refusal is Refusal.OTHER
    assert len(bench.server.seen) == 1


async def test_a_refusal_tells_the_log_no_key_and_no_address(bench: Bench) -> None:
    for status in (401, 422):
        bench.server.answers.clear()
        body = {"code": "C", "message": f"{KEY} see https://signed.example/?X-Amz-Signature=1"}
        with pytest.raises(RunflowRefused) as caught:
            await bench.create(says(status, body))
        assert "secret" not in str(caught.value)
        assert "signed" not in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403, 405, 413, 422])
async def test_a_refusal_tells_the_log_what_was_wrong_but_nothing_that_was_sent(bench: Bench, status: int) -> None:
    body = {"code": "BAD_INPUT", "message": "'a red fox' is too short", "errors": [{"loc": ["input", "prompt"]}]}
    with pytest.raises(RunflowRefused) as caught:
        await bench.create(says(status, body))
    assert str(caught.value) == f"answered with {status}: BAD_INPUT: prompt"


async def test_a_refusal_whose_body_breaks_off_is_still_a_refusal(bench: Bench) -> None:
    with pytest.raises(RunflowRefused) as caught:
        await bench.create(cuts(after=b"HTTP/1.1 402 Payment Required\r\nContent-Length: 900\r\n\r\n{"))
    assert caught.value.refusal is Refusal.CREDIT


@pytest.mark.parametrize("answer", [says(500), says(503, "<html>"), says(200, RUN)])
async def test_a_read_is_tried_once_more(bench: Bench, answer: Answer) -> None:
    assert (await bench.read(answer, says(200, RUN))).runflow_id == "r1"
    assert sum(bench.clock.slept_s) < 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [(says(502), RunflowUnanswered), (cuts(reset=True), RunflowUnanswered)],
)
async def test_a_read_that_fails_twice_is_left_to_the_next_look(
    bench: Bench, answer: Answer, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await bench.read(answer)
    assert len(bench.clock.slept_s) == 1


async def test_creates_come_through_however_many_reads_hang(bench: Bench) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await (says(201, RUN) if request.method == "POST" else hangs())(request)

    bench.server.then(answer)
    client = bench.client(timeout_s=2.0)
    reads = [asyncio.create_task(client.read("r1"), name="read") for _ in range(150)]
    await asyncio.sleep(0.2)
    async with asyncio.timeout(1):
        await client.create(MODEL, {}, job="j1", callback_url=None)
    for read in reads:
        read.cancel()
    await asyncio.gather(*reads, return_exceptions=True)


async def test_an_unreadable_run_is_unclear(bench: Bench) -> None:
    with pytest.raises(RunflowUnclear, match="unreadable"):
        await bench.read(says(200, "<html>"))
    assert len(bench.server.seen) == 1


async def test_a_run_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(RunflowRefused) as caught:
        await bench.read(says(404, {"code": "RUN_NOT_FOUND", "message": "no"}))
    assert caught.value.refusal is Refusal.NOT_FOUND
    assert len(bench.server.seen) == 1


@pytest.mark.parametrize(
    ("runflow_id", "path"),
    [("../../admin", "..%2F..%2Fadmin"), ("a?b=c#d", "a%3Fb%3Dc%23d"), ("a b\t", "a%20b%09"), ("é", "%C3%A9")],
)
async def test_an_id_is_one_segment_of_the_path(bench: Bench, runflow_id: str, path: str) -> None:
    await bench.read(says(200, RUN), runflow_id=runflow_id)
    assert bench.server.seen[0].raw_path == f"/v1/runs/{path}"


@pytest.mark.parametrize("runflow_id", ["", ".", ".."])
async def test_an_id_that_would_change_the_path_is_not_sent(bench: Bench, runflow_id: str) -> None:
    with pytest.raises(RunflowRefused):
        await bench.read(says(200, RUN), runflow_id=runflow_id)
    assert not bench.server.seen


def other(minute: int) -> dict[str, Any]:
    return {"id": f"o{minute}", "status_code": "running", "created_at": f"2026-07-01T11:{minute:02}:00Z"}


@pytest.mark.parametrize("mark", [{"client_ref": "j1"}, {"metadata": {"job": "j1"}}])
async def test_a_lost_run_is_found_by_either_mark(bench: Bench, mark: dict[str, Any]) -> None:
    mine = {**other(1), "id": "mine", **mark}
    reading = await bench.find(says(200, {"items": [other(3), None, {}, mine], "next": None}))
    assert (reading.runflow_id, reading.status, reading.job) == ("mine", RunflowStatus.RUNNING, "j1")
    assert bench.server.seen[0].query["sort_by"] == "created_at:desc"
    assert bench.server.seen[0].query["limit"] == "500"


@pytest.mark.parametrize("name", ["next", "next_pq"])
async def test_lists_are_followed_page_by_page(bench: Bench, name: str) -> None:
    pages = (says(200, {"items": [other(3)], name: "c+/="}), says(200, {"items": [{**other(2), "client_ref": "j1"}]}))
    assert (await bench.find(*pages)).runflow_id == "o2"
    assert bench.server.seen[1].query["pq"] == "c+/="


async def test_a_cursor_may_come_in_an_address(bench: Bench) -> None:
    pages = (says(200, {"items": [other(3)], "next": "/v1/runs?limit=50&pq=abc"}), says(200, {"items": []}))
    assert await bench.find(*pages) is None
    assert bench.server.seen[1].query["pq"] == "abc"


async def test_the_search_ends_at_what_is_older(bench: Bench) -> None:
    old = {**other(1), "created_at": "2026-07-01T09:59:59+00:00"}
    assert await bench.find(says(200, {"items": [other(2), old], "next": "more"})) is None
    assert len(bench.server.seen) == 1


async def test_a_found_run_that_is_over_is_read_whole(bench: Bench) -> None:
    listed = {"id": "mine", "client_ref": "j1", "status_code": "succeeded"}
    whole = {**listed, "output": {"outputs": [{"url": "https://s/a"}]}, "cost": "0.001"}
    reading = await bench.find(says(200, {"items": [listed]}), says(200, whole))
    assert (reading.status, len(reading.outputs), reading.cost) == (RunflowStatus.SUCCEEDED, 1, 1000)


async def test_a_found_run_that_cannot_be_read_yet_is_not_lost(bench: Bench) -> None:
    listed = {"id": "mine", "client_ref": "j1", "status_code": "succeeded"}
    reading = await bench.find(says(200, {"items": [listed]}), says(404))
    assert (reading.runflow_id, reading.status, reading.job) == ("mine", RunflowStatus.UNKNOWN, "j1")


@pytest.mark.parametrize(
    ("answer", "micro"),
    [
        (says(200, {"balance_cents": 12450, "currency": "USD"}), 124_500_000),
        (says(200, {"balance": "124.50"}), 124_500_000),
        (says(200, {"items": [{"balance_usd": "1.5"}]}), 1_500_000),
        (says(200, {"balance": "-0.25"}), -250_000),
        (says(200, {"balance": True}), None),
        (says(200, {"balance_cents": 1, "currency": "EUR"}), None),
        (says(200, "<html>"), None),
        (says(403), None),
        (says(404), None),
        (says(500), None),
        (cuts(), None),
    ],
)
async def test_the_balance_is_known_or_not(bench: Bench, answer: Answer, micro: int | None) -> None:
    bench.server.then(answer)
    assert await bench.client().balance() == micro


async def test_a_key_is_checked(bench: Bench) -> None:
    bench.server.then(says(200, {}), says(401))
    await bench.client().check_key()
    with pytest.raises(RunflowRefused) as caught:
        await bench.client().check_key()
    assert caught.value.refusal is Refusal.CREDENTIALS
    assert bench.server.seen[0].raw_path == "/v1/auth/me"
