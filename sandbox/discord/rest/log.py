"""What the bot asked of REST, kept for tests and benchmarks."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a request, without its content."""

    number: int
    filename: str
    size_bytes: int
    content_type: str | None


@dataclass(frozen=True, slots=True)
class BotRequest:
    """One request and what became of it.

    `route` is the template as in Discord's OpenAPI document, without `/api/v10`; `path` the address without it.
    `payload` is the JSON (of a multipart body, `payload_json`). `answer` is the JSON of the answer; `violation` the
    reason of a refusal. `at` and `seconds` are times of the sandbox's clock at arrival, `took_s` real time until the
    answer.
    """

    method: str
    route: str
    path: str
    query: str
    payload: object
    files: tuple[SentFile, ...]
    status: int
    answer: object
    violation: str | None
    at: datetime
    seconds: float
    took_s: float
