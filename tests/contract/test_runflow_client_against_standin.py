"""The bot's Runflow client and downloader against the stand-in, under every profile that touches them."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import aiohttp
import pytest
from pydantic import SecretStr

from bot.errors import (
    PictureError,
    PictureFault,
    Refusal,
    RunflowError,
    RunflowRefused,
    RunflowUnclear,
    RunflowUnreachable,
)
from bot.images.download import Downloader
from bot.runflow.client import RunflowClient
from bot.runflow.reading import Reading, RunflowStatus
from sandbox.clock import SandboxClock
from sandbox.runflow import RunflowStandin
from sandbox.runflow.switches import PROFILES, Switches

MODEL = "black-forest-labs/flux-2-klein-4b"
SMALL = {"prompt": "a red fox in snow", "image_size": "square", "num_images": 2, "seed": 7}
MOST_BYTES = 4 * 1024 * 1024
COST = 2621  # two pictures of 512 x 512 at $0.005 a megapixel


class SharedClock:
    """The bot's clock: sleeping moves the stand-in's."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    async def sleep(self, delay_s: float) -> None:
        self._clock.advance(delay_s)
        await asyncio.sleep(0)


class Bench:
    def __init__(self, standin: RunflowStandin, clock: SandboxClock, session: aiohttp.ClientSession) -> None:
        self.standin, self.clock = standin, clock
        self.client = RunflowClient(
            session=session,
            base_url=standin.url,
            api_key=SecretStr(standin.api_key),
            clock=SharedClock(clock),
            rng=random.Random(0),
        )

    def under(self, profile: str) -> None:
        self.standin.switches = PROFILES[profile]

    async def create(self, job: str = "j1") -> Reading:
        return await self.client.create(MODEL, SMALL, job=job, callback_url=None)

    async def find(self, job: str = "j1") -> Reading | None:
        return await self.client.find(job, since=self.clock.now() - timedelta(minutes=5))

    async def end_of(self, runflow_id: str) -> Reading:
        self.clock.advance(30)
        return await self.client.read(runflow_id)

    async def ended(self) -> Reading:
        return await self.end_of((await self.create()).runflow_id)

    async def pictures(self, reading: Reading, *, timeout_s: float = 20.0) -> list[bytes | PictureFault]:
        found: list[bytes | PictureFault] = []
        async with Downloader(api_url=self.standin.url, max_bytes=MOST_BYTES, timeout_s=timeout_s) as downloader:
            for output in reading.outputs:
                try:
                    found.append(await downloader.fetch(output.url))
                except PictureError as error:
                    found.append(error.reason)
        return found


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    clock = SandboxClock(stopped=True)
    async with RunflowStandin(clock=clock) as standin, aiohttp.ClientSession() as session:
        yield Bench(standin, clock, session)


@pytest.mark.parametrize("profile", PROFILES)
async def test_under_any_profile_there_is_at_most_one_run(bench: Bench, profile: str) -> None:
    bench.under(profile)
    try:
        await bench.create()
    except RunflowUnclear:
        bench.clock.advance(5)
        await bench.find()
    except RunflowError:
        assert not bench.standin.runs
    assert len(bench.standin.runs) <= 1


