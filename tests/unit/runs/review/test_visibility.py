"""A ruling never shows more than the channel's rules then and now: every combination, with every kind of review."""

from itertools import product

from bot.moderation.decision import decide
from bot.moderation.policy import Policy, Showing
from bot.moderation.rules import ChannelRules, Unchecked
from bot.runs.review.review import Decision, Review, ReviewCause
from bot.runs.review.visibility import ruling
from bot.runs.run import Place, Result, State
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


def test_no_ruling_shows_more_than_the_rules_of_then_and_now() -> None:
    judged = 0
    for then, now, flag, review in product(_RULES, _RULES, (True, False, None), _REVIEWS):
        run = a_run(state=State.SUCCEEDED, result=Result(nsfw_detected=flag, num_outputs=1), rules=then)
        for forced, black in product((None, ReviewCause.RULE), (False, True)):
            given = ruling(run, now, review=review, forced=forced, black=black)
            approved = review is not None and review.outcome is Decision.APPROVED
            counted = True if black and flag is None else flag
            most = decide(counted, then=then, now=now, forced=forced is not None, approved=approved)
            assert _OPENNESS.index(given.showing) <= _OPENNESS.index(most)
            assert (given.why is not None) is (given.showing is Showing.HELD)
            if review is not None and review.outcome is Decision.REJECTED:
                assert given.showing is Showing.WITHHELD
            judged += 1
    assert judged == len(_RULES) ** 2 * 3 * len(_REVIEWS) * 4


def test_nothing_is_held_where_nobody_could_ever_approve_it() -> None:
    for then, now, flag in product(_RULES, _RULES, (True, False, None)):
        run = a_run(
            place=Place(None, 2),
            state=State.SUCCEEDED,
            result=Result(nsfw_detected=flag, num_outputs=1),
            rules=then,
        )
        assert ruling(run, now).showing is not Showing.HELD
