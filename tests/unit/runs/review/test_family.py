"""What is made from a picture is never shown more openly than that picture: every combination, and whole families."""

from dataclasses import dataclass, replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.policy import Policy, Showing
from bot.moderation.rules import ChannelRules, Unchecked
from bot.runs.card import Withheld
from bot.runs.review.family import NOTHING, TOO_LARGE_A_FAMILY, Inherited, standing, stricter_flag, what_all_leave
from bot.runs.review.review import Decision, Review
from bot.runs.review.visibility import Known, Visibility, decide
from bot.runs.run import Delivery, PictureRef, Place, Result, ReviewCause, Run, State
from tests.unit.runs.made import NOON, a_run

OPENNESS = (Showing.WITHHELD, Showing.HELD, Showing.SPOILER, Showing.OPEN)
FLAGS = (True, None, False)
RULES = [ChannelRules(policy, unchecked=unchecked) for policy, unchecked in product(Policy, Unchecked)]


def made(flag: bool | None, rules: ChannelRules, delivery: Delivery = Delivery.SHOWN) -> Run:
    result = Result(nsfw_detected=flag, num_outputs=1)
    return a_run(state=State.SUCCEEDED, delivery=delivery, result=result, rules=rules)


def reviewed(outcome: Decision | None) -> Review:
    return Review("0" * 32, 1, ReviewCause.FLAGGED, opened_at=NOON, outcome=outcome)


def as_open(one: Showing, other: Showing) -> bool:
    """Whether one is no more open than the other."""
    return OPENNESS.index(one) <= OPENNESS.index(other)


@dataclass(frozen=True)
class Source:
    """How a picture stands that something is made from."""

    flag: bool | None
    rules: ChannelRules
    delivery: Delivery = Delivery.SHOWN
    outcome: Decision | None = None
    is_reviewed: bool = False

    @property
    def stands(self) -> Showing:
        review = reviewed(self.outcome) if self.is_reviewed else None
        found = decide(made(self.flag, self.rules), Known(self.rules, review))
        return standing(self.delivery, found.showing, approved=self.outcome is Decision.APPROVED)

    @property
    def left(self) -> tuple[Showing, bool | None]:
        return self.stands, self.flag


SOURCES = {
    "cleared": Source(False, ChannelRules(Policy.BLOCK)),
    "flagged where it may be seen": Source(True, ChannelRules(Policy.ALLOW)),
    "not checked": Source(None, ChannelRules(Policy.ALLOW)),
    "covered": Source(True, ChannelRules(Policy.SPOILER)),
    "withheld": Source(True, ChannelRules(Policy.BLOCK), Delivery.WITHHELD),
    "withheld once, under rules that are open now": Source(True, ChannelRules(Policy.ALLOW), Delivery.WITHHELD),
    "held": Source(True, ChannelRules(Policy.REVIEW), Delivery.HELD, is_reviewed=True),
    "approved": Source(True, ChannelRules(Policy.REVIEW), Delivery.SHOWN, Decision.APPROVED, is_reviewed=True),
    "approved, its card not changed yet": Source(
        True, ChannelRules(Policy.REVIEW), Delivery.HELD, Decision.APPROVED, is_reviewed=True
    ),
    "removed by a moderator": Source(
        False, ChannelRules(Policy.ALLOW), Delivery.SHOWN, Decision.REJECTED, is_reviewed=True
    ),
    "to go, and still visible": Source(False, ChannelRules(Policy.ALLOW), Delivery.STILL_VISIBLE),
}
EXPECTED = {
    # by the policy of the channel of the edit, whose own flag is clear:     block, review, spoiler, allow
    "cleared": "open open open open",
    "flagged where it may be seen": "withheld held spoiler open",
    "not checked": "withheld held spoiler open",
    "covered": "withheld held spoiler spoiler",
    "withheld": "withheld withheld withheld withheld",
    "withheld once, under rules that are open now": "withheld withheld withheld withheld",
    "held": "withheld held held held",
    "approved": "withheld held spoiler open",
    "approved, its card not changed yet": "withheld held spoiler open",
    "removed by a moderator": "withheld withheld withheld withheld",
    "to go, and still visible": "held held held held",
}


@pytest.mark.parametrize(
    ("source", "policy", "showing"),
    [
        (name, policy, Showing(word))
        for name, row in EXPECTED.items()
        for policy, word in zip(Policy, row.split(), strict=True)
    ],
)
def test_what_a_clean_edit_of_each_source_shows_under_each_policy(
    source: str, policy: Policy, showing: Showing
) -> None:
    assert list(EXPECTED) == list(SOURCES)
    rules = ChannelRules(policy)
    inherited = what_all_leave([SOURCES[source].left])
    assert decide(made(False, rules), Known(rules, inherited=inherited)).showing is showing


