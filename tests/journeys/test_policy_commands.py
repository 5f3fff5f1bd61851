"""/policy by the real bot: what it says, what it refuses, and that what it says is what happens."""

from dataclasses import replace
from typing import Any

import pytest

from sandbox.discord.cast import Channel
from sandbox.discord.snowflakes import long_ago
from tests.journeys.tools import Tools

pytestmark = pytest.mark.asyncio(loop_scope="session")

CATEGORY = 4
ONLY_ADMINS = "Only people with the permission “Manage Server” may do this. Nothing was changed."


async def test_what_members_will_see_is_said_and_happens(tools: Tools):
    admin, general = tools.cast.admin, tools.cast.general
    said = await tools.use(admin, "policy set", policy="spoiler", hide_prompt=True)
    assert f"In <#{general.id}>, pictures are shown when they are ready" in said
    assert "flagged or never checked are covered until somebody opens them" in said
    tools.stage.play("nsfw_flagged")
    answer = await tools.stage.imagine(image_size="square")
    assert answer.gallery[0]["spoiler"]
    assert tools.stage.acts("policy set")[-1]["actor_id"] == admin.id
    line = await tools.log_says("changed the policy")
    assert f"<@{admin.id}>" in line
    assert said.splitlines()[0] in line


async def test_what_is_left_out_stays(tools: Tools):
    admin = tools.cast.admin
    await tools.use(admin, "policy set", policy="review")
    said = await tools.use(admin, "policy set", hide_reported=True)
    assert "wait for a moderator" in said
    assert "reported pictures hidden at once" in said
    assert "policy: review · hide reported: yes" in await tools.use(admin, "policy list")
    assert "wait for a moderator" in await tools.use(admin, "policy show")


async def test_nothing_to_change_is_said(tools: Tools):
    assert "Choose at least one thing to change" in await tools.use(tools.cast.admin, "policy set")
    assert tools.count("channel_settings") == (0,)
    assert "No channel has a policy of its own" in await tools.use(tools.cast.admin, "policy list")


async def test_clear_goes_back_to_what_nobody_set(tools: Tools):
    admin = tools.cast.admin
    await tools.use(admin, "policy set", policy="spoiler")
    assert "are never shown" in await tools.use(admin, "policy clear")
    assert "Nothing was set" in await tools.use(admin, "policy clear")
    assert tools.count("channel_settings") == (0,)


@pytest.mark.parametrize("options", [{"policy": "allow"}, {"safety_checker": False}])
async def test_what_is_for_adults_needs_the_mark(tools: Tools, options: dict[str, Any]):
    said = await tools.use(tools.cast.admin, "policy set", **options)
    assert "Mark it as age-restricted in Discord's channel settings first" in said
    assert "Nothing was changed." in said
    assert tools.count("channel_settings") == (0,)


async def test_it_is_undone_when_the_mark_goes_and_does_not_come_back_with_it(tools: Tools):
    admin, dark = tools.cast.admin, tools.cast.after_dark
    said = await tools.use(admin, "policy set", channel=dark.id, policy="allow", safety_checker=False)
    assert "are shown like any other" in said
    assert "safety checker off" in said
    await tools.stage.discord.change_channel(dark.id, nsfw=False)
    line = await tools.log_says("is no longer age-restricted")
    assert "are never shown" in line
    await tools.stage.discord.change_channel(dark.id, nsfw=True)
    said = await tools.use(admin, "policy show", channel=dark.id)
    assert "are covered until somebody opens them" in said
    assert "safety checker on" in said


async def test_the_safety_checker_rests_only_where_it_may(tools: Tools):
    dark = tools.cast.after_dark
    await tools.use(tools.cast.admin, "policy set", channel=dark.id, policy="allow", safety_checker=False)
    await tools.stage.imagine(image_size="square", channel=dark)
    await tools.stage.imagine(image_size="square")
    assert [create["input"]["enable_safety_checker"] for create in tools.stage.creates] == [False, True]


