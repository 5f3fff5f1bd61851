"""No combination of what held and what holds shows a picture against the stricter of the two."""

from itertools import product

import pytest

from bot.moderation.decision import decide
from bot.moderation.policy import Policy, Showing
from bot.moderation.rules import ChannelRules, Unchecked
from tests.unit.moderation.table import FLAGS, State, changes, states

OPENNESS = (Showing.WITHHELD, Showing.HELD, Showing.SPOILER, Showing.OPEN)


def most_open(state: State, flag: bool | None) -> Showing:
    """What a place allows at most, said anew: nothing here is taken from the code under test."""
    if state.place in {"DM", "unreadable"}:
        policy = "block"
    elif state.policy is Policy.ALLOW and not state.age_mark:
        policy = "block"  # the mark is gone, and with it the permission
    else:
        policy = state.policy.value if state.policy else ("spoiler" if state.age_mark else "block")
    flagged = flag is True or (flag is None and policy != "allow" and not trusts_unchecked(state))
    if flagged and policy == "block":
        return Showing.WITHHELD
    if state.approve_everything or (flagged and policy == "review"):
        return Showing.HELD
    return Showing.SPOILER if flagged and policy == "spoiler" else Showing.OPEN


def trusts_unchecked(state: State) -> bool:
    return state.as_clear and state.place not in {"DM", "unreadable"}


@pytest.mark.parametrize("then", [pytest.param(state, id=str(state)) for state in states()])
def test_nothing_is_shown_against_the_stricter_of_then_and_now(then: State) -> None:
    for now, flag in product(changes(then), FLAGS.values()):
        allowed = min(most_open(then, flag), most_open(now, flag), key=OPENNESS.index)
        shown = decide(flag, then=then.rules, now=now.rules)
        assert OPENNESS.index(shown) <= OPENNESS.index(allowed), (str(now), flag, shown, allowed)
        if then == now:
            assert shown is allowed, (flag, "stricter than anybody asked for")
        assert decide(flag, then=now.rules, now=then.rules) is shown, "which of the two came first makes no difference"


@pytest.mark.parametrize("then", [pytest.param(state, id=str(state)) for state in states()])
def test_a_moderators_yes_takes_away_the_waiting_and_nothing_else(then: State) -> None:
    for now, flag in product(changes(then), FLAGS.values()):
        shown = decide(flag, then=then.rules, now=now.rules, approved=True)
        strict = min(most_open(then, flag), most_open(now, flag), key=OPENNESS.index)
        assert shown is not Showing.HELD
        assert shown is Showing.WITHHELD or strict is not Showing.WITHHELD, (str(now), flag)
        if Showing.SPOILER in {most_open(then, flag), most_open(now, flag)} and strict is not Showing.WITHHELD:
            assert shown is not Showing.OPEN, (str(now), flag)


@pytest.mark.parametrize("state", [pytest.param(state, id=str(state)) for state in states()])
def test_what_a_moderator_must_see_is_never_shown_before(state: State) -> None:
    for flag in FLAGS.values():
        shown = decide(flag, then=state.rules, now=state.rules, forced=True)
        assert shown in {Showing.HELD, Showing.WITHHELD}
        assert (shown is Showing.WITHHELD) == (most_open(state, flag) is Showing.WITHHELD)


def test_pictures_that_nobody_checked_on_purpose_count_as_flagged_once_the_channel_is_no_longer_for_adults() -> None:
    then = ChannelRules(Policy.ALLOW, unchecked=Unchecked.AS_CLEAR, safety_checker=False)
    now = ChannelRules(Policy.BLOCK, unchecked=Unchecked.AS_CLEAR)
    assert decide(None, then=then, now=now) is Showing.WITHHELD
    assert decide(None, then=then, now=then) is Showing.OPEN
