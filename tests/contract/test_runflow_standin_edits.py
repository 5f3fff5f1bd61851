"""The second model of the Runflow stand-in, over real sockets: edits of pictures."""

# Pillow's annotations name numpy, which is not installed here.
# pyright: reportUnknownMemberType=false
import asyncio
import base64
import contextlib
import io
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from PIL import Image, ImageChops, ImageStat

from sandbox.clock import SandboxClock
from sandbox.painter import draw_picture
from sandbox.runflow import RunflowStandin, defects
from sandbox.runflow.switches import PROFILES, Switches

MODEL = "/v1/models/black-forest-labs/flux-2-klein-4b"
SOURCE = draw_picture("a red fox, morning", seed=3, index=0, width_px=384, height_px=256, file_format="png")
OTHER = draw_picture("a boat on the sea, day", seed=3, index=0, width_px=256, height_px=256, file_format="jpeg")


def inline(content: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


@dataclass(slots=True)
class Editor:
    """A client of the stand-in, and a CDN that it takes pictures from."""

    standin: RunflowStandin
    clock: SandboxClock
    session: aiohttp.ClientSession
    cdn: str
    asked: list[str]

    async def get(self, path: str) -> Any:
        async with self.session.get(self.standin.url + path) as answer:
            return await answer.json()

    async def create(self, given: object, model: str = f"{MODEL}/edit") -> tuple[int, Any]:
        async with self.session.post(f"{self.standin.url}{model}/runs", json={"input": given}) as answer:
            return answer.status, await answer.json()

    async def run(self, *urls: str, prompt: str = "make it night", **more: Any) -> dict[str, Any]:
        """An edit that has come to its end."""
        status, created = await self.create({"prompt": prompt, "image_urls": list(urls), **more})
        assert status == 201, created
        self.clock.advance(30)
        return await self.get(f"/v1/runs/{created['id']}")

    async def picture(self, run: dict[str, Any]) -> Image.Image:
        return Image.open(io.BytesIO(await fetch(run["output"]["outputs"][0]["url"])))


async def fetch(url: str) -> bytes:
    async with aiohttp.request("GET", url) as answer:
        assert answer.status == 200
        return await answer.read()


@pytest.fixture
async def editor() -> AsyncIterator[Editor]:
    asked: list[str] = []

    async def serve(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        name = request.match_info["name"]
        if name == "moved.png":
            raise web.HTTPFound("/cdn/fox.png")
        if name == "never.png":
            await asyncio.sleep(60)
        files = {"fox.png": SOURCE, "boat.jpg": OTHER, "page.png": b"<html>", "bomb.png": defects.bomb()}
        return web.Response(body=files[name]) if name in files else web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{place}/{name}", serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}/cdn"
    clock = SandboxClock(stopped=True)
    headers = {"Authorization": "Bearer rf_sandbox_key"}
    async with RunflowStandin(clock=clock) as standin, aiohttp.ClientSession(headers=headers) as session:
        standin.take_sources_from(base)
        yield Editor(standin, clock, session, base, asked)
    await runner.cleanup()


def colours(image: Image.Image) -> list[float]:
    return ImageStat.Stat(image.convert("RGB").resize((16, 16), Image.Resampling.BOX)).mean


async def test_an_edit_is_one_jpeg_of_the_shape_of_its_source(editor: Editor) -> None:
    run = await editor.run(f"{editor.cdn}/fox.png", seed=5)
    output = run["output"]["outputs"][0]
    picture = await editor.picture(run)
    assert (run["status_code"], run["cost"], len(run["output"]["outputs"])) == ("succeeded", "0.005", 1)
    assert (run["output"]["seed"], run["output"]["nsfw_detected"]) == (5, False)
    assert output["url"].partition("?")[0].endswith(".jpg")
    assert picture.format == "JPEG"
    assert picture.size == (output["width"], output["height"]) == (1248, 832)
    assert sum(colours(picture)) < 0.7 * sum(colours(Image.open(io.BytesIO(SOURCE))))
    assert editor.standin.billed_micro_usd() == 5000
    assert run["model_id"] != (await editor.get(MODEL))["id"]
    assert run["model_id"] == (await editor.get(f"{MODEL}/edit"))["id"]


async def test_the_same_edit_gives_the_same_bytes_from_address_and_inline(editor: Editor) -> None:
    first = await editor.run(f"{editor.cdn}/fox.png", seed=5)
    again = await editor.run(inline(SOURCE), seed=5)
    other = await editor.run(inline(SOURCE), seed=6)
    contents = [await fetch(run["output"]["outputs"][0]["url"]) for run in (first, again, other)]
    assert contents[0] == contents[1] != contents[2]


async def test_a_callback_tells_of_an_edit(editor: Editor) -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()

    async def hear(request: web.Request) -> web.Response:
        heard.put_nowait(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/", hear)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    body = {
        "input": {"prompt": "fog", "image_urls": [f"{editor.cdn}/fox.png"]},
        "callback_url": f"http://127.0.0.1:{runner.addresses[0][1]}/",
    }
    async with editor.session.post(f"{editor.standin.url}{MODEL}/edit/runs", json=body) as answer:
        run_id = (await answer.json())["id"]
    editor.clock.advance(30)
    async with asyncio.timeout(5):
        told = await heard.get()
    assert (told["event"], told["run_id"], len(told["output"]["outputs"])) == ("run.completed", run_id, 1)
    await runner.cleanup()


async def test_what_was_sent_inline_is_shown_as_an_address(editor: Editor) -> None:
    run = await editor.run(inline(SOURCE), f"{editor.cdn}/boat.jpg", prompt="blend")
    stored, given = run["input"]["image_urls"]
    assert given == f"{editor.cdn}/boat.jpg"
    assert stored.startswith(f"{editor.standin.url}/storage/assets/")
    assert await fetch(stored) == SOURCE
    assert "base64" not in json.dumps(await editor.get("/v1/runs"))
    editor.clock.advance(604_801)
    async with aiohttp.request("GET", stored) as answer:
        assert answer.status == 403


async def test_an_edit_of_an_edit_and_of_a_first_picture(editor: Editor) -> None:
    _, created = await editor.create({"prompt": "a cat at noon", "image_size": "square", "seed": 1}, MODEL)
    editor.clock.advance(30)
    first = await editor.get(f"/v1/runs/{created['id']}")
    asked = len(editor.standin.requests)
    second = await editor.run(first["output"]["outputs"][0]["url"], prompt="add a hat")
    third = await editor.run(second["output"]["outputs"][0]["url"], prompt="watercolour")
    assert (second["status_code"], third["status_code"]) == ("succeeded", "succeeded")
    assert (second["output"]["outputs"][0]["width"], third["output"]["outputs"][0]["height"]) == (1024, 1024)
    fetched = sum(one.path.startswith("/storage/") for one in editor.standin.requests[asked:])
    assert fetched == 0, "what lies in its own storage needs no request"
    pictures = [await editor.picture(run) for run in (first, second, third)]
    one, two, three = (picture.convert("RGB").resize((64, 64)) for picture in pictures)
    for before, after in ((one, two), (two, three)):
        assert 0.5 < sum(ImageStat.Stat(ImageChops.difference(before, after)).mean) / 3 < 40


async def test_squares(editor: Editor) -> None:
    editor.standin.switches = Switches(edit_size="square")
    assert (await editor.picture(await editor.run(f"{editor.cdn}/fox.png"))).size == (1024, 1024)


@pytest.mark.parametrize(
    ("given", "loc"),
    [
        ({"image_urls": ["https://a.example/b.png"]}, ["prompt"]),
        ({"prompt": " ", "image_urls": ["https://a.example/b.png"]}, ["prompt"]),
        ({"prompt": "x"}, ["image_urls"]),
        ({"prompt": "x", "image_urls": None}, ["image_urls"]),
        ({"prompt": "x", "image_urls": []}, ["image_urls"]),
        ({"prompt": "x", "image_urls": "https://a.example/b.png"}, ["image_urls"]),
        ({"prompt": "x", "image_urls": {"0": "https://a.example/b.png"}}, ["image_urls"]),
        ({"prompt": "x", "image_urls": ["https://a.example/b.png"] * 5}, ["image_urls"]),
        ({"prompt": "x", "image_urls": ["https://a.example/b.png", 3]}, ["image_urls", 1]),
        ({"prompt": "x", "image_urls": ["ftp://a.example/b.png"]}, ["image_urls", 0]),
        ({"prompt": "x", "image_urls": ["file:///etc/passwd"]}, ["image_urls", 0]),
        ({"prompt": "x", "image_urls": ["https://"]}, ["image_urls", 0]),
        ({"prompt": "x", "image_urls": ["data:text/html;base64,AAAA"]}, ["image_urls", 0]),
        ({"prompt": "x", "image_urls": ["data:image/png,AAAA"]}, ["image_urls", 0]),
        ({"prompt": "x", "image_urls": ["https://a.example/b.png"], "steps": 51}, ["steps"]),
        ({"prompt": "x", "image_urls": ["https://a.example/b.png"], "steps": True}, ["steps"]),
        ({"prompt": "x", "image_urls": ["https://a.example/b.png"], "num_inference_steps": 4}, ["num_inference_steps"]),
        ({"prompt": "x", "image_urls": ["https://a.example/b.png"], "num_images": 2}, ["num_images"]),
        ({"prompt": "x", "image_urls": ["https://a.example/b.png"], "seed": 2**32}, ["seed"]),
    ],
)
async def test_wrong_input_is_refused_and_named(editor: Editor, given: dict[str, Any], loc: list[Any]) -> None:
    status, body = await editor.create(given)
    assert (status, body["code"]) == (422, "VALIDATION_ERROR")
    assert body["errors"][0]["loc"] == ["input", *loc]
    assert not editor.standin.runs


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/fox.png",
        "http://10.0.0.1/fox.png",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:1/cdn/fox.png",
        "http://[::1]/cdn/fox.png",
        "CDN/../private/fox.png",
        "CDN/%2e%2e/private/fox.png",
        "CDN-other/fox.png",
        "USER/fox.png",
        "CDN/moved.png",
        "CDN/gone.png",
        "STORAGE/outputs/aa/nothing.png",
        "STORAGE/../v1/health",
        "CDN/page.png",
        "CDN/bomb.png",
        "http://[/fox.png",
        "https://a:b/fox.png",
        inline(b"<html>"),
        inline(SOURCE[:500]),
        inline(defects.bomb()),
        "data:image/png;base64,!!!!",
        "data:image/png;base64,é",
        "data:image/png;base64,",
    ],
)
async def test_sources_that_cannot_be_used_fail_late_and_are_named(editor: Editor, url: str) -> None:
    user = editor.cdn.replace("http://", "http://me@")
    url = url.replace("CDN", editor.cdn).replace("STORAGE", f"{editor.standin.url}/storage").replace("USER", user)
    async with asyncio.timeout(4):
        run = await editor.run(f"{editor.cdn}/fox.png", url)
    assert (run["status_code"], run["failure_code"], run["cost"]) == ("failed", "INPUT_VALIDATION_FAILED", None)
    assert run["failure_message"].startswith("image_urls[1]: ")
    assert run["errors"][0]["loc"] == ["input", "image_urls", 1]
    assert editor.standin.billed_micro_usd() == 0
    assert not [path for path in editor.asked if not path.startswith("/cdn/")], "nothing else was even asked"


