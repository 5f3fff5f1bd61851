"""Visibility never shows more than the channel's rules then and now: every combination, with every kind of review."""

from dataclasses import replace
from itertools import product

import pytest

from bot.moderation.decision import decide as showing_for
from bot.moderation.policy import Policy, Showing
from bot.moderation.rules import ChannelRules, Unchecked
from bot.runs.card import Held, Rejected, Withheld
from bot.runs.review.review import Decision, Review
from bot.runs.review.visibility import Known, Visibility, decide
from bot.runs.run import Delivery, Place, Result, ReviewCause, State
from tests.unit.runs.made import NOON, a_run

_OPENNESS = (Showing.WITHHELD, Showing.HELD, Showing.SPOILER, Showing.OPEN)
_RULES = tuple(
    ChannelRules(policy, approve_everything, unchecked, hide_reported=hide_reported)
    for policy, approve_everything, unchecked, hide_reported in product(Policy, (False, True), Unchecked, (False, True))
)
_REVIEWS = (
    None,
    *(
        Review("0" * 32, 1, why, opened_at=NOON, outcome=outcome)
        for why in (ReviewCause.FLAGGED, ReviewCause.REPORTED)
        for outcome in (None, *Decision)
    ),
)


def test_nothing_shows_more_than_the_rules_of_then_and_now() -> None:
    decided = 0
    for then, now, flag, review in product(_RULES, _RULES, (True, False, None), _REVIEWS):
        run = a_run(state=State.SUCCEEDED, result=Result(nsfw_detected=flag, num_outputs=1), rules=then)
        for forced, black in product((None, ReviewCause.RULE), (False, True)):
            known = Known(now, review=review, black=(0,) if black else ())
            given = decide(replace(run, review_why=forced), known)
            approved = review is not None and review.outcome is Decision.APPROVED
            counted = True if black and flag is None else flag
            most = showing_for(counted, then=then, now=now, forced=forced is not None, approved=approved)
            assert _OPENNESS.index(given.showing) <= _OPENNESS.index(most)
            assert (given.cause is not None) is (given.showing is Showing.HELD)
            if review is not None and review.outcome is Decision.REJECTED:
                assert given.showing is Showing.WITHHELD
                assert isinstance(given.words(asked=True), Rejected)
            assert_carries_its_own_ending(given)
            decided += 1
    assert decided == len(_RULES) ** 2 * 3 * len(_REVIEWS) * 4


def test_nothing_is_held_where_nobody_could_ever_approve_it() -> None:
    for then, now, flag in product(_RULES, _RULES, (True, False, None)):
        run = a_run(
            place=Place(None, 2),
            state=State.SUCCEEDED,
            result=Result(nsfw_detected=flag, num_outputs=1),
            rules=then,
        )
        assert decide(run, Known(now)).showing is not Showing.HELD


def assert_carries_its_own_ending(given: Visibility) -> None:
    """What is shown has pictures and no words; what is kept back has words and no pictures."""
    if given.is_shown:
        card = given.pictures((), ())
        assert (given.delivery, card.spoiler) == (Delivery.SHOWN, given.showing is Showing.SPOILER)
        return
    with pytest.raises(ValueError, match="no card that shows them"):
        given.pictures((), ())
    is_held = given.delivery is Delivery.HELD
    assert isinstance(given.words(asked=True), Held if is_held else (Withheld, Rejected))


def test_what_was_made_with_the_check_switched_off_counts_as_not_checked() -> None:
    then = ChannelRules(policy=Policy.ALLOW, safety_checker=False)
    run = a_run(state=State.SUCCEEDED, result=Result(nsfw_detected=False, num_outputs=1), rules=then)
    assert decide(run, Known(then)).showing is Showing.OPEN
    given = decide(run, Known(ChannelRules(policy=Policy.BLOCK)))
    assert (given.showing, given.checked) == (Showing.WITHHELD, False)
