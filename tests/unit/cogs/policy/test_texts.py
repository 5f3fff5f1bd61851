"""What admins read of policies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelRules, ChannelSetting, Unchecked
from cogs.policy import texts as words

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
    ("hide_prompt", "said"),
    [
        (False, "prompt behind a spoiler while pictures are withheld"),
        (True, "prompt left out until pictures are shown"),
    ],
)
def test_what_becomes_of_the_prompt_is_said_as_the_card_does_it(hide_prompt: bool, said: str):
    assert words.details_of(ChannelRules(Policy.BLOCK, hide_prompt=hide_prompt)).startswith(f"{said} · ")


def test_what_is_missing_for_undecided_pictures_to_be_rejected_is_said():
    no_hours = ChannelRules(Policy.REVIEW, undecided_reject=True)
    said = "stay held until a moderator decides, as long as no `undecided_hours` are set"
    assert said in words.details_of(no_hours)


def test_a_setting_names_what_was_set_and_nothing_else():
    setting = ChannelSetting(policy=Policy.REVIEW, hide_prompt=False, undecided_after_s=0)
    assert words.setting_line(5, setting) == "- <#5> · policy: review · hide prompt: no · undecided after: never"
