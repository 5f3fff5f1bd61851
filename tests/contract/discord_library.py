"""A bot made with discord.py, at the stand-in, as the real one is."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import discord
import pytest
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from sandbox.discord import DiscordStandin
from tests.contract.discord_raw import violations
from tests.contract.openapi import DiscordSpec

READY_S = 10.0

Tree = app_commands.CommandTree[discord.Client]


@asynccontextmanager
async def discord_py(standin: DiscordStandin) -> AsyncGenerator[Tree]:
    """A discord.py bot at the stand-in. Its addresses are the library's own class attributes, put back afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Route, "BASE", standin.api_url)
        patch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(standin.gateway_url))
        client = discord.Client(intents=discord.Intents(guilds=True, guild_messages=True), guild_ready_timeout=0.05)
        yield app_commands.CommandTree(client)


@asynccontextmanager
async def running(standin: DiscordStandin, tree: Tree) -> AsyncGenerator[None]:
    """The bot, logged in and heard, until the block ends."""
    await tree.client.login(standin.token)
    await tree.sync()
    task = asyncio.create_task(tree.client.connect(), name="discord.py")
    try:
        await standin.wait_connected(READY_S)
        yield
    finally:
        await tree.client.close()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, READY_S)


def judge(standin: DiscordStandin) -> None:
    """Fail where Discord's own document would say something of the requests and answers so far."""
    spec = DiscordSpec.find()
    if spec is None:
        return  # test_discord_standin.py says so by name
    found = violations(standin, spec)
    assert not found, "\n".join(found)
