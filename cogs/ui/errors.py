"""The one error door: whatever goes wrong in an interaction is said here, once, to the one person who pressed."""

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

import aiohttp
import discord
import structlog
from discord import app_commands, ui

from bot.errors import OptionError, PromptRefused, RefusedDraft, RepeatedPress, SanctionError, Unavailable, UserError
from cogs.ui import card_texts, discord_limits
from cogs.ui.actions import Press
from cogs.ui.discord_errors import ALREADY_ACKNOWLEDGED, CALL_ERRORS, WORDS_TIMEOUT_S, is_of_closed_client, short
from cogs.ui.markdown import cut, literal

_log = structlog.get_logger(__name__)

FEWER, TAKE_UP = "draft_fewer", "draft_change"
"""The actions of the buttons under a refusal whose words were kept. A cog answers them."""

_CHANGED = "This command has changed. Please reload Discord and try again."
_REASON_LIMIT = 600  # twice as long as a reason may be: escaping makes it longer
_NOT_ALLOWED = "You may not use this here."


class ErrorHost(Protocol):
    """Where an error can be passed on. bot/client/client.py answers it."""

    async def say_error(self, interaction: discord.Interaction, error: BaseException) -> None:
        """Have an error said to whoever asked, and logged if it is a fault. Never raises."""
        ...


async def say(interaction: discord.Interaction, error: BaseException) -> None:
    """Pass an error to the one error door, which the client has. Never raises."""
    await cast("ErrorHost", interaction.client).say_error(interaction, error)


class ErrorReplies:
    """The one error door. `new_reference` gives what a person can quote of a fault, and the log has beside it."""

    def __init__(self, new_reference: Callable[[], str]) -> None:
        self._new_reference = new_reference

    async def say(self, interaction: discord.Interaction, error: BaseException) -> None:
        """Tell the person what went wrong, for their eyes only. Never raises: what cannot be said is logged.

        Of a press that has its answer already, from this process or from another, nothing is said.
        """
        if _has_its_answer(error):
            _log.info("nothing is said of an interaction that has its answer", interaction=interaction.id)
            return
        if is_of_closed_client(_innermost(error)):
            _log.warning("an interaction lost its client before it was answered", interaction=interaction.id)
            return
        try:
            sentence = self.sentence_for(error)
            async with asyncio.timeout(WORDS_TIMEOUT_S):
                if interaction.type is discord.InteractionType.autocomplete:
                    await interaction.response.autocomplete([])  # suggestions have no words; the command itself has
                    return
                await _answer(interaction, cut(sentence, discord_limits.CONTENT), error)
        except CALL_ERRORS as unsaid:
            _log.warning("an error could not be said", interaction=interaction.id, why=short(unsaid))
        except Exception:  # noqa: BLE001 - the last door: an error in it would vanish, or take its caller along
            _log.exception("the error door failed", interaction=interaction.id)

    def sentence_for(self, error: BaseException) -> str:  # noqa: PLR0911 - one sentence for each kind of error
        """What a person reads of an error. A fault is logged here with the reference that they are given."""
        match error := _innermost(error):
            case RefusedDraft():
                return self.sentence_for(error.refusal)
            case OptionError():
                return card_texts.option_refused(error)
            case PromptRefused():
                return card_texts.prompt_refused(error)
            case SanctionError():
                return f"{error.before}{literal(error.reason, _REASON_LIMIT)}{error.after}"
            case UserError() | Unavailable():
                return str(error)
            case app_commands.CommandSignatureMismatch() | app_commands.CommandNotFound():
                _log.warning("a command does not match what Discord knows", why=str(error))
                return _CHANGED
            case app_commands.CheckFailure():
                return _NOT_ALLOWED
            case _:
                return self._fault(error)

    def _fault(self, error: BaseException) -> str:
        reference = self._new_reference()
        # Their traces would carry the address that was called, and an interaction's address holds its token; or the
        # value that somebody gave.
        if isinstance(error, discord.HTTPException | aiohttp.ClientError | app_commands.TransformerError):
            _log.error("fault in an interaction", reference=reference, why=short(error))
        else:
            _log.error("fault in an interaction", reference=reference, exc_info=error)
        return card_texts.FAULT.format(reference=reference)


def _innermost(error: BaseException) -> BaseException:
    """The error behind discord.py's wrappers."""
    while isinstance(error, app_commands.CommandInvokeError | app_commands.TransformerError):
        inner = error.original if isinstance(error, app_commands.CommandInvokeError) else error.__cause__
        if inner is None:
            break
        error = inner
    return error


def _has_its_answer(error: BaseException) -> bool:
    error = _innermost(error)
    if isinstance(error, discord.HTTPException):
        return error.code == ALREADY_ACKNOWLEDGED
    return isinstance(error, RepeatedPress)


async def _answer(interaction: discord.Interaction, sentence: str, error: BaseException) -> None:
    """Say it. Where Discord has an answer that nobody here tried to give, another process did: nothing is added."""
    none = discord.AllowedMentions.none()
    buttons = _buttons(_innermost(error))
    if not interaction.response.is_done():
        try:
            await interaction.response.send_message(sentence, view=buttons, ephemeral=True, allowed_mentions=none)
        except discord.HTTPException as refused:
            if refused.code != ALREADY_ACKNOWLEDGED:
                raise
            if not isinstance(_innermost(error), CALL_ERRORS):
                return
        else:
            return
    if interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
        # The first followup would become the public "thinking" message, whatever it asks for.
        await interaction.delete_original_response()
    await interaction.followup.send(sentence, view=buttons, ephemeral=True, allowed_mentions=none)


def _buttons(error: BaseException) -> ui.View:
    """What can be done about a refusal at once; MISSING where there is nothing."""
    if not isinstance(error, RefusedDraft):
        return discord.utils.MISSING
    view = ui.View(timeout=None)
    if error.fits:
        view.add_item(Press(FEWER, f"{error.draft_id}:{error.fits}", label=f"Make {error.fits} instead"))
    return view.add_item(Press(TAKE_UP, error.draft_id, label="Change…"))
