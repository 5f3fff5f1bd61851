"""Messages to the channel where a server's admins are told of acts and warnings."""

import discord
import structlog

from cogs.ui import discord_limits
from cogs.ui.discord_errors import Refused, tried
from cogs.ui.markdown import cut

_log = structlog.get_logger(__name__)


async def tell_admins(client: discord.Client, channel_id: int | None, sentence: str) -> bool:
    """Post a sentence there, mentioning nobody; whether it stands. Never raises: an act holds, told or not."""
    if channel_id is None:
        return False
    channel = client.get_partial_messageable(channel_id)
    words = cut(sentence, discord_limits.CONTENT)
    sent = await tried(channel.send(words, allowed_mentions=discord.AllowedMentions.none()))
    if isinstance(sent, Refused):
        _log.warning("the log channel could not be written to", channel=channel_id, why=sent.why)
        return False
    return True
