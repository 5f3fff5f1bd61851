"""What is known of a run's visibility at this moment: the channel as Discord knows it, the rules, the review."""

from typing import Protocol

from sqlalchemy import Connection

from bot.moderation.policy_service import PolicyService
from bot.moderation.prompt_rules_service import PromptRulesService
from bot.moderation.prompts import Verdict
from bot.moderation.rules import ChannelContext, ChannelRules
from bot.runs import rows
from bot.runs.review import rows as review_rows
from bot.runs.review.review import Review
from bot.runs.review.visibility import Known, Visibility, changed_prompt, decide
from bot.runs.run import Removal, ReviewCause, Run
from bot.store.engine import Store


class Channels(Protocol):
    """Where the channel of a run is read. The card view answers it."""

    async def channel_context(self, run: Run) -> ChannelContext:
        """The run's channel as Discord knows it at this moment; `known` is False where it cannot be read."""
        ...


class VisibilityNow:
    """Decides how runs may be shown, at the moment of showing."""

    def __init__(
        self, *, store: Store, policies: PolicyService, prompt_rules: PromptRulesService, channels: Channels
    ) -> None:
        self._store, self._policies, self._prompt_rules, self._channels = store, policies, prompt_rules, channels

    async def decide(self, run: Run, *, black: tuple[int, ...] = ()) -> Visibility:
        """How the pictures of a run that succeeded may be shown now. `black`: those that are black all over.

        Raises Unavailable where the database does not answer: nothing is decided then.
        """
        context = await self._channels.channel_context(run)
        await self._policies.no_doubt(context.rules_id)  # what is decided now may be for good

        def read(connection: Connection) -> tuple[ChannelRules, Review | None, Removal | None]:
            now, removal = self._policies.rules_in(connection, context), rows.removal_of(connection, run.id)
            return now, review_rows.find(connection, run.id), removal

        now, review, removal = await self._store.read(read)
        return decide(run, Known(now, review, await self._verdict(run), black, removal))

    async def decide_in(self, run: Run, context: ChannelContext, here: Visibility) -> Visibility:
        """How pictures that may be seen in their own channel (`here`) may be seen in another, by its rules too."""
        return decide(run, Known(await self._policies.rules_at(context), here.review, black=here.black))

    async def decide_as_if(self, run: Run, review: Review) -> Visibility:
        """How the pictures would be shown now with this review in place of what is written down. Raises Unavailable."""
        context = await self._channels.channel_context(run)
        await self._policies.no_doubt(context.rules_id)
        now = await self._policies.rules_at(context)
        black = (0,) if review.why is ReviewCause.BLACK else ()
        return decide(run, Known(now, review, Verdict(), black))

    async def _verdict(self, run: Run) -> Verdict:
        used = changed_prompt(run)
        if run.review_why is not None or used is None or run.place.guild_id is None:
            return Verdict()
        return await self._prompt_rules.check_prompt(run.place.guild_id, used)
