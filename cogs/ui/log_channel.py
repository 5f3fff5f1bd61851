"""Messages to the channel where a server's admins are told of acts and warnings."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import discord
import structlog

from bot.clock import Clock
from cogs.ui import discord_limits
from cogs.ui.context import everyone_sees
from cogs.ui.discord_errors import EditOutcome, Refused, tried
from cogs.ui.markdown import cut, length

_log = structlog.get_logger(__name__)

_POST_TIMEOUT_S = 30.0  # Discord may make a post wait; cut short, it is tried again and is the same post
_FIRST_WAIT_S, _MOST_WAIT_S = 1.0, 60.0
_TRIES = 15  # some ten minutes: a channel that takes nothing for longer is told of in the process's log alone
_WAITING_MOST = 1000  # lines for one channel


class LogHost(Protocol):
    """The client, as lines for log channels know it."""

    @property
    def admin_log(self) -> "AdminLog":
        """Where such lines wait until they stand."""
        ...


class AdminLog(Protocol):
    """Where lines for log channels wait until they stand."""

    def tell(self, channel_id: int, sentence: str, *, public: str | None = None) -> None:
        """Take a line. It is posted in its turn, beside whatever goes on."""
        ...


@dataclass(frozen=True, slots=True)
class _Line:
    """What a line says, and what it says where everybody can see the channel."""

    sentence: str
    public: str


def tell_admins(client: discord.Client, channel_id: int | None, sentence: str, *, public: str | None = None) -> None:
    """Leave a line for a server's log channel, mentioning nobody. Takes no time: an act holds, told or not.

    `public` stands there instead while everybody can see the channel: prompts and rules are not for everybody.
    """
    if channel_id is not None:
        cast("LogHost", client).admin_log.tell(channel_id, sentence, public=public)


async def post_to_admins(client: discord.Client, channel_id: int | None, sentence: str) -> bool:
    """Post a sentence there at once, mentioning nobody; whether it stands. Never raises."""
    if channel_id is None:
        return False
    sent = await tried(_post(client, channel_id, cut(sentence, discord_limits.CONTENT), None))
    if isinstance(sent, Refused):
        _log.warning("the log channel could not be written to", channel=channel_id, why=sent.why)
        return False
    return True


class LogOutbox:
    """Answers AdminLog: for each channel one line of messages, in order, so that a burst of acts loses none.

    What waits is joined into as few messages as hold it. `new_nonce` names a message, so that Discord takes one that
    is sent again because its answer was lost for the same. What a process cannot post before it ends is in its log.
    """

    def __init__(self, *, clock: Clock, new_nonce: Callable[[], str]) -> None:
        self._clock, self._new_nonce = clock, new_nonce
        self._client: discord.Client | None = None
        self._waiting: dict[int, list[_Line]] = {}
        self._posting: dict[int, asyncio.Task[None]] = {}

    def attach(self, client: discord.Client) -> None:
        """Post through this client from now on."""
        self._client = client

    def tell(self, channel_id: int, sentence: str, *, public: str | None = None) -> None:
        """Take a line for a channel; `public` is the shorter one for everybody. Who sees it is asked at each try."""
        lines = self._waiting.setdefault(channel_id, [])
        if len(lines) >= _WAITING_MOST:
            _log.warning("a line for a log channel was left out: too many wait", channel=channel_id)
            return
        line = cut(sentence, discord_limits.CONTENT)
        lines.append(_Line(line, line if public is None else cut(public, length(line))))
        if channel_id not in self._posting:
            task = asyncio.create_task(self._post_all(channel_id, lines), name=f"log channel {channel_id}")
            self._posting[channel_id] = task
            task.add_done_callback(lambda done: self._ended(channel_id, done))

    async def flush(self) -> None:
        """Wait until nothing waits any more."""
        while self._posting:
            await asyncio.wait(set(self._posting.values()))

    async def close(self) -> None:
        """Give up what still waits."""
        tasks = set(self._posting.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _post_all(self, channel_id: int, lines: list[_Line]) -> None:
        while lines:
            count = fitting([line.sentence for line in lines])
            await self._post_surely(channel_id, lines[:count])
            del lines[:count]

    async def _post_surely(self, channel_id: int, lines: Sequence[_Line]) -> None:
        """Post it, trying again where Discord is slow, full or away; what it refuses is told in the process's log."""
        nonce, wait_s, why = self._new_nonce(), _FIRST_WAIT_S, "not connected to Discord"
        for _ in range(_TRIES):
            client = self._client
            if client is not None and client.application is not None and not client.is_closed():
                is_public = not _only_some_see(client, channel_id)
                words = "\n".join(line.public if is_public else line.sentence for line in lines)
                sent = await tried(_post(client, channel_id, words, nonce), _POST_TIMEOUT_S)
                if not isinstance(sent, Refused):
                    return
                why = sent.why
                if sent.outcome is not EditOutcome.LATER:
                    break
            await self._clock.sleep(wait_s)
            wait_s = min(wait_s * 2, _MOST_WAIT_S)
        _log.warning("the log channel could not be written to", channel=channel_id, why=why)

    def _ended(self, channel_id: int, task: asyncio.Task[None]) -> None:
        del self._posting[channel_id]
        left = self._waiting.pop(channel_id, [])
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("fault in a log channel's outbox", channel=channel_id, exc_info=error)
        if left:
            _log.warning("lines for a log channel were not posted", channel=channel_id, lines=len(left))


def fitting(lines: Sequence[str]) -> int:
    """How many of the lines, from the first, one message holds; at least one, which was cut to hold."""
    room = discord_limits.CONTENT
    for count, line in enumerate(lines):
        room -= length(line) + (1 if count else 0)
        if room < 0:
            return max(count, 1)
    return len(lines)


def _only_some_see(client: discord.Client, channel_id: int) -> bool:
    """Whether it is known that not everybody in the server sees the channel."""
    channel = client.get_channel(channel_id)
    return isinstance(channel, discord.abc.GuildChannel | discord.Thread) and not everyone_sees(channel)


async def _post(client: discord.Client, channel_id: int, words: str, nonce: str | None) -> object:
    channel = client.get_partial_messageable(channel_id)
    none = discord.AllowedMentions.none()
    if nonce is None:
        return await channel.send(words, allowed_mentions=none)
    return await channel.send(words, allowed_mentions=none, nonce=nonce)