async def test_a_thread_stands_for_its_channel(tools: Tools):
    said = await tools.use(tools.cast.admin, "policy set", channel=tools.cast.thread.id, policy="spoiler")
    assert f"In <#{tools.cast.general.id}>" in said
    assert "covered" in await tools.use(tools.cast.admin, "policy show", channel=tools.cast.general.id)


async def test_a_category_rules_channels_that_have_nothing_of_their_own(tools: Tools):
    cast = tools.cast
    category = Channel(long_ago(cast.guild.created_at, 60), CATEGORY, "Studio", cast.guild.created_at, cast.guild.id)
    await tools.stage.discord.add_channel(category)
    await tools.stage.discord.change_channel(cast.general.id, parent_id=category.id)
    try:
        said = await tools.use(cast.admin, "policy set", channel=category.id, policy="spoiler")
        assert f"the channels of <#{category.id}> that have nothing of their own" in said
        assert "covered" in await tools.use(cast.admin, "policy show")
        tools.stage.play("nsfw_flagged")
        assert (await tools.stage.imagine(image_size="square")).gallery[0]["spoiler"]
        await tools.use(cast.admin, "policy set", policy="block")
        assert "are never shown" in await tools.use(cast.admin, "policy show")
    finally:
        await tools.stage.discord.change_channel(cast.general.id, parent_id=None)
        await tools.stage.discord.delete_channel(category.id)


@pytest.mark.parametrize("options", [{"policy": "review"}, {"approve_everything": True}, {"hide_reported": True}])
async def test_without_a_moderation_channel_the_next_step_is_said(tools: Tools, options: dict[str, Any]):
    tools.stage.alter("UPDATE guild_settings SET review_channel_id = NULL")
    assert "Choose one with /review channel." in await tools.use(tools.cast.admin, "policy set", **options)


async def test_every_picture_can_wait(tools: Tools):
    said = await tools.use(tools.cast.admin, "policy set", approve_everything=True)
    assert "every picture waits for a moderator before anybody sees it" in said
    answer = await tools.stage.imagine(image_size="square")
    assert "A moderator looks at" in answer.text
    assert not answer.attachments


@pytest.mark.parametrize("channel", [1, 700000000000000009])
async def test_a_channel_that_is_not_here_changes_nothing(tools: Tools, channel: int):
    said = await tools.use(tools.cast.admin, "policy set", channel=channel, policy="block", check=False)
    assert said == "There is no such channel in this server that I can see. Nothing was changed."
    assert tools.count("channel_settings") == (0,)


async def test_a_deleted_channel_changes_nothing(tools: Tools):
    cast = tools.cast
    gone = replace(cast.general, id=long_ago(cast.guild.created_at, 61), name="gone")
    await tools.stage.discord.add_channel(gone)
    await tools.stage.discord.delete_channel(gone.id)
    said = await tools.use(cast.admin, "policy set", channel=gone.id, policy="block", check=False)
    assert "There is no such channel" in said
    assert tools.count("channel_settings") == (0,)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"policy": "everything"}, "policy cannot be everything. Allowed: block, review, spoiler, allow."),
        ({"undecided_hours": 9999}, "undecided_hours cannot be 9999. Allowed: 0 to 720."),
        ({"approve_everything": "perhaps"}, "approve_everything cannot be perhaps. Allowed: True or False."),
    ],
)
async def test_what_a_client_would_not_send_is_said(tools: Tools, options: dict[str, Any], sentence: str):
    assert await tools.use(tools.cast.admin, "policy set", check=False, **options) == sentence
    assert tools.count("channel_settings") == (0,)


@pytest.mark.parametrize("who", ["member", "moderator"])
async def test_a_forged_command_changes_nothing(tools: Tools, who: str):
    person = getattr(tools.cast, who)
    forged: list[tuple[str, dict[str, Any]]] = [
        ("policy set", {"policy": "spoiler"}),
        ("policy clear", {}),
        ("policy show", {}),
        ("policy list", {}),
    ]
    for command, options in forged:
        assert await tools.use(person, command, check=False, **options) == ONLY_ADMINS
    assert tools.count("channel_settings") == (0,)
