"""From a wish to a card: a request is accepted, its card is shown, and it is started. Whatever asked for it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import discord
import structlog

from bot.catalog.model import Model
from bot.catalog.prompt_check import noted
from bot.errors import OptionError, RefusedDraft, RepeatedPress, SanctionError, Unavailable, UserError
from bot.runs.card import Ended
from bot.runs.drafts import Draft
from bot.runs.run import PictureRef, Reason, Run, State
from bot.services import Drafts, Policies, Runs
from cogs.ui import cards, discord_limits, prompt_texts
from cogs.ui.context import channel_context_at, place_of, reply_of, role_ids_of
from cogs.ui.discord_errors import CALL_ERRORS, WORDS_TIMEOUT_S, may_have_worked, short, tried
from cogs.ui.markdown import length
from cogs.ui.model_command import PRIVATE

_log = structlog.get_logger(__name__)

DEFER_AFTER_S = 1.5  # Discord forgets an interaction that has no answer after 3 s
_MENDING_TIMEOUT_S = 5.0
_RULES_TIMEOUT_S = 0.5  # before an answer, which Discord wants within 3 s


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. `options` by the names of the model's, and `private`, not checked yet.

    `parents` are the pictures it is made from; `button` the custom_id that was pressed for it; `card` the run whose
    card that, or the button before it, is from.
    """

    model: Model
    options: Mapping[str, object] = field(repr=False)
    parents: tuple[PictureRef, ...] = ()
    button: str | None = None
    card: str | None = None


