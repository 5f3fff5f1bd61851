"""The log: one line an event, for people or as JSON, without secrets, signed addresses or local variables."""

import logging
import re
import sys
from collections.abc import Sequence
from typing import Any, Literal

import structlog

# An interaction's token stands in its webhook's path; a signed address carries its signature in the query.
_TOKEN_PATHS = re.compile(r"(/(?:webhooks|interactions)/\d+/)[\w.-]{8,}")
# Anything shorter is no secret, and would tear holes into ordinary words.
_SHORTEST_SECRET = 8
_SIGNED_QUERY = re.compile(r"(https?://[^\s?\"']+)\?[^\s\"']+")


def scrub(text: str, secrets: Sequence[str]) -> str:
    """The text without the given secrets, interaction tokens and the queries of addresses."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    return _SIGNED_QUERY.sub(r"\1?***", _TOKEN_PATHS.sub(r"\1***", text))


class _Renderer:
    """Renders an event to a line and scrubs it. Tracebacks are plain: a pretty one would print local variables."""

    def __init__(self, style: Literal["console", "json"], secrets: Sequence[str]) -> None:
        self._secrets = [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET]
        self._render = (
            structlog.processors.JSONRenderer()
            if style == "json"
            else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        )

    def __call__(self, logger: Any, name: str, event: structlog.typing.EventDict) -> str:
        return scrub(str(self._render(logger, name, event)), self._secrets)


def set_up(*, level: str, style: Literal["console", "json"], secrets: Sequence[str]) -> None:
    """Send structlog's and the standard library's events to standard error. Called once, by the composition root."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if style == "json":
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _Renderer(style, secrets),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("discord.client", "discord.gateway", "discord.http", "aiohttp.access", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
