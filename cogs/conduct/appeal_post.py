"""Brings appeals to the moderation channel."""

import discord
import structlog

from bot.moderation.sanctions_service import Appeal
from bot.services import Guilds, Sanctions
from cogs.conduct import texts
from cogs.ui import discord_limits
from cogs.ui.discord_errors import Refused, tried
from cogs.ui.log_channel import tell_admins

_log = structlog.get_logger(__name__)


async def post_appeal(client: discord.Client, sanctions: Sanctions, guild_settings: Guilds, appeal: Appeal) -> bool:
    """Post an appeal for the moderators; whether it stands there. Admins are told in their log channel if not."""
    settings = await guild_settings.settings_of(appeal.guild_id)
    if settings.review_channel_id is None:
        return False
    standing = await sanctions.standing(appeal.guild_id, appeal.user_id)
    channel = client.get_partial_messageable(settings.review_channel_id, guild_id=appeal.guild_id)
    sent = await tried(
        channel.send(
            view=texts.appeal_panel(appeal, standing),
            allowed_mentions=discord.AllowedMentions.none(),
            # Sent twice, because the first answer was lost, it is one message to Discord.
            nonce=f"{appeal.id}-{int(appeal.opened_at.timestamp() * 1000)}"[-discord_limits.NONCE :],
        )
    )
    if isinstance(sent, Refused):
        _log.warning("an appeal could not be posted", appeal=appeal.id, why=sent.why)
        tell_admins(client, settings.log_channel_id, texts.NOT_POSTED)
        return False
    await sanctions.appeal_posted(appeal.id, channel_id=channel.id, message_id=sent.id)
    return True
