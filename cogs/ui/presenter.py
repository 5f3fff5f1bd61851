"""Shows runs to people: edits their cards, through the interaction's token while it lives, then through the channel."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import aiohttp
import discord
import structlog

from bot.catalog.model import Model
from bot.clock import Clock
from bot.moderation.rules import Surroundings
from bot.runs.face import Balance, Ending, Pictures, Shown
from bot.runs.run import Run
from cogs.ui import cards
from cogs.ui.place import surroundings_in

_log = structlog.get_logger(__name__)

# Discord takes an interaction's token for 15 minutes. The last is left alone: an upload may take a while.
TOKEN_LIFE = timedelta(minutes=14)
_WORDS_TIMEOUT_S = 15.0
_UPLOAD_TIMEOUT_S = 90.0
_READY_TIMEOUT_S = 15.0

_TOO_LARGE_CODES = frozenset({40005})
_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE = 10003, 10008


@dataclass(frozen=True, slots=True)
class _Edit:
    """A card made anew for each try, because discord.py closes the files it has sent."""

    card: Callable[[], cards.Card]
    files: Callable[[], list[discord.File]] = list
    timeout_s: float = _WORDS_TIMEOUT_S


class Presenter:
    """Answers bot.runs.face.Face. Until a client is attached and logged in, every edit is for later."""

    def __init__(self, *, clock: Clock, models: Mapping[str, Model]) -> None:
        self._clock, self._models = clock, models
        self._client: discord.Client | None = None

    def attach(self, client: discord.Client) -> None:
        """Show runs through this client. It is made after the services, which need a face."""
        self._client = client

    async def progress(self, run: Run) -> Shown:
        """Edit the card to what `run.state` says."""
        return await self._edit(run, _Edit(lambda: cards.progress(run, self._title(run))))

    async def end(self, run: Run, ending: Ending, balance: Balance) -> Shown:
        """Edit the card to its last form."""

        def card() -> cards.Card:
            return cards.final(run, ending, balance, self._title(run))

        if isinstance(ending, Pictures):
            return await self._edit(run, _Edit(card, lambda: cards.attachments(run, ending), _UPLOAD_TIMEOUT_S))
        return await self._edit(run, _Edit(card))

    async def surroundings(self, run: Run) -> Surroundings:
        """The run's channel at this moment, as far as Discord says; unknown in DMs and where it cannot be read."""
        return surroundings_in(run.place, await self._channel(run))

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

    async def _became_ready(self, client: discord.Client) -> bool:
        try:
            async with asyncio.timeout(_READY_TIMEOUT_S):
                await client.wait_until_ready()
        except (TimeoutError, RuntimeError):  # RuntimeError: the client has not logged in yet
            return False
        return True

    def _title(self, run: Run) -> str:
        model = self._models.get(run.model_id)
        return model.title if model else run.model_id

    async def _edit(self, run: Run, edit: _Edit) -> Shown:
        client = self._client
        if client is None or client.application is None or client.is_closed():
            return Shown.LATER
        if self._clock.now() - run.reply.created_at < TOKEN_LIFE:
            shown, is_final = await self._try(run, edit, lambda: self._by_token(client, run, edit))
            if shown is not Shown.GONE or is_final:
                return shown
        if run.reply.message_id is None:
            return Shown.GONE
        message_id = run.reply.message_id
        shown, _ = await self._try(run, edit, lambda: self._by_channel(client, run, edit, message_id))
        return shown

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

    async def _try(
        self, run: Run, edit: _Edit, send: Callable[[], Coroutine[object, object, None]]
    ) -> tuple[Shown, bool]:
        """What became of one way to edit; and, where the card is gone, whether no other way can reach it."""
        try:
            async with asyncio.timeout(edit.timeout_s):
                await send()
        except discord.HTTPException as error:
            shown, is_final = meaning_of(error.status, error.code)
            log = (
                _log.error if error.status == 400 and shown is Shown.GONE else _log.info
            )  # a card Discord rejects is a fault
            log("edit refused", run=run.id, status=error.status, code=error.code, shown=shown)
            return shown, is_final
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            _log.info("edit did not reach Discord", run=run.id, why=type(error).__name__)
            return Shown.LATER, False
        return Shown.YES, True


_NO_MENTIONS = discord.AllowedMentions.none()


def meaning_of(status: int, code: int) -> tuple[Shown, bool]:
    """What a refusal of Discord's means for a card; and, where it is gone, whether it is gone by every way.

    An expired token (401/50027, 404/10015) closes one way only; a deleted message or channel closes all.
    """
    if status == 413 or code in _TOO_LARGE_CODES:
        return Shown.TOO_LARGE, True
    if status == 429 or status >= 500:
        return Shown.LATER, True
    return Shown.GONE, code in {_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE}