async def test_an_address_that_has_expired_fails_late(editor: Editor) -> None:
    first = await editor.run(inline(SOURCE))
    editor.clock.advance(Switches().url_lifetime_s + 1)
    late = await editor.run(first["output"]["outputs"][0]["url"])
    assert late["failure_message"] == "image_urls[0]: the image could not be downloaded"


async def test_a_source_that_never_comes_holds_nobody_up_for_long(editor: Editor) -> None:
    async with asyncio.timeout(8):
        run = await editor.run(f"{editor.cdn}/never.png")
    assert run["status_code"] == "failed"


async def test_sources_have_bounds(editor: Editor) -> None:
    editor.standin.switches = Switches(source_max_bytes=len(OTHER))
    assert (await editor.run(inline(OTHER, "jpeg"), f"{editor.cdn}/boat.jpg"))["status_code"] == "succeeded"
    for url in (inline(SOURCE), f"{editor.cdn}/fox.png"):
        assert "larger than" in (await editor.run(url))["failure_message"]
    editor.standin.switches = Switches(source_max_pixels=256 * 256)
    assert "more than 65536 pixels" in (await editor.run(inline(SOURCE)))["failure_message"]


async def test_bodies_beyond_all_bounds_are_refused(editor: Editor) -> None:
    body = io.BytesIO(b'{"input": {"prompt": "x", "image_urls": ["data:image/png;base64,' + b"A" * 70_000_000)
    async with editor.session.post(f"{editor.standin.url}{MODEL}/edit/runs", data=body) as answer:
        assert (answer.status, (await answer.json())["code"]) == (413, "BAD_REQUEST")
    assert not editor.standin.runs


