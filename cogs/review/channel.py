"""Asks moderators in their channel about runs that wait for them, and lets their message say what was decided."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import discord
import structlog

from bot.clock import Clock
from bot.images.image import Picture
from bot.runs.card import EditResult
from bot.runs.review.channel import Asked
from bot.runs.review.review import Obstacle, Review
from bot.runs.run import Run
from cogs.review import texts as review_texts
from cogs.review.panel import names_on, panel
from cogs.ui import cards, discord_limits
from cogs.ui.context import everyone_sees
from cogs.ui.discord_errors import UPLOAD_TIMEOUT_S, EditOutcome, Refused, edit_result, tried
from cogs.ui.log_channel import post_to_admins, tell_admins
from cogs.ui.replies import write_to

_log = structlog.get_logger(__name__)

_EDIT_TIMEOUT_S = 15.0
_FILE_TIMEOUT_S = 30.0
_OWNER_TOLD_AGAIN_AFTER = timedelta(days=1)
_NONCE_LIFE_S = 300  # Discord looks at those of the last few minutes
_NUMBER = re.compile(r"-(\d+)\.\w+$")
_NO_MENTIONS = discord.AllowedMentions.none()
_OBSTACLES = {
    EditOutcome.TOO_LARGE: Obstacle.TOO_LARGE,
    EditOutcome.LATER: Obstacle.LATER,
    EditOutcome.NO_CHANNEL: Obstacle.NO_CHANNEL,
}


class DiscordReviewChannel:
    """Answers bot.runs.review.channel.ReviewChannel. Until a client is attached and logged in, all is for later."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._client: discord.Client | None = None
        self._owners: dict[
            int, tuple[datetime, bool]
        ] = {}  # by server: when its owner was written to, and whether it stands

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
        if self._is_public(guild_id, channel_id):
            return Obstacle.PUBLIC
        held = channel.permissions_for(guild.me)
        speaks = held.send_messages_in_threads if isinstance(channel, discord.Thread) else held.send_messages
        may = held.view_channel and speaks and held.attach_files and held.read_message_history
        return None if may else Obstacle.FORBIDDEN

    def _is_public(self, guild_id: int, channel_id: int) -> bool:
        """Whether everybody in the server sees the channel, as far as is known."""
        guild = self._client.get_guild(guild_id) if self._client else None
        channel = guild.get_channel_or_thread(channel_id) if guild else None
        return channel is not None and everyone_sees(channel)

    async def ask(self, run: Run, review: Review, shown: Sequence[Picture], channel_id: int) -> Asked | Obstacle:
        """Post the pictures, covered, with what moderators need to know and the buttons."""
        client = self._ready()
        if client is None:
            return Obstacle.LATER
        files = [cards.attachment(run, picture, spoiler=True) for picture in shown]
        names = [(file.filename, file.description or "Picture") for file in files]
        channel = client.get_partial_messageable(channel_id, guild_id=review.guild_id)
        post = channel.send(
            view=panel(run, review, names),
            files=files,
            allowed_mentions=_NO_MENTIONS,
            nonce=_nonce(review, self._clock.now()),
        )
        sent = await tried(post, UPLOAD_TIMEOUT_S)
        if isinstance(sent, Refused):
            _log.info("moderators could not be asked", run=run.id, why=sent.why)
            return _OBSTACLES.get(sent.outcome, Obstacle.FORBIDDEN)
        # An upload may take a while: what everybody came to see meanwhile is no place for it.
        if self._is_public(review.guild_id, channel_id) and await _deleted(sent):
            return Obstacle.PUBLIC
        return Asked(channel_id, sent.id)

    async def refresh(self, run: Run, review: Review) -> EditResult:
        """Let the moderators' message say what was decided, what became of it, and whether pictures still stand."""
        client = self._ready()
        if client is None:
            return EditResult.LATER
        if review.channel_id is None or review.message_id is None:
            return EditResult.GONE
        channel, message_id = client.get_partial_messageable(review.channel_id), review.message_id

        async def edit() -> None:
            message = await channel.fetch_message(message_id)
            await message.edit(view=panel(run, review, names_on(message)), allowed_mentions=_NO_MENTIONS)

        edited = await tried(edit(), _EDIT_TIMEOUT_S)
        if isinstance(edited, Refused):
            _log.info("moderators could not be told", run=run.id, why=edited.why, outcome=edited.outcome.value)
            return edit_result(edited.outcome)
        return EditResult.YES

    async def files(self, channel_id: int, message_id: int) -> list[tuple[int, bytes]]:
        """The pictures of a moderators' message with their indices; none where it is gone."""
        client = self._ready()
        if client is None:
            return []
        channel = client.get_partial_messageable(channel_id)

        async def read() -> list[tuple[int, bytes]]:
            message = await channel.fetch_message(message_id)
            return [(_index(one.filename, place), await one.read()) for place, one in enumerate(message.attachments)]

        found = await tried(read(), _FILE_TIMEOUT_S)
        if isinstance(found, Refused):
            _log.warning("what moderators were shown could not be had", why=found.why)
            return []
        return found

    async def stands(self, channel_id: int, message_id: int) -> bool:
        """Whether a moderators' message is still there; True where that cannot be known now."""
        client = self._ready()
        if client is None:
            return True
        found = await tried(client.get_partial_messageable(channel_id).fetch_message(message_id), _EDIT_TIMEOUT_S)
        return not (isinstance(found, Refused) and found.outcome in {EditOutcome.NO_CHANNEL, EditOutcome.NO_MESSAGE})

    async def tell_obstacle(self, channel_id: int | None, review: Review, obstacle: Obstacle) -> bool:
        """Tell admins why moderators could not be asked: in their log channel, else the owner; whether it stands."""
        client = self._ready()
        if client is None:
            return False
        words = review_texts.told_obstacle(obstacle)
        return await post_to_admins(client, channel_id, words) or await self._tell_owner(client, review.guild_id, words)

    async def _tell_owner(self, client: discord.Client, guild_id: int, words: str) -> bool:
        """Write to the owner of a server, once a day at most; whether they were written to in that time."""
        guild, now = client.get_guild(guild_id), self._clock.now()
        written = self._owners.get(guild_id)
        if guild is None or guild.owner_id is None or (written and now - written[0] < _OWNER_TOLD_AGAIN_AFTER):
            return written is not None and written[1]
        self._owners[guild_id] = now, await write_to(client, guild.owner_id, review_texts.to_owner(guild.name, words))
        return self._owners[guild_id][1]

    async def tell_decision(self, channel_id: int | None, run: Run, review: Review) -> None:
        """A line in the log channel for a decision."""
        self._tell(channel_id, review_texts.log_decision(run, review))

    async def tell_visible(self, channel_id: int | None, run: Run, review: Review | None) -> None:
        """A line in the log channel: pictures that are to go could not be taken away, or were at last."""
        public = review_texts.log_visible_for_everybody(run, review)
        self._tell(channel_id, review_texts.log_visible(run, review), public=public)

    async def tell_rule(self, channel_id: int | None, run: Run, words: str) -> None:
        """A line in the log channel for a prompt that met a rule."""
        self._tell(channel_id, review_texts.log_rule(run, words), public=review_texts.log_rule_for_everybody(run))

    def _tell(self, channel_id: int | None, sentence: str, *, public: str | None = None) -> None:
        if self._client is not None:
            tell_admins(self._client, channel_id, sentence, public=public)

    def _ready(self) -> discord.Client | None:
        client = self._client
        return None if client is None or client.application is None or client.is_closed() else client


async def _deleted(message: discord.Message) -> bool:
    """Take a message back; whether it is gone."""
    done = await tried(message.delete())
    if isinstance(done, Refused):
        _log.warning("pictures stand where everybody sees them", message=message.id, why=done.why)
        return False
    return True


def _nonce(review: Review, now: datetime) -> str:
    """What lets Discord see that a message is the same one, sent again because the first answer was lost.

    One that was deleted and is posted anew is another, and so is that of a later report of the same run.
    """
    bucket = int(now.timestamp()) // _NONCE_LIFE_S
    named = f"{review.run_id} {review.opened_at.isoformat()} {bucket}"
    return hashlib.blake2s(named.encode()).hexdigest()[: discord_limits.NONCE]


def _index(filename: str, place: int) -> int:
    found = _NUMBER.search(filename)
    return int(found[1]) - 1 if found else place