@pytest.mark.parametrize(
    ("profile", "status", "outputs"),
    [
        ("default", RunflowStatus.SUCCEEDED, 2),
        ("slow", RunflowStatus.SUCCEEDED, 2),
        ("instant_create", RunflowStatus.SUCCEEDED, 2),
        ("nsfw_flagged", RunflowStatus.SUCCEEDED, 2),
        ("nsfw_empty", RunflowStatus.SUCCEEDED, 0),
        ("nsfw_failed", RunflowStatus.FAILED, 0),
        ("partial", RunflowStatus.PARTIAL, 1),
        ("fewer_pictures", RunflowStatus.SUCCEEDED, 1),
        ("no_pictures", RunflowStatus.SUCCEEDED, 0),
        ("failing", RunflowStatus.FAILED, 0),
        ("failing_silently", RunflowStatus.FAILED, 0),
        ("stuck", RunflowStatus.RUNNING, 0),
        ("stuck_queued", RunflowStatus.QUEUED, 0),
        ("cancelled", RunflowStatus.CANCELED, 0),
        ("unknown_status", RunflowStatus.UNKNOWN, 0),
        ("passing_unknown_status", RunflowStatus.SUCCEEDED, 2),
        ("rate_limited", RunflowStatus.SUCCEEDED, 2),
        ("late_reads", RunflowStatus.SUCCEEDED, 2),
        ("data_urls", RunflowStatus.SUCCEEDED, 2),
        ("image_urls", RunflowStatus.SUCCEEDED, 2),
        ("bare_outputs", RunflowStatus.SUCCEEDED, 2),
        ("old_dialect", RunflowStatus.SUCCEEDED, 2),
    ],
)
async def test_how_runs_end(bench: Bench, profile: str, status: RunflowStatus, outputs: int) -> None:
    bench.under(profile)
    created = await bench.create()
    if profile == "rate_limited":  # two reads are limited, and a read is tried just twice
        with pytest.raises(RunflowUnreachable):
            await bench.client.read(created.runflow_id)
    reading = await bench.end_of(created.runflow_id)
    assert (reading.status, len(reading.outputs), reading.job) == (status, outputs, "j1")
    assert all(isinstance(one, bytes) for one in await bench.pictures(reading))


async def test_a_finished_run_has_everything(bench: Bench) -> None:
    reading = await bench.ended()
    assert (reading.seed, reading.nsfw_detected, reading.prompt_used) == (7, False, "a red fox in snow")
    assert reading.cost == bench.standin.billed_micro_usd() == COST
    assert [(one.width_px, one.height_px) for one in reading.outputs] == [(512, 512)] * 2
    assert reading.duration_ms == 1000


@pytest.mark.parametrize("shape", ["outputs", "url_type", "image_urls", "image_list", "data_urls"])
async def test_every_shape_of_several_pictures(bench: Bench, shape: str) -> None:
    bench.standin.switches = replace(Switches(), output_shape=shape)  # pyright: ignore[reportArgumentType]
    assert [isinstance(one, bytes) for one in await bench.pictures(await bench.ended())] == [True, True]


@pytest.mark.parametrize("shape", ["image_object", "url", "output_url"])
async def test_every_shape_of_one_picture(bench: Bench, shape: str) -> None:
    bench.standin.switches = replace(Switches(), output_shape=shape)  # pyright: ignore[reportArgumentType]
    assert [isinstance(one, bytes) for one in await bench.pictures(await bench.ended())] == [True]


@pytest.mark.parametrize(
    ("profile", "flag"), [("nsfw_flagged", True), ("nsfw_black", True), ("nsfw_empty", True), ("nsfw_null", None)]
)
async def test_the_flag_of_a_run(bench: Bench, profile: str, flag: bool | None) -> None:
    bench.under(profile)
    assert (await bench.ended()).nsfw_detected is flag


@pytest.mark.parametrize("profile", ["rounded_cost", "rounded_cost_mebi", "old_dialect"])
async def test_other_rules_of_cost(bench: Bench, profile: str) -> None:
    bench.under(profile)
    assert (await bench.ended()).cost == bench.standin.billed_micro_usd() == 10_000


@pytest.mark.parametrize("profile", ["no_cost", "absent_cost"])
async def test_a_cost_that_is_not_said(bench: Bench, profile: str) -> None:
    bench.under(profile)
    assert (await bench.ended()).cost is None


async def test_a_late_failure_names_its_input(bench: Bench) -> None:
    bench.under("late_input_failure")
    failure = (await bench.ended()).failure
    assert failure is not None
    assert (failure.code, failure.fields) == ("INPUT_VALIDATION_FAILED", ("num_inference_steps",))


@pytest.mark.parametrize("dialect", ["fields", "error", "nulls"])
async def test_failures_in_every_dialect(bench: Bench, dialect: str) -> None:
    switches = replace(PROFILES["failing"], failure_dialect=dialect)  # pyright: ignore[reportArgumentType]
    bench.standin.switches = switches
    reading = await bench.ended()
    assert (reading.failure and reading.failure.code) == (None if dialect == "nulls" else "PROVIDER_ERROR")


