"""Downloader: what is fetched, what is never connected to, and what each failure becomes."""

import asyncio
import base64
from collections.abc import AsyncIterator
from ipaddress import ip_address

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import PictureError, PictureFault
from bot.images.download import AddressRule, CheckingResolver, Downloader, decode_data_url, is_public
from tests.unit.runflow.scripted_runflow import Answer, FakeDns, ScriptedServer, cuts, free_port, hangs, says

PUBLIC_API = "https://api.runflow.io"
MOST = 1000


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as server:
        yield server


async def fetch(url: str, *, api_url: str, timeout_s: float = 5.0, dns: FakeDns | None = None) -> bytes:
    async with Downloader(api_url=api_url, max_bytes=MOST, timeout_s=timeout_s, resolver=dns) as downloader:
        return await downloader.fetch(url)


async def fault(url: str, *, api_url: str, timeout_s: float = 5.0, dns: FakeDns | None = None) -> PictureFault:
    with pytest.raises(PictureError) as caught:
        await fetch(url, api_url=api_url, timeout_s=timeout_s, dns=dns)
    assert caught.value.__cause__ is None
    for hidden in (url, "s3cret", "127.0.0.1", "storage.example"):
        assert hidden not in str(caught.value)
    return caught.value.reason


async def test_a_picture_is_fetched_without_key_or_cookies(server: ScriptedServer) -> None:
    server.then(says(200, b"one", set_cookie="a=b"), says(200, b"two"))
    async with Downloader(api_url=server.url, max_bytes=MOST) as downloader:
        assert await downloader.fetch(f"{server.url}/a?sig=1") == b"one"
        assert await downloader.fetch(f"{server.url}/b") == b"two"
    for seen in server.seen:
        assert not {"Authorization", "Cookie"} & set(seen.headers)


@pytest.mark.parametrize("path", ["/o.png?X-Amz-Signature=a%2Fb%2B%7e&e=%20", "/a%2Fb//c/../d?x=y%26z"])
async def test_a_signed_address_is_sent_to_the_letter(server: ScriptedServer, path: str) -> None:
    server.then(says(200, b"x"))
    await fetch(server.url + path, api_url=server.url)
    assert server.seen[0].raw_path == path


