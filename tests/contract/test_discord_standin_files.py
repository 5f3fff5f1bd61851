"""Files on the stand-in's CDN: with commands, in forms and messages; signed, and gone when they are gone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands

from sandbox.clock import SandboxClock
from sandbox.discord import ClientRefusal, DiscordStandin, DiscordSwitches, Upload
from tests.contract.discord_library import READY_S, discord_py, judge, running
from tests.contract.discord_raw import PNG, Json, Stage, card, command, gallery, open_stage, option, text

ATTACHMENT = 11


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as opened:
        yield opened


async def status(url: str) -> int:
    async with aiohttp.request("GET", url) as answer:
        return answer.status


async def attached(stage: Stage, upload: Upload) -> Json:
    """What the bot is told of a file that came with a command."""
    await stage.register(command(option(ATTACHMENT, "image")))
    asked = await stage.slash(options={"image": upload}, check=True)
    interaction = stage.discord.interactions.get(int(asked.id))
    assert interaction is not None
    chosen = interaction.data["options"][0]
    assert chosen["type"] == ATTACHMENT
    return interaction.data["resolved"]["attachments"][chosen["value"]]


async def test_a_file_with_a_command_is_there_for_a_day(stage: Stage):
    file = await attached(stage, Upload("a kite.png", PNG))
    assert (file["filename"], file["content_type"], file["size"]) == ("a_kite.png", "image/png", len(PNG))
    assert (file["width"], file["height"], file["ephemeral"]) == (3, 2, True)
    assert "/ephemeral-attachments/" in file["url"]
    async with aiohttp.request("GET", file["url"]) as answer:
        assert (answer.status, answer.headers["Content-Type"], await answer.read()) == (200, "image/png", PNG)
    stage.clock.advance(22 * 3600)
    assert await status(file["url"]) == 200
    stage.clock.advance(2 * 3600)
    assert await status(file["url"]) == 404


async def test_an_address_is_good_for_its_file_only(stage: Stage):
    one, other = await attached(stage, Upload("a.png", PNG)), await attached(stage, Upload("b.png", PNG))
    bare, _, query = one["url"].partition("?")
    assert await status(bare) == 404
    assert await status(f"{other['url'].partition('?')[0]}?{query}") == 404
    later = query.replace("ex=", "ex=f")
    for wrong in (later, query.replace("hm=", "hm=0"), "ex=&is=&hm=", "ex=zz&is=1&hm=é"):
        assert await status(f"{bare}?{wrong}") == 404
    assert await status(one["url"].replace("a.png", "c.png")) == 404
    assert await status(one["url"].replace("/ephemeral-attachments/", "/attachments/")) == 404


@pytest.mark.parametrize(
    ("name", "claimed", "content_type"),
    [
        ("a.png", "text/html", "image/png"),
        ("a.webp", None, "image/webp"),
        ("a", "image/png", "image/png"),
        ("a.strange", "Image/PNG", "image/png"),
        ("a", "application/octet-stream", None),
        ("a", "nonsense\r\nX: y", None),
        ("A.PNG.exe", None, None),
    ],
)
async def test_the_type_is_told_by_name_or_claim(
    stage: Stage, name: str, claimed: str | None, content_type: str | None
):
    file = await attached(stage, Upload(name, PNG, claimed))
    assert file.get("content_type") == content_type
    assert file.get("width") == (3 if content_type else None)


async def test_files_that_the_client_does_not_send():
    async with open_stage(DiscordSwitches(attachment_limit_bytes=len(PNG))) as stage:
        await attached(stage, Upload("a.png", PNG))
        for wrong in (Upload("a.png", PNG + b"\0"), "a.png", 5):
            with pytest.raises(ClientRefusal):
                await stage.slash(options={"image": wrong}, check=True)


async def test_messages_come_with_fresh_addresses(stage: Stage):
    asked = await stage.slash()
    data = card(text(), gallery("attachment://a.png"), attachments=[{"id": "0"}])
    message = (await asked.answer(4, data, files={"a.png": PNG})).body["resource"]["message"]
    old = message["attachments"][0]["url"]
    assert message["components"][1]["items"][0]["media"]["url"] == old
    stage.clock.advance(25 * 3600)
    path = f"/channels/{stage.cast.general.id}/messages/{message['id']}"
    fresh = (await stage.call("GET", path)).body
    url = fresh["attachments"][0]["url"]
    media = fresh["components"][1]["items"][0]["media"]
    assert (media["url"], media["proxy_url"]) == (url, url)
    assert (await status(old), await status(url)) == (404, 200)
    again = card(gallery(old), attachments=[{"id": fresh["attachments"][0]["id"]}])
    kept = (await stage.call("PATCH", path, again)).body["components"][0]["items"][0]["media"]
    assert kept["attachment_id"] == fresh["attachments"][0]["id"], "an old address still names the file"


async def test_a_menu_carries_the_pictures_of_its_message(stage: Stage):
    await stage.register(command(name="Edit", type=3, description=""))
    asked = await stage.slash("made up")
    data = card(gallery("attachment://a.png", "attachment://b.png"), attachments=[{"id": "0"}, {"id": "1"}])
    shown = (await asked.answer(4, data, files={"a.png": PNG, "b.png": PNG})).body["resource"]["message"]
    posted = await stage.people.say(
        user_id=stage.cast.other.id, channel_id=stage.cast.general.id, content="look", files=[Upload("mine.png", PNG)]
    )
    for message_id, names in ((shown["id"], ["a.png", "b.png"]), (posted, ["mine.png"])):
        used = await stage.people.use_context_menu(
            user_id=stage.cast.member.id, channel_id=stage.cast.general.id, command="Edit", target_id=message_id
        )
        interaction = stage.discord.interactions.get(int(used))
        assert interaction is not None
        target = interaction.data["resolved"]["messages"][message_id]
        assert [each["filename"] for each in target["attachments"]] == names
        assert [each["width"] for each in target["attachments"]] == [3] * len(names)
        assert [await status(each["url"]) for each in target["attachments"]] == [200] * len(names)
    assert len(shown["components"][0]["items"]) == 2


async def test_discord_py_takes_a_file_and_a_picture_from_a_menu():
    async with DiscordStandin(clock=SandboxClock()) as standin, discord_py(standin) as tree:
        heard: asyncio.Queue[Any] = asyncio.Queue()

        @tree.command(name="edit", description="Change a picture")
        async def edit(  # pyright: ignore[reportUnusedFunction]
            interaction: discord.Interaction, image: discord.Attachment, mask: discord.Attachment | None = None
        ) -> None:
            heard.put_nowait((image, mask))
            file = await image.to_file()
            await interaction.response.send_message("Taken", file=file)

        async def change(interaction: discord.Interaction, message: discord.Message) -> None:
            heard.put_nowait(message.attachments)
            await interaction.response.send_message("Seen", ephemeral=True)

        tree.add_command(app_commands.ContextMenu(name="Change", callback=change))
        cast, people = standin.world.cast, standin.people
        me: Any = {"user_id": cast.member.id, "channel_id": cast.general.id}
        async with running(standin, tree):
            asked = await people.slash(**me, command="edit", options={"image": Upload("fox.png", PNG)})
            image, mask = await asyncio.wait_for(heard.get(), READY_S)
            assert (image.filename, image.content_type, image.width, mask) == ("fox.png", "image/png", 3, None)
            message = await people.wait_message(asked, timeout_s=READY_S)
            await people.use_context_menu(**me, command="Change", target_id=message["id"])
            (picture,) = await asyncio.wait_for(heard.get(), READY_S)
            assert await picture.read() == PNG
        judge(standin)
