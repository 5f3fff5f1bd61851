"""Whether a run's pictures may be seen: the channel's rules then and now, the flag, the prompts and the review."""

from dataclasses import dataclass

from bot.moderation.decision import decide, is_flagged
from bot.moderation.policy import Policy, Showing
from bot.moderation.policy_service import PolicyService
from bot.moderation.prompt_rules_service import PromptRulesService
from bot.moderation.prompts import PromptAction
from bot.moderation.rules import ChannelRules, stricter_rules
from bot.runs.card import CardView
from bot.runs.review import rows as review_rows
from bot.runs.review.review import Decision, Review, ReviewCause
from bot.runs.run import Run
from bot.store.engine import Store


@dataclass(frozen=True, slots=True)
class Visibility:
    """How a run's pictures may be shown. `rules` are the stricter of then and now.

    `why` is set where they are held, `detail` is the public reason of a rule for prompts that was met, and `review` the
    run's review, where it has one.
    """

    showing: Showing
    rules: ChannelRules
    why: ReviewCause | None = None
    detail: str | None = None
    review: Review | None = None

    @property
    def is_approved(self) -> bool:
        """Whether a moderator said yes."""
        return self.review is not None and self.review.outcome is Decision.APPROVED


class Judge:
    """Decides how runs may be shown, at the moment of showing."""

    def __init__(
        self, *, store: Store, policies: PolicyService, prompt_rules: PromptRulesService, face: CardView
    ) -> None:
        self._store, self._policies, self._prompt_rules, self._face = store, policies, prompt_rules, face

    async def judge(self, run: Run, *, black: bool = False) -> Visibility:
        """How the pictures of a run that succeeded may be shown now. `black`: one of them is black all over."""
        now = await self._policies.rules_at(await self._face.channel_context(run))
        async with self._store.read() as connection:
            review = await review_rows.find(connection, run.id)
        detail = None
        forced = run.review_why
        if forced is None and (used := _changed_prompt(run)) is not None and run.place.guild_id is not None:
            verdict = await self._prompt_rules.check_prompt(run.place.guild_id, used)
            if verdict.action is PromptAction.REFUSE:
                return Visibility(Showing.WITHHELD, stricter_rules(run.rules_then, now), detail=verdict.reason)
            if verdict.action is PromptAction.REVIEW:
                forced, detail = ReviewCause.PROMPT_USED, verdict.reason
        return ruling(run, now, review=review, forced=forced, detail=detail, black=black)


def ruling(
    run: Run,
    now: ChannelRules,
    *,
    review: Review | None = None,
    forced: ReviewCause | None = None,
    detail: str | None = None,
    black: bool = False,
) -> Visibility:
    """How a run's pictures may be shown under the rules of `now`; pure.

    `forced`: a rule for prompts asks for a moderator. A picture that is black all over, in a run that nobody cleared,
    counts as flagged: it is what some providers leave in place of what they found (FAL does).
    """
    then = run.rules_then
    rules = stricter_rules(then, now)
    reported = review is not None and review.why is ReviewCause.REPORTED and rules.hide_reported
    flag = flag_of(run, black=black)
    approved = review is not None and review.outcome is Decision.APPROVED
    showing = decide(flag, then=then, now=now, forced=forced is not None or reported, approved=approved)
    if review is not None and review.outcome is Decision.REJECTED:
        showing = Showing.WITHHELD
    elif showing is Showing.HELD and run.place.guild_id is None:
        showing = Showing.WITHHELD  # nobody could ever approve it
    if showing is not Showing.HELD:
        return Visibility(showing, rules, detail=detail, review=review)
    why = review.why if review is not None else _why(run, rules, forced, black=black)
    return Visibility(showing, rules, why, detail, review)


def flag_of(run: Run, *, black: bool) -> bool | None:
    """The flag of a run, as it counts."""
    flag = run.result.nsfw_detected if run.result else None
    return True if black and flag is None else flag


def _why(run: Run, rules: ChannelRules, forced: ReviewCause | None, *, black: bool) -> ReviewCause:
    if forced is not None:
        return forced
    if is_flagged(flag_of(run, black=black), rules) and rules.policy is Policy.REVIEW:
        unchecked = run.result is None or run.result.nsfw_detected is None
        return (ReviewCause.BLACK if black else ReviewCause.UNCHECKED) if unchecked else ReviewCause.FLAGGED
    return ReviewCause.EVERYTHING


def _changed_prompt(run: Run) -> str | None:
    used = run.result.prompt_used if run.result else None
    return used if used and used.strip() != run.prompt.strip() else None
