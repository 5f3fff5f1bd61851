"""A hostile website must not drive the sandbox."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web

from sandbox.page.guard import is_loopback_host, is_own_origin, only_from_here, page_headers


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "localhost", "[::1]:8000"])
def test_this_machine_is_welcome(host: str):
    assert is_loopback_host(host)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example", "evil.example:8000", "[::1", "user@evil.example"]
)
def test_a_name_that_only_resolves_here_is_not(host: str):
    assert not is_loopback_host(host)


def test_only_the_page_itself_is_an_origin():
    assert is_own_origin(None, "localhost:8000")
    assert is_own_origin("http://localhost:8000", "localhost:8000")
    for origin in ("null", "http://evil.example", "http://localhost:9999", "https://localhost:8000"):
        assert not is_own_origin(origin, "localhost:8000")


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async def touched(_request: web.Request) -> web.Response:
        return web.Response(text="done")

    app = web.Application(middlewares=[only_from_here])
    app.add_routes([web.post("/api/slash", touched), web.post("/api/upload", touched), web.get("/", touched)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json"}, 200),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/json", "Origin": "http://evil.example"}, 403),
        ({"Content-Type": "application/json", "Host": "evil.example"}, 403),
        ({"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
async def test_what_may_act(url: str, headers: dict[str, str], status: int):
    async with ClientSession() as session, session.post(f"{url}/api/slash", data="{}", headers=headers) as answer:
        assert answer.status == status


@pytest.mark.parametrize(
    ("path", "content_type", "status"),
    [
        ("/api/upload", "application/octet-stream", 200),
        ("/api/slash", "application/octet-stream", 415),
        ("/api/upload", "application/json", 415),
        ("/api/upload", "multipart/form-data; boundary=x", 415),
        ("/api/upload", "text/plain", 415),
    ],
)
async def test_files_come_as_they_are(url: str, path: str, content_type: str, status: int):
    headers = {"Content-Type": content_type}
    async with ClientSession() as session, session.post(url + path, data=b"x", headers=headers) as answer:
        assert answer.status == status


def test_the_policy_names_only_loopback():
    policy = page_headers("localhost:8000", "http://127.0.0.1:9")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "img-src 'self' data: http://127.0.0.1:9" in policy
    assert "unsafe" not in policy
