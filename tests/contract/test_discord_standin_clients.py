"""Real libraries find Discord in the stand-in: hikari, which is strict, and discord.py, which the bot uses."""

import asyncio
import io

import discord
import hikari
import pytest
from discord import app_commands, ui

from sandbox.clock import SandboxClock
from sandbox.discord import DiscordStandin, DiscordSwitches
from tests.contract.discord_library import READY_S, discord_py, judge, running
from tests.contract.discord_raw import PNG


async def test_hikari_logs_in_and_reads():
    async with DiscordStandin(clock=SandboxClock(), switches=DiscordSwitches(privileged_intents=True)) as standin:
        cast = standin.world.cast
        said = await standin.people.say(user_id=cast.member.id, channel_id=cast.general.id, content="hello")
        bot = hikari.GatewayBot(
            standin.token, rest_url=standin.api_url, banner=None, logs=None, intents=hikari.Intents.ALL
        )
        heard: asyncio.Queue[hikari.CommandInteraction] = asyncio.Queue()

        @bot.listen()
        async def on_interaction(event: hikari.InteractionCreateEvent) -> None:  # pyright: ignore[reportUnusedFunction]
            assert isinstance(event.interaction, hikari.CommandInteraction)
            heard.put_nowait(event.interaction)

        await bot.start(check_for_updates=False, shard_count=1)
        try:
            guild = await bot.rest.fetch_guild(cast.guild.id)
            assert guild.name == "Sandbox"
            members = await bot.rest.fetch_members(guild)
            assert {member.username for member in members} == {"mira", "theo", "ada", "sam", "imagine-bot"}
            assert (await bot.rest.fetch_member(guild, cast.moderator.id)).role_ids
            messages = await bot.rest.fetch_messages(cast.general.id)
            assert [(message.id, message.content) for message in messages] == [(int(said), "hello")]
            sent = await bot.rest.create_message(cast.general.id, "hi", attachment=hikari.Bytes(PNG, "a.png"))
            assert sent.attachments[0].width == 3
            names = {channel.name for channel in await bot.rest.fetch_guild_channels(guild)}
            assert names == {"general", "after-dark", "mod-room"}
            command = bot.rest.slash_command_builder("imagine", "Draw")
            await bot.rest.set_application_commands(cast.application_id, [command])
            asked = await standin.people.slash(user_id=cast.member.id, channel_id=cast.general.id, command="imagine")
            interaction = await asyncio.wait_for(heard.get(), READY_S)
            await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
            gallery = hikari.impl.MediaGalleryComponentBuilder()
            gallery.add_media_gallery_item(hikari.Bytes(PNG, "b.png"), description="a kite")
            await interaction.edit_initial_response(components=[gallery])
            message = standin.people.message_of(asked)
            assert message is not None
            assert message["components"][0]["items"][0]["description"] == "a kite"
        finally:
            await bot.close()
        judge(standin)


async def test_discord_py_defers_and_shows_pictures():
    async with DiscordStandin(clock=SandboxClock()) as standin, discord_py(standin) as tree:

        @tree.command(name="imagine", description="Draw")
        async def imagine(  # pyright: ignore[reportUnusedFunction]
            interaction: discord.Interaction, prompt: str, num_images: app_commands.Range[int, 1, 4] = 1
        ) -> None:
            await interaction.response.defer(thinking=True)
            files = [discord.File(io.BytesIO(PNG), f"{n}.png", description=prompt) for n in range(num_images)]
            view = ui.LayoutView()
            again: ui.Button[ui.LayoutView] = ui.Button(label="Again", custom_id="again")
            pictures = [discord.MediaGalleryItem(file, description=prompt) for file in files]
            view.add_item(ui.Container(ui.TextDisplay("Done"), ui.MediaGallery(*pictures), ui.ActionRow(again)))
            again.callback = _press
            await interaction.edit_original_response(view=view, attachments=files)

        cast, people = standin.world.cast, standin.people
        async with running(standin, tree):
            asked = await people.slash(
                user_id=cast.member.id,
                channel_id=cast.general.id,
                command="imagine",
                options={"prompt": "a kite", "num_images": 2},
            )
            message = await people.wait_message(asked, lambda each: len(each["attachments"]) == 2, READY_S)
            assert message["attachments"][0]["description"] == "a kite"
            interaction = people.interaction(asked)
            assert interaction is not None
            assert interaction["ack_ms"] < 1000
            pressed = await people.press(user_id=cast.other.id, message_id=int(message["id"]), custom_id="again")
            answer = await people.wait_message(pressed, timeout_s=READY_S)
            assert (answer["content"], answer["visible_to"]) == ("pressed", str(cast.other.id))
            await standin.drop_gateway("reconnect")
            await standin.wait_connected(READY_S)
        judge(standin)


async def _press(interaction: discord.Interaction) -> None:
    await interaction.response.send_message("pressed", ephemeral=True)


async def test_discord_py_hears_refusals_as_its_own_errors():
    async with DiscordStandin(clock=SandboxClock()) as standin, discord_py(standin) as tree:
        cast = standin.world.cast
        async with running(standin, tree):
            general = tree.client.get_partial_messageable(cast.general.id)
            with pytest.raises(discord.NotFound) as missing:
                await general.fetch_message(5)
            assert missing.value.code == 10008
            with pytest.raises(discord.Forbidden) as foreign:
                await tree.client.get_partial_messageable(cast.elsewhere.id).send("hi")
            assert foreign.value.code == 50001
            with pytest.raises(discord.HTTPException) as large:
                await general.send(file=discord.File(io.BytesIO(bytes(11 * 1024 * 1024)), "a.bin"))
            assert (large.value.status, large.value.code) == (413, 40005)
            with pytest.raises(discord.HTTPException) as wrong:
                await general.send("x" * 2001)
            assert "2000 or fewer in length" in str(wrong.value)
        judge(standin)
