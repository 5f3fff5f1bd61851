"""What admins read of policies and rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.policy import Policy
from bot.moderation.prompts import Match, PromptAction, PromptRule, PromptTest
from bot.moderation.rules import ChannelRules, ChannelSetting, Unchecked
from cogs.policy import texts as words
from cogs.ui.markdown import length

RULE = PromptRule(3, 1, "gun*", PromptAction.REFUSE, "we keep weapons out")


READY = "pictures are shown when they are ready; "
EACH = "every picture waits for a moderator before anybody sees it"
FLAGGED = "pictures that were flagged or never checked "


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (ChannelRules(Policy.BLOCK), f"{READY}{FLAGGED}are never shown, and people read why."),
        (
            ChannelRules(Policy.REVIEW, unchecked=Unchecked.AS_CLEAR),
            f"{READY}pictures that were flagged wait for a moderator.",
        ),
        (
            ChannelRules(Policy.SPOILER, approve_everything=True),
            f"{EACH}; {FLAGGED}are covered until somebody opens them.",
        ),
        (
            ChannelRules(Policy.BLOCK, approve_everything=True),
            f"{EACH}; {FLAGGED}are never shown, and people read why, approved or not.",
        ),
        (ChannelRules(Policy.ALLOW, approve_everything=True), f"{EACH}."),
    ],
)
def test_one_sentence_says_what_members_will_see(rules: ChannelRules, sentence: str):
    assert words.what_members_see("<#1>", rules) == f"In <#1>, {sentence}"


@given(
    st.builds(
        ChannelRules,
        policy=st.sampled_from(Policy),
        approve_everything=st.booleans(),
        unchecked=st.sampled_from(Unchecked),
        hide_prompt=st.booleans(),
        safety_checker=st.booleans(),
        undecided_after_s=st.none() | st.integers(1, 30 * 86_400),
        undecided_reject=st.booleans(),
        hide_reported=st.booleans(),
    )
)
def test_it_is_one_sentence_whatever_is_set(rules: ChannelRules):
    said = words.what_members_see("#here", rules)
    assert said.endswith(".")
    assert said.count(".") == 1
    assert ("waits for a moderator" in said) is rules.approve_everything or rules.policy is Policy.REVIEW
    assert "None" not in words.details_of(rules)


def test_undecided_pictures_are_rejected_only_where_it_says_so():
    after = ChannelRules(Policy.REVIEW, undecided_after_s=7200, undecided_reject=True)
    assert "undecided pictures are rejected after 2 hours" in words.details_of(after)
    kept = ChannelRules(Policy.REVIEW, undecided_after_s=7200)
    assert "stay held until a moderator decides" in words.details_of(kept)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(86_400, "1 day"), (172_800, "2 days"), (3_600, "1 hour"), (5_400, "90 minutes"), (61, "61 seconds")],
)
def test_lengths_of_time_in_words(seconds: int, said: str):
    assert words.duration(seconds) == said


def test_a_setting_names_what_was_set_and_nothing_else():
    setting = ChannelSetting(policy=Policy.REVIEW, hide_prompt=False, undecided_after_s=0)
    assert words.setting_line(5, setting) == "- <#5> · policy: review · hide prompt: no · undecided after: never"


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
    assert said in words.tested("a gun", PromptTest((Match(rule, 2, 5),), ())).splitlines()[0]


def test_what_an_exception_lets_pass_is_told():
    excuse = PromptRule(9, 1, "gundam", PromptAction.REFUSE, is_exception=True)
    said = words.tested("a gundam", PromptTest((), ((Match(RULE, 2, 5), Match(excuse, 2, 8)),)))
    assert said.startswith("This prompt would be sent.")
    assert "Let pass by rule 9, the exception “gundam”." in said


@given(st.text(max_size=2000), st.integers(0, 60), st.data())
def test_what_was_tested_always_fits_a_message(prompt: str, count: int, data: st.DataObject):
    spots = [sorted(data.draw(st.tuples(*[st.integers(0, len(prompt))] * 2))) for _ in range(min(count, 20))]
    found = tuple(Match(RULE, start, end) for start, end in spots)
    said = words.tested(prompt, PromptTest(found, tuple((match, match) for match in found)))
    assert length(said) <= 2000
    assert "@everyone" not in said.replace("\\@everyone", "")


@given(st.lists(st.text(min_size=1, max_size=300), max_size=60))
def test_lists_fit_and_say_what_is_left_out(lines: list[str]):
    said = words.listed(lines, "nothing")
    assert length(said) <= 2000
    if not lines:
        assert said == "nothing"
    elif said != "\n".join(lines):
        assert said.splitlines()[-1].endswith(" more.")


def test_a_rule_in_a_list_is_escaped():
    rule = PromptRule(1, 1, "<@1> _x_ [a](b)", PromptAction.LOG, "no **shouting**")
    assert words.rule_line(rule) == r"- rule 1 · log · “\<\@1> \_x\_ \[a\](b)” · people read: no \*\*shouting\*\*"
