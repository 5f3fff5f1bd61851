"""What is known of a run's visibility at this moment: the channel as Discord knows it, the rules, the review."""

from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from bot.moderation.policy import Showing
from bot.moderation.policy_service import PolicyService
from bot.moderation.prompt_rules_service import PromptRulesService
from bot.moderation.prompts import Verdict
from bot.moderation.rules import ChannelContext
from bot.runs import rows
from bot.runs.review import rows as review_rows
from bot.runs.review.family import TOO_LARGE_A_FAMILY, Inherited, standing, what_all_leave
from bot.runs.review.review import Decision, Review
from bot.runs.review.visibility import Known, Visibility, changed_prompt, decide
from bot.runs.run import ReviewCause, Run
from bot.store.engine import Store


class Channels(Protocol):
    """Where the channel of a run is read. The card view answers it."""

    async def channel_context(self, run: Run) -> ChannelContext:
        """The run's channel as Discord knows it at this moment; `known` is False where it cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class _Ancestor:
    """A run that pictures were made from, with what is known of it before the transaction."""

    run_id: str
    context: ChannelContext
    verdict: Verdict


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
        context = await self._known_context(run)  # what is decided now may be for good
        family, verdict = await self._family(run), await self._verdict(run)

        def read(connection: Connection) -> Known:
            return Known(
                self._policies.rules_in(connection, context),
                review_rows.find(connection, run.id),
                verdict,
                black,
                self._inherited_in(connection, family),
                rows.removal_of(connection, run.id),
            )

        return decide(run, await self._store.read(read))

    async def decide_in(self, run: Run, context: ChannelContext, here: Visibility) -> Visibility:
        """How pictures that may be seen in their own channel (`here`) may be seen in another, by its rules too."""
        now = await self._policies.rules_at(context)
        return decide(run, Known(now, here.review, black=here.black, inherited=here.inherited))

    async def decide_as_if(self, run: Run, review: Review) -> Visibility:
        """How the pictures would be shown now with this review in place of what is written down. Raises Unavailable."""
        now = await self._policies.rules_at(await self._known_context(run))
        inherited = await self._store.read(self._inherited_in, await self._family(run))
        black = (0,) if review.why is ReviewCause.BLACK else ()
        return decide(run, Known(now, review, black=black, inherited=inherited))

    async def _known_context(self, run: Run) -> ChannelContext:
        """The run's channel, once what holds there is written down. Raises Unavailable."""
        context = await self._channels.channel_context(run)
        await self._policies.no_doubt(context.rules_id)
        return context

    async def _family(self, run: Run) -> tuple[_Ancestor, ...] | None:
        """The runs whose pictures it was made from, all generations; None where nobody looks through them all."""
        if not run.sources:
            return ()
        found = await self._store.read(rows.ancestors, run)
        if found is None:
            return None
        return tuple([_Ancestor(one.id, await self._known_context(one), await self._verdict(one)) for one in found])

    def _inherited_in(self, connection: Connection, family: tuple[_Ancestor, ...] | None) -> Inherited:
        """What all ancestors leave, each as it stands at the moment of the transaction."""
        if family is None:
            return TOO_LARGE_A_FAMILY
        return what_all_leave([self._left_by(connection, one) for one in family])

    def _left_by(self, connection: Connection, ancestor: _Ancestor) -> tuple[Showing, bool | None]:
        run = rows.load(connection, ancestor.run_id)
        review = review_rows.find(connection, run.id)
        now = self._policies.rules_in(connection, ancestor.context)
        decided = decide(run, Known(now, review, ancestor.verdict))
        approved = decided.outcome is Decision.APPROVED
        return standing(run.delivery, decided.showing, approved=approved), run.nsfw_flag

    async def _verdict(self, run: Run) -> Verdict:
        used = changed_prompt(run)
        if run.review_why is not None or used is None or run.place.guild_id is None:
            return Verdict()
        return await self._prompt_rules.check_prompt(run.place.guild_id, used)
