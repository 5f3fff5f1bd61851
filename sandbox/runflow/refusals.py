"""Refusals, and the bodies in which they are told. Source: concepts/errors, and the dialects seen elsewhere."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from sandbox.runflow.switches import ErrorBody, Switches


class Refused(Exception):
    """A request that is answered with an error. `headers` go along with it."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        errors: Sequence[Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = list(errors) if errors else None
        self.headers = dict(headers or {})


class Broken(Exception):
    """A request whose connection is cut without an answer; `reset` says whether rudely."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__("reset" if reset else "closed")
        self.reset = reset


def server_error(status: int) -> Refused:
    """A 5xx as a busy service gives it."""
    if status == 503:
        return Refused(503, "MODEL_UNAVAILABLE", "The model is not available right now.")
    return Refused(status, "INTERNAL_ERROR", "Something went wrong on our side.")


def rate_limited(switches: Switches, now: datetime) -> Refused:
    """A 429 with the `Retry-After` that the switches ask for."""
    after = {
        "none": None,
        "seconds": str(switches.retry_after_s),
        "date": format_datetime(now.replace(microsecond=0) + timedelta(seconds=switches.retry_after_s), usegmt=True),
        "nonsense": "a little while",
    }[switches.retry_after]
    headers = {} if after is None else {"Retry-After": after}
    return Refused(429, "RATE_LIMITED", "Too many requests.", headers=headers)


def refusal_answer(refused: Refused, dialect: ErrorBody) -> web.Response:
    """The answer for a refusal."""
    body, content_type = _body(refused, dialect)
    return web.Response(status=refused.status, body=body.encode(), content_type=content_type, headers=refused.headers)


def _body(refused: Refused, dialect: ErrorBody) -> tuple[str, str]:
    flat = {"code": refused.code, "message": refused.message, "errors": refused.errors}
    if dialect == "error_object":
        return json.dumps({"error": flat}), "application/json"
    if dialect == "detail":
        return json.dumps({"detail": refused.errors or refused.message}), "application/json"
    if dialect == "html":
        title = f"{refused.status} Error"
        page = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>"
        return page, "text/html"
    if dialect == "empty":
        return "", "text/plain"
    return json.dumps(flat), "application/json"
