"""What a channel does with pictures that are flagged as NSFW: the words for it, from strictest to most open."""

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
