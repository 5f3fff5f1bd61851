"""Callbacks that nobody at Runflow sent, and what the bot must answer to each."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from random import Random

import aiohttp

from sandbox.app import CALLBACK_SECRET, Sandbox
from sandbox.runflow.callbacks import WRONG_SECRET, signature
from sandbox.runflow.run import StandinRun, View
from sandbox.runflow.wire import callback_payload, output_object

PATH = "/callbacks/runflow"
_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Forgery:
    """A request to the bot's receiver. `allowed` are the statuses that it may be answered with."""

    kind: str
    body: bytes
    signature: str | None
    allowed: frozenset[int]
    content_type: str = "application/json"


def forgeries(run: StandinRun, now: View, rng: Random) -> Sequence[Forgery]:
    """All kinds of forgeries about a run: those of strangers, and what even the true sender must not do."""
    lie = _lie(run, now, rng)
    stranger = json.dumps({**json.loads(lie), "run_id": f"{rng.getrandbits(128):032x}", "metadata": None}).encode()
    refused, malformed, taken = frozenset({401}), frozenset({400, 413, 415, 422}), frozenset({200})
    signed: Callable[[bytes], str] = lambda body: signature(CALLBACK_SECRET, body)  # noqa: E731
    return (
        Forgery("unsigned", lie, None, refused),
        Forgery("signed with another secret", lie, signature(WRONG_SECRET, lie), refused),
        Forgery("signed for another body", lie, signed(lie + b" "), refused),
        Forgery("signature of nonsense", lie, "\xff" * 64, refused),
        Forgery("garbage, unsigned", rng.randbytes(200), None, refused),
        Forgery("garbage, signed", garbage := rng.randbytes(200), signed(garbage), malformed),
        Forgery("a list, signed", b"[]", signed(b"[]"), malformed),
        Forgery("no run id, signed", b'{"status":"succeeded"}', signed(b'{"status":"succeeded"}'), malformed),
        Forgery("too large, signed", large := b" " * 2_000_000 + lie, signed(large), malformed),
        Forgery("not as JSON, signed", lie, signed(lie), malformed, content_type="text/plain"),
        Forgery("of an unknown run, signed", stranger, signed(stranger), taken),
        Forgery("a lie, signed", lie, signed(lie), taken),
    )


def _lie(run: StandinRun, now: View, rng: Random) -> bytes:
    """What would do harm if it were believed: another end, another cost, pictures of somewhere else."""
    status = rng.choice(("succeeded", "failed", "canceled"))
    ended = replace(now, status=status, completed_at=run.created_at, images=1)
    urls = ("http://127.0.0.1:9/stolen.png",)
    payload: Mapping[str, object] = callback_payload(run, ended, output_object(run, ended, urls))
    return json.dumps({**payload, "cost": "99.00"}).encode()


async def send(session: aiohttp.ClientSession, sandbox: Sandbox, forgery: Forgery) -> int | None:
    """The status a forgery is answered with; None where the bot is away."""
    headers = {"Content-Type": forgery.content_type}
    if forgery.signature is not None:
        headers["Runflow-Signature"] = forgery.signature
    try:
        async with session.post(
            sandbox.bot.http_url + PATH,
            data=BytesIO(forgery.body),
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
        ) as answer:
            return answer.status
    except (aiohttp.ClientError, TimeoutError):
        return None
