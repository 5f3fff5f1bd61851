"""Brings appeals to the moderation channel."""

import asyncio

import aiohttp
import discord
import structlog

from bot.moderation.sanctions_service import Appeal
from bot.services import Guilds, Sanctions
from cogs.conduct import texts
from cogs.ui.log_channel import tell_admins

_log = structlog.get_logger(__name__)

_TIMEOUT_S = 10.0
_NONCE_MOST = 25  # characters (Discord: create message)


async def post_appeal(client: discord.Client, sanctions: Sanctions, guild_settings: Guilds, appeal: Appeal) -> bool:
    """Post an appeal for the moderators; whether it stands there. Admins are told in their log channel if not."""
    settings = await guild_settings.settings_of(appeal.guild_id)
    if settings.review_channel_id is None:
        return False
    standing = await sanctions.standing(appeal.guild_id, appeal.user_id)
    channel = client.get_partial_messageable(settings.review_channel_id, guild_id=appeal.guild_id)
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            # Sent twice, because the first answer was lost, it is one message to Discord.
            message = await channel.send(
                view=texts.appeal_panel(appeal, standing),
                allowed_mentions=discord.AllowedMentions.none(),
                nonce=f"{appeal.id}-{int(appeal.opened_at.timestamp() * 1000)}"[-_NONCE_MOST:],
            )
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
        _log.warning("an appeal could not be posted", appeal=appeal.id, why=type(error).__name__)
        await tell_admins(client, settings.log_channel_id, texts.NOT_POSTED)
        return False
    await sanctions.appeal_posted(appeal.id, channel_id=channel.id, message_id=message.id)
    return True
