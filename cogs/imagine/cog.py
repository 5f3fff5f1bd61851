"""/imagine, and the command of every other model: a request becomes a card, and the card becomes pictures."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import discord
import structlog
from discord import app_commands

from bot.catalog.model import Model
from bot.errors import Unavailable
from bot.runs.card import Ended
from bot.runs.run import Reason, Run, State
from bot.services import Runs
from cogs import Host
from cogs.ui import cards
from cogs.ui.context import channel_context_at, place_of, reply_of, role_ids_of
from cogs.ui.discord_errors import CALL_ERRORS, WORDS_TIMEOUT_S, may_have_worked, short
from cogs.ui.model_command import model_command

_log = structlog.get_logger(__name__)

DEFER_AFTER_S = 1.5  # Discord forgets an interaction that has no answer after 3 s
_MENDING_TIMEOUT_S = 5.0


class Imagine:
    """Answers the command of a model. `defer_after_s`: how long the checks may take before Discord is told to wait."""

    def __init__(self, *, runs: Runs, model: Model, defer_after_s: float = DEFER_AFTER_S) -> None:
        self._runs, self._model, self._defer_after_s = runs, model, defer_after_s

    def command(self) -> app_commands.Command[Any, ..., None]:
        """The command, with the model's options."""
        description = f"{self._model.summary} with {self._model.title}"
        return model_command(name=self._model.command, description=description, model=self._model, answer=self.answer)

    async def answer(self, interaction: discord.Interaction, options: Mapping[str, object]) -> None:
        """Accept the request, show its card and start it. A refusal leaves nothing behind: no row, no money held."""
        accepting = asyncio.create_task(self._accept(interaction, options), name=f"accept {interaction.id}")
        try:
            deferred = await self._defer_if_slow(interaction, accepting)
            run = await asyncio.shield(accepting)
            message_id = await self._show(interaction, run, deferred=deferred)
            await self._runs.start(run, message_id)
        except BaseException:
            # Cancelled or failed before the run was started: nobody would ever see its end.
            await asyncio.shield(asyncio.create_task(self._undo(interaction, accepting), name=f"undo {interaction.id}"))
            raise
        await self._notice(interaction, run)

    async def _accept(self, interaction: discord.Interaction, options: Mapping[str, object]) -> Run:
        return await self._runs.accept(
            user_id=interaction.user.id,
            place=place_of(interaction),
            reply=reply_of(interaction),
            model=self._model,
            options=options,
            where=channel_context_at(interaction),
            role_ids=role_ids_of(interaction.user),
        )

    async def _notice(self, interaction: discord.Interaction, run: Run) -> None:
        """Tell the person, for their eyes only, which limits are nearly used. The run goes on whatever comes of it."""
        try:
            notices = await self._runs.notices(run)
            if not notices:
                return
            words = "\n".join(one.sentence for one in notices)
            async with asyncio.timeout(WORDS_TIMEOUT_S):
                await interaction.followup.send(words, ephemeral=True, allowed_mentions=discord.AllowedMentions.none())
        except (Unavailable, *CALL_ERRORS) as error:
            _log.info("a notice could not be told", run=run.id, why=short(error))

    async def _defer_if_slow(self, interaction: discord.Interaction, accepting: asyncio.Task[Run]) -> bool:
        done, _ = await asyncio.wait({accepting}, timeout=self._defer_after_s)
        if done:
            return False
        async with asyncio.timeout(WORDS_TIMEOUT_S):
            await interaction.response.defer(thinking=True)
        return True

    async def _show(self, interaction: discord.Interaction, run: Run, *, deferred: bool) -> int:
        """Show the first card; its message id."""
        card = cards.progress(run, self._model.title, self._runs.position(run))
        none = discord.AllowedMentions.none()
        async with asyncio.timeout(WORDS_TIMEOUT_S):
            if deferred:
                return (await interaction.edit_original_response(view=card, allowed_mentions=none)).id
            try:
                response = await interaction.response.send_message(view=card, allowed_mentions=none)
            except CALL_ERRORS as error:
                if not may_have_worked(error):
                    raise
                return await self._standing(interaction, card, error)
            return response.message_id or (await interaction.original_response()).id

    async def _standing(self, interaction: discord.Interaction, card: cards.Card, error: Exception) -> int:
        """The card whose showing was not answered well, where it stands all the same. Raises `error` where not.

        Words for one person's eyes are no card: another process refused the same press.
        """
        try:
            found = await interaction.original_response()
            if found.flags.ephemeral:
                raise error
            if found.flags.loading:
                await interaction.edit_original_response(view=card, allowed_mentions=discord.AllowedMentions.none())
        except discord.HTTPException:
            raise error from None
        return found.id

    async def _undo(self, interaction: discord.Interaction, accepting: asyncio.Task[Run]) -> None:
        """Give back what an accepted run holds, and end a card that may stand already."""
        await asyncio.wait({accepting})
        if accepting.cancelled() or accepting.exception() is not None:
            return
        run = accepting.result()
        await self._runs.abandon(run)
        _log.warning("run abandoned before it was sent", run=run.id)
        ended = replace(run, state=State.CANCELED, reason=Reason.FAULT)
        card = cards.final(ended, Ended(hide_prompt=run.rules_then.hide_prompt), self._model.title)
        try:
            async with asyncio.timeout(_MENDING_TIMEOUT_S):
                if not (await interaction.original_response()).flags.ephemeral:
                    await interaction.edit_original_response(view=card)
        except CALL_ERRORS as error:
            _log.info("no card to end", run=run.id, why=short(error))


async def setup(host: Host) -> None:
    """Add the command of every model."""
    services = host.services
    for model in services.models:
        imagine = Imagine(runs=services.runs, model=model)
        host.tree.add_command(imagine.command())
