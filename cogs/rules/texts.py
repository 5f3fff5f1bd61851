"""What admins read of rules for prompts: pure sentences."""

from collections.abc import Sequence

from bot.moderation.prompt_rules_service import REASON_MOST
from bot.moderation.prompts import Match, PromptAction, PromptRule, PromptTest
from cogs.ui.markdown import listed, literal

_RULE_LIMIT = 80  # of a rule's words in a list
_AROUND = 40  # characters shown before and after a match
_MATCHES_MOST = 10

NO_LOG_CHANNEL = (
    "There is no log channel yet, so nobody would be told of it. An admin can choose one with /settings log-channel."
)
NO_RULES = "There are no rules for prompts yet. Add one with /rules add."
EXCEPTION = "exception"
ACTIONS = {
    PromptAction.REFUSE.value: "refuse: the request is not sent",
    PromptAction.REVIEW.value: "review: the pictures wait for a moderator",
    PromptAction.LOG.value: "log: a line in the log channel, nothing else",
    EXCEPTION: "exception: lets pass what other rules would find inside it",
}


def rule_line(rule: PromptRule) -> str:
    """One rule in a list, for admins."""
    what = EXCEPTION if rule.is_exception else rule.action.value
    reason = f" · people read: {literal(rule.public_reason, REASON_MOST)}" if rule.public_reason else ""
    return f"- rule {rule.id} · {what} · “{literal(rule.text, _RULE_LIMIT)}”{reason}"


AS_SENT = "As it is sent, without what the prompt check takes out of it:\n"


def gravity(test: PromptTest) -> int:
    """How grave the gravest rule is that a prompt met; 0 where it met none."""
    actions = list(PromptAction)
    return max((len(actions) - actions.index(match.rule.action) for match in test.matches), default=0)


def tested(prompt: str, test: PromptTest, *, has_log: bool) -> str:
    """What `/rules test` found: each match with its rule and its place, marked in words.

    `has_log`: the server has a log channel, where moderators can be told.
    """
    lines = [match_line(prompt, match) for match in test.matches[:_MATCHES_MOST]]
    if len(test.matches) > _MATCHES_MOST:
        lines.append(f"…and {len(test.matches) - _MATCHES_MOST} more matches.")
    for match, excuse in test.excused[:_MATCHES_MOST]:
        lines.append(
            f"{match_line(prompt, match)}\n  Let pass by rule {excuse.rule.id}, the exception {_quoted(excuse.rule)}."
        )
    if not lines:
        return "No rule matches: this prompt would be sent."
    return f"{_outcome(test.matches, has_log=has_log)}\n{listed(lines, '')}"


def _outcome(matches: Sequence[Match], *, has_log: bool) -> str:
    actions = {match.rule.action for match in matches}
    if PromptAction.REFUSE in actions:
        return "This prompt would be refused."
    if PromptAction.REVIEW in actions:
        return "This prompt would be sent, and its pictures would wait for a moderator."
    sent = "This prompt would be sent"
    if not matches:
        return f"{sent}."
    return f"{sent}, and moderators would be told." if has_log else f"{sent}. {NO_LOG_CHANNEL}"


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
