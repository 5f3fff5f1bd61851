"""Answers for one person's eyes, and the line in the log channel that goes with a decision."""

import asyncio

import aiohttp
import discord
import structlog

from cogs.ui.markdown import cut

_log = structlog.get_logger(__name__)

_TIMEOUT_S = 10.0
_CONTENT_LIMIT = 2000
_NOBODY = discord.AllowedMentions.none()


async def answer(interaction: discord.Interaction, sentence: str) -> None:
    """Say it to the person who asked, and nobody else. Raises what the error door knows."""
    content = cut(sentence, _CONTENT_LIMIT)
    async with asyncio.timeout(_TIMEOUT_S):
        if interaction.response.is_done():
            await interaction.followup.send(content, ephemeral=True, allowed_mentions=_NOBODY)
        else:
            await interaction.response.send_message(content, ephemeral=True, allowed_mentions=_NOBODY)


async def answer_anew(interaction: discord.Interaction, sentence: str) -> None:
    """Put another sentence in the place of the answer. Never raises: the act holds, and the first one said so."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await interaction.edit_original_response(content=cut(sentence, _CONTENT_LIMIT), allowed_mentions=_NOBODY)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as unsaid:  # TimeoutError is an OSError
        _log.info("an answer could not be changed", interaction=interaction.id, why=type(unsaid).__name__)


async def wait_a_moment(interaction: discord.Interaction) -> None:
    """Tell Discord that an answer for this person's eyes will come: more than the database is asked now."""
    async with asyncio.timeout(_TIMEOUT_S):
        await interaction.response.defer(ephemeral=True, thinking=True)


async def write_to(client: discord.Client, user_id: int, sentence: str) -> bool:
    """A direct message to a person; whether it stands. Never raises: many people take none."""
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            channel = await client.create_dm(discord.Object(user_id))
            await channel.send(cut(sentence, _CONTENT_LIMIT), allowed_mentions=_NOBODY)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as unsaid:  # TimeoutError is an OSError
        _log.info("a direct message was not taken", user=user_id, why=type(unsaid).__name__)
        return False
    return True
