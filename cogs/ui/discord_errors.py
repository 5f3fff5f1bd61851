"""What became of a call to Discord: the one place where the errors of discord.py and of the network are told apart."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import aiohttp
import discord

from bot.runs.card import EditResult

T = TypeVar("T")

CALL_ERRORS = (discord.HTTPException, aiohttp.ClientError, OSError)
"""All that a call to Discord may end with. TimeoutError is an OSError."""

WORDS_TIMEOUT_S = 10.0
"""How long a call with words alone may take."""

UPLOAD_TIMEOUT_S = 90.0
"""How long a call with files may take."""

ALREADY_ACKNOWLEDGED = 40060

_CLOSED = "Session is closed"  # aiohttp 3.x has no type of its own for it

# JSON error codes (Discord: opcodes and status codes).
_UNKNOWN_CHANNEL, _UNKNOWN_MESSAGE = 10003, 10008
_UPLOAD_TOO_LARGE, _THREAD_IS_ARCHIVED = 40005, 50083


class EditOutcome(Enum):
    """What Discord made of an edit or a post, as far as somebody must tell apart."""

    TAKEN = "taken"
    TOO_LARGE = "too_large"
    REJECTED = "rejected"  # what was sent: a fault of ours
    ARCHIVED = "archived"  # the thread takes edits again once it is opened
    CLOSED = "closed"  # this way leads nowhere; another may
    NO_CHANNEL = "no_channel"  # no way leads there: the channel is gone
    NO_MESSAGE = "no_message"  # no way leads there: the message is gone
    LATER = "later"  # nothing is known; it may be tried again


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that failed. `why` is for the log: no address, which could hold a token."""

    outcome: EditOutcome
    why: str


async def tried(call: Awaitable[T], timeout_s: float = WORDS_TIMEOUT_S) -> T | Refused:
    """What a call to Discord answers, or how it failed. Raises only what is no error of Discord's or the network's."""
    try:
        async with asyncio.timeout(timeout_s):
            return await call
    except CALL_ERRORS as error:
        return Refused(outcome_of(error), short(error))
    except RuntimeError as error:
        if not is_of_closed_client(error):
            raise
        return Refused(EditOutcome.LATER, "the client was closed")


def is_of_closed_client(error: BaseException) -> bool:
    """Whether a call went through a client that was closed under it: another client is, or will be, in its place.

    discord.py may sleep within a call before it tries again; a client that is away for long is closed meanwhile.
    """
    return isinstance(error, RuntimeError) and str(error) == _CLOSED


def outcome_of(error: BaseException) -> EditOutcome:
    """What an error of a call means."""
    return of_status(error.status, error.code) if isinstance(error, discord.HTTPException) else EditOutcome.LATER


def of_status(status: int, code: int) -> EditOutcome:
    """What a refusal of Discord's means.

    An expired token (401/50027, 404/10015) closes one way only; a deleted message or channel closes all.
    """
    if status == 413 or code == _UPLOAD_TOO_LARGE:
        return EditOutcome.TOO_LARGE
    if status == 429 or status >= 500:
        return EditOutcome.LATER
    known = {
        _THREAD_IS_ARCHIVED: EditOutcome.ARCHIVED,
        _UNKNOWN_CHANNEL: EditOutcome.NO_CHANNEL,
        _UNKNOWN_MESSAGE: EditOutcome.NO_MESSAGE,
    }
    return known.get(code, EditOutcome.REJECTED if status == 400 else EditOutcome.CLOSED)


def may_have_worked(error: BaseException) -> bool:
    """Whether a call may have been done although it failed: the answer was lost, or a repeated try found the first."""
    if not isinstance(error, discord.HTTPException):
        return True
    return error.status >= 500 or error.code == ALREADY_ACKNOWLEDGED


def edit_result(outcome: EditOutcome) -> EditResult:
    """What the runs room is told of an edit or a post."""
    match outcome:
        case EditOutcome.TAKEN:
            return EditResult.YES
        case EditOutcome.TOO_LARGE:
            return EditResult.TOO_LARGE
        case EditOutcome.LATER:
            return EditResult.LATER
        case EditOutcome.NO_CHANNEL | EditOutcome.NO_MESSAGE:
            return EditResult.GONE
        case EditOutcome.REJECTED | EditOutcome.ARCHIVED | EditOutcome.CLOSED:
            return EditResult.FORBIDDEN  # what stands there stands on


def short(error: BaseException) -> str:
    """An error for the log, in a word: such as `Forbidden 403/50013`."""
    code = f" {error.status}/{error.code}" if isinstance(error, discord.HTTPException) else ""
    return f"{type(error).__name__}{code}"
