"""What moderators see of a run that waits for them: its pictures, covered, and two buttons."""

import asyncio
import hashlib
import re
from collections.abc import Sequence
from io import BytesIO

import aiohttp
import discord
import structlog
from discord import ui

from bot.images.image import Picture
from bot.runs.card import EditResult
from bot.runs.review.channel import Asked
from bot.runs.review.review import Obstacle, Review, ReviewCause
from bot.runs.run import Run
from cogs.review import texts as review_texts
from cogs.ui import cards
from cogs.ui.actions import Press
from cogs.ui.card_texts import relative
from cogs.ui.log_channel import tell_admins
from cogs.ui.presenter import shown_as
from cogs.ui.views import Layout

_log = structlog.get_logger(__name__)

APPROVE, REJECT, STOP = "approve", "reject", "person_stop"
_UPLOAD_TIMEOUT_S = 90.0
_WORDS_TIMEOUT_S = 15.0
_FILE_TIMEOUT_S = 30.0
_NONCE_MOST = 25  # Discord: at most 25 characters
_NONCE_LIFE_S = 300  # Discord looks at those of the last few minutes
_NUMBER = re.compile(r"-(\d+)\.\w+$")
_NO_MENTIONS = discord.AllowedMentions.none()
_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE = 10003, 10008


class Panel(Layout):
    """The moderators' message."""

    def __init__(self, *items: "ui.Item[Panel]") -> None:
        super().__init__()
        self.add_item(ui.Container(*items))


def panel(run: Run, review: Review, names: Sequence[tuple[str, str]]) -> Panel:
    """The message in its present form. `names` are the files' names with their alt texts."""
    gallery: ui.MediaGallery[Panel] = ui.MediaGallery(
        *(discord.MediaGalleryItem(f"attachment://{name}", description=text, spoiler=True) for name, text in names)
    )
    head = "A report" if review.why is ReviewCause.REPORTED else "A picture waits for you"
    title = f"**{head if review.outcome is None else 'Decided'}** · asked {relative(run.created_at)}"
    facts = (
        f"**Who:** <@{run.user_id}>",
        f"**Where:** {review_texts.where(run)}",
        review_texts.prompts(run),
        f"**Why:** {review_texts.why(review)}",
    )
    parts: list[ui.Item[Panel]] = [ui.TextDisplay(title), ui.TextDisplay("\n".join(facts))]
    if names:
        parts.append(gallery)
    if review.outcome is None:
        if review.due_at is not None:
            parts.append(ui.TextDisplay(f"-# Without a decision it is rejected {relative(review.due_at)}."))
        parts.append(_buttons(run, review))
    else:
        words = f"{review_texts.decided(review)}\n{review_texts.result(run, review)}"
        parts.append(ui.TextDisplay(words))
    return Panel(*parts)


def _buttons(run: Run, review: Review) -> "ui.ActionRow[Panel]":
    reported = review.why is ReviewCause.REPORTED
    yes, no = ("Keep", "Remove…") if reported else ("Approve", "Reject…")
    style = discord.ButtonStyle
    row: ui.ActionRow[Panel] = ui.ActionRow()
    row.add_item(Press(APPROVE, run.id, label=yes, style=style.success))
    row.add_item(Press(REJECT, run.id, label=no, style=style.danger))
    row.add_item(Press(STOP, run.id, label="Stop this person…"))
    return row


def names_on(message: discord.Message) -> list[tuple[str, str]]:
    """The files of a moderators' message, with their alt texts."""
    return [(one.filename, one.description or "Picture") for one in message.attachments]


