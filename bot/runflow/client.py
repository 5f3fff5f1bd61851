"""Runflow over HTTP. A create is sent again only where it is proven that it was not taken.

aiohttp repeats a request on a dropped keep-alive connection for idempotent methods alone (`IDEMPOTENT_METHODS` in its
client.py, read in 3.14): a POST is sent once.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import SecretStr
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from yarl import URL

from bot.clock import Clock
from bot.entropy import Rng
from bot.errors import (
    Refusal,
    RunflowError,
    RunflowRefused,
    RunflowUnanswered,
    RunflowUnclear,
    RunflowUnreachable,
    RunflowUnwanted,
)
from bot.money import MicroUsd
from bot.runflow import wire
from bot.runflow.bodies import LONG_BYTES, BodyTooLong, parse_long, parse_long_reading
from bot.runflow.finder import RunFinder
from bot.runflow.gate import ReadGate
from bot.runflow.pages import RunPage, StatusPage
from bot.runflow.reading import Reading, RunflowStatus

# Source of the waits: concepts/errors (start 1 s, double, cap 32 s, plus 0-1 s of jitter).
_FIRST_WAIT_S = 1.0
_MOST_WAIT_S = 32.0
_MOST_RETRY_AFTER_S = 60.0
_READ_RETRY_S = 0.25
_MOST_READS = 50  # at once: half of what a session of aiohttp holds
_CONNECT_TIMEOUT_S = 10.0
_LIST_MOST_BYTES = 1024 * 1024
# A run may carry its pictures as `data:` URLs: four of them are some 17 MB in base64.
_RUN_MOST_BYTES = 32 * 1024 * 1024

# 409 is "usually a duplicate create or a race" (concepts/errors); 408 and 499 are a proxy's words for having waited
# too long for an answer. After each there may be a run, so it must be looked for.
_MAYBE_TAKEN = frozenset({408, 409, 499})
# Refusals whose sentence stands in the log: one about the input may quote the prompt, one about the key the key.
_TOLD = frozenset({Refusal.CREDIT, Refusal.NOT_FOUND})


_Page = TypeVar("_Page", RunPage, StatusPage)


class _NotTaken(RunflowUnreachable):
    """Proven not taken, so it may be sent again. `retry_after_s` is what Runflow asked for, if anything."""

    def __init__(self, log_text: str, retry_after_s: float | None = None) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(log_text)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    retry_after: str | None


class RunflowClient:
    """Runflow's API. `base_url` has no trailing path; `attempts` is how often a create that is not taken is sent.

    The session is the caller's, and should hold no cookies. `request_timeout_s` is for one request, to its last byte.
    """

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        base_url: str,
        api_key: SecretStr,
        clock: Clock,
        rng: Rng,
        request_timeout_s: float = 30.0,
        attempts: int = 5,
    ) -> None:
        self._session, self._base_url, self._api_key = session, base_url.rstrip("/"), api_key
        self._clock, self._rng, self._attempts = clock, rng, attempts
        self._gate = ReadGate(clock, rng)
        # Creates find a connection however many reads hang, and no read waits for one while its time runs.
        self._turns = asyncio.Semaphore(_MOST_READS)
        self._finder = RunFinder(self._page)
        self._timeout = aiohttp.ClientTimeout(
            total=request_timeout_s, connect=min(_CONNECT_TIMEOUT_S, request_timeout_s)
        )

    async def create(
        self,
        model_id: str,
        wire_input: Mapping[str, object],
        *,
        job: str,
        callback_url: str | None,
        is_wanted: Callable[[], Awaitable[bool]] | None = None,
        not_taken: Callable[[], None] | None = None,
    ) -> Reading:
        """Start a run. At most one create can be accepted. `is_wanted` is asked before each try but the first.

        `not_taken` is called after each try that is followed by another.

        Raises RunflowUnwanted where it says no; RunflowRefused; RunflowUnreachable where no try was taken;
        RunflowUnclear where one may have been: look for it with `find`, and never create it again.
        """
        body: dict[str, object] = {"input": dict(wire_input), "metadata": {"job": job}, "client_ref": job}
        if callback_url is not None:
            body["callback_url"] = callback_url
        path = f"/v1/models/{_quoted(*model_id.split('/'))}/runs"
        sent = json.dumps(body, allow_nan=False).encode()
        tries = 0

        async def once() -> Reading:
            nonlocal tries
            tries += 1
            if tries > 1 and is_wanted is not None and not await is_wanted():
                raise RunflowUnwanted("not wanted any more")
            return await self._create_once(path, sent)

        retrying = self._retrying(self._attempts, _NotTaken)
        if not_taken is not None:
            retrying = retrying.copy(before_sleep=lambda _: not_taken())
        return await retrying(once)

    async def read(self, runflow_id: str) -> Reading:
        """The run as it is now. Raises RunflowRefused (NOT_FOUND: no such run), RunflowUnclear, RunflowUnreachable."""
        answer = await self._get(f"/v1/runs/{_quoted(runflow_id)}", most_bytes=_RUN_MOST_BYTES)
        return await _reading(answer.body)

    async def find(self, job: str, *, since: datetime) -> Reading | None:
        """The run that was created for `job`, among those created since `since`; None where lists show none.

        Raises as `read` does: a search that failed is not one that found nothing. All who look at the same time are
        served by one list.
        """
        listed = await self._finder.find(job, since=since)
        return None if listed is None else await self._whole(replace(listed.reading, job=job))

    async def statuses(self, limit: int, cursor: str | None = None) -> StatusPage:
        """How the organisation's runs stand: a page of at most `limit`, 500 being the most, the newest first.

        Raises as `read` does, and BodyTooLong where fewer may be asked for.
        """
        query = {"sort_by": "created_at:desc", "fields": "id,status_code", "limit": str(limit)}
        return await self._listed(wire.parse_status_page, query if cursor is None else {**query, "pq": cursor})

    async def reads_may_go_on(self) -> None:
        """Come back when no pause is asked for: whoever has many reads to set off need not let each of them wait."""
        await self._gate.passed()

    async def balance(self) -> MicroUsd | None:
        """The organisation's credit, None where it cannot be known (keys may lack the scope). Never raises."""
        try:
            return wire.parse_balance((await self._get("/v1/billing/balance")).body)
        except RunflowError:
            return None

    async def check_key(self) -> None:
        """Come back if the key is taken (concepts/authentication); raises RunflowError's tree if not."""
        await self._get("/v1/auth/me")

    async def _whole(self, listed: Reading) -> Reading:
        """A run that a list shows. Lists may leave out pictures and cost, so an end is read from the run itself."""
        if not listed.status.is_final:
            return listed
        try:
            return replace(await self.read(listed.runflow_id), job=listed.job)
        except RunflowError:
            # It exists, and that must not be lost: its end will be read later.
            return Reading(listed.runflow_id, RunflowStatus.UNKNOWN, listed.job)

    async def _page(self, query: Mapping[str, str]) -> RunPage:
        return await self._listed(wire.parse_run_page, query)

    async def _listed(self, parse: Callable[[bytes], _Page], query: Mapping[str, str]) -> _Page:
        body = (await self._get("/v1/runs", query, most_bytes=_LIST_MOST_BYTES)).body
        return parse(body) if len(body) <= LONG_BYTES else await asyncio.to_thread(parse_long, parse, body)

    async def _create_once(self, path: str, sent: bytes) -> Reading:
        answer = await self._send("POST", path, sent, most_bytes=_RUN_MOST_BYTES)
        if answer.status in _MAYBE_TAKEN:
            raise RunflowUnclear(f"create answered with {answer.status}")
        self._check(answer)
        return await _reading(answer.body)

    async def _get(self, path: str, query: Mapping[str, str] | None = None, *, most_bytes: int = LONG_BYTES) -> _Answer:
        """A read, tried once more after a short wait where that may help: whoever looks will look again anyway.

        It waits while Runflow asks for a pause, which it may do for all reads at once.
        """

        async def once() -> _Answer:
            async with self._turns:
                await self._gate.passed()
                answer = await self._send("GET", path, query=query, most_bytes=most_bytes)
            if answer.status != 429:
                self._gate.answered()
            self._check(answer)
            return answer

        return await self._retrying(2, _NotTaken, RunflowUnanswered, short=True)(once)

    def _retrying(self, attempts: int, *errors: type[Exception], short: bool = False) -> AsyncRetrying:
        return AsyncRetrying(
            sleep=self._clock.sleep,
            stop=stop_after_attempt(attempts),
            wait=self._short_wait_s if short else self._wait_s,
            retry=retry_if_exception_type(errors),
            reraise=True,
        )

    def _wait_s(self, state: RetryCallState) -> float:
        backoff_s = min(_FIRST_WAIT_S * 2 ** (state.attempt_number - 1), _MOST_WAIT_S)
        error = state.outcome.exception() if state.outcome else None
        asked_s = error.retry_after_s if isinstance(error, _NotTaken) else None
        if asked_s is not None and asked_s > _MOST_RETRY_AFTER_S:
            asked_s = None  # somebody waits for the picture, and there are only so many tries
        return (backoff_s if asked_s is None else max(asked_s, _FIRST_WAIT_S)) + self._rng.random()

    def _short_wait_s(self, state: RetryCallState) -> float:
        return _READ_RETRY_S * (state.attempt_number + self._rng.random())

    def _check(self, answer: _Answer) -> None:
        """Raises what an answer outside 2xx means."""
        status = answer.status
        if 200 <= status < 300:
            return
        if status == 429:
            asked_s = self._retry_after_s(answer.retry_after)
            self._gate.close(asked_s)
            raise _NotTaken("answered with 429", asked_s)
        if status >= 500:
            raise RunflowUnanswered(f"answered with {status}")
        error = wire.parse_error(answer.body)
        refusal = wire.refusal_of(status)
        told = error.message if refusal in _TOLD else ", ".join(error.fields)
        text = ": ".join(part for part in (f"answered with {status}", error.code, told) if part)
        raise RunflowRefused(refusal, text.replace(self._key, "<key>"), error.fields)

    def _retry_after_s(self, header: str | None) -> float | None:
        """Seconds to wait by `Retry-After`, in seconds or as a date; None where it is absent or no time."""
        if header is None:
            return None
        try:
            if header.isascii() and header.isdecimal():
                wait_s = float(header)
            else:
                at = parsedate_to_datetime(header)
                wait_s = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - self._clock.now()).total_seconds()
        except (ValueError, OverflowError):
            return None
        return wait_s if wait_s >= 0 else None

    @property
    def _key(self) -> str:
        return self._api_key.get_secret_value()

    async def _send(
        self,
        method: str,
        path: str,
        sent: bytes | None = None,
        *,
        query: Mapping[str, str] | None = None,
        most_bytes: int,
    ) -> _Answer:
        """One request. Raises _NotTaken where there was no connection, RunflowUnanswered where no whole answer came."""
        url = URL(f"{self._base_url}{path}", encoded=True).with_query(query)
        headers = {"Authorization": f"Bearer {self._key}", "Accept": "application/json", "Accept-Encoding": "identity"}
        if sent is not None:
            headers["Content-Type"] = "application/json"
        try:
            async with self._session.request(
                method, url, data=sent, headers=headers, allow_redirects=False, timeout=self._timeout
            ) as response:
                body = await _capped(response, most_bytes)
                return _Answer(response.status, body, response.headers.get("Retry-After"))
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.InvalidURL,
            UnicodeError,  # a host that no resolver can ask for: a label is empty or too long
        ) as error:
            raise _NotTaken(f"no connection: {type(error).__name__}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RunflowUnanswered(f"no answer: {type(error).__name__}") from error


async def _capped(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    """The body. Of an error, whatever of it can be had: its status alone says enough."""
    body = bytearray()
    is_good = 200 <= response.status < 300
    try:
        async for chunk in response.content.iter_chunked(64 * 1024):
            body += chunk
            if len(body) > (most_bytes if is_good else LONG_BYTES):
                response.close()
                if is_good:
                    raise BodyTooLong(f"unreadable body: longer than {most_bytes} bytes")
                return b""
    except (aiohttp.ClientError, TimeoutError, OSError):
        if is_good:
            raise
        response.close()
        return b""
    return bytes(body)


async def _reading(body: bytes) -> Reading:
    if len(body) <= LONG_BYTES:
        return wire.parse_reading(body)
    return await asyncio.to_thread(parse_long_reading, body)


def _quoted(*segments: str) -> str:
    """Path segments, each quoted whole. Raises RunflowRefused for one that would change the path."""
    if any(segment in {"", ".", ".."} for segment in segments):
        raise RunflowRefused(Refusal.NOT_FOUND, "an id that cannot stand in a path")
    return "/".join(quote(segment, safe="", errors="replace") for segment in segments)
