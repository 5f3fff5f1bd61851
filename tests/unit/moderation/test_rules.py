"""What holds in a channel, by its setting, its category's, and what Discord says of it."""

from dataclasses import fields
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelRules, ChannelSetting, Unchecked, rules_for, stricter_rules, without_age_mark

rules_strategy = st.builds(ChannelRules)
setting_strategy = st.builds(ChannelSetting, undecided_after_s=st.none() | st.integers(0, 2_592_000))


@pytest.mark.parametrize(("marked", "policy"), [(False, Policy.BLOCK), (True, Policy.SPOILER)])
def test_a_channel_that_nobody_set_has_the_defaults(marked: bool, policy: Policy) -> None:
    rules = rules_for(None, None, age_restricted=marked)
    assert rules == ChannelRules(policy)
    assert rules.safety_checker
    assert rules.unchecked is Unchecked.AS_FLAGGED
    assert rules.undecided_after_s is None


def test_a_channels_own_word_comes_before_its_categorys_in_each_point() -> None:
    category = ChannelSetting(policy=Policy.REVIEW, approve_everything=True, hide_prompt=True, undecided_after_s=60)
    channel = ChannelSetting(policy=Policy.SPOILER, approve_everything=False, undecided_after_s=0)
    rules = rules_for(channel, category, age_restricted=False)
    assert (rules.policy, rules.approve_everything, rules.hide_prompt) == (Policy.SPOILER, False, True)
    assert rules.undecided_after_s is None, "the channel says: without end"
    assert rules_for(None, category, age_restricted=False).undecided_after_s == 60


@pytest.mark.parametrize("of_category", [False, True])
def test_what_needs_the_age_mark_goes_with_it(of_category: bool) -> None:
    setting = ChannelSetting(policy=Policy.ALLOW, safety_checker=False, hide_reported=True)
    pair = (None, setting) if of_category else (setting, None)
    marked, bare = rules_for(*pair, age_restricted=True), rules_for(*pair, age_restricted=False)
    assert (marked.policy, marked.safety_checker) == (Policy.ALLOW, False)
    assert (bare.policy, bare.safety_checker) == (Policy.BLOCK, True)
    assert bare.hide_reported, "what needs no mark stays"


def test_a_permission_that_does_not_hold_leaves_the_word_to_the_category() -> None:
    rules = rules_for(ChannelSetting(policy=Policy.ALLOW), ChannelSetting(policy=Policy.REVIEW), age_restricted=False)
    assert rules.policy is Policy.REVIEW


@pytest.mark.parametrize("policy", [None, Policy.BLOCK, Policy.REVIEW, Policy.SPOILER])
def test_the_safety_checker_rests_only_where_everything_is_allowed(policy: Policy | None) -> None:
    assert rules_for(ChannelSetting(policy=policy, safety_checker=False), None, age_restricted=True).safety_checker


@given(channel=st.none() | setting_strategy, category=st.none() | setting_strategy, marked=st.booleans())
def test_a_private_place_opens_nothing(
    channel: ChannelSetting | None, category: ChannelSetting | None, marked: bool
) -> None:
    rules = rules_for(channel, category, age_restricted=marked, private=True)
    assert (rules.policy, rules.safety_checker, rules.unchecked) == (Policy.BLOCK, True, Unchecked.AS_FLAGGED)


@given(channel=st.none() | setting_strategy, category=st.none() | setting_strategy)
def test_nothing_is_allowed_without_the_mark(channel: ChannelSetting | None, category: ChannelSetting | None) -> None:
    rules = rules_for(channel, category, age_restricted=False)
    assert rules.policy is not Policy.ALLOW
    assert rules.safety_checker


@given(one=rules_strategy, other=rules_strategy)
def test_the_stricter_of_two_is_as_strict_as_each(one: ChannelRules, other: ChannelRules) -> None:
    both = stricter_rules(one, other)
    assert both == stricter_rules(other, one)
    for each in (one, other):
        assert list(Policy).index(both.policy) <= list(Policy).index(each.policy)
        for switch in ("approve_everything", "hide_prompt", "safety_checker", "hide_reported", "undecided_reject"):
            assert getattr(both, switch) >= getattr(each, switch), switch
        assert both.unchecked is Unchecked.AS_FLAGGED or each.unchecked is Unchecked.AS_CLEAR


@given(rules=rules_strategy)
def test_rules_are_kept_and_come_back(rules: ChannelRules) -> None:
    assert ChannelRules.from_json(rules.as_json()) == rules


@pytest.mark.parametrize("kept", [{}, {"approve_everything": "yes", "undecided_after_s": "soon"}])
def test_rules_that_were_kept_broken_are_as_nobody_set_them(kept: dict[str, Any]) -> None:
    assert ChannelRules.from_json(kept) == ChannelRules(Policy.BLOCK)


@given(one=setting_strategy, other=setting_strategy)
def test_a_setting_over_another_says_all_that_either_says(one: ChannelSetting, other: ChannelSetting) -> None:
    both = one.over(other)
    for field in fields(ChannelSetting):
        mine, theirs, said = (getattr(setting, field.name) for setting in (one, other, both))
        assert said == (theirs if mine is None else mine)
    assert both.is_empty == (one.is_empty and other.is_empty)


def test_policies_are_told_apart_by_what_they_need() -> None:
    for policy, checker in product((None, *Policy), (None, True, False)):
        setting = ChannelSetting(policy=policy, safety_checker=checker)
        assert setting.needs_age_mark == (policy is Policy.ALLOW or checker is False)
        assert not setting.holding(age_restricted=False).needs_age_mark


@given(channel=st.none() | setting_strategy, category=st.none() | setting_strategy)
def test_nothing_comes_back_with_the_mark(channel: ChannelSetting | None, category: ChannelSetting | None) -> None:
    left = without_age_mark(channel or ChannelSetting(), category or ChannelSetting())
    rules = rules_for(left, category, age_restricted=True)
    assert rules.policy is not Policy.ALLOW
    assert rules.safety_checker
    assert without_age_mark(left, category or ChannelSetting()) == left
    assert rules_for(left, category, age_restricted=False) == rules_for(channel, category, age_restricted=False)
