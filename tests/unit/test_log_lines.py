"""The log of whole runs and presses, at debug: whose run a line is of, and that nothing of a person's is in any."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot import logs
from bot.guilds.audit import AdminAction
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelRules, ChannelSetting
from bot.runs.transitions import FINAL
from sandbox.clock import SandboxClock
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.cogs.opened import opened
from tests.unit.cogs.samples import FakeRuns
from tests.unit.cogs.wire import interaction
from tests.unit.runs.room import runs_room

PROMPT = "a vermilion quetzal"
# What Runflow's storage signs an address with.
SIGNED = ("X-Amz-", "Signature", "sig=", "Expires=")

Lines = Callable[[], list[str]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Everything that is logged at debug, each line as JSON."""
    loggers = [logging.getLogger(name) for name in (None, "bot", "cogs")]
    before = [(logger, logger.level, list(logger.handlers)) for logger in loggers]
    written = StringIO()
    with redirect_stderr(written):
        logs.set_up(level="debug", style="json", secrets=[], clock=SandboxClock())
    yield lambda: written.getvalue().splitlines()
    for logger, level, handlers in before:
        logger.handlers = handlers
        logger.setLevel(level)
    structlog.reset_defaults()


def loop_that_tells_everything() -> None:
    """asyncio's own debug: every step counts as slow, and is logged with a text of what was called."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0


@pytest.mark.parametrize("profile", ["default", "gone_urls", "lost_creates", "refused", "failing"])
async def test_a_run_leaves_nothing_of_the_person_in_the_log(profile: str, tmp_path: Path, lines: Lines) -> None:
    loop_that_tells_everything()
    async with runs_room(tmp_path, without_waiting(PROFILES[profile])) as room:
        run = await room.to_the_end(await room.press(prompt=PROMPT, num_images=2))
        key = room.runflow.api_key
    assert run.state in FINAL
    said = lines()
    assert any(run.id in line for line in said)
    assert not [line for line in said for secret in (PROMPT, run.reply.token, key, *SIGNED) if secret in line]


@pytest.mark.parametrize(
    "profile",
    [
        "default",
        "lost_creates",
        "failing",
        "gone_urls",
    ],
)
async def test_each_line_of_a_run_names_it(profile: str, tmp_path: Path, lines: Lines) -> None:
    async with runs_room(tmp_path, without_waiting(PROFILES[profile])) as room:
        run = await room.to_the_end(await room.press(prompt=PROMPT))
    events = [json.loads(line) for line in lines()]
    of_runs = [event for event in events if event["logger"].startswith("bot.")]
    assert of_runs
    assert [event for event in of_runs if event.get("run") != run.id] == []


async def test_each_line_of_a_review_names_its_run(tmp_path: Path, lines: Lines) -> None:
    """Held, asked about in vain, asked again: by the run's own worker and by that of reviews."""
    async with runs_room(tmp_path, without_waiting(PROFILES["nsfw_flagged"])) as room:
        run = await room.press(prompt=PROMPT, rules=ChannelRules(policy=Policy.REVIEW))
        await room.services.policies.set_channel(AdminAction(1, 9), 2, ChannelSetting(policy=Policy.REVIEW))
        await room.to_the_end(run)
        async with asyncio.timeout(10):
            while "moderators could not be asked" not in "".join(lines()):  # noqa: ASYNC110 - the log wakes nobody
                await asyncio.sleep(0.01)
    events = [json.loads(line) for line in lines()]
    assert {"run held", "moderators could not be asked"} <= {event["event"] for event in events}
    assert [event for event in events if event["logger"].startswith("bot.") and event.get("run") != run.id] == []


async def test_a_press_leaves_nothing_of_the_person_in_the_log(lines: Lines) -> None:
    loop_that_tells_everything()
    runs = FakeRuns()
    async with opened(runs) as open_:
        open_.press(interaction({"prompt": PROMPT}))
        async with asyncio.timeout(10):
            await runs.changed.wait()
    said = lines()
    assert not [line for line in said for secret in (PROMPT, "tok-secret", "Bot token") if secret in line]


async def test_a_press_that_faults_leaves_nothing_of_the_person_in_the_log(lines: Lines) -> None:
    loop_that_tells_everything()

    class Broken(FakeRuns):
        async def accept(self, **asked: Any) -> Any:
            raise ZeroDivisionError

    async with opened(Broken()) as open_:
        open_.press(interaction({"prompt": PROMPT}))
        await open_.discord.wait("POST", "/callback")
    said = lines()
    assert any("ZeroDivisionError" in line for line in said)
    assert not [line for line in said for secret in (PROMPT, "tok-secret") if secret in line]


async def test_asyncio_tells_what_failed_without_what_was_handed_over(lines: Lines) -> None:
    loop = asyncio.get_running_loop()

    def fails(_: str) -> None:
        raise ZeroDivisionError

    loop.call_soon(fails, PROMPT)
    done: asyncio.Future[str] = loop.create_future()
    done.set_result(PROMPT)
    loop.call_exception_handler({"message": "a thing was lost", "future": done})
    await asyncio.sleep(0.01)
    said = lines()
    assert any("ZeroDivisionError" in line and "fails" in line for line in said)
    assert any("a thing was lost" in line for line in said)
    assert PROMPT not in "".join(said)


@pytest.mark.parametrize("name", ["aiosqlite", "sqlalchemy.engine.Engine", "discord.http", "a.library.of.tomorrow"])
def test_only_our_own_loggers_speak_below_a_warning(name: str, lines: Lines) -> None:
    foreign = logging.getLogger(name)
    before = foreign.level
    foreign.setLevel(logging.DEBUG)  # as sqlalchemy's echo does, whatever its parents say
    try:
        foreign.info("%s", PROMPT)
        foreign.debug("%s", PROMPT)
        foreign.warning("something is wrong")
    finally:
        foreign.setLevel(before)
    (line,) = lines()
    assert "something is wrong" in line


def test_our_own_loggers_speak_from_the_level_that_is_set(lines: Lines) -> None:
    for name in ("bot.runs.x", "cogs.ui.x", "bot"):
        structlog.get_logger(name).debug("here")
    logging.getLogger("bottle").debug("not ours")
    assert [json.loads(line)["logger"] for line in lines()] == ["bot.runs.x", "cogs.ui.x", "bot"]


@pytest.mark.parametrize("options", [{"prompt": PROMPT * 300}, {"prompt": PROMPT, "num_images": PROMPT}, {"prompt": 7}])
async def test_forged_options_are_not_quoted_in_the_log(options: dict[str, Any], lines: Lines) -> None:
    async with opened() as open_:
        open_.press(interaction(options))
        await open_.discord.wait("POST", "/callback")
    assert not [line for line in lines() if PROMPT in line]
