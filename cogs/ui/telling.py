"""Whether a person was told of an act about them or their pictures, in a direct message."""

from enum import StrEnum

import discord

from bot.services import Sanctions
from cogs.ui.replies import write_to


class Hearing(StrEnum):
    """Whether the person heard of an act."""

    TELLING = "telling"  # not known yet
    TOLD = "told"
    CLOSED = "closed"  # a direct message was not taken: most often because they take none
    NOT_WRITTEN = "not written"  # they never used the bot here, or were written to several times just now

    @property
    def why(self) -> str:
        """Why they were not told, as the beginning of a sentence; "" where they were, or that is not known yet."""
        return _WHY.get(self, "")


_WHY = {
    Hearing.CLOSED: "No direct message reached them",
    Hearing.NOT_WRITTEN: "The bot writes to people who used it here, and only a few times an hour",
}


async def tell_person(client: discord.Client, sanctions: Sanctions, guild_id: int, user_id: int, words: str) -> Hearing:
    """Write to the person, where they may be written to. Raises Unavailable."""
    if not await sanctions.may_write_to(guild_id, user_id):
        return Hearing.NOT_WRITTEN
    return Hearing.TOLD if await write_to(client, user_id, words) else Hearing.CLOSED
