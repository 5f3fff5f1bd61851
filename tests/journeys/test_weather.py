"""The real bot in bad weather: stopped in the middle, the gateway refused or dropped, callbacks of every kind."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from sandbox.app import SandboxOptions, open_sandbox
from sandbox.discord.switches import DiscordSwitches
from tests.journeys.conftest import SETTINGS
from tests.journeys.helpers import FAST, Entry, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def outdoors(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A stage whose bot may be stopped and disturbed, and is called back."""
    directory = tmp_path_factory.mktemp("weather")
    options = SandboxOptions(page_port=None, switches=FAST, settings=SETTINGS, directory=directory, callbacks=True)
    async with open_sandbox(options) as sandbox:
        yield Stage(sandbox, directory / "imagine.db")


@pytest_asyncio.fixture(loop_scope="session")
async def weathered(outdoors: Stage) -> AsyncGenerator[Stage]:
    """A new scene there. Nothing faults in it."""
    await outdoors.new_scene()
    yield outdoors
    assert not [line for line in outdoors.log if "Traceback" in line or "faulted" in line]


async def ready(stage: Stage) -> tuple[int, dict[str, bool]]:
    """What /readyz says."""
    async with aiohttp.ClientSession() as session, session.get(f"{stage.sandbox.bot.http_url}/readyz") as answer:
        return answer.status, (await answer.json())["checks"]


async def test_a_stop_in_the_middle_is_quick_and_leaves_the_rest_to_the_next(weathered: Stage):
    weathered.play("default", running_s=2.0)
    async with weathered.pressing(image_size="square") as press:
        await press.drawing()
        # By itself: a bot that takes longer than ten seconds is killed, and ends with -9.
        assert await weathered.sandbox.bot.terminate() == 0
        await weathered.sandbox.start_bot()
        assert (await press.end()).shows(1)
    await weathered.closed_books(press.id)
    assert len(weathered.creates) == 1


async def test_what_comes_while_it_stops_hears_a_friendly_sentence(weathered: Stage):
    # An answer that is slow to be taken keeps the door ajar: the bot finishes it before it goes.
    weathered.discord.switches = DiscordSwitches(latency_s=1.0)
    async with weathered.pressing(image_size="square") as first:
        await asyncio.sleep(0.3)
        stopping = asyncio.create_task(weathered.sandbox.bot.terminate(), name="stop")
        await asyncio.sleep(0.3)
        async with weathered.pressing("too late") as second:
            refused = await second.end()
        assert refused.is_ephemeral
        assert refused.shows(0)
        assert weathered.books(refused.id).row is None
        assert await stopping == 0
        weathered.discord.switches = DiscordSwitches()
        await weathered.sandbox.start_bot()
        assert (await first.end()).shows(1)
    assert len(weathered.creates) == 1


@pytest.mark.parametrize("kind", ["reconnect", "invalid", "invalid_resumable", "close", "abrupt"])
async def test_the_gateway_comes_back(weathered: Stage, kind: str):
    connections = weathered.discord.gateway_connections
    await weathered.discord.drop_gateway(kind)
    await weathered.until(lambda: weathered.discord.gateway_connections > connections)
    await weathered.discord.wait_connected(20)
    async with asyncio.timeout(20):
        while (await ready(weathered))[0] != 200:  # noqa: ASYNC110 - it rings no bell
            await asyncio.sleep(0.05)
    assert (await weathered.imagine(image_size="square")).shows(1)


async def test_a_first_connection_that_is_refused_is_tried_again(tmp_path: Path):
    options = SandboxOptions(page_port=None, switches=FAST, settings=SETTINGS, directory=tmp_path, bot=False)
    async with open_sandbox(options) as sandbox:
        sandbox.discord.switches = DiscordSwitches(refuse_gateway=1)
        await sandbox.start_bot()
        stage = Stage(sandbox, tmp_path / "imagine.db")
        assert (await stage.imagine(image_size="square")).shows(1)


async def test_not_ready_while_discord_is_away(tmp_path: Path):
    options = SandboxOptions(page_port=None, switches=FAST, settings=SETTINGS, directory=tmp_path, bot=False)
    async with open_sandbox(options) as sandbox:
        sandbox.discord.switches = DiscordSwitches(refuse_gateway=100)
        stage = Stage(sandbox, tmp_path / "imagine.db")
        await sandbox.bot.start()
        async with asyncio.timeout(20):
            while True:
                try:
                    status, checks = await ready(stage)
                    break
                except aiohttp.ClientConnectorError:
                    await asyncio.sleep(0.05)
        assert (status, checks) == (503, {"database": True, "gateway": False, "polls": True})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"callback_copies": 3},
        {"callback_time": "never"},
        {"callback_signature": "unsigned"},
        {"callback_signature": "wrong_secret"},
        {"callback_time": "before_create_answer"},
    ],
    ids=lambda changes: "-".join(map(str, changes.values())) or "signed",
)
async def test_each_callback_brings_one_result(weathered: Stage, changes: dict[str, object]):
    weathered.play("default", running_s=0.3, **changes)
    answer = await weathered.imagine(image_size="square")
    books = await weathered.closed_books(answer.id)
    assert books.ending == ("succeeded", None, "shown")
    assert books.entries[1:] == (Entry("settle", weathered.billed(answer)),)
    assert len(weathered.creates) == 1
