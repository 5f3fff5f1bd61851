"""What a channel does with pictures that are flagged as NSFW: pure decisions, no Discord and no storage."""

from enum import StrEnum


class Policy(StrEnum):
    """A channel's rule for flagged pictures, from strictest to most open."""

    BLOCK = "block"  # never shown
    REVIEW = "review"  # shown when a moderator approves
    SPOILER = "spoiler"  # shown behind a spoiler
    ALLOW = "allow"  # shown


class Showing(StrEnum):
    """How a run's pictures may be shown now."""

    OPEN = "open"
    SPOILER = "spoiler"
    HELD = "held"  # waits for a moderator
    WITHHELD = "withheld"


_STRICTNESS = (Policy.BLOCK, Policy.REVIEW, Policy.SPOILER, Policy.ALLOW)


def default_policy(*, age_restricted: bool) -> Policy:
    """The policy of a channel that nobody has set: `spoiler` where the channel is age-restricted, else `block`."""
    return Policy.SPOILER if age_restricted else Policy.BLOCK


def stricter(one: Policy, other: Policy) -> Policy:
    """The stricter of two policies: what held at submission and what holds at showing both bind."""
    return min(one, other, key=_STRICTNESS.index)


def is_flagged(nsfw_detected: bool | None, policy: Policy) -> bool:
    """Whether a run counts as flagged: true is flagged; None (not checked) is too, unless the policy is `allow`."""
    return policy is not Policy.ALLOW if nsfw_detected is None else nsfw_detected


def decide(nsfw_detected: bool | None, *, then: Policy, now: Policy) -> Showing:
    """How the pictures of a run may be shown. One flag holds all pictures of the run."""
    policy = stricter(then, now)
    if not is_flagged(nsfw_detected, policy):
        return Showing.OPEN
    return {
        Policy.BLOCK: Showing.WITHHELD,
        Policy.REVIEW: Showing.HELD,
        Policy.SPOILER: Showing.SPOILER,
        Policy.ALLOW: Showing.OPEN,
    }[policy]