@pytest.mark.parametrize(("steps", "cost"), [(1, "0.005"), (25, "0.005"), (26, "0.01"), (50, "0.01")])
async def test_the_price_is_flat_up_to_25_steps(editor: Editor, steps: int, cost: str) -> None:
    assert (await editor.run(inline(SOURCE), steps=steps))["cost"] == cost


async def test_costs_do_not_follow_the_pixels(editor: Editor) -> None:
    for rule in ("proportional", "rounded_1e6", "rounded_2e20"):
        editor.standin.switches = Switches(cost=rule)
        assert (await editor.run(inline(SOURCE)))["cost"] == "0.005"
    editor.standin.switches = Switches(cost="null")
    assert (await editor.run(inline(SOURCE)))["cost"] is None


async def test_the_switches_hold_for_edits(editor: Editor) -> None:
    async def run(switches: Switches) -> dict[str, Any]:
        editor.standin.switches = switches
        return await editor.run(inline(SOURCE))

    flags = {name: await run(Switches(nsfw=name)) for name in ("flagged", "black", "empty", "null", "failed")}
    assert [flags[name]["output"]["nsfw_detected"] for name in ("flagged", "black", "empty", "null")] == [
        True,
        True,
        True,
        None,
    ]
    assert flags["empty"]["output"]["outputs"] == []
    assert flags["failed"]["failure_code"] == "CONTENT_POLICY_VIOLATION"
    assert (await editor.picture(flags["black"])).convert("L").getextrema() == (0, 0)
    assert (await editor.picture(flags["flagged"])).convert("L").getextrema() != (0, 0)
    assert (await run(Switches(images_missing=1, shortfall_status="partial_succeeded")))["output"]["outputs"]
    assert (await editor.picture(await run(Switches(delivered_format="webp")))).format == "WEBP"
    data = (await run(Switches(output_shape="data_urls")))["output"]["outputs"][0]["url"]
    assert data.startswith("data:image/jpeg;base64,")
    plain = await editor.picture(await run(Switches(pictures="plain")))
    assert max(high - low for low, high in ImageStat.Stat(plain).extrema) < 4
    late = await run(PROFILES["late_input_failure"])
    assert (late["failure_message"], late["errors"][0]["loc"]) == ("steps must be <= 8", ["input", "steps"])
    assert (await run(Switches(provider_max_steps=3)))["errors"][0]["loc"] == ["input", "steps"]
    editor.standin.switches = Switches(bad_input="fails_late")
    run_ = await editor.run("ftp://x")
    assert run_["errors"][0]["loc"] == ["input", "image_urls", 0]
    editor.standin.switches = Switches(unknown_input="ignored")
    assert (await editor.run(inline(SOURCE), surprise=1))["status_code"] == "succeeded"


