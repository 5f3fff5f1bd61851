"""Pictures that were flagged, or that nobody checked: withheld where children may look, covered where adults do."""

import pytest

from sandbox.discord.cast import Channel
from tests.journeys.helpers import Answer, Entry, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def assert_withheld(stage: Stage, answer: Answer) -> None:
    """The card says that it is hidden, and nothing of why or of money; no picture ever came near Discord."""
    assert "Details says why." in answer.text
    assert "flagged" not in answer.text
    assert "¢" not in answer.text
    assert not answer.attachments
    assert not answer.gallery
    assert not any(call.files for call in stage.calls)
    assert stage.fetches == 0
    books = await stage.closed_books(answer.id)
    assert books.ending == ("succeeded", None, "withheld")
    assert books.entries[1:] == (Entry("settle", stage.billed(answer)),)


async def assert_covered(stage: Stage, answer: Answer, count: int = 1) -> None:
    """Every picture lies under a spoiler."""
    assert len(answer.gallery) == count
    assert all(item["spoiler"] for item in answer.gallery)
    assert all(attachment["filename"].startswith("SPOILER_") for attachment in answer.attachments)
    assert (await stage.closed_books(answer.id)).ending == ("succeeded", None, "shown")


def channels(stage: Stage) -> dict[str, Channel]:
    """Places where flagged pictures are withheld."""
    cast = stage.cast
    return {
        "general": cast.general,
        "thread": cast.thread,
        "direct message": cast.dm_of(cast.member.id),
        "elsewhere": cast.elsewhere,
    }


@pytest.mark.parametrize("place", ["general", "thread", "direct message", "elsewhere"])
async def test_flagged_pictures_are_withheld(stage: Stage, place: str):
    stage.play("nsfw_flagged")
    answer = await stage.imagine(image_size="square", channel=channels(stage)[place])
    await assert_withheld(stage, answer)


@pytest.mark.parametrize("profile", ["nsfw_null", "image_urls"])
async def test_unchecked_pictures_are_withheld(stage: Stage, profile: str):
    stage.play(profile)
    await assert_withheld(stage, await stage.imagine(image_size="square"))


@pytest.mark.parametrize("profile", ["nsfw_flagged", "nsfw_null", "nsfw_black"])
async def test_they_are_covered_where_adults_are(stage: Stage, profile: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="square", num_images=2, channel=stage.cast.after_dark)
    assert answer.shows(2)
    await assert_covered(stage, answer, count=2)


async def test_cleared_pictures_are_open_where_adults_are(stage: Stage):
    answer = await stage.imagine(image_size="square", channel=stage.cast.after_dark)
    assert not answer.gallery[0]["spoiler"]


async def test_the_safety_checker_is_always_asked_for(stage: Stage):
    for channel in (stage.cast.general, stage.cast.after_dark):
        await stage.imagine(image_size="square", channel=channel)
    assert [create["input"]["enable_safety_checker"] for create in stage.creates] == [True, True]


async def test_a_thread_takes_the_policy_of_its_channel(stage: Stage):
    stage.play("nsfw_flagged")
    await stage.discord.change_channel(stage.cast.general.id, nsfw=True)
    await assert_covered(stage, await stage.imagine(image_size="square", channel=stage.cast.thread))


@pytest.mark.parametrize(("channel", "before", "after"), [("after_dark", True, False), ("general", False, True)])
async def test_the_stricter_of_then_and_now_holds(stage: Stage, channel: str, before: bool, after: bool):
    place: Channel = getattr(stage.cast, channel)
    assert place.nsfw is before
    stage.play("nsfw_flagged", running_s=0.5)
    async with stage.pressing(image_size="square", channel=place) as press:
        await press.drawing()
        await stage.discord.change_channel(place.id, nsfw=after)
        answer = await press.end()
    await assert_withheld(stage, answer)


async def test_a_channel_the_bot_no_longer_sees_shows_nothing(stage: Stage):
    stage.play("nsfw_flagged", running_s=0.5)
    async with stage.pressing(image_size="square", channel=stage.cast.after_dark) as press:
        await press.drawing()
        await stage.discord.change_channel(stage.cast.after_dark.id, overwrites=stage.cast.mod_room.overwrites[:1])
        answer = await press.end()
    await assert_withheld(stage, answer)
