"""Callbacks: sent when a run is final, signed, tried again, and kept as a history. Source: concepts/callbacks."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from sandbox.clock import SandboxClock
from sandbox.runflow.run import StandinRun, end_of
from sandbox.runflow.wire import timestamp
from sandbox.witness import Moment, Point, Unheard, Witness

WRONG_SECRET: Final = "whsec_nobody_knows_this_one"  # noqa: S105  # it is wrong on purpose
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. `status` is None where there was no answer."""

    number: int
    at: datetime
    status: int | None
    error: str | None

    def wire(self) -> dict[str, Any]:
        """The attempt as the history tells it."""
        return {
            "attempt_number": self.number,
            "status_code": self.status,
            "response_body": None,
            "response_time_ms": None,
            "error_message": self.error,
            "created_at": timestamp(self.at, "z"),
        }


@dataclass(slots=True)
class Delivery:
    """One payload on its way. Its bytes are frozen: every attempt sends the same."""

    id: str
    run: StandinRun
    body: bytes
    automatic: bool
    created_at: datetime
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    completed_at: datetime | None = None
    succeeded: bool = False

    def wire(self) -> dict[str, Any]:
        """The delivery as runs/get-callback-delivery-history answers it."""
        status = "pending" if self.completed_at is None else "succeeded" if self.succeeded else "failed"
        last = self.attempts[-1] if self.attempts else None
        return {
            "id": self.id,
            "run_id": self.run.id,
            "callback_url": self.run.callback_url,
            "payload": json.loads(self.body),
            "is_automatic": self.automatic,
            "status_code": status,
            "failure_reason_code": None if self.succeeded or last is None else "DELIVERY_FAILED",
            "failure_detail": None if self.succeeded or last is None else last.error,
            "attempt_count": len(self.attempts),
            "max_attempts": len(self.run.switches.callback_waits_s) + 1,
            "next_attempt_at": None,
            "created_at": timestamp(self.created_at, "z"),
            "updated_at": timestamp(last.at if last else self.created_at, "z"),
            "completed_at": timestamp(self.completed_at, "z"),
            "attempts": [attempt.wire() for attempt in self.attempts],
        }


def signature(secret: str, body: bytes) -> str:
    """`Runflow-Signature`: HMAC-SHA256 in lowercase hex, keyed with the whole secret, over the raw body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Callbacks:
    """Sends callbacks. `payload_of` renders a run as it is now; `new_id` names deliveries."""

    def __init__(
        self,
        *,
        clock: SandboxClock,
        secret: str | None,
        old_secret: str | None,
        payload_of: Callable[[StandinRun], Awaitable[Mapping[str, Any]]],
        new_id: Callable[[], str],
        witness: Witness | None = None,
    ) -> None:
        self._clock = clock
        self._secret = secret
        self._old_secret = old_secret
        self._payload_of = payload_of
        self._new_id = new_id
        self._witness = witness
        self._session: aiohttp.ClientSession | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._deliveries: dict[str, list[Delivery]] = {}
        self._faults: list[BaseException] = []

    def open(self) -> None:
        """Get ready to send."""
        self._session = aiohttp.ClientSession(trust_env=False)

    async def close(self) -> None:
        """Stop sending. Raises what went wrong inside, which would otherwise have gone unseen."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
        if self._faults:
            raise self._faults[0]

    def history(self, run_id: str) -> list[Delivery]:
        """What was sent for a run, oldest first."""
        return list(self._deliveries.get(run_id, ()))

    def watch(self, run: StandinRun) -> None:
        """Send the callback of a run once it is final. Watching it again replaces the first watch."""
        if run.callback_url is None or run.switches.callback_time == "never":
            return
        self._supervise(f"callback of {run.id}", self.at_end(run))

    async def redeliver(self, run: StandinRun) -> Delivery | None:
        """Send once more, with a payload made anew. None where a run has no address. Comes back before it is sent."""
        if run.callback_url is None:
            return None
        delivery = await self._made(run, automatic=False)
        self._supervise(f"redelivery {delivery.id}", self._send(delivery))
        return delivery

    async def at_end(self, run: StandinRun) -> None:
        """Wait for the end of a run, then send its callback, as often as the switches say."""
        end = end_of(run)
        if end is None:
            return
        await self._clock.sleep((end - self._clock.now()).total_seconds())
        for _ in range(run.switches.callback_copies):
            await self._send(await self._made(run, automatic=True))

    async def _made(self, run: StandinRun, *, automatic: bool) -> Delivery:
        payload = await self._payload_of(run)
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        delivery = Delivery(self._new_id(), run, body, automatic, self._clock.now())
        self._deliveries.setdefault(run.id, []).append(delivery)
        return delivery

    def _supervise(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        before = self._tasks.get(name)
        if before is not None:
            before.cancel()
        task = asyncio.create_task(work, name=name)
        self._tasks[name] = task

        def ended(done: "asyncio.Task[None]") -> None:
            if self._tasks.get(name) is done:
                del self._tasks[name]
            if not done.cancelled() and (fault := done.exception()) is not None:
                self._faults.append(fault)

        task.add_done_callback(ended)

    async def _send(self, delivery: Delivery) -> None:
        waits_s = delivery.run.switches.callback_waits_s
        for number, wait_s in enumerate((*waits_s, None), start=1):
            attempt = await self._attempt(delivery, number)
            delivery.attempts.append(attempt)
            if not _again(delivery.run, attempt):
                break
            if wait_s is not None:
                await self._clock.sleep(wait_s)
        last = delivery.attempts[-1]
        delivery.succeeded = last.status is not None and last.status // 100 == 2
        delivery.completed_at = self._clock.now()

    async def _attempt(self, delivery: Delivery, number: int) -> Attempt:
        url = delivery.run.callback_url or ""
        at = self._clock.now()
        if urlsplit(url).hostname not in _LOOPBACK or self._session is None:
            return Attempt(number, at, None, "the address is not reachable from a sandbox")
        timeout = aiohttp.ClientTimeout(total=delivery.run.switches.callback_timeout_s)
        try:
            await self._tell(url, Moment.ARRIVED)
            async with self._session.post(
                url, data=delivery.body, headers=self._headers(delivery), timeout=timeout, allow_redirects=False
            ) as answer:
                await self._tell(url, Moment.ANSWERED)
                return Attempt(number, at, answer.status, None if answer.ok else f"HTTP {answer.status}")
        except (aiohttp.ClientError, TimeoutError, ValueError, Unheard) as error:
            return Attempt(number, at, None, type(error).__name__)

    async def _tell(self, url: str, moment: Moment) -> None:
        if self._witness is not None:
            await self._witness(Point("callback", "POST", urlsplit(url).path, moment))

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Runflow-Request-Id": delivery.run.request_id}
        secrets = {"signed": self._secret, "old_secret": self._old_secret, "wrong_secret": WRONG_SECRET}
        secret = secrets.get(delivery.run.switches.callback_signature)
        if secret is not None:
            headers["Runflow-Signature"] = signature(secret, delivery.body)
        return headers


def _again(run: StandinRun, attempt: Attempt) -> bool:
    if attempt.status is None or attempt.status >= 500:
        return True
    return run.switches.callback_retry == "any_non_2xx" and attempt.status // 100 != 2