@pytest.mark.parametrize(
    ("switches", "status"),
    [
        (Switches(model="missing"), 404),
        (Switches(model="unavailable"), 503),
        (Switches(credit_micro_usd=0), 402),
        (Switches(refused_field="image_urls"), 422),
        (Switches(limited_creates=1), 429),
    ],
)
async def test_refusals_come_before_a_source_is_fetched(editor: Editor, switches: Switches, status: int) -> None:
    editor.standin.switches = switches
    assert (await editor.create({"prompt": "x", "image_urls": [f"{editor.cdn}/fox.png"]}))[0] == status
    assert not editor.asked
    assert not editor.standin.runs


@pytest.mark.parametrize("name", PROFILES)
async def test_every_profile_answers_like_runflow(editor: Editor, name: str) -> None:
    """An answer is the run, an error, or a broken connection; pictures are looked at elsewhere."""
    editor.standin.switches = replace(PROFILES[name], create_delay_s=0.0, pictures="plain")
    for _ in range(2):
        with contextlib.suppress(aiohttp.ClientConnectionError, aiohttp.ContentTypeError):
            status, _ = await editor.create({"prompt": "x", "image_urls": [inline(OTHER, "jpeg")]})
            assert status in {200, 201, 401, 402, 403, 422, 429, 503, 504}
    editor.clock.advance(60)
    for run_id in editor.standin.runs:
        statuses: list[int] = []
        for _ in range(6):
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with editor.session.get(f"{editor.standin.url}/v1/runs/{run_id}") as answer:
                    statuses.append(answer.status)
        assert set(statuses) <= {200, 401, 403, 429, 502}
        assert statuses[-1] == 200


async def test_unknown_models_with_three_parts(editor: Editor) -> None:
    for model in (f"{MODEL}/edits", f"{MODEL}/edit/edit", "/v1/models/edit/flux-2-klein-4b"):
        assert (await editor.create({"prompt": "x"}, model))[1]["code"] == "MODEL_NOT_FOUND"
    wire = await editor.get(f"{MODEL}/edit")
    assert (wire["slug"], [entry["name"] for entry in wire["inputs"]]) == (
        "flux-2-klein-4b/edit",
        ["prompt", "image_urls", "steps", "seed"],
    )
    assert [item["slug"] for item in (await editor.get("/v1/models"))["items"]] == [
        "flux-2-klein-4b",
        "flux-2-klein-4b/edit",
    ]


async def test_the_loop_is_held_by_no_edit(editor: Editor) -> None:
    """Measured in the processor's time of the loop's own thread, which other work on this machine does not lengthen."""
    large = draw_picture("a castle, day", seed=1, index=0, width_px=3000, height_px=2000, file_format="jpeg")
    longest_s = 0.0
    done = asyncio.Event()

    async def beat() -> None:
        nonlocal longest_s
        while not done.is_set():
            before_s = time.thread_time()
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.thread_time() - before_s)

    beating = asyncio.create_task(beat(), name="beat")
    for words in ("make it night, add a red balloon", "poster", "a strong variation"):
        await fetch((await editor.run(inline(large, "jpeg"), prompt=words))["output"]["outputs"][0]["url"])
    done.set()
    await beating
    assert longest_s < 0.05