class Asking:
    """Answers interactions with runs. `defer_after_s`: how long the checks may take before Discord is told to wait."""

    def __init__(self, *, runs: Runs, drafts: Drafts, policies: Policies, defer_after_s: float = DEFER_AFTER_S) -> None:
        self._runs, self._drafts, self._policies = runs, drafts, policies
        self._defer_after_s = defer_after_s

    async def answer(self, interaction: discord.Interaction, wish: Wish) -> None:
        """Accept the wish, show its card and start it. A refusal leaves nothing behind: no row, no money held.

        A second press of the same button right after the first is taken in silence. Raises what `Runs.accept` raises,
        as a RefusedDraft where what was typed could be kept, and what Discord answers.
        """
        try:
            await self._begin(interaction, wish)
        except RepeatedPress:
            if wish.button is None:
                raise
            await _in_silence(interaction)

    async def _begin(self, interaction: discord.Interaction, wish: Wish) -> None:
        private = _asked_private(wish) or await self._begins_private(interaction)
        accepting = asyncio.create_task(self._accept(interaction, wish, private), name=f"accept {interaction.id}")
        try:
            deferred = await self._defer_if_slow(interaction, accepting, private=private)
            run = await asyncio.shield(accepting)
            message_id = await self._show(interaction, run, deferred=deferred)
            await self._runs.start(run, message_id)
        except BaseException:
            # Cancelled or failed before the run was started: nobody would ever see its end.
            undoing = self._undo(interaction, accepting)
            await asyncio.shield(asyncio.create_task(undoing, name=f"undo {interaction.id}"))
            raise
        await self._notice(interaction, wish.model, run)

    async def _begins_private(self, interaction: discord.Interaction) -> bool:
        """Whether answers begin as private ones here. Where that is not known soon they do: they can be posted."""
        try:
            async with asyncio.timeout(_RULES_TIMEOUT_S):
                return (await self._policies.rules_at(channel_context_at(interaction))).private
        except (TimeoutError, Unavailable):
            return True

    async def _accept(self, interaction: discord.Interaction, wish: Wish, private: bool) -> Run:
        try:
            return await self._accepted(interaction, wish, private=private)
        except SanctionError:
            raise  # no other words would help
        except (UserError, Unavailable) as error:
            draft = await self._kept(interaction.user.id, wish)
            if draft is None:
                raise
            raise RefusedDraft(error, draft.id) from error

    async def _kept(self, user_id: int, wish: Wish) -> Draft | None:
        """What was typed, kept for later; None where the database is away: then it is typed again."""
        try:
            return await self._drafts.keep(user_id, wish.model.model_id, wish.options, wish.parents, card=wish.card)
        except Unavailable as error:
            _log.info("a draft could not be kept", why=str(error))
            return None

    async def _accepted(self, interaction: discord.Interaction, wish: Wish, *, private: bool) -> Run:
        return await self._runs.accept(
            user_id=interaction.user.id,
            place=place_of(interaction),
            reply=reply_of(interaction),
            model=wish.model,
            options={name: value for name, value in wish.options.items() if name != PRIVATE},
            where=channel_context_at(interaction),
            role_ids=role_ids_of(interaction.user),
            parents=wish.parents,
            button=wish.button,
            private=private,
        )

    async def _notice(self, interaction: discord.Interaction, model: Model, run: Run) -> None:
        """Tell the person, for their eyes only, what became of their prompt, and which limits are nearly used.

        The run goes on whatever comes of it.
        """
        limits = await self._limits_nearly_used(run)
        room = discord_limits.CONTENT - length(limits) - 1
        of_prompt = prompt_texts.said(noted(model, run.prompt, run.input), room)
        words = "\n".join(filter(None, (of_prompt, limits)))
        if not words:
            return
        try:
            async with asyncio.timeout(WORDS_TIMEOUT_S):
                await interaction.followup.send(words, ephemeral=True, allowed_mentions=discord.AllowedMentions.none())
        except CALL_ERRORS as error:
            _log.info("a notice could not be told", run=run.id, why=short(error))

    async def _limits_nearly_used(self, run: Run) -> str:
        try:
            return "\n".join(one.sentence for one in await self._runs.notices(run))
        except Unavailable as error:
            _log.info("limits that are nearly used could not be told", run=run.id, why=short(error))
            return ""

    async def _defer_if_slow(
        self, interaction: discord.Interaction, accepting: asyncio.Task[Run], *, private: bool
    ) -> bool:
        done, _ = await asyncio.wait({accepting}, timeout=self._defer_after_s)
        if done:
            return False
        async with asyncio.timeout(WORDS_TIMEOUT_S):
            await interaction.response.defer(thinking=True, ephemeral=private)
        return True

    async def _show(self, interaction: discord.Interaction, run: Run, *, deferred: bool) -> int:
        """Show the first card; its message id."""
        card = cards.progress(run, self._runs.position(run))
        none = discord.AllowedMentions.none()
        async with asyncio.timeout(WORDS_TIMEOUT_S):
            if deferred:
                return (await interaction.edit_original_response(view=card, allowed_mentions=none)).id
            try:
                response = await interaction.response.send_message(
                    view=card, allowed_mentions=none, ephemeral=run.private
                )
            except CALL_ERRORS as error:
                if not may_have_worked(error):
                    raise
                return await self._standing(interaction, card, error, private=run.private)
            return response.message_id or (await interaction.original_response()).id

    async def _standing(
        self, interaction: discord.Interaction, card: cards.Card, error: Exception, *, private: bool
    ) -> int:
        """The card whose showing was not answered well, where it stands all the same. Raises `error` where not.

        Words for one person's eyes are no card: another process refused the same press.
        """
        try:
            found = await interaction.original_response()
            if not cards.may_be_card(found, private=private):
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
        card = cards.final(ended, Ended(hide_prompt=run.rules_then.hide_prompt))
        try:
            async with asyncio.timeout(_MENDING_TIMEOUT_S):
                if cards.may_be_card(await interaction.original_response(), private=run.private):
                    await interaction.edit_original_response(view=card)
        except CALL_ERRORS as error:
            _log.info("no card to end", run=run.id, why=short(error))


def _asked_private(wish: Wish) -> bool:
    """Whether whoever asks wants it for their own eyes. Raises OptionError for what is neither yes nor no."""
    value = wish.options.get(PRIVATE, False)
    if not isinstance(value, bool):
        raise OptionError(PRIVATE, str(value), "yes or no")
    return value


async def _in_silence(interaction: discord.Interaction) -> None:
    """Let Discord know that a press arrived, and show nothing. Never raises: nobody waits for it."""

    async def acknowledge() -> None:
        if interaction.response.is_done():
            await interaction.delete_original_response()  # the "thinking" that it was told to show
        else:
            await interaction.response.defer()

    _ = await tried(acknowledge(), WORDS_TIMEOUT_S)
