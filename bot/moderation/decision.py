"""Whether the pictures of a run may be seen: pure. docs/moderation.md holds its table, generated from here."""

from bot.moderation.policy import Policy, Showing
from bot.moderation.rules import ChannelRules, Unchecked, stricter_rules


def is_flagged(nsfw_detected: bool | None, rules: ChannelRules) -> bool:
    """Whether a run counts as flagged: true does; None (not checked) as the channel says, and never under `allow`.

    Give True for a run with a picture that is black all over and no flag that cleared it.
    """
    if nsfw_detected is not None:
        return nsfw_detected
    return rules.policy is not Policy.ALLOW and rules.unchecked is Unchecked.AS_FLAGGED


def decide(
    nsfw_detected: bool | None,
    *,
    then: ChannelRules,
    now: ChannelRules,
    forced: bool = False,
    approved: bool = False,
) -> Showing:
    """How the pictures of a run may be shown: one flag is for all of them, and the stricter of then and now holds.

    `forced`: a moderator must look whatever the channel says (a rule for prompts, a report). `approved`: a moderator
    has looked and agreed; that takes away the waiting, never what else the rules say: `block` still withholds, and a
    spoiler that held then or now stays.
    """
    rules = stricter_rules(then, now)
    flagged = is_flagged(nsfw_detected, rules)
    if flagged and rules.policy is Policy.BLOCK:
        return Showing.WITHHELD
    waits = forced or rules.approve_everything or (flagged and rules.policy is Policy.REVIEW)
    if waits and not approved:
        return Showing.HELD
    covered = flagged and Policy.SPOILER in {then.policy, now.policy}
    return Showing.SPOILER if covered else Showing.OPEN
