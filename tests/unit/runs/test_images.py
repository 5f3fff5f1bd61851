"""A run's images are paid for: a storage that fails for a moment costs nobody their pictures."""

from dataclasses import replace
from io import BytesIO
from typing import cast
from zlib import crc32

import pytest
from aiohttp import web
from PIL import Image

from bot.errors import PictureFault
from bot.images.download import Downloader
from bot.images.image import MissingPicture, Picture, check
from bot.runflow.client import RunflowClient
from bot.runflow.reading import OutputRef, Reading, RunflowStatus
from bot.runs.images import Fetched, RunImages, Seen, look_at
from bot.runs.run import Result, Run, State
from sandbox.clock import SandboxClock
from tests.unit.runs.made import a_run


class HastyClock(SandboxClock):
    """Waits are noted, and over at once."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_s: list[float] = []

    async def sleep(self, delay_s: float) -> None:
        self.waited_s.append(delay_s)


class OneRun:
    """Runflow, as far as images need it: one run, whose picture lies in the storage."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def read(self, runflow_id: str) -> Reading:
        return Reading(runflow_id, RunflowStatus.SUCCEEDED, outputs=(OutputRef(self.url, 8, 8),))


class NoCopies:
    async def as_moderators_saw(self, run: Run) -> list[Picture]:
        return []


def png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(("failures", "is_there"), [(0, True), (3, True), (11, True), (10_000, False)])
async def test_a_failing_storage_is_asked_later_and_later(failures: int, is_there: bool) -> None:
    asked = 0

    async def storage(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        return web.Response(status=503) if asked <= failures else web.Response(body=png())

    app = web.Application()
    app.router.add_get("/picture.png", storage)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    clock, runflow = HastyClock(), cast("RunflowClient", OneRun(f"{base}/picture.png"))
    try:
        async with Downloader(api_url=base, max_bytes=1024 * 1024) as downloader:
            images = RunImages(runflow=runflow, downloader=downloader, copies=NoCopies(), clock=clock)
            fetched = await images.fetch(a_run(state=State.SUCCEEDED, runflow_id="run-1"))
    finally:
        await runner.cleanup()
    assert bool(fetched.pictures) is is_there
    assert fetched.faults == (frozenset() if is_there else {PictureFault.UNREACHABLE})
    assert clock.waited_s == sorted(clock.waited_s)
    assert is_there or sum(clock.waited_s) > 100
    assert max(clock.waited_s, default=0) <= 25  # one that is back is seen within half a minute


def with_broken_pixels() -> bytes:
    """A picture whose checksums are right, around pixels that no decoder can read."""
    whole = png()
    at = whole.index(b"IDAT")
    length = int.from_bytes(whole[at - 4 : at])
    packed = b"IDAT" + whole[at + 4 : at + 8] + bytes(length - 4)
    return whole[:at] + packed + crc32(packed).to_bytes(4) + whole[at + 8 + length :]


def black_png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return out.getvalue()


def ended(nsfw: bool | None) -> Run:
    return a_run(state=State.SUCCEEDED, result=Result(nsfw_detected=nsfw, num_outputs=3))


def fetched(*pictures: bytes) -> Fetched:
    return Fetched(tuple(check(index, data) for index, data in enumerate(pictures)))


@pytest.mark.parametrize("nsfw", [None, True])
async def test_pictures_that_nobody_cleared_are_looked_at(nsfw: bool | None) -> None:
    seen = await look_at(ended(nsfw), fetched(png(), black_png(), with_broken_pixels()), 10_000)
    assert seen.black == (1,)
    assert [one.index for one in seen.fetched.pictures] == [0, 1]
    assert seen.fetched.missing == (MissingPicture(2, PictureFault.UNREADABLE),)


async def test_pictures_that_were_cleared_are_shown_as_they_came_without_a_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pictures = fetched(png(), black_png(), with_broken_pixels())
    monkeypatch.delattr(Image, "open")
    assert await look_at(ended(nsfw=False), pictures, 10_000) == Seen(pictures)


async def test_a_picture_that_is_to_be_made_smaller_has_to_be_readable() -> None:
    seen = await look_at(ended(nsfw=False), fetched(png(), with_broken_pixels()), 10)
    assert [one.index for one in seen.fetched.pictures] == [0]
    assert seen.fetched.faults == {PictureFault.UNREADABLE}


async def test_what_is_missing_stays_in_order() -> None:
    some = replace(fetched(png(), with_broken_pixels()), missing=(MissingPicture(2, PictureFault.EXPIRED),))
    seen = await look_at(ended(nsfw=None), some, 10_000)
    assert [one.index for one in seen.fetched.missing] == [1, 2]