@pytest.mark.parametrize(
    ("profile", "refusal"),
    [
        ("refused", Refusal.INPUT),
        ("out_of_credit", Refusal.CREDIT),
        ("unauthorized", Refusal.CREDENTIALS),
        ("forbidden", Refusal.CREDENTIALS),
    ],
)
@pytest.mark.parametrize("body", ["flat", "error_object", "detail", "html", "empty"])
async def test_refused_creates_in_every_dialect(bench: Bench, profile: str, refusal: Refusal, body: str) -> None:
    bench.standin.switches = replace(PROFILES[profile], error_body=body)  # pyright: ignore[reportArgumentType]
    with pytest.raises(RunflowRefused) as caught:
        await bench.create()
    tells = refusal is Refusal.INPUT and body not in {"html", "empty"}
    assert (caught.value.refusal, caught.value.fields) == (refusal, ("prompt",) if tells else ())
    assert bench.standin.create_requests == 1


async def test_limits_that_do_not_end(bench: Bench) -> None:
    bench.under("rate_limited_always")
    with pytest.raises(RunflowUnreachable):
        await bench.create()
    assert bench.standin.create_requests == 5


@pytest.mark.parametrize("retry_after", ["none", "seconds", "date", "nonsense"])
async def test_limits_that_end(bench: Bench, retry_after: str) -> None:
    switches = replace(PROFILES["rate_limited"], retry_after=retry_after)  # pyright: ignore[reportArgumentType]
    bench.standin.switches = switches
    assert (await bench.create()).status is RunflowStatus.QUEUED
    assert bench.standin.create_requests == 3


@pytest.mark.parametrize(
    ("profile", "runs"),
    [("failing_creates", 0), ("reset_creates", 0), ("lost_creates", 1), ("lost_create_errors", 1)],
)
async def test_unclear_creates_are_looked_for_and_never_sent_again(bench: Bench, profile: str, runs: int) -> None:
    bench.under(profile)
    with pytest.raises(RunflowUnclear):
        await bench.create()
    found = await bench.find()
    assert (bench.standin.create_requests, len(bench.standin.runs)) == (1, runs)
    assert (found and found.runflow_id) == next(iter(bench.standin.runs), None)


@pytest.mark.parametrize("profile", ["default", "old_dialect"])
async def test_a_run_is_found_behind_many_others(bench: Bench, profile: str) -> None:
    bench.under(profile)
    first = await bench.create("mine")
    for number in range(120):
        await bench.create(f"other{number}")
    bench.clock.advance(30)
    found = await bench.find("mine")
    assert found is not None
    assert (found.runflow_id, found.status, len(found.outputs)) == (first.runflow_id, RunflowStatus.SUCCEEDED, 2)
    assert await bench.find("nobody's") is None


@pytest.mark.parametrize("profile", ["default", "old_dialect"])
async def test_pages_of_statuses_show_the_newest_first_and_each_run_once(bench: Bench, profile: str) -> None:
    bench.under(profile)
    made = list[str]()
    for number in range(7):
        made.append((await bench.create(f"j{number}")).runflow_id)
        bench.clock.advance(1)
    shown, cursor = list[str](), None
    for _ in range(3):
        page = await bench.client.statuses(3, cursor)
        shown += page.statuses
        cursor = page.next_cursor
    assert (shown, cursor) == ([*reversed(made)], None)
    bench.clock.advance(30)
    page = await bench.client.statuses(500)
    assert page.statuses == dict.fromkeys(made, RunflowStatus.SUCCEEDED)
    assert bench.standin.looked_at == set(made)


async def test_late_reads_and_lists(bench: Bench) -> None:
    bench.under("late_reads")
    created = await bench.create()
    with pytest.raises(RunflowRefused) as caught:
        await bench.client.read(created.runflow_id)
    assert caught.value.refusal is Refusal.NOT_FOUND
    assert await bench.find() is None
    bench.clock.advance(1)
    assert await bench.find() is not None


