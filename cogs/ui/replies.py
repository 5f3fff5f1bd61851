"""Answers for one person's eyes, and the line in the log channel that goes with a decision."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import discord
import structlog
from discord import ui

from bot.errors import Unavailable
from cogs.ui import discord_limits
from cogs.ui.actions import Press
from cogs.ui.discord_errors import WORDS_TIMEOUT_S, Refused, tried
from cogs.ui.markdown import cut

_log = structlog.get_logger(__name__)

_LOOK_MOST_S = 0.8  # Discord wants an answer within 3 s, and what is looked up is only the beginning of it
_SLOW = "I could not look that up in time. Please press once more in a moment: nothing was changed."

_NOBODY = discord.AllowedMentions.none()


async def answer(interaction: discord.Interaction, sentence: str) -> None:
    """Say it to the person who asked, and nobody else. Raises what the error door knows."""
    content = cut(sentence, discord_limits.CONTENT)
    async with asyncio.timeout(WORDS_TIMEOUT_S):
        if interaction.response.is_done():
            await interaction.followup.send(content, ephemeral=True, allowed_mentions=_NOBODY)
        else:
            await interaction.response.send_message(content, ephemeral=True, allowed_mentions=_NOBODY)


async def answer_with(interaction: discord.Interaction, sentence: str, button: Press) -> None:
    """Say it as `answer` does, with a button under it."""
    view = ui.View(timeout=None)
    view.add_item(button)
    async with asyncio.timeout(WORDS_TIMEOUT_S):
        await interaction.response.send_message(
            cut(sentence, discord_limits.CONTENT), view=view, ephemeral=True, allowed_mentions=_NOBODY
        )


async def answer_anew(interaction: discord.Interaction, sentence: str) -> None:
    """Put another sentence in the place of the answer and its buttons. Never raises: the act holds."""
    words = cut(sentence, discord_limits.CONTENT)
    changed = await tried(interaction.edit_original_response(content=words, view=None, allowed_mentions=_NOBODY))
    if isinstance(changed, Refused):
        _log.info("an answer could not be changed", interaction=interaction.id, why=changed.why)


@asynccontextmanager
async def in_time() -> AsyncGenerator[None]:
    """For what a press looks up before its first answer, a form or a card. Raises Unavailable if that is slow.

    Not for what a form brings: Discord keeps a form open that gets no answer, with all that was typed.
    """
    try:
        async with asyncio.timeout(_LOOK_MOST_S):
            yield
    except TimeoutError:
        raise Unavailable(_SLOW) from None


async def wait_a_moment(interaction: discord.Interaction) -> None:
    """Tell Discord that an answer for this person's eyes will come: more than the database is asked now."""
    async with asyncio.timeout(WORDS_TIMEOUT_S):
        await interaction.response.defer(ephemeral=True, thinking=True)


async def turn_page(interaction: discord.Interaction) -> None:
    """Tell Discord that the answer under whose button this was pressed will change.

    A press can be forged under any message of the bot's, and only what one person alone sees is theirs to change: for
    every other message, an answer for their eyes comes instead.
    """
    if interaction.message is None or not interaction.message.flags.ephemeral:
        await wait_a_moment(interaction)
        return
    async with asyncio.timeout(WORDS_TIMEOUT_S):
        await interaction.response.defer()


async def write_to(client: discord.Client, user_id: int, sentence: str) -> bool:
    """A direct message to a person; whether it stands. Never raises: many people take none."""

    async def write() -> None:
        channel = await client.create_dm(discord.Object(user_id))
        words = cut(sentence, discord_limits.CONTENT)
        await channel.send(words, allowed_mentions=_NOBODY, suppress_embeds=True)

    written = await tried(write())
    if isinstance(written, Refused):
        _log.info("a direct message was not taken", user=user_id, why=written.why)
        return False
    return True
