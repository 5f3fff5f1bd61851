"""Messages that are taken away: by whom they may be, what is told of it, and what is left."""

from collections.abc import AsyncIterator

import aiohttp
import discord
import pytest

from sandbox.clock import SandboxClock
from sandbox.discord import ClientRefusal, DiscordStandin
from sandbox.discord.cast import Overwrite
from tests.contract.discord_library import READY_S, discord_py, judge, running
from tests.contract.discord_raw import PNG, Asked, Json, Stage, open_stage

EPHEMERAL = 64
MANAGE_MESSAGES = 1 << 13
GUILD_MESSAGES = 1 << 9


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as opened:
        yield opened


async def pictured(stage: Stage, flags: int = 0) -> tuple[Asked, Json]:
    """An answer with a picture."""
    asked = await stage.slash()
    data: Json = {"content": "x", "flags": flags, "attachments": [{"id": "0"}]}
    reply = await asked.answer(4, data, files={"a.png": PNG})
    return asked, reply.body["resource"]["message"]


async def is_gone(stage: Stage, message: Json) -> bool:
    """Whether nobody has the message any more, nor its file."""
    async with aiohttp.request("GET", message["attachments"][0]["url"]) as file:
        status = file.status
    seen = [each["id"] for each in stage.people.snapshot(stage.cast.member.id)["messages"]]
    return status == 404 and message["id"] not in seen and stage.people.message(message["id"]) is None


@pytest.mark.parametrize("flags", [0, EPHEMERAL])
async def test_an_answer_by_its_token(stage: Stage, flags: int):
    asked, message = await pictured(stage, flags)
    assert not await is_gone(stage, message)
    assert (await stage.call("DELETE", asked.original)).status == 204
    assert await is_gone(stage, message)
    again = await stage.call("DELETE", asked.original)
    assert (again.status, again.code) == (404, 10008)
    later = await stage.call("POST", asked.hook, {"content": "a followup"})
    assert later.status == 200, "the token lives on"
    assert (await stage.call("DELETE", f"{asked.hook}/messages/{later.body['id']}")).status == 204


async def test_a_token_takes_away_its_own_only(stage: Stage):
    asked, message = await pictured(stage)
    other, _ = await pictured(stage)
    assert (await stage.call("DELETE", f"{other.hook}/messages/{message['id']}")).code == 10008
    assert (await stage.call("DELETE", f"{asked.hook}/messages/{message['id']}")).status == 204
    asked, message = await pictured(stage)
    stage.clock.advance(901)
    late = await stage.call("DELETE", asked.original)
    assert (late.status, late.code) == (401, 50027)
    path = f"/channels/{stage.cast.general.id}/messages/{message['id']}"
    assert (await stage.call("DELETE", path)).status == 204
    assert await is_gone(stage, message)


async def test_an_ephemeral_answer_is_unknown_in_the_channel(stage: Stage):
    _, message = await pictured(stage, EPHEMERAL)
    path = f"/channels/{stage.cast.general.id}/messages/{message['id']}"
    assert (await stage.call("DELETE", path)).code == 10008
    assert not await is_gone(stage, message)


async def test_others_messages_need_manage_messages(stage: Stage):
    general, bot = stage.cast.general, stage.cast.bot
    said = await stage.people.say(user_id=stage.cast.member.id, channel_id=general.id, content="hi")
    path = f"/channels/{general.id}/messages/{said}"
    refused = await stage.call("DELETE", path)
    assert (refused.status, refused.code) == (403, 50013)
    allowed = Overwrite(bot.id, is_role=False, allow=MANAGE_MESSAGES)
    await stage.discord.change_channel(general.id, overwrites=(allowed,))
    assert (await stage.call("DELETE", path)).status == 204
    assert (await stage.call("DELETE", path)).code == 10008
    _, own = await pictured(stage)
    hidden = Overwrite(bot.id, is_role=False, deny=1 << 10)
    await stage.discord.change_channel(general.id, overwrites=(hidden,))
    assert (await stage.call("DELETE", f"/channels/{general.id}/messages/{own['id']}")).code == 50001


async def test_in_private_only_its_own(stage: Stage):
    dm = stage.cast.dm_of(stage.cast.member.id)
    said = await stage.people.say(user_id=stage.cast.member.id, channel_id=dm.id, content="hi")
    refused = await stage.call("DELETE", f"/channels/{dm.id}/messages/{said}")
    assert (refused.status, refused.code) == (403, 50003)
    own = (await stage.call("POST", f"/channels/{dm.id}/messages", {"content": "hello"})).body["id"]
    with pytest.raises(ClientRefusal):
        await stage.people.delete_message(user_id=stage.cast.member.id, message_id=own)
    assert (await stage.call("DELETE", f"/channels/{dm.id}/messages/{own}")).status == 204


async def test_the_gateway_tells_of_public_ones(stage: Stage):
    async with stage.connect() as socket:
        await socket.identify(stage.discord.token, GUILD_MESSAGES)
        hidden, _ = await pictured(stage, EPHEMERAL)
        asked, message = await pictured(stage)
        for each in (hidden, asked):
            await stage.call("DELETE", each.original)
        gone = await socket.event("MESSAGE_DELETE")
        assert gone == {
            "id": message["id"],
            "channel_id": str(stage.cast.general.id),
            "guild_id": str(stage.cast.guild.id),
        }


async def test_people_hear_of_it_as_far_as_they_saw_it(stage: Stage):
    events = stage.people.subscribe()
    asked, message = await pictured(stage, EPHEMERAL)
    await stage.call("DELETE", asked.original)
    heard = [await anext(events) for _ in range(4)]
    told = next(event for event in heard if event["t"] == "message_delete")
    assert (told["message"]["id"], told["message"]["visible_to"]) == (message["id"], str(stage.cast.member.id))


async def test_discord_py_deletes_and_hears_of_it():
    async with DiscordStandin(clock=SandboxClock()) as standin, discord_py(standin) as tree:

        @tree.command(name="twice", description="Say it twice")
        async def twice(interaction: discord.Interaction) -> None:  # pyright: ignore[reportUnusedFunction]
            await interaction.response.send_message("one")
            second = await interaction.followup.send("two", wait=True)
            await second.delete()
            await interaction.delete_original_response()

        cast, people = standin.world.cast, standin.people
        async with running(standin, tree):
            events = people.subscribe()
            await people.slash(user_id=cast.member.id, channel_id=cast.general.id, command="twice")
            gone: list[str] = []
            while len(gone) < 2:
                event = await anext(events)
                if event["t"] == "message_delete":
                    gone.append(event["message"]["content"])
            assert gone == ["two", "one"]
            general = tree.client.get_partial_messageable(cast.general.id)
            sent = await general.send("three")
            heard = tree.client.wait_for("raw_message_delete", timeout=READY_S)
            await sent.delete()
            assert (await heard).message_id == sent.id
        judge(standin)
