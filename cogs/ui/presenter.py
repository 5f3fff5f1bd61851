"""Shows runs to people: edits their cards, through the interaction's token while it lives, then through the channel."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import cast

import aiohttp
import discord
import structlog

from bot.catalog.registry import Registry
from bot.clock import Clock
from bot.errors import Unavailable
from bot.moderation.rules import ChannelContext
from bot.runs.card import Balance, EditResult, FinalCard, Pictures
from bot.runs.run import Run
from cogs.ui import card_texts, cards
from cogs.ui.context import channel_context_in
from cogs.ui.log_channel import tell_admins

_log = structlog.get_logger(__name__)

# Discord takes an interaction's token for 15 minutes. The last is left alone: an upload may take a while.
TOKEN_LIFE = timedelta(minutes=14)
_WORDS_TIMEOUT_S = 15.0
_UPLOAD_TIMEOUT_S = 90.0
_READY_TIMEOUT_S = 15.0

# JSON error codes (Discord: opcodes and status codes).
_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE = 10003, 10008
_UPLOAD_TOO_LARGE, _THREAD_IS_ARCHIVED = 40005, 50083


class EditOutcome(Enum):
    """What Discord made of an edit, as far as the presenter must tell apart."""

    TAKEN = "taken"
    TOO_LARGE = "too_large"
    REJECTED = "rejected"  # the card itself: a fault of ours
    ARCHIVED = "archived"  # the thread takes edits again once it is opened
    CLOSED = "closed"  # this way leads nowhere; another may
    GONE = "gone"  # no way leads there
    LATER = "later"


_SHOWN: Mapping[EditOutcome, EditResult] = {
    EditOutcome.TAKEN: EditResult.YES,
    EditOutcome.TOO_LARGE: EditResult.TOO_LARGE,
    EditOutcome.REJECTED: EditResult.GONE,
    EditOutcome.ARCHIVED: EditResult.GONE,  # and could not be opened
    EditOutcome.CLOSED: EditResult.GONE,
    EditOutcome.GONE: EditResult.GONE,
    EditOutcome.LATER: EditResult.LATER,
}


@dataclass(frozen=True, slots=True)
class _Edit:
    """A card made anew for each try, because discord.py closes the files it has sent."""

    card: Callable[[], cards.Card]
    files: Callable[[], list[discord.File]] = list
    timeout_s: float = _WORDS_TIMEOUT_S


class Presenter:
    """Answers bot.runs.face.Face. Until a client is attached and logged in, every edit is for later."""

    def __init__(self, *, clock: Clock, models: Registry) -> None:
        self._clock, self._models = clock, models
        self._client: discord.Client | None = None

    def attach(self, client: discord.Client) -> None:
        """Show runs through this client. It is made after the services, which need a face."""
        self._client = client

    async def progress(self, run: Run, position: int | None = None) -> EditResult:
        """Edit the card to what `run.state` says. `position`: where it stands in the bot's own queue, from 1."""
        return _SHOWN[await self._edit(run, _Edit(lambda: cards.progress(run, self._title(run), position)))]

    async def end(self, run: Run, ending: FinalCard, balance: Balance) -> EditResult:
        """Edit the card to its last form; where Discord rejects that form, to a few plain words, so that it ends."""

        def card() -> cards.Card:
            return cards.final(run, ending, balance, self._title(run))

        edit = _Edit(card)
        if isinstance(ending, Pictures):
            edit = _Edit(card, lambda: cards.attachments(run, ending), _UPLOAD_TIMEOUT_S)
        outcome = await self._edit(run, edit)
        if outcome is EditOutcome.REJECTED:
            _log.error("a last card was rejected; it ends in plain words", run=run.id, ending=type(ending).__name__)
            outcome = await self._edit(run, _Edit(lambda: cards.bare(run, ending)))
        return _SHOWN[outcome]

    async def find_card(self, run: Run) -> int | None:
        """The message id of the first answer to the run's interaction, asked of Discord while its token lives.

        None where there is no answer, and where nobody can tell any more. Raises Unavailable.
        """
        client = self._client
        if client is None or client.application is None or client.is_closed():
            raise Unavailable("not connected to Discord")
        if self._clock.now() - run.reply.created_at >= TOKEN_LIFE:
            return None
        webhook = discord.Webhook.partial(run.reply.application_id, run.reply.token, client=client)
        try:
            async with asyncio.timeout(_WORDS_TIMEOUT_S):
                found = await webhook.fetch_message(cast("int", "@original"))
            # What only the one who asked can see is the sentence of a refusal, never a card.
            return None if found.flags.ephemeral else found.id
        except discord.HTTPException as error:
            if error.status == 429 or error.status >= 500:
                raise Unavailable("Discord does not say whether a card stands") from error
            return None
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            raise Unavailable("Discord cannot be reached") from error

    async def channel_context(self, run: Run) -> ChannelContext:
        """The run's channel at this moment, as far as Discord says; unknown in DMs and where it cannot be read."""
        return channel_context_in(run.place, await self._channel(run))

    async def _channel(self, run: Run) -> object:
        client = self._client
        if client is None or run.place.guild_id is None:
            return None
        guild = client.get_guild(run.place.guild_id)
        known = guild is not None and not guild.unavailable
        if not known and not client.is_ready() and await self._became_ready(client):
            guild = client.get_guild(run.place.guild_id)
        if guild is None:
            return None
        # A thread that was archived meanwhile has left the cache; its channel speaks for it.
        return guild.get_channel(run.place.parent_channel_id or run.place.channel_id)

    async def can_tell(self) -> bool:
        """Whether anybody can be told anything by now: the client is connected."""
        client = self._client
        return client is not None and (client.is_ready() or await self._became_ready(client))

    async def low_balance(self, channel_id: int) -> bool:
        """Tell a server's admins, in their log channel, that the credit at Runflow is low; whether it stands there."""
        return self._client is not None and await tell_admins(self._client, channel_id, card_texts.LOW_BALANCE)

    async def _became_ready(self, client: discord.Client) -> bool:
        try:
            async with asyncio.timeout(_READY_TIMEOUT_S):
                await client.wait_until_ready()
        except (TimeoutError, RuntimeError):  # RuntimeError: the client has not logged in yet
            return False
        return True

    def _title(self, run: Run) -> str:
        model = self._models.find(run.model_id)
        return model.title if model else run.model_id

    async def _edit(self, run: Run, edit: _Edit) -> EditOutcome:
        client = self._client
        if client is None or client.application is None or client.is_closed():
            return EditOutcome.LATER
        outcome = await self._by_any_way(client, run, edit)
        if outcome is not EditOutcome.ARCHIVED:
            return outcome
        opened = await self._open(client, run)
        return await self._by_any_way(client, run, edit) if opened is EditOutcome.TAKEN else opened

    async def _by_any_way(self, client: discord.Client, run: Run, edit: _Edit) -> EditOutcome:
        if self._clock.now() - run.reply.created_at < TOKEN_LIFE:
            outcome = await self._try(run, lambda: self._by_token(client, run, edit), edit.timeout_s)
            if outcome is not EditOutcome.CLOSED:
                return outcome
        if run.reply.message_id is None:
            return EditOutcome.GONE
        message_id = run.reply.message_id
        return await self._try(run, lambda: self._by_channel(client, run, edit, message_id), edit.timeout_s)

    async def _by_token(self, client: discord.Client, run: Run, edit: _Edit) -> None:
        webhook = discord.Webhook.partial(run.reply.application_id, run.reply.token, client=client)
        # A crash between showing a card and noting its id leaves none; Discord knows the card by this name as well.
        message_id = cast("int", run.reply.message_id or "@original")
        await webhook.edit_message(
            message_id, view=edit.card(), attachments=edit.files(), allowed_mentions=_NO_MENTIONS
        )

    async def _by_channel(self, client: discord.Client, run: Run, edit: _Edit, message_id: int) -> None:
        channel = client.get_partial_messageable(run.place.channel_id, guild_id=run.place.guild_id)
        message = channel.get_partial_message(message_id)
        await message.edit(view=edit.card(), attachments=edit.files(), allowed_mentions=_NO_MENTIONS)

    async def _open(self, client: discord.Client, run: Run) -> EditOutcome:
        """Open the archived thread that a card is in. Locked ones open for moderators only."""

        async def open_thread() -> None:
            thread = await client.fetch_channel(run.place.channel_id)
            if isinstance(thread, discord.Thread):
                await thread.edit(archived=False, reason="A request that was made here has its answer")

        return await self._try(run, open_thread, _WORDS_TIMEOUT_S)

    async def _try(
        self, run: Run, send: Callable[[], Coroutine[object, object, None]], timeout_s: float
    ) -> EditOutcome:
        """What became of it."""
        try:
            async with asyncio.timeout(timeout_s):
                await send()
        except discord.HTTPException as error:
            outcome = outcome_of(error.status, error.code)
            _log.info("Discord refused", run=run.id, status=error.status, code=error.code, outcome=outcome.value)
            return outcome
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            _log.info("Discord was not reached", run=run.id, why=type(error).__name__)
            return EditOutcome.LATER
        return EditOutcome.TAKEN


_NO_MENTIONS = discord.AllowedMentions.none()


def outcome_of(status: int, code: int) -> EditOutcome:
    """What a refusal of Discord's means for a card.

    An expired token (401/50027, 404/10015) closes one way only; a deleted message or channel closes all.
    """
    if status == 413 or code == _UPLOAD_TOO_LARGE:
        return EditOutcome.TOO_LARGE
    if status == 429 or status >= 500:
        return EditOutcome.LATER
    if code == _THREAD_IS_ARCHIVED:
        return EditOutcome.ARCHIVED
    if code in {_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE}:
        return EditOutcome.GONE
    return EditOutcome.REJECTED if status == 400 else EditOutcome.CLOSED


def shown_as(status: int, code: int) -> EditResult:
    """What became of an edit or a post that Discord refused with this status and code."""
    return _SHOWN[outcome_of(status, code)]
