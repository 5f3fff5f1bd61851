"""The log: one line an event, for people or as JSON, without secrets, signed addresses or local variables.

Below a warning only our own loggers speak. Libraries write what they handle into their debug lines: statements with
their parameters, whole payloads, interaction tokens. One that is added later leaks nothing that way.
"""

import json
import logging
import re
import sys
from collections.abc import Sequence
from typing import Any, Literal

import structlog

from bot.clock import Clock

# An interaction's token stands in its webhook's path; a signed address carries its signature in the query.
_TOKEN_PATHS = re.compile(r"(/(?:webhooks|interactions)/\d+/)[\w.-]{8,}")
# Anything shorter is no secret, and would tear holes into ordinary words.
_SHORTEST_SECRET = 8
_OURS = ("bot", "cogs")
# Where values begin in asyncio's texts: arguments, or the second line, which has futures and handles whole.
_VALUES = re.compile(r"[(\n]")
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
        kept = [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET]
        # As JSON and Python spell them as well: with quotes, backslashes and letters outside ASCII escaped.
        self._secrets = list(
            dict.fromkeys(spelt for secret in kept for spelt in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]))
        )
        self._render = (
            structlog.processors.JSONRenderer()
            if style == "json"
            else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        )

    def __call__(self, logger: Any, name: str, event: structlog.typing.EventDict) -> str:
        return scrub(str(self._render(logger, name, event)), self._secrets)


class _Clocked:
    """Writes the time into an event, by the clock that is handed in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __call__(self, logger: Any, name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:  # noqa: ARG002 - structlog's
        event["timestamp"] = self._clock.now().isoformat(timespec="microseconds").replace("+00:00", "Z")
        return event


def _is_for_us(record: logging.LogRecord) -> bool:
    """Whether a line is written: all of ours that their level lets through, and what others warn of."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in _OURS


def _without_values(logger: Any, name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:  # noqa: ARG001 - structlog's
    """Cut asyncio's texts off before what a callback was handed or a future holds: rows, prompts, tokens."""
    if event.get("logger") == "asyncio":
        event["event"] = _VALUES.split(str(event["event"]), maxsplit=1)[0]
    return event


def set_up(*, level: str, style: Literal["console", "json"], secrets: Sequence[str], clock: Clock) -> None:
    """Send structlog's and the standard library's events to standard error. Called once, by the composition root.

    `level` holds for our own loggers; other people's are heard from a warning on.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _Clocked(clock),
    ]
    if style == "json":
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_is_for_us)  # some libraries set the level of their own loggers
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _without_values],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _Renderer(style, secrets),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    for ours in _OURS:
        logging.getLogger(ours).setLevel(level.upper())
