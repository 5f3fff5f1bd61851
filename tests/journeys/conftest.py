"""One bot for many journeys: stand-ins behave differently from scene to scene, the bot stays."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.journeys.browsing import Reading, open_page, open_reading
from tests.journeys.helpers import Stage, open_stage
from tests.journeys.tools import Tools, open_tools

# Far beyond what the journeys spend together; a create whose answer was lost is given up quickly; every state is shown.
SETTINGS = {"USER_DAILY_LIMIT_USD": "1000", "LOST_AFTER_S": "1", "PROGRESS_SPACING_S": "0"}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def theatre(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """The stage that lives as long as this process's tests."""
    async with open_stage(tmp_path_factory.mktemp("bot"), **SETTINGS) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def stage(theatre: Stage) -> AsyncGenerator[Stage]:
    """The stage, with a new scene. Whatever happens in it, the bot meets nothing that it was not made for."""
    await theatre.new_scene()
    yield theatre
    assert not [line for line in theatre.log if "Traceback" in line or "faulted" in line]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def impatient(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A stage whose bot gives a run one second."""
    async with open_stage(tmp_path_factory.mktemp("impatient"), **SETTINGS, RUN_DEADLINE_S="1") as stage:
        yield stage


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A stage whose server has moderators at work: other scenes must not find it so."""
    async with open_stage(tmp_path_factory.mktemp("guarded"), **SETTINGS) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def tools(guarded: Stage) -> AsyncGenerator[Tools]:
    """What moderators work with, in a scene in which nothing was set yet."""
    async with open_tools(guarded) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def reading(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Reading]:
    """The sandbox and the browser of all journeys in the page."""
    async with open_reading(tmp_path_factory.mktemp("page")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def page(reading: Reading) -> AsyncGenerator[Page]:
    """The page in a new window, where nothing was said or set yet."""
    async with open_page(reading) as opened:
        yield opened
