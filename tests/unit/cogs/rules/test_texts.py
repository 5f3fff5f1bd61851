"""What admins read of rules for prompts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.prompts import Match, PromptAction, PromptRule, PromptTest
from cogs.rules import texts as words
from cogs.ui.markdown import length

RULE = PromptRule(3, 1, "gun*", PromptAction.REFUSE, "we keep weapons out")


def test_a_match_is_marked_in_words_and_brackets():
    prompt = "a man with a *gunpowder* barrel"
    line = words.match_line(prompt, Match(RULE, 14, 17))
    assert line == (
        r"- Rule 3 (refuse, “gun\*”) matches characters 15 to 17: a man with a \*⟦gun⟧powder\* barrel"
    )  # fmt: skip


def test_only_the_words_around_a_match_are_shown():
    prompt = "x" * 500 + " gun " + "y" * 500
    line = words.match_line(prompt, Match(RULE, 501, 504))
    assert "…xxx" in line
    assert "x ⟦gun⟧ y" in line
    assert line.endswith("y…")
    assert len(line) < 200


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (PromptAction.REFUSE, "This prompt would be refused."),
        (PromptAction.REVIEW, "its pictures would wait for a moderator."),
        (PromptAction.LOG, "moderators would be told."),
    ],
)
def test_what_would_happen_is_said_first(action: PromptAction, said: str):
    rule = PromptRule(1, 1, "gun", action)
    assert said in words.tested("a gun", PromptTest((Match(rule, 2, 5),), ()), has_log=True).splitlines()[0]


def test_moderators_are_not_said_to_be_told_where_nobody_is():
    rule = PromptRule(1, 1, "gun", PromptAction.LOG)
    found = PromptTest((Match(rule, 2, 5),), ())
    said = words.tested("a gun", found, has_log=False).splitlines()[0]
    assert said == f"This prompt would be sent. {words.NO_LOG_CHANNEL}"
    assert words.NO_LOG_CHANNEL not in words.tested("a gun", found, has_log=True)


def test_what_an_exception_lets_pass_is_told():
    excuse = PromptRule(9, 1, "gundam", PromptAction.REFUSE, is_exception=True)
    said = words.tested("a gundam", PromptTest((), ((Match(RULE, 2, 5), Match(excuse, 2, 8)),)), has_log=True)
    assert said.startswith("This prompt would be sent.")
    assert "Let pass by rule 9, the exception “gundam”." in said


@given(st.text(max_size=2000), st.integers(0, 60), st.data())
def test_what_was_tested_always_fits_a_message(prompt: str, count: int, data: st.DataObject):
    spots = [sorted(data.draw(st.tuples(*[st.integers(0, len(prompt))] * 2))) for _ in range(min(count, 20))]
    found = tuple(Match(RULE, start, end) for start, end in spots)
    said = words.tested(prompt, PromptTest(found, tuple((match, match) for match in found)), has_log=True)
    assert length(said) <= 2000
    assert "@everyone" not in said.replace("\\@everyone", "")


def test_a_rule_in_a_list_is_escaped():
    rule = PromptRule(1, 1, "<@1> _x_ [a](b)", PromptAction.LOG, "no **shouting**")
    assert words.rule_line(rule) == r"- rule 1 · log · “\<\@1> \_x\_ \[a\](b)” · people read: no \*\*shouting\*\*"
