"""Shows runs to people: edits their cards, through the interaction's token while it lives, then through the channel."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import discord
import structlog

from bot.clock import Clock
from bot.errors import Unavailable
from bot.moderation.rules import ChannelContext
from bot.runs.card import EditResult, FinalCard, InLine, Pictures, Word
from bot.runs.run import Run
from cogs.ui import card_texts, cards
from cogs.ui.context import channel_context_in
from cogs.ui.discord_errors import UPLOAD_TIMEOUT_S, EditOutcome, Refused, edit_result, tried
from cogs.ui.log_channel import post_to_admins

_log = structlog.get_logger(__name__)

# Discord takes an interaction's token for 15 minutes. The last is left alone: an upload may take a while.
TOKEN_LIFE = timedelta(minutes=14)
_EDIT_TIMEOUT_S = 15.0
_READY_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class _Edit:
    """A card made anew for each try, because discord.py closes the files it has sent."""

    card: Callable[[], cards.Card]
    files: Callable[[], list[discord.File]] = list
    timeout_s: float = _EDIT_TIMEOUT_S


class Presenter:
    """Answers bot.runs.card.CardView. Until a client is attached and logged in, every edit is for later."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._client: discord.Client | None = None

    def attach(self, client: discord.Client) -> None:
        """Show runs through this client. It is made after the services, which need a face."""
        self._client = client

    async def progress(self, run: Run, line: InLine | None = None, *, word: Word | None = None) -> EditResult:
        """Edit the card to what `run.state` says. `line`: where it waits in the bot's own queue, if it does.

        `word`: what is to be said beside that, if anything.
        """

        def card() -> cards.Card:
            return cards.progress(run, line, word=word)

        return edit_result(await self._edit(run, _Edit(card)))

    async def end(self, run: Run, ending: FinalCard) -> EditResult:
        """Edit the card to its last form; where Discord rejects that form, to a few plain words, so that it ends."""

        def card() -> cards.Card:
            return cards.final(run, ending)

        edit = _Edit(card)
        if isinstance(ending, Pictures):
            edit = _Edit(card, lambda: cards.attachments(run, ending), UPLOAD_TIMEOUT_S)
        outcome = await self._edit(run, edit)
        if outcome is EditOutcome.REJECTED:
            _log.error("a last card was rejected; it ends in plain words", run=run.id, ending=type(ending).__name__)
            outcome = await self._edit(run, _Edit(lambda: cards.bare(run, ending)))
        return edit_result(outcome)

    async def find_card(self, run: Run) -> int | None:
        """The message id of the first answer to the run's interaction, asked of Discord while its token lives.

        None where there is no answer, and where nobody can tell any more. Raises Unavailable.
        """
        client = self._client
        if client is None or client.application is None or client.is_closed():
            raise Unavailable("not connected to Discord")
        if not run.reply.token or self._clock.now() - run.reply.created_at >= TOKEN_LIFE:
            return None
        webhook = discord.Webhook.partial(run.reply.application_id, run.reply.token, client=client)
        found = await tried(webhook.fetch_message(cast("int", "@original")), _EDIT_TIMEOUT_S)
        if isinstance(found, Refused):
            if found.outcome is EditOutcome.LATER:
                raise Unavailable("Discord does not say whether a card stands")
            return None
        # What only the one who asked can see is the sentence of a refusal, never a card.
        return None if found.flags.ephemeral else found.id

    async def outlives_token(self, run: Run) -> bool:
        """Whether the card can be edited through its channel: tried, with an edit that changes nothing.

        Raises Unavailable where Discord does not say.
        """
        client = self._client
        if client is None or client.application is None or client.is_closed():
            raise Unavailable(_NOT_CONNECTED)
        message_id = run.reply.message_id
        if message_id is None:
            return False

        async def touch() -> None:
            channel = client.get_partial_messageable(run.place.channel_id, guild_id=run.place.guild_id)
            await channel.get_partial_message(message_id).edit(allowed_mentions=_NO_MENTIONS)

        outcome = await self._try(run, touch, _EDIT_TIMEOUT_S)
        if outcome is EditOutcome.LATER:
            raise Unavailable("Discord does not say whether a card can be edited")
        return outcome not in {EditOutcome.CLOSED, EditOutcome.NO_CHANNEL, EditOutcome.NO_MESSAGE}

    async def channel_context(self, run: Run) -> ChannelContext:
        """The run's channel at this moment, as far as Discord says; unknown in DMs and where it cannot be read.

        Raises Unavailable while Discord is not connected, or the server is out: nothing can be decided then.
        """
        return channel_context_in(run.place, await self._channel(run))

    async def _channel(self, run: Run) -> object:
        if run.place.guild_id is None:
            return None
        client = self._client
        if client is None or client.is_closed():
            raise Unavailable(_NOT_CONNECTED)
        guild = client.get_guild(run.place.guild_id)
        known = guild is not None and not guild.unavailable
        if not known and not client.is_ready():
            if not await self._became_ready(client):
                raise Unavailable(_NOT_CONNECTED)
            guild = client.get_guild(run.place.guild_id)
        if guild is None:
            return None
        if guild.unavailable:
            raise Unavailable(_NOT_CONNECTED)
        # A thread that was archived meanwhile has left the cache; its channel speaks for it.
        return guild.get_channel(run.place.parent_channel_id or run.place.channel_id)

    async def can_tell(self) -> bool:
        """Whether anybody can be told anything by now: the client is connected."""
        client = self._client
        return client is not None and (client.is_ready() or await self._became_ready(client))

    async def low_balance(self, channel_id: int) -> bool:
        """Tell a server's admins, in their log channel, that the credit at Runflow is low; whether it stands there."""
        return self._client is not None and await post_to_admins(self._client, channel_id, card_texts.LOW_BALANCE)

    async def _became_ready(self, client: discord.Client) -> bool:
        try:
            async with asyncio.timeout(_READY_TIMEOUT_S):
                await client.wait_until_ready()
        except (TimeoutError, RuntimeError):  # RuntimeError: the client has not logged in yet
            return False
        return True

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
        if run.reply.token and self._clock.now() - run.reply.created_at < TOKEN_LIFE:
            outcome = await self._try(run, lambda: self._by_token(client, run, edit), edit.timeout_s)
            if outcome is not EditOutcome.CLOSED:
                return outcome
        if run.reply.message_id is None:
            return EditOutcome.CLOSED  # whether a card stands, nobody can tell any more
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

        return await self._try(run, open_thread, _EDIT_TIMEOUT_S)

    async def _try(
        self, run: Run, send: Callable[[], Coroutine[object, object, None]], timeout_s: float
    ) -> EditOutcome:
        """Send an edit, and tell what Discord made of it; a failure is logged."""
        answer = await tried(send(), timeout_s)
        if isinstance(answer, Refused):
            _log.info("a card could not be edited", run=run.id, why=answer.why, outcome=answer.outcome.value)
            return answer.outcome
        return EditOutcome.TAKEN


_NOT_CONNECTED = "I am not connected to Discord just now. Please try again in a minute."
_NO_MENTIONS = discord.AllowedMentions.none()