def test_nothing_is_shown_more_openly_than_by_itself_or_than_its_sources() -> None:
    leaves = [Inherited(showing, flag) for showing, flag in product(Showing, FLAGS)]
    reviews = [None, *(reviewed(outcome) for outcome in (None, *Decision))]
    for then, now, flag, review, left in product(RULES, RULES, FLAGS, reviews, leaves):
        run = made(flag, then)
        alone = decide(run, Known(now, review))
        found = decide(run, Known(now, review, inherited=left))
        assert as_open(found.showing, alone.showing)
        assert as_open(found.showing, left.showing)
        flagged = decide(made(stricter_flag(flag, left.flag), then), Known(now, review))
        assert as_open(found.showing, flagged.showing)
        assert found.from_source is (found.showing is not alone.showing)
        assert (found.cause is not None) is (found.showing is Showing.HELD)


def test_where_nobody_could_approve_it_what_comes_of_a_held_picture_is_withheld() -> None:
    run = replace(made(False, ChannelRules(Policy.BLOCK)), place=Place(None, 2))
    held = Inherited(Showing.HELD)
    assert decide(run, Known(ChannelRules(Policy.BLOCK), inherited=held)).showing is Showing.WITHHELD


def test_what_the_sources_do_is_told_as_theirs() -> None:
    rules = ChannelRules(Policy.REVIEW)

    def of(left: Inherited, *, flag: bool = False, where: ChannelRules = rules) -> Visibility:
        return decide(made(flag, where), Known(where, inherited=left))

    assert of(Inherited(flag=True)).cause is ReviewCause.SOURCE
    assert of(Inherited(flag=True), flag=True).cause is ReviewCause.FLAGGED
    withheld = of(Inherited(Showing.WITHHELD)).words(asked=False)
    assert isinstance(withheld, Withheld)
    assert (withheld.from_source, withheld.checked) == (True, True)
    covered = of(Inherited(Showing.SPOILER), where=ChannelRules(Policy.ALLOW))
    assert (covered.from_source, covered.pictures((), ()).spoiler) == (True, True)
    assert not of(NOTHING).from_source


def test_an_end_of_a_card_that_nobody_thought_of_keeps_its_edits_back() -> None:
    for delivery in Delivery:
        for showing in Showing:
            assert as_open(standing(delivery, showing, approved=False), showing)
    assert standing(Delivery.WITHHELD, Showing.OPEN, approved=True) is Showing.WITHHELD
    assert TOO_LARGE_A_FAMILY.showing is Showing.WITHHELD


_SOURCE = st.builds(
    Source,
    st.sampled_from(FLAGS),
    st.sampled_from(RULES),
    st.sampled_from(Delivery),
    st.sampled_from([None, *Decision]),
    st.booleans(),
)


@given(st.lists(_SOURCE, max_size=8), st.sampled_from(RULES), st.sampled_from(FLAGS))
def test_of_many_ancestors_in_any_order_the_strictest_holds(
    ancestors: list[Source], rules: ChannelRules, flag: bool | None
) -> None:
    left = what_all_leave([one.left for one in ancestors])
    assert left == what_all_leave([one.left for one in reversed(ancestors)])
    shown = decide(made(flag, rules), Known(rules, inherited=left)).showing
    for one in ancestors:
        assert as_open(shown, one.stands)
        alone = what_all_leave([one.left])
        assert as_open(shown, decide(made(flag, rules), Known(rules, inherited=alone)).showing)
    without = what_all_leave([one.left for one in ancestors[1:]])
    assert as_open(shown, decide(made(flag, rules), Known(rules, inherited=without)).showing)


@given(st.lists(st.tuples(st.sampled_from(FLAGS), st.sampled_from(RULES)), min_size=1, max_size=6))
def test_down_a_line_of_edits_nothing_opens_up(line: list[tuple[bool | None, ChannelRules]]) -> None:
    left: list[tuple[Showing, bool | None]] = []
    for flag, rules in line:
        shown = decide(made(flag, rules), Known(rules, inherited=what_all_leave(left))).showing
        assert all(as_open(shown, one) for one, _ in left)
        left.append((shown, flag))


def test_of_its_parents_only_those_whose_pictures_are_in_it_are_its_sources() -> None:
    source, other = PictureRef("a" * 32, 0), PictureRef("b" * 32, 1)
    run = a_run(parents=(source, other), input={"words": other.run_id, "pictures": [source.address, 7], "more": {}})
    assert run.sources == (source,)
    assert a_run(parents=(source,)).sources == ()
    assert a_run(input={"picture": source.address}).sources == ()
