"""Rules for prompts as values: what a server's admins do not want asked for."""

from dataclasses import dataclass
from enum import StrEnum


class PromptAction(StrEnum):
    """What happens to a prompt that meets a rule, gravest first."""

    REFUSE = "refuse"  # nothing is sent, nothing is held
    REVIEW = "review"  # the pictures wait for a moderator
    LOG = "log"  # moderators are told


@dataclass(frozen=True, slots=True)
class PromptRule:
    """A word or a phrase, as whole words; `*` at an end lets the word go on there (`cock*`, `*cunt*`).

    An exception lets pass what the other rules would find inside it; its action says nothing. `public_reason` is what
    the person reads, who is never told the rule itself.
    """

    id: int
    guild_id: int
    text: str
    action: PromptAction
    public_reason: str | None = None
    is_exception: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A rule and where it met the prompt: `prompt[start:end]`, as it was written."""

    rule: PromptRule
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done with a prompt. `action` None: nothing.

    `reason` is what the person is told of it, as an admin wrote it and without a full stop: to be escaped by the face.
    `matches` are for moderators only.
    """

    action: PromptAction | None = None
    reason: str = ""
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptTest:
    """What `/rules test` found: matches that count, and those that an exception let pass, with it."""

    matches: tuple[Match, ...]
    excused: tuple[tuple[Match, Match], ...]
