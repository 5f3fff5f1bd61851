"""What could not be taken away is tried again as soon as the bot may do more in a server than before."""

import discord
import structlog

from bot.errors import Unavailable
from bot.services import Reviews

_log = structlog.get_logger(__name__)


class PermissionsBack:
    """Hears of what may let the bot edit again. What is missed here is tried again by itself, only later."""

    def __init__(self, reviews: Reviews) -> None:
        self._reviews = reviews

    async def channel_changed(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """Somebody changed who may do what in a channel."""
        if before.overwrites != after.overwrites:
            await self._hide(after.guild)

    async def channel_came(self, channel: discord.abc.GuildChannel) -> None:
        """A channel is new, or the bot sees it again."""
        await self._hide(channel.guild)

    async def role_changed(self, before: discord.Role, after: discord.Role) -> None:
        """Somebody changed what a role may do."""
        if before.permissions != after.permissions:
            await self._hide(after.guild)

    async def thread_changed(self, before: discord.Thread, after: discord.Thread) -> None:
        """Somebody opened a thread again."""
        if (before.locked, before.archived) != (after.locked, after.archived):
            await self._hide(after.guild)

    async def member_changed(self, before: discord.Member, after: discord.Member) -> None:
        """Somebody gave the bot another role."""
        if after.id == after.guild.me.id and before.roles != after.roles:
            await self._hide(after.guild)

    async def _hide(self, guild: discord.Guild) -> None:
        try:
            await self._reviews.hide_again(guild.id)
        except Unavailable as error:
            _log.info("what still stands was not tried at once", guild=guild.id, why=str(error))
