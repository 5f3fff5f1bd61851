"""Messages to the channel where a server's admins are told of acts and warnings."""

import asyncio

import aiohttp
import discord
import structlog

from cogs.ui.markdown import cut

_log = structlog.get_logger(__name__)

_TIMEOUT_S = 10.0
_CONTENT_LIMIT = 2000


async def tell_admins(client: discord.Client, channel_id: int | None, sentence: str) -> bool:
    """Post a sentence there, mentioning nobody; whether it stands. Never raises: an act holds, told or not."""
    if channel_id is None:
        return False
    channel = client.get_partial_messageable(channel_id)
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await channel.send(cut(sentence, _CONTENT_LIMIT), allowed_mentions=discord.AllowedMentions.none())
    except (discord.HTTPException, aiohttp.ClientError, OSError) as unsaid:  # TimeoutError is an OSError
        _log.warning("the log channel could not be written to", channel=channel_id, why=type(unsaid).__name__)
        return False
    return True
