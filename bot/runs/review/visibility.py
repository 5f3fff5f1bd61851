"""Whether a run's pictures may be seen, decided as one value that carries its own ending and delivery. Pure."""

from dataclasses import dataclass, replace

from bot.images.image import MissingPicture, Picture
from bot.moderation.decision import decide as showing_for
from bot.moderation.decision import is_flagged
from bot.moderation.policy import Policy, Showing
from bot.moderation.prompts import PromptAction, Verdict
from bot.moderation.rules import ChannelRules, stricter_rules
from bot.runs.card import Held, Pictures, Rejected, Removed, Withheld
from bot.runs.review.family import NOTHING, Inherited, stricter_flag, strictest
from bot.runs.review.review import Decision, Review
from bot.runs.run import Delivery, Removal, ReviewCause, Run

_NO_RULE_MET = Verdict()


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at the moment of showing, beside the run itself.

    `now` are the channel's rules of this moment, `verdict` is what the server's rules for prompts say of the prompt
    that Runflow used, where that is another one than the person's. `black`: the indices of pictures that are black all
    over although nobody cleared the run: black is what some providers leave in place of what they found (FAL does).
    `inherited` is what the pictures it was made from leave it.
    `removal`: that the pictures were removed, where it is known by now and the run was read before.
    """

    now: ChannelRules
    review: Review | None = None
    verdict: Verdict = _NO_RULE_MET
    black: tuple[int, ...] = ()
    inherited: Inherited = NOTHING
    removal: Removal | None = None


@dataclass(frozen=True, slots=True)
class Visibility:
    """How a run's pictures may be shown. `rules` are the stricter of then and now.

    `cause` is set where they are held; `detail` is the public reason of a rule for prompts that was met; `review` is
    the run's review, where it has one; `checked` tells whether anybody checked the pictures. `inherited` is what the
    pictures it was made from leave it; `from_source`: without them it would be shown more openly. `removal` is set
    where the pictures were removed, `by_author` where that was the one who made them.
    """

    showing: Showing
    rules: ChannelRules
    cause: ReviewCause | None = None
    detail: str | None = None
    review: Review | None = None
    black: tuple[int, ...] = ()
    checked: bool = True
    inherited: Inherited = NOTHING
    from_source: bool = False
    removal: Removal | None = None
    by_author: bool = False

    @property
    def is_shown(self) -> bool:
        """Whether people may see the pictures, covered or not."""
        return self.showing in {Showing.OPEN, Showing.SPOILER}

    @property
    def delivery(self) -> Delivery:
        """What the card's delivery is once it says so."""
        match self.showing:
            case Showing.HELD:
                return Delivery.HELD
            case Showing.WITHHELD:
                return Delivery.WITHHELD
            case Showing.OPEN | Showing.SPOILER:
                return Delivery.SHOWN

    @property
    def outcome(self) -> Decision | None:
        """What a moderator, or the channel's rule, decided; None where nobody did."""
        return None if self.review is None else self.review.outcome

    def pictures(self, shown: tuple[Picture, ...], missing: tuple[MissingPicture, ...]) -> Pictures:
        """The last form of a card that shows them. Raises ValueError where they are kept back."""
        if not self.is_shown:
            raise ValueError(f"pictures that are {self.showing} have no card that shows them")
        approved = self.outcome is Decision.APPROVED
        spoiler = self.showing is Showing.SPOILER
        return Pictures(shown, missing, spoiler=spoiler, black=self.black, approved=approved)

    def words(self, *, asked: bool) -> Held | Rejected | Removed | Withheld:
        """The last form of a card that keeps them back. `asked`: whether moderators are or can be asked."""
        hide = self.rules.hide_prompt
        if self.showing is Showing.HELD:
            return Held(self.cause or ReviewCause.FLAGGED, asked=asked, hide_prompt=hide)
        if self.review is not None and self.review.outcome is Decision.REJECTED:
            return Rejected(self.review.reason, by_rule=self.review.decided_by is None, hide_prompt=hide)
        if self.removal is not None:
            return Removed(self.by_author, self.removal.reason)
        return Withheld(checked=self.checked, hide_prompt=hide, rule=self.detail, from_source=self.from_source)


def decide(run: Run, known: Known) -> Visibility:
    """How a run's pictures may be shown, from what is known at this moment."""
    rules = stricter_rules(run.rules_then, known.now)
    removal = known.removal or run.removal
    if removal is not None:  # before anything else, and whatever was decided or is set
        by_author = removal.by == run.user_id
        return Visibility(Showing.WITHHELD, rules, review=known.review, removal=removal, by_author=by_author)
    review, detail = known.review, None
    forced = run.review_why
    if forced is None and known.verdict.action in {PromptAction.REVIEW, PromptAction.REFUSE}:
        forced, detail = ReviewCause.PROMPT_USED, known.verdict.reason
    alone = _showing(run, replace(known, inherited=NOTHING), rules, forced)
    showing = alone if known.inherited.is_nothing else _showing(run, known, rules, forced)
    cause = None
    if showing is Showing.HELD:
        own = ReviewCause.SOURCE if alone is not showing else _cause(run, rules, forced, black=bool(known.black))
        cause = own if review is None else review.why
    return Visibility(
        showing,
        rules,
        cause,
        detail,
        review,
        known.black,
        checked=run.nsfw_flag is not None,
        inherited=known.inherited,
        from_source=alone is not showing,
    )


def _showing(run: Run, known: Known, rules: ChannelRules, forced: ReviewCause | None) -> Showing:
    review = known.review
    if run.review_why is None and known.verdict.action is PromptAction.REFUSE:
        return Showing.WITHHELD
    if review is not None and review.outcome is Decision.REJECTED:
        return Showing.WITHHELD
    reported = review is not None and review.why is ReviewCause.REPORTED and rules.hide_reported
    showing = showing_for(
        stricter_flag(flag_of(run, black=bool(known.black)), known.inherited.flag),
        then=run.rules_then,
        now=known.now,
        forced=forced is not None or reported,
        approved=review is not None and review.outcome is Decision.APPROVED,
    )
    showing = strictest((showing, known.inherited.showing))
    if showing is Showing.HELD and run.place.guild_id is None:
        return Showing.WITHHELD  # nobody could ever approve it
    return showing


def flag_of(run: Run, *, black: bool) -> bool | None:
    """The flag of a run, as it counts: a black picture that nobody cleared counts as flagged."""
    return True if black and run.nsfw_flag is None else run.nsfw_flag


def changed_prompt(run: Run) -> str | None:
    """The prompt that Runflow says it used, where that is neither the person's nor what was sent of it."""
    used = run.result.prompt_used if run.result else None
    return used if used and used.strip() not in {one.strip() for one in run.request.prompts} else None


def _cause(run: Run, rules: ChannelRules, forced: ReviewCause | None, *, black: bool) -> ReviewCause:
    if forced is not None:
        return forced
    if is_flagged(flag_of(run, black=black), rules) and rules.policy is Policy.REVIEW:
        unchecked = run.nsfw_flag is None
        return (ReviewCause.BLACK if black else ReviewCause.UNCHECKED) if unchecked else ReviewCause.FLAGGED
    return ReviewCause.EVERYTHING