class DiscordReviewChannel:
    """Answers bot.runs.moderators.Moderators. Until a client is attached and logged in, everything is for later."""

    def __init__(self) -> None:
        self._client: discord.Client | None = None

    def attach(self, client: discord.Client) -> None:
        """Speak through this client. It is made after the services."""
        self._client = client

    def obstacle(self, guild_id: int, channel_id: int | None) -> Obstacle | None:
        """Why moderators cannot be asked there, as far as is known without asking Discord; None where they can."""
        if channel_id is None:
            return Obstacle.NO_CHANNEL
        guild = self._client.get_guild(guild_id) if self._client else None
        if guild is None or guild.unavailable:
            return Obstacle.LATER if self._client is None or not self._client.is_ready() else Obstacle.FORBIDDEN
        channel = guild.get_channel_or_thread(channel_id)
        if channel is None:
            # Threads that were archived have left the cache, deleted channels too: only Discord can tell.
            return None
        held = channel.permissions_for(guild.me)
        speaks = held.send_messages_in_threads if isinstance(channel, discord.Thread) else held.send_messages
        may = held.view_channel and speaks and held.attach_files and held.read_message_history
        return None if may else Obstacle.FORBIDDEN

    async def ask(self, run: Run, review: Review, shown: Sequence[Picture], channel_id: int) -> Asked | Obstacle:
        """Post the pictures, covered, with what moderators need to know and the buttons."""
        client = self._ready()
        if client is None:
            return Obstacle.LATER
        files = [_file(run, picture) for picture in shown]
        names = [(file.filename, file.description or "Picture") for file in files]
        channel = client.get_partial_messageable(channel_id, guild_id=review.guild_id)
        try:
            async with asyncio.timeout(_UPLOAD_TIMEOUT_S):
                message = await channel.send(
                    view=panel(run, review, names), files=files, allowed_mentions=_NO_MENTIONS, nonce=_nonce(review)
                )
        except discord.HTTPException as error:
            _log.info("moderators could not be asked", run=run.id, status=error.status, code=error.code)
            return _obstacle_of(error)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            _log.info("moderators were not reached", run=run.id, why=type(error).__name__)
            return Obstacle.LATER
        return Asked(channel_id, message.id)

    async def close(self, run: Run, review: Review) -> EditResult:
        """Let the moderators' message say what was decided and what became of it; its buttons go."""
        client = self._ready()
        if client is None:
            return EditResult.LATER
        if review.channel_id is None or review.message_id is None:
            return EditResult.GONE
        channel = client.get_partial_messageable(review.channel_id, guild_id=review.guild_id)
        try:
            async with asyncio.timeout(_WORDS_TIMEOUT_S):
                message = await channel.fetch_message(review.message_id)
                await message.edit(view=panel(run, review, names_on(message)), allowed_mentions=_NO_MENTIONS)
        except discord.HTTPException as error:
            shown = shown_as(error.status, error.code)
            _log.info("moderators could not be told", run=run.id, status=error.status, code=error.code, shown=shown)
            return shown
        except (aiohttp.ClientError, OSError):  # TimeoutError is an OSError
            return EditResult.LATER
        return EditResult.YES

    async def files(self, channel_id: int, message_id: int) -> list[tuple[int, bytes]]:
        """The pictures of a moderators' message with their indices; none where it is gone."""
        client = self._ready()
        if client is None:
            return []
        try:
            async with asyncio.timeout(_FILE_TIMEOUT_S):
                message = await client.get_partial_messageable(channel_id).fetch_message(message_id)
                return [
                    (_index(one.filename, place), await one.read()) for place, one in enumerate(message.attachments)
                ]
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            _log.warning("what moderators were shown could not be had", why=type(error).__name__)
            return []

    async def stands(self, channel_id: int, message_id: int) -> bool:
        """Whether a moderators' message is still there; True where that cannot be known now."""
        client = self._ready()
        if client is None:
            return True
        try:
            async with asyncio.timeout(_WORDS_TIMEOUT_S):
                await client.get_partial_messageable(channel_id).fetch_message(message_id)
        except discord.HTTPException as error:
            return error.code not in {_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE}
        except (aiohttp.ClientError, OSError):  # TimeoutError is an OSError
            return True
        return True

    async def tell_obstacle(self, channel_id: int | None, review: Review, obstacle: Obstacle) -> bool:  # noqa: ARG002
        """Tell admins in their log channel why moderators could not be asked; whether it stands."""
        return await self._tell(channel_id, review_texts.told_obstacle(obstacle))

    async def tell_decision(self, channel_id: int | None, run: Run, review: Review) -> None:
        """A line in the log channel for a decision."""
        await self._tell(channel_id, review_texts.log_decision(run, review))

    async def tell_rule(self, channel_id: int | None, run: Run, words: str) -> None:
        """A line in the log channel for a prompt that met a rule."""
        await self._tell(channel_id, review_texts.log_rule(run, words))

    async def _tell(self, channel_id: int | None, sentence: str) -> bool:
        client = self._ready()
        return client is not None and await tell_admins(client, channel_id, sentence)

    def _ready(self) -> discord.Client | None:
        client = self._client
        return None if client is None or client.application is None or client.is_closed() else client


def _nonce(review: Review) -> str:
    """What lets Discord see that a message is the same one, sent again because the first answer was lost.

    One that was deleted and is posted anew is another, and so is that of a later report of the same run.
    """
    bucket = int(discord.utils.utcnow().timestamp()) // _NONCE_LIFE_S
    named = f"{review.run_id} {review.opened_at.isoformat()} {bucket}"
    return hashlib.blake2s(named.encode()).hexdigest()[:_NONCE_MOST]


def _file(run: Run, picture: Picture) -> discord.File:
    return discord.File(
        BytesIO(picture.data),
        filename=cards.filename(run, picture),
        description=cards.alt_text(run, picture),
        spoiler=True,
    )


def _index(filename: str, place: int) -> int:
    found = _NUMBER.search(filename)
    return int(found[1]) - 1 if found else place


def _obstacle_of(error: discord.HTTPException) -> Obstacle:
    shown = shown_as(error.status, error.code)
    if shown is EditResult.TOO_LARGE:
        return Obstacle.TOO_LARGE
    if shown is EditResult.LATER:
        return Obstacle.LATER
    return Obstacle.NO_CHANNEL if error.code == _UNKNOWN_CHANNEL else Obstacle.FORBIDDEN