async def test_proxies_of_the_environment_are_not_used(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    server.then(says(200, b"x"))
    assert await fetch(f"{server.url}/a", api_url=server.url) == b"x"


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_what_is_gone_has_expired(server: ScriptedServer, status: int) -> None:
    server.then(says(status, "<Error>s3cret</Error>"))
    assert await fault(f"{server.url}/a", api_url=server.url) is PictureFault.EXPIRED
    assert len(server.seen) == 1


TRUNCATED = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nabc"


@pytest.mark.parametrize("answer", [says(500), says(503), cuts(after=TRUNCATED), cuts(after=b"s3cret\r\n\r\n")])
async def test_trouble_is_tried_once_more(server: ScriptedServer, answer: Answer) -> None:
    server.then(answer, says(200, b"x"))
    assert await fetch(f"{server.url}/a", api_url=server.url) == b"x"


@pytest.mark.parametrize("answer", [says(500), says(400), says(204), cuts(after=TRUNCATED), cuts(reset=True)])
async def test_trouble_that_stays_is_unreachable(server: ScriptedServer, answer: Answer) -> None:
    server.then(answer)
    assert await fault(f"{server.url}/a", api_url=server.url) is PictureFault.UNREACHABLE


async def test_nobody_listens() -> None:
    api_url = f"http://127.0.0.1:{free_port()}"
    assert await fault(f"{api_url}/a", api_url=api_url) is PictureFault.UNREACHABLE


async def test_the_whole_has_a_time(server: ScriptedServer) -> None:
    server.then(hangs())
    assert await fault(f"{server.url}/a", api_url=server.url, timeout_s=0.1) is PictureFault.UNREACHABLE


async def test_the_time_of_a_picture_begins_when_it_has_a_connection(server: ScriptedServer) -> None:
    async def slow(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.1)
        return web.Response(body=b"x")

    server.then(slow)
    async with Downloader(api_url=server.url, max_bytes=MOST, timeout_s=0.3, at_once=2) as downloader:
        found = await asyncio.gather(*(downloader.fetch(f"{server.url}/{n}") for n in range(12)))
    assert found == [b"x"] * 12  # 0.6 s in all


async def test_a_picture_that_is_not_there_in_time_gives_its_turn_to_the_next(server: ScriptedServer) -> None:
    server.then(hangs(), says(200, b"x"))
    async with Downloader(api_url=server.url, max_bytes=MOST, timeout_s=0.1, at_once=1) as downloader:
        first, second = await asyncio.gather(
            downloader.fetch(f"{server.url}/1"), downloader.fetch(f"{server.url}/2"), return_exceptions=True
        )
    assert isinstance(first, PictureError)
    assert second == b"x"


@pytest.mark.parametrize(
    "answer",
    [
        says(200, b"x" * (MOST + 1)),
        cuts(after=b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\nabc"),
        cuts(after=b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MOST + 1)),
        cuts(after=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2000),
    ],
)
async def test_a_picture_may_not_be_too_large_whatever_it_announces(server: ScriptedServer, answer: Answer) -> None:
    server.then(answer)
    assert await fault(f"{server.url}/a", api_url=server.url) is PictureFault.TOO_LARGE


async def test_the_most_bytes_are_not_too_many(server: ScriptedServer) -> None:
    server.then(says(200, b"x" * MOST))
    assert len(await fetch(f"{server.url}/a", api_url=server.url)) == MOST


async def test_redirects_are_followed_three_times(server: ScriptedServer) -> None:
    hop = says(302, "", location="/next?sig=a%2Fb")
    server.then(hop, hop, hop, says(200, b"x"))
    assert await fetch(f"{server.url}/a", api_url=server.url) == b"x"
    assert server.seen[3].raw_path == "/next?sig=a%2Fb"


async def test_a_ring_of_redirects_ends(server: ScriptedServer) -> None:
    server.then(says(307, "", location="/again"))
    assert await fault(f"{server.url}/a", api_url=server.url) is PictureFault.UNREACHABLE
    assert len(server.seen) == 4


@pytest.mark.parametrize(
    "location", ["http://10.0.0.1/", "https://169.254.169.254/", "file:///etc/passwd", "http://[x"]
)
async def test_each_redirect_is_checked(server: ScriptedServer, location: str) -> None:
    server.then(says(302, "", location=location))
    assert await fault(f"{server.url}/a", api_url=server.url) is PictureFault.FORBIDDEN_ADDRESS


@pytest.mark.parametrize(
    "url",
    [
        "http://storage.example/a",
        "ftp://storage.example/a",
        "file:///etc/passwd",
        "storage.example/a",
        "//storage.example/a",
        "",
        "https://",
        "https://user:s3cret@storage.example/a",
        "https://127.0.0.1/a",
        "https://127.1/a",
        "https://2130706433/a",
        "https://127.0.0.1./a",
        "https://10.0.0.1/a",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/a",
        "https://[::1]/a",
        "https://[::ffff:127.0.0.1]/a",
        "https://[64:ff9b::10.0.0.1]/a",
        "https://[2002:7f00:1::]/a",
        "https://[fe80::1%25eth0]/a",
        "https://[fd00::1]/a",
        "https://224.0.0.1/a",
        "https://storage.example:99999/a",
        "https://storage.example:x/a",
        "https://storage.example/a\r\nHost: b",
        "https://sto rage.example/a",
        "https://storage%2eexample/a",
        "https://\ud800/a",
    ],
)
async def test_addresses_that_are_never_asked(url: str) -> None:
    dns = FakeDns("127.0.0.1")
    with pytest.raises(PictureError) as caught:
        await fetch(url, api_url=PUBLIC_API, dns=dns)
    assert caught.value.reason is PictureFault.FORBIDDEN_ADDRESS
    assert not dns.asked


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%lo"])
@pytest.mark.parametrize("host", ["storage.example", "localhost", "0x7f.1"])
async def test_names_that_lead_inside_are_not_connected_to(address: str, host: str) -> None:
    reason = await fault(f"https://{host}/s3cret", api_url=PUBLIC_API, dns=FakeDns(address))
    assert reason is PictureFault.FORBIDDEN_ADDRESS


async def test_a_private_address_beside_a_public_one_is_dropped() -> None:
    resolver = CheckingResolver(AddressRule(PUBLIC_API), FakeDns("127.0.0.1", "8.8.8.8", "::1", "not an address"))
    assert [one["host"] for one in await resolver.resolve("storage.example", 443)] == ["8.8.8.8"]


async def test_the_origin_of_the_api_may_be_private_by_its_name(server: ScriptedServer) -> None:
    server.then(says(200, b"x"))
    api_url = f"http://runflow.internal:{server.port}"
    dns = FakeDns("127.0.0.1")
    assert await fetch(f"{api_url}/a", api_url=api_url, dns=dns) == b"x"
    other = f"https://runflow.internal:{server.port + 1 if server.port < 65535 else 1}/a"
    assert await fault(other, api_url=api_url, dns=dns) is PictureFault.FORBIDDEN_ADDRESS


async def test_loopback_serves_loopback(server: ScriptedServer) -> None:
    server.then(says(200, b"x"))
    api_url = f"http://localhost:{free_port()}"
    assert await fetch(f"{server.url}/a", api_url=api_url) == b"x"
    assert await fetch(f"http://localhost:{server.port}/a", api_url=api_url) == b"x"
    for url in ("http://10.0.0.1/", "http://storage.example/", "https://192.168.0.1/"):
        assert await fault(url, api_url=api_url) is PictureFault.FORBIDDEN_ADDRESS


async def test_a_loopback_api_makes_no_other_name_loopback() -> None:
    reason = await fault("https://storage.example/", api_url="http://127.0.0.1:1", dns=FakeDns("127.0.0.1"))
    assert reason is PictureFault.FORBIDDEN_ADDRESS


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("64:ff9b::8.8.8.8", True),
        ("::ffff:8.8.8.8", True),
        ("100.64.0.1", False),
        ("192.0.2.1", False),
        ("198.18.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::7f00:1", False),
        ("2001:0:7f00:1::", False),
        ("2001:db8::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


@given(st.binary(max_size=60), st.booleans())
def test_data_urls(data: bytes, quoted: bool) -> None:
    text = base64.b64encode(data).decode()
    text = text.replace("+", "%2B").replace("=", "%3D") if quoted else text
    assert decode_data_url(f"DATA:image/png;charset=x;base64,{text}", 60) == data


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("data:image/png;base64," + base64.b64encode(b"x" * (MOST + 1)).decode(), PictureFault.TOO_LARGE),
        ("data:image/png;base64," + "A" * 100_000, PictureFault.TOO_LARGE),
        ("data:image/png;base64,!!!", PictureFault.UNREADABLE),
        ("data:image/png;base64,é", PictureFault.UNREADABLE),
        ("data:image/png;base64", PictureFault.UNREADABLE),
        ("data:image/png,abc", PictureFault.UNREADABLE),
        ("data:" + "x" * 300 + ";base64,AAAA", PictureFault.UNREADABLE),
    ],
)
async def test_data_urls_that_will_not_do(url: str, reason: PictureFault) -> None:
    assert await fault(url, api_url=PUBLIC_API) is reason


