"""What only an age-restricted channel may have is undone when the mark goes, and does not come back with it."""

import asyncio
from collections.abc import Iterator

import discord
import structlog

from bot.clock import Clock
from bot.errors import Unavailable
from bot.services import AdminAction, Guilds, Policies
from cogs.policy import texts as words
from cogs.ui.context import channel_context_of, is_age_restricted
from cogs.ui.log_channel import tell_admins

_log = structlog.get_logger(__name__)

WAITS_S = (1.0, 5.0, 30.0, 120.0)
"""How long is waited before the database is asked again; the last one from then on."""

_SETTLE_S = 0.2


def _waits_s() -> Iterator[float]:
    yield from WAITS_S
    while True:
        yield WAITS_S[-1]


class AgeMarks:
    """Watches the marks, and looks after those that went while the bot was away.

    A mark that comes is looked at as well: whatever was left standing without it was not set for the channel as it is
    now. So what needs the mark holds where the mark was when it was set, and nowhere else.
    """

    def __init__(self, *, policies: Policies, guild_settings: Guilds, client: discord.Client, clock: Clock) -> None:
        self._policies, self._guild_settings, self._client, self._clock = policies, guild_settings, client, clock
        self._looking, self._is_due = asyncio.Lock(), False

    async def changed(self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel) -> None:
        """Hear of a channel that was changed: its mark went or came, or it was moved into another category."""
        if is_age_restricted(before) != is_age_restricted(after):
            await self._undo_surely(after, words.MARK_CAME if is_age_restricted(after) else words.MARK_WENT)
        elif before.category_id != after.category_id and is_age_restricted(after):
            await self._undo_surely(after, words.CAME_INTO_CATEGORY, own=False)

    async def created(self, channel: discord.abc.GuildChannel) -> None:
        """Hear of a channel that is new, or that the bot sees again: its mark may have gone and come meanwhile."""
        if is_age_restricted(channel) and not isinstance(channel, discord.CategoryChannel):
            await self._undo_surely(channel, words.MARK_CAME)

    async def appeared(self, *_guild: discord.Guild) -> None:
        """The bot is connected, or a server came (again): look at every place where something needs the mark.

        At a start thousands of servers come at once: they are looked at together, with one question to the database.
        """
        self._is_due = True
        if self._looking.locked():
            return
        async with self._looking:
            while self._is_due:
                await self._clock.sleep(_SETTLE_S)
                self._is_due = False
                for guild_id, place_id in await self._needing():
                    guild = self._client.get_guild(guild_id)
                    if guild is not None and not guild.unavailable:
                        await self._look(guild, place_id)

    async def category_set(self, category: discord.CategoryChannel) -> None:
        """Something was set for a category: its channels without the mark are not to get it with a later one."""
        await self._look(category.guild, category.id)

    async def _needing(self) -> tuple[tuple[int, int], ...]:
        for wait_s in _waits_s():
            try:
                return await self._policies.needing_age_mark()
            except Unavailable as error:
                _log.warning("lost age marks could not be looked for", why=str(error))
                await self._clock.sleep(wait_s)
        raise AssertionError("there is always another wait")

    async def _look(self, guild: discord.Guild, place_id: int) -> None:
        place = guild.get_channel(place_id)
        places = place.channels if isinstance(place, discord.CategoryChannel) else [place]
        for one in places:
            if one is not None and not is_age_restricted(one):
                await self._undo_surely(one, words.NO_MARK)

    async def _undo_surely(self, channel: discord.abc.GuildChannel, why: str, *, own: bool = True) -> None:
        """Undo it, tried again until it is written down. Until then the channel counts as without its mark.

        An admin who sets the policy meanwhile has said what holds with the mark as it is now: nothing is left to undo.
        """
        doubt = self._policies.doubt_age_mark(channel.id)
        for wait_s in _waits_s():
            try:
                if self._policies.is_doubted(channel.id, doubt):
                    await self._undo(channel, why, doubt, own=own)
            except Unavailable as error:
                _log.warning("a lost age mark could not be written down", channel=channel.id, why=str(error))
                await self._clock.sleep(wait_s)
            else:
                return

    async def _undo(self, channel: discord.abc.GuildChannel, why: str, doubt: int, *, own: bool) -> None:
        act = AdminAction(channel.guild.id, self._client.user.id if self._client.user else 0)
        if not await self._policies.age_mark_removed(act, channel.id, channel.category_id, own=own, doubt=doubt):
            return
        rules = await self._policies.rules_at(channel_context_of(channel))
        settings = await self._guild_settings.settings_of(act.guild_id)
        line = f"{channel.mention} {why} {words.what_members_see(channel.mention, rules)}"
        tell_admins(self._client, settings.log_channel_id, line)
