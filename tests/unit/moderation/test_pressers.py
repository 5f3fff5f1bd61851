"""Who may press a card's buttons: who is let, which of two is stricter, and that it is kept as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.policy import Policy
from bot.moderation.pressers import AUTHOR, EVERYONE, Pressers
from bot.moderation.rules import ChannelRules, ChannelSetting, rules_for, with_all_of

ids = st.integers(1, 2**63 - 1)
pressers_strategy = st.just(AUTHOR) | st.builds(Pressers, st.frozensets(ids, max_size=3))


@given(one=pressers_strategy, other=pressers_strategy, role_ids=st.frozensets(ids))
def test_of_two_those_are_let_whom_both_let(one: Pressers, other: Pressers, role_ids: frozenset[int]) -> None:
    for held in (role_ids, role_ids | one.role_ids, role_ids | one.role_ids | other.role_ids):
        both = one.stricter(other)
        assert both == other.stricter(one)
        assert both.lets(held) == (one.lets(held) and other.lets(held))


@given(pressers=pressers_strategy)
def test_it_comes_back_as_it_was_kept(pressers: Pressers) -> None:
    assert Pressers.parse(str(pressers)) == pressers
    rules = ChannelRules(Policy.BLOCK, buttons=pressers)
    assert ChannelRules.from_json(rules.as_json()) == rules


@pytest.mark.parametrize("text", ["", "role:", "role:0", "role:1+", "role:x", "authors", "role:１", "role:" + "9" * 21])
def test_what_was_never_written_is_not_read_and_lets_nobody(text: str) -> None:
    with pytest.raises(ValueError, match="buttons"):
        Pressers.parse(text)
    assert ChannelRules.from_json({"buttons": text}).buttons == AUTHOR


def test_a_channels_own_word_comes_before_its_categorys() -> None:
    category = ChannelSetting(buttons=AUTHOR)
    assert rules_for(None, None, age_restricted=False).buttons == EVERYONE
    assert rules_for(None, category, age_restricted=False).buttons == AUTHOR
    assert rules_for(ChannelSetting(buttons=EVERYONE), category, age_restricted=False).buttons == EVERYONE


def test_where_nobody_knows_the_category_the_strictest_of_the_server_holds() -> None:
    rules = rules_for(None, None, age_restricted=False, private=True)
    assert with_all_of(rules, [ChannelSetting(), ChannelSetting(buttons=AUTHOR)]).buttons == AUTHOR
    assert with_all_of(rules, [ChannelSetting(approve_everything=True)]).approve_everything
