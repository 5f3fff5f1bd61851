"""The callback receiver, over a real socket: who is let in, what is answered, and that nothing else comes of it."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from bot.runflow.callback import SIGNATURE_HEADER, is_signed
from bot.runs.execution.callbacks import CallbackHint
from bot.web.callbacks import BODY_MOST_BYTES, CALLBACK_PATH, CallbackReceiver

OLD, NEW = "whsec_the_old_one", "whsec_the_new_one"
JOB = "8f1c" * 8
RUN = {
    "event": "run.completed",
    "run_id": "01980c1e-5a00-7c3e-9d2b-1f2e3d4c5b6a",
    "status": "succeeded",
    "output": {"outputs": [{"url": "https://bucket.example/o.png", "type": "image"}]},
    "duration_ms": 1830,
    "created_at": "2026-07-01T10:00:00.000000+00:00",
    "completed_at": "2026-07-01T10:00:01.830000+00:00",
    "metadata": {"job": JOB},
}
BODY = json.dumps(RUN).encode()
KNOCK = CallbackHint(runflow_id="01980c1e-5a00-7c3e-9d2b-1f2e3d4c5b6a", job=JOB)


def signature(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass
class Door:
    url: str
    knocks: asyncio.Queue[CallbackHint]
    registry: CollectorRegistry
    session: aiohttp.ClientSession

    async def post(
        self, body: bytes = BODY, *, sign: str | None = NEW, content_type: str = "application/json", **headers: str
    ) -> int:
        signed = {} if sign is None else {SIGNATURE_HEADER: signature(body, sign)}
        async with self.session.post(
            self.url, data=BytesIO(body), headers={"Content-Type": content_type, **signed, **headers}
        ) as answer:
            assert await answer.read() == b""  # a stranger learns the status alone
            return answer.status


@asynccontextmanager
async def opened(secrets: Sequence[str] = (OLD, NEW), room: int = 10) -> AsyncGenerator[Door]:
    knocks: asyncio.Queue[CallbackHint] = asyncio.Queue(room)
    registry = CollectorRegistry()
    app = web.Application()
    CallbackReceiver(secrets=[SecretStr(one) for one in secrets], hints=knocks, registry=registry).add_to(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}{CALLBACK_PATH}"
        async with aiohttp.ClientSession() as session:
            yield Door(url, knocks, registry, session)
    finally:
        await runner.cleanup()


async def test_a_signed_callback_is_a_knock() -> None:
    async with opened() as door:
        assert await door.post() == 200
        assert door.knocks.get_nowait() == KNOCK


@pytest.mark.parametrize("secret", [OLD, NEW])
async def test_any_of_the_secrets_may_have_signed(secret: str) -> None:
    async with opened() as door:
        assert await door.post(sign=secret) == 200


@pytest.mark.parametrize("sign", [None, "whsec_nobody_knows_this", ""])
async def test_with_secrets_nothing_unsigned_comes_in(sign: str | None) -> None:
    async with opened() as door:
        assert await door.post(sign=sign) == 401
        assert door.knocks.empty()


async def test_a_signature_is_for_one_body() -> None:
    async with opened() as door:
        forged = {SIGNATURE_HEADER: signature(BODY, NEW)}
        assert await door.post(BODY.replace(b"succeeded", b"cancelled"), sign=None, **forged) == 401
        assert await door.post(BODY, sign=None, **{SIGNATURE_HEADER: signature(BODY, NEW).upper()}) == 401
        assert await door.post(BODY, sign=None, **{SIGNATURE_HEADER: "sha256=" + signature(BODY, NEW)}) == 401
        assert door.knocks.empty()


async def test_without_secrets_it_is_only_a_knock() -> None:
    async with opened(secrets=()) as door:
        assert await door.post(sign=None) == 200
        assert door.knocks.get_nowait() == KNOCK


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/json"])
async def test_other_content_types(kind: str) -> None:
    async with opened() as door:
        assert await door.post(content_type=kind) == 415
        assert door.knocks.empty()


async def test_a_charset_is_no_other_content_type() -> None:
    async with opened() as door:
        assert await door.post(content_type="application/json; charset=utf-8") == 200


async def test_a_packed_body_is_refused_unopened() -> None:
    async with opened() as door:
        assert await door.post(b"\x1f\x8b", **{"Content-Encoding": "gzip"}) == 415


async def test_too_large_whether_told_or_not() -> None:
    async with opened() as door:
        assert await door.post(b" " * (BODY_MOST_BYTES + 1)) == 413

        async def trickle() -> AsyncGenerator[bytes]:
            for _ in range(BODY_MOST_BYTES // 65536 + 1):
                yield b" " * 65536

        async with door.session.post(door.url, data=trickle(), headers={"Content-Type": "application/json"}) as answer:
            assert answer.status == 413
        assert door.knocks.empty()


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"run"', b'{"event": "run.completed"}', b'{"run_id": 7}', b"[" * 60_000]
)
async def test_signed_and_yet_no_run(body: bytes) -> None:
    async with opened() as door:
        assert await door.post(body) == 400
        assert door.knocks.empty()


async def test_only_post_is_heard() -> None:
    async with opened() as door, door.session.get(door.url) as answer:
        assert answer.status == 405


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "cancelled", "event": "run.cancelled", "output": None},
        {"status": "canceled", "event": "run.cancelled", "output": None},
        {"status": "failed", "event": "run.failed", "output": {"code": "X", "message": "y"}},
        {"status": "partial_succeeded", "event": "run.partial_succeeded"},
        {"created_at": "2026-07-01T10:00:00Z", "completed_at": None},
    ],
)
async def test_every_documented_dialect_knocks(changes: dict[str, object]) -> None:
    async with opened() as door:
        assert await door.post(json.dumps(RUN | changes).encode()) == 200
        assert door.knocks.get_nowait() == KNOCK


async def test_a_flood_is_answered_and_dropped() -> None:
    async with opened(room=2) as door:
        assert [await door.post() for _ in range(5)] == [200] * 5
        assert door.knocks.qsize() == 2
        assert door.registry.get_sample_value("imagine_callbacks_total", {"status": "200"}) == 5


@given(body=st.binary(max_size=200), header=st.text(max_size=80), secrets=st.lists(st.text(min_size=1), max_size=3))
def test_no_header_signs_by_accident(body: bytes, header: str, secrets: list[str]) -> None:
    secrets = [one for one in secrets if one.isascii()]
    assert is_signed(body, header, secrets) == any(signature(body, one) == header for one in secrets)
    assert not is_signed(body, None, secrets)
    assert all(is_signed(body, signature(body, one), secrets) for one in secrets)
