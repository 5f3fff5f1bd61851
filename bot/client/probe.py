"""Where Discord is, and whose token this is, before any client of the bot's is made."""

import asyncio

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.errors import Unavailable

_CHECK_TIMEOUT_S = 20.0


def point_discord_at(api_url: str | None, gateway_url: str | None, cdn_url: str | None) -> None:
    """Talk to a stand-in instead of Discord: addresses of REST (with version), gateway and CDN; None keeps Discord's.

    These are discord.py's own class attributes, so this rules for the whole process. Call it before the login.
    """
    # Voice is not what this bot is for: its missing libraries are nothing to warn of.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    if api_url:
        Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
    if cdn_url:
        setattr(discord.Asset, "BASE", cdn_url.rstrip("/"))  # noqa: B010 - annotated as if it could only be Discord's


async def name_behind(token: str) -> str:
    """The name of the bot that a token belongs to. Raises Unavailable when Discord does not take it or answer."""
    client = discord.Client(intents=discord.Intents(guilds=True))
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT_S):
            await client.login(token)
        return str(client.user)
    except discord.LoginFailure as error:
        raise Unavailable("Discord does not take this token") from error
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Unavailable("Discord does not answer") from error
    finally:
        await client.close()
