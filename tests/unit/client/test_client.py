"""The client: what it asks Discord for, and when it tells of its commands."""

import asyncio
from typing import Any

import discord
import pytest
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.client.probe import point_discord_at
from bot.client.sync import commands_digest
from bot.errors import UserError
from bot.guilds.permissions import Permissions, Rule, Scope
from cogs import Host
from tests.unit.cogs.opened import Memory, opened
from tests.unit.cogs.wire import APPLICATION_ID, interaction

ANYBODY = Rule(None, Scope.ANYWHERE)


async def test_commands_are_synced_once_and_again_only_when_they_change() -> None:
    memory = Memory()
    async with opened(memory=memory) as first:
        assert len(first.discord.named("PUT", "/commands")) == 1
    assert APPLICATION_ID in memory.digests
    async with opened(memory=memory) as second:
        assert not second.discord.named("PUT", "/commands")
    memory.digests[APPLICATION_ID] = "of another day"
    async with opened(memory=memory) as third:
        assert len(third.discord.named("PUT", "/commands")) == 1


def test_a_digest_knows_content_and_not_order() -> None:
    one, other = {"name": "a", "x": 1}, {"name": "b"}
    assert commands_digest([one, other]) == commands_digest([other, {"x": 1, "name": "a"}])
    assert commands_digest([one]) != commands_digest([{**one, "x": 2}])


async def test_it_asks_for_guilds_alone_and_mentions_nobody() -> None:
    async with opened() as open_:
        assert open_.client.intents == discord.Intents(guilds=True)
        assert open_.client.allowed_mentions is not None
        assert open_.client.allowed_mentions.to_dict() == {"parse": []}
        host: Host = open_.client
        assert host.services is open_.client.services


def test_pointing_at_a_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    monkeypatch.setattr(discord.Asset, "BASE", discord.Asset.BASE)
    before = Route.BASE
    point_discord_at(None, None, None)
    assert before == Route.BASE
    point_discord_at("http://127.0.0.1:1/api/v10/", "ws://127.0.0.1:1/gw/", "http://127.0.0.1:1/cdn")
    assert Route("GET", "/x").url == "http://127.0.0.1:1/api/v10/x"
    assert str(DiscordWebSocket.DEFAULT_GATEWAY) == "ws://127.0.0.1:1/gw/"
    assert discord.Asset.BASE == "http://127.0.0.1:1/cdn"


@pytest.mark.parametrize(
    ("raised", "said"),
    [(UserError("Pick a smaller one."), "Pick a smaller one."), (RuntimeError("secret"), "Something went wrong")],
)
async def test_an_error_in_a_check_reaches_the_person(raised: Exception, said: str) -> None:
    async def callback(_interaction: discord.Interaction) -> None:
        """Never reached."""

    async def check(_interaction: discord.Interaction) -> bool:
        raise raised

    async with opened(permissions=Permissions(commands={"odd": ANYBODY}), extensions=()) as open_:
        command: app_commands.Command[Any, ..., None] = app_commands.Command(
            name="odd", description="odd", callback=callback
        )
        command.add_check(check)
        open_.client.tree.add_command(command)
        open_.press(interaction({}, command="odd"))
        (call,) = await open_.discord.wait("POST", "/callback")
    assert said in call.data["content"]
    assert "secret" not in call.data["content"]
    assert call.data["flags"] == 64


async def test_it_knows_which_of_its_shards_are_on_the_gateway() -> None:
    async with opened() as open_:
        client = open_.client
        assert not client.is_on_gateway
        for event, is_on in (("connect", True), ("disconnect", False), ("resumed", True), ("disconnect", False)):
            client.dispatch(f"shard_{event}", 0)
            await asyncio.sleep(0)
            assert client.is_on_gateway is is_on