async def test_flaky_reads_get_there(bench: Bench) -> None:
    bench.under("flaky")
    created = await bench.create()
    bench.clock.advance(30)
    for _ in range(4):
        try:
            reading = await bench.client.read(created.runflow_id)
        except (RunflowUnclear, RunflowUnreachable):
            continue
        assert reading.status is RunflowStatus.SUCCEEDED
        return
    pytest.fail("never read")


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        ("expired_urls", PictureFault.EXPIRED),
        ("gone_urls", PictureFault.EXPIRED),
        ("wrong_length", PictureFault.UNREACHABLE),
        ("huge_picture", PictureFault.TOO_LARGE),
    ],
)
async def test_pictures_that_cannot_be_had(bench: Bench, profile: str, reason: PictureFault) -> None:
    bench.under(profile)
    assert await bench.pictures(await bench.ended()) == [reason] * 2


async def test_slow_pictures_are_given_up(bench: Bench) -> None:
    bench.under("slow_storage")
    assert await bench.pictures(await bench.ended(), timeout_s=0.3) == [PictureFault.UNREACHABLE] * 2


async def test_expired_addresses_are_fresh_on_the_next_read(bench: Bench) -> None:
    bench.under("expired_once")
    reading = await bench.ended()
    assert await bench.pictures(reading) == [PictureFault.EXPIRED] * 2
    again = await bench.pictures(await bench.client.read(reading.runflow_id))
    assert all(isinstance(one, bytes) for one in again)


@pytest.mark.parametrize("profile", ["truncated", "not_a_picture", "picture_bomb", "wrong_format", "jpeg_only"])
async def test_what_is_in_a_picture_is_not_the_downloader_s_to_judge(bench: Bench, profile: str) -> None:
    bench.under(profile)
    assert all(isinstance(one, bytes) for one in await bench.pictures(await bench.ended()))


@pytest.mark.parametrize(
    ("balance", "micro"), [("cents", 100_000_000), ("decimal", 100_000_000), ("forbidden", None), ("missing", None)]
)
async def test_the_balance_in_every_dialect(bench: Bench, balance: str, micro: int | None) -> None:
    bench.standin.switches = replace(Switches(), balance=balance)  # pyright: ignore[reportArgumentType]
    assert await bench.client.balance() == micro


async def test_the_key_is_checked(bench: Bench) -> None:
    await bench.client.check_key()
    bench.under("unauthorized")
    with pytest.raises(RunflowRefused):
        await bench.client.check_key()


async def test_a_model_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(RunflowRefused) as caught:
        await bench.client.create("black-forest-labs/none", SMALL, job="j1", callback_url=None)
    assert caught.value.refusal is Refusal.NOT_FOUND


@pytest.mark.parametrize("bounds", ["supported", "ignored", "refused"])
@pytest.mark.parametrize("newer", [499, 500, 2500])
async def test_a_create_is_found_behind_newer_runs(bench: Bench, newer: int, bounds: str) -> None:
    bench.standin.switches = replace(Switches(), lost_creates=1, list_created_at=bounds)  # pyright: ignore[reportArgumentType]
    with pytest.raises(RunflowUnclear):
        await bench.create()
    bench.standin.fill(newer, every_s=0.05)
    bench.clock.advance(newer * 0.05)
    found = await bench.find()
    assert found is not None
    assert (found.job, await bench.find("nobody")) == ("j1", None)


async def test_a_create_is_found_behind_fifty_thousand_newer_runs(bench: Bench) -> None:
    bench.standin.switches = replace(Switches(), lost_creates=1)
    with pytest.raises(RunflowUnclear):
        await bench.create()
    lost_at = bench.clock.now()
    bench.standin.fill(50_000, every_s=1.7)  # a day of them, as long as a lost run is looked for
    bench.clock.advance(50_000 * 1.7)
    before = len(bench.standin.requests)
    found = await bench.client.find("j1", since=lost_at - timedelta(minutes=5))
    assert found is not None
    assert (found.job, len(bench.standin.requests) - before) == ("j1", 3)  # two pages, and the run itself


async def test_one_list_serves_all_lost_runs(bench: Bench) -> None:
    for n in range(12):
        await bench.create(f"j{n}")
    before = len(bench.standin.requests)
    found = await asyncio.gather(*(bench.find(f"j{n}") for n in range(12)))
    assert [one and one.job for one in found] == [f"j{n}" for n in range(12)]
    assert [seen.path for seen in bench.standin.requests[before:]] == ["/v1/runs"]
