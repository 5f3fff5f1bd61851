"""Every word between the bot and the stand-in, held against Discord's own description of its API."""

from itertools import takewhile

import pytest

from sandbox.discord.switches import DiscordSwitches
from tests.contract.openapi import DiscordSpec
from tests.journeys.helpers import Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="session")
def spec() -> DiscordSpec:
    """Discord's OpenAPI file; its tests are skipped where it is missing."""
    found = DiscordSpec.find()
    if found is None:
        pytest.skip("Discord's OpenAPI file is not here: name it in IMAGINE_DISCORD_OPENAPI")
    return found


async def play_everything(stage: Stage) -> None:
    """Each form a card can take, each way an answer can be given."""
    cast = stage.cast
    stage.play("fast", running_s=0.2)
    await stage.imagine("**a** `red` <@1> fox 🦊 " + "snow " * 390, num_images=4, image_size="square")
    for channel in (cast.thread, cast.dm_of(cast.member.id), cast.elsewhere):
        await stage.imagine(image_size="square", channel=channel)
    for profile in ("nsfw_flagged", "failing", "partial", "no_pictures", "refused", "not_a_picture"):
        stage.play(profile)
        await stage.imagine(image_size="square", num_images=2)
    stage.play("nsfw_flagged")
    await stage.imagine(image_size="square", channel=cast.after_dark)
    await stage.forge({"prompt": "a fox", "num_images": 9})


async def play_trouble(stage: Stage) -> None:
    """What Discord refuses, and the bot then does in another way."""
    stage.play("fast", running_s=0.3, pictures="scenes")
    for trouble in (DiscordSwitches(token_life_s=0.0), DiscordSwitches(upload_refused_over_bytes=20 * 1024)):
        stage.discord.switches = DiscordSwitches()
        async with stage.pressing(image_size="square") as press:
            await press.drawing()
            stage.discord.switches = trouble
            await press.end()


async def test_all_that_is_said_holds_against_discords_own_description(stage: Stage, spec: DiscordSpec):
    await play_everything(stage)
    assert not [f"{call.method} {call.route}: {call.violation}" for call in stage.calls if call.violation]
    await play_trouble(stage)
    problems: set[str] = set()
    start = takewhile(lambda call: not call.route.endswith("/callback"), stage.discord.requests)
    for call in (*start, *stage.calls):
        where = f"{call.method} {call.route}"
        problems |= {f"{where}, asked: {each}" for each in spec.check_request(call.method, call.path, call.payload)}
        answered = spec.check_response(call.method, call.path, call.status, call.answer)
        problems |= {f"{where}, answered {call.status}: {each}" for each in answered}
    assert not problems