@given(st.text(max_size=40).map("https://".__add__) | st.text(max_size=40))
async def test_any_text_is_refused_or_never_left(url: str) -> None:
    with pytest.raises(PictureError):
        await fetch(url, api_url=PUBLIC_API, dns=FakeDns("127.0.0.1"))


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", ".example"])
async def test_names_that_no_resolver_can_ask_for(host: str) -> None:
    async with Downloader(api_url="https://api.example", max_bytes=100) as downloader:
        with pytest.raises(PictureError) as refused:
            await downloader.fetch(f"https://{host}/x.png")
    assert refused.value.reason is PictureFault.FORBIDDEN_ADDRESS


@pytest.mark.parametrize(
    "url",
    [
        "https://media.example/x.png",
        "https://cdn.discordapp.com.evil.example/x.png",
        "https://cdn.discordapp.com:8443/x.png",
        "http://cdn.discordapp.com/x.png",
        "https://evil@cdn.discordapp.com/x.png",
        "data:image/png;base64,AAAA",
        "https://api.runflow.io/x.png",
    ],
)
async def test_attachments_are_fetched_from_discord_alone(url: str) -> None:
    async with Downloader(api_url="https://cdn.discordapp.com", only_there=True, max_bytes=MOST) as downloader:
        with pytest.raises(PictureError) as caught:
            await downloader.fetch(url)
    assert caught.value.reason is PictureFault.FORBIDDEN_ADDRESS


async def test_what_is_fetched_from_one_place_alone_follows_nobody_elsewhere(server: ScriptedServer) -> None:
    server.then(says(302, location="https://storage.example/x"), says(200, b"x"))
    async with Downloader(api_url=f"{server.url}/cdn", only_there=True, max_bytes=MOST) as downloader:
        with pytest.raises(PictureError) as caught:
            await downloader.fetch(f"{server.url}/cdn/attachments/1/2/cat.png?hm=1")
        assert caught.value.reason is PictureFault.FORBIDDEN_ADDRESS
        assert await downloader.fetch(f"{server.url}/cdn/attachments/1/2/cat.png?hm=1") == b"x"
