"""What admins, moderators and members read of policies, rules, sanctions and reports: pure sentences."""

from collections.abc import Sequence
from dataclasses import fields

from bot.moderation.policy import Policy
from bot.moderation.prompts import Match, PromptAction, PromptRule, PromptTest
from bot.moderation.rules import ChannelRules, ChannelSetting, Unchecked
from cogs.ui.markdown import length, literal

REASON_LIMIT = 300
"""The most characters of a reason, of a report and of a rule's public reason."""
_ANSWER_LIMIT = 1700  # of the 2,000 characters of a message: a head stands before it
_RULE_LIMIT = 80  # of a rule's words in a list
_AROUND = 40  # characters shown before and after a match
_MATCHES_MOST = 10

POLICIES = {
    Policy.BLOCK.value: "block: flagged pictures are never shown",
    Policy.REVIEW.value: "review: flagged pictures wait for a moderator",
    Policy.SPOILER.value: "spoiler: flagged pictures are covered until opened",
    Policy.ALLOW.value: "allow: flagged pictures are shown (age-restricted channels only)",
}
UNCHECKED = {
    Unchecked.AS_FLAGGED.value: "as flagged",
    Unchecked.AS_CLEAR.value: "as clear",
}
STAY, REJECT = "stay", "reject"
UNDECIDED = {STAY: "they stay held", REJECT: "they are rejected"}
NO_MODERATION_CHANNEL = (
    "**Next:** there is no moderation channel yet, so such pictures stay hidden from everybody. "
    "Choose one with /review channel."
)
NOTHING_SET = (
    "No channel has a policy of its own: flagged pictures are covered in age-restricted channels, "
    "and never shown elsewhere."
)
NO_RULES = "There are no rules for prompts yet. Add one with /rules add."
EXCEPTION = "exception"
ACTIONS = {
    PromptAction.REFUSE.value: "refuse: the request is not sent",
    PromptAction.REVIEW.value: "review: the pictures wait for a moderator",
    PromptAction.LOG.value: "log: moderators are told, nothing else",
    EXCEPTION: "exception: lets pass what other rules would find inside it",
}


def what_members_see(place: str, rules: ChannelRules) -> str:
    """One sentence: what people in `place` will see. `place` is a mention or a name, fit to show."""
    also = "" if rules.unchecked is Unchecked.AS_CLEAR else " or never checked"
    flagged = f"pictures that were flagged{also} {_FATES[rules.policy]}"
    if not rules.approve_everything:
        return f"In {place}, pictures are shown when they are ready; {flagged}."
    first = f"In {place}, every picture waits for a moderator before anybody sees it"
    if rules.policy in {Policy.REVIEW, Policy.ALLOW}:
        return f"{first}."  # what is flagged fares like everything else
    return f"{first}; {flagged}, approved or not." if rules.policy is Policy.BLOCK else f"{first}; {flagged}."


_FATES = {
    Policy.BLOCK: "are never shown, and people read why",
    Policy.REVIEW: "wait for a moderator",
    Policy.SPOILER: "are covered until somebody opens them",
    Policy.ALLOW: "are shown like any other",
}


def details_of(rules: ChannelRules) -> str:
    """The rest of a channel's rules, in one line."""
    undecided = "stay held until a moderator decides"
    if rules.undecided_after_s is not None and rules.undecided_reject:
        undecided = f"are rejected after {duration(rules.undecided_after_s)}"
    parts = (
        "prompt hidden with withheld pictures" if rules.hide_prompt else "prompt shown even when pictures are withheld",
        "safety checker on" if rules.safety_checker else "safety checker off",
        f"undecided pictures {undecided}",
        "reported pictures hidden at once" if rules.hide_reported else "reported pictures stay until decided",
    )
    return " · ".join(parts)


def duration(seconds: int) -> str:
    """A length of time in words: days, hours or minutes, whichever is whole."""
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0:
            count = seconds // size
            return f"{count} {name}" + ("" if count == 1 else "s")
    return f"{seconds} seconds"


