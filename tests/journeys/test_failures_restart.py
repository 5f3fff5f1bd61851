"""When the bot itself goes down in the middle: the next one takes the run up, and the same card comes to its end."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.journeys.conftest import SETTINGS
from tests.journeys.helpers import Entry, Stage, open_stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def killable(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A stage whose bot may be killed."""
    async with open_stage(tmp_path_factory.mktemp("mortal"), **SETTINGS) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def mortal(killable: Stage) -> Stage:
    """A new scene there."""
    await killable.new_scene()
    return killable


@pytest.mark.parametrize("how", ["terminated", "killed"])
async def test_a_run_outlives_the_bot(mortal: Stage, how: str):
    mortal.play("default", running_s=1.0)
    bot = mortal.sandbox.bot
    async with mortal.pressing(image_size="square") as press:
        await press.drawing()
        await (bot.terminate() if how == "terminated" else bot.kill())
        assert not bot.running
        await mortal.sandbox.start_bot()
        answer = await press.end()
    assert answer.shows(1)
    books = await mortal.closed_books(answer.id)
    assert books.ending == ("succeeded", None, "shown")
    assert books.entries[1:] == (Entry("settle", mortal.billed(answer)),)
    assert len(mortal.creates) == 1
    assert len([call for call in mortal.calls if call.files]) == 1


async def test_a_create_cut_off_by_a_crash_is_adopted_by_the_next_bot(mortal: Stage):
    mortal.play("default", create_delay_s=30)
    async with mortal.pressing(image_size="square") as press:
        await mortal.until(lambda: bool(mortal.creates))
        await mortal.sandbox.bot.kill()
        mortal.play("fast")
        await mortal.sandbox.start_bot()
        answer = await press.end()
    assert answer.shows(1)
    books = await mortal.closed_books(answer.id)
    assert books.entries[1:] == (Entry("settle", mortal.billed(answer)),)
    assert len(mortal.creates) == 1


async def test_commands_are_sent_to_discord_once(mortal: Stage):
    await mortal.sandbox.bot.terminate()
    await mortal.sandbox.start_bot()
    synced = [call for call in mortal.discord.requests if call.method == "PUT" and call.route.endswith("/commands")]
    assert len(synced) == 1
