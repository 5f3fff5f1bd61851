"""What must never stand in a log."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog

from bot import logs
from sandbox.clock import SandboxClock

CLOCK = SandboxClock(stopped=True, start=datetime(2026, 5, 1, 12, 30, 15, 250_000, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    for ours in ("bot", "cogs"):
        logging.getLogger(ours).setLevel(logging.NOTSET)
    structlog.reset_defaults()


def test_secrets_tokens_and_signatures_are_scrubbed() -> None:
    text = "PATCH https://discord.com/api/v10/webhooks/12/aW50ZXJhY3Rpb246MTIz/messages key=rf_secret"
    assert logs.scrub(text, ["rf_secret"]) == "PATCH https://discord.com/api/v10/webhooks/12/***/messages key=***"
    assert logs.scrub("GET https://s3.example/a.png?X-Amz-Signature=00ff", []) == "GET https://s3.example/a.png?***"


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_secret_is_scrubbed_however_a_line_spells_it(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    secret = 'pä"ss\\word-1234'
    logs.set_up(level="info", style="json" if style == "json" else "console", secrets=[secret], clock=CLOCK)
    structlog.get_logger("bot.test").info("connecting", address=f"postgresql://bot:{secret}@db/imagine")
    said = capsys.readouterr().err
    assert "ss" not in said.split("bot:", 1)[1].split("@db", 1)[0]
    assert "***" in said


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_traceback_shows_neither_secrets_nor_locals(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(level="info", style="json" if style == "json" else "console", secrets=["rf_secret"], clock=CLOCK)
    hidden = "local value"
    try:
        raise RuntimeError("no answer for rf_secret")
    except RuntimeError:
        structlog.get_logger("bot.test").exception("failed", run="1")
        logging.getLogger("elsewhere").exception("also failed with %s", "rf_secret")
    said = capsys.readouterr().err
    assert "RuntimeError" in said
    assert "rf_secret" not in said
    assert hidden not in said.replace('hidden = "local value"', "")


def test_json_lines_are_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(level="info", style="json", secrets=[], clock=CLOCK)
    structlog.get_logger("bot.test").info("run ended", run="1", state="succeeded")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["run"], line["level"]) == ("run ended", "1", "info")
    assert line["timestamp"] == "2026-05-01T12:30:15.250000Z"