def needs_age_mark(changes: ChannelSetting, place: str) -> str:
    """Why `allow` and an unchecked channel are refused, and what to do."""
    what = "The policy `allow`" if changes.policy is Policy.ALLOW else "Switching off the safety checker"
    return (
        f"{what} is for age-restricted channels only, and {place} is not one. Mark it as age-restricted in Discord's "
        "channel settings first, or choose `spoiler` or `review`. Nothing was changed."
    )


def setting_line(place_id: int, setting: ChannelSetting) -> str:
    """What was set for one place, in one line."""
    parts = [
        f"{one.name.removesuffix('_s').replace('_', ' ')}: {_set_to(one.name, value)}"
        for one in fields(setting)
        if (value := getattr(setting, one.name)) is not None
    ]
    return f"- <#{place_id}> · " + " · ".join(parts)


def _set_to(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "undecided_after_s":
        return duration(int(str(value))) if value else "never"
    return str(value).replace("_", " ")


def listed(lines: Sequence[str], nothing: str) -> str:
    """Lines in one message, as many as fit; `nothing` where there are none."""
    if not lines:
        return nothing
    shown = list(lines)
    while length("\n".join(shown)) > _ANSWER_LIMIT:
        shown.pop()
    more = len(lines) - len(shown)
    return "\n".join((*shown, f"…and {more} more.")) if more else "\n".join(shown)


# --- rules for prompts


def rule_line(rule: PromptRule) -> str:
    """One rule in a list, for admins."""
    what = EXCEPTION if rule.is_exception else rule.action.value
    reason = f" · people read: {literal(rule.public_reason, REASON_LIMIT)}" if rule.public_reason else ""
    return f"- rule {rule.id} · {what} · “{literal(rule.text, _RULE_LIMIT)}”{reason}"


def tested(prompt: str, test: PromptTest) -> str:
    """What `/rules test` found: each match with its rule and its place, marked in words."""
    lines = [match_line(prompt, match) for match in test.matches[:_MATCHES_MOST]]
    if len(test.matches) > _MATCHES_MOST:
        lines.append(f"…and {len(test.matches) - _MATCHES_MOST} more matches.")
    for match, excuse in test.excused[:_MATCHES_MOST]:
        lines.append(
            f"{match_line(prompt, match)}\n  Let pass by rule {excuse.rule.id}, the exception {_quoted(excuse.rule)}."
        )
    if not lines:
        return "No rule matches: this prompt would be sent."
    return f"{_outcome(test.matches)}\n{listed(lines, '')}"


def _outcome(matches: Sequence[Match]) -> str:
    actions = {match.rule.action for match in matches}
    if PromptAction.REFUSE in actions:
        return "This prompt would be refused."
    if PromptAction.REVIEW in actions:
        return "This prompt would be sent, and its pictures would wait for a moderator."
    return "This prompt would be sent, and moderators would be told." if matches else "This prompt would be sent."


def match_line(prompt: str, match: Match) -> str:
    """Where a rule met a prompt: counted from 1, and between ⟦ and ⟧ in the words around it."""
    before = prompt[max(0, match.start - _AROUND) : match.start]
    after = prompt[match.end : match.end + _AROUND]
    start, end = ("…" if match.start > _AROUND else ""), ("…" if match.end + _AROUND < len(prompt) else "")
    inside = literal(prompt[match.start : match.end], _RULE_LIMIT)
    # `literal` takes away the spaces at the ends of what it is given; those between the parts are put back.
    left, right = literal(before, _AROUND * 2), literal(after, _AROUND * 2)
    gap_left, gap_right = _gap(before[-1:]), _gap(after[:1])
    where = f"characters {match.start + 1} to {match.end}"
    return (
        f"- Rule {match.rule.id} ({match.rule.action.value}, {_quoted(match.rule)}) matches {where}: "
        f"{start}{left}{gap_left}⟦{inside}⟧{gap_right}{right}{end}"
    )


def _gap(character: str) -> str:
    return " " if character.isspace() else ""


def _quoted(rule: PromptRule) -> str:
    return f"“{literal(rule.text, _RULE_LIMIT)}”"
