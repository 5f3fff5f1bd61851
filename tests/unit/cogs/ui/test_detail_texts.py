"""What the one who asked reads of a run: all of the money, and why there is nothing to see."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ledger.limits import pictures_left
from bot.ledger.values import Applied, Limit, LimitCause, LimitUse, Measure, Subject, Window
from bot.money import MicroUsd
from bot.runs.card import Balance, Ended, FinalCard, Held, Pictures, Rejected, Withheld
from bot.runs.run import Place, Reason, ReviewCause, Run, State
from cogs.ui import detail_texts
from tests.unit.cogs.samples import NOW, a_run, done, pictures

LEFT = Balance(pictures=95)


def test_the_one_who_asked_reads_seed_facts_cost_and_what_is_left() -> None:
    assert detail_texts.private_details(done(a_run()), LEFT) == (
        "seed 42 · 4 steps",
        "This cost 1.2 ¢.",
        "About 95 pictures left today.",
    )


def test_why_pictures_are_hidden_comes_first() -> None:
    first, *_ = detail_texts.private_details(done(a_run()), LEFT, Withheld(checked=True))
    assert "flagged" in first


@pytest.mark.parametrize("checked", [True, False])
def test_withheld_says_why_and_what_to_do(checked: bool) -> None:
    line = detail_texts.why_hidden(done(a_run()), Withheld(checked=checked)) or ""
    assert ("flagged" in line) is checked
    assert ("not checked" in line) is not checked
    assert "age-restricted channel" in line


def test_in_private_the_channel_is_not_blamed() -> None:
    line = detail_texts.why_hidden(done(a_run(place=Place(None, 5))), Withheld(checked=True))
    assert line == (
        "The pictures were made but were flagged as not safe for work, and such pictures are not shown in private "
        "use. Try other words, or ask in an age-restricted channel of a server that has this bot."
    )


def test_a_rules_reason_is_escaped() -> None:
    line = detail_texts.why_hidden(done(a_run()), Withheld(checked=True, rule="[no](https://evil.example) *blood*."))
    assert line is not None
    assert line.startswith("The pictures were drawn from a changed prompt that this server does not allow: ")
    assert line.endswith(r"\*blood\*.")
    assert "[no](" not in line


@pytest.mark.parametrize("why", ReviewCause)
def test_every_cause_of_a_review_has_words_of_its_own(why: ReviewCause) -> None:
    others = {detail_texts.why_hidden(done(a_run()), Held(one)) for one in ReviewCause if one is not why}
    said = detail_texts.why_hidden(done(a_run()), Held(why))
    assert said is not None
    assert said not in others
    assert detail_texts.why_hidden(done(a_run()), Held(why, asked=False)) is None, "the card itself says what is wrong"


@pytest.mark.parametrize("ending", [None, Ended(), Rejected("no"), Pictures(pictures(1))])
def test_nothing_is_said_to_be_hidden_that_is_not(ending: FinalCard | None) -> None:
    assert detail_texts.why_hidden(done(a_run()), ending) is None


@pytest.mark.parametrize("ending", [None, Ended()])
def test_what_the_safety_check_kept_back_is_told_to_the_one_who_asked(ending: FinalCard | None) -> None:
    run = a_run(state=State.FAILED, reason=Reason.CONTENT)
    assert detail_texts.why_hidden(run, ending) == (
        "The safety check kept this back, so there is nothing to show. Please try other words."
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cost": None}, "You were not charged."),
        ({"cost_estimated": True}, "This cost about 1.2 ¢."),
        ({"given_back": MicroUsd(0)}, "This cost 1.2 ¢."),
        ({"given_back": MicroUsd(12_000)}, "This cost 1.2 ¢, and none of it counts towards your limit."),
        ({"given_back": MicroUsd(3_000)}, "This cost 1.2 ¢, of which 0.9 ¢ counts towards your limit."),
    ],
)
def test_what_it_cost(changes: dict[str, object], said: str) -> None:
    run: Run = replace(done(a_run()), **changes)  # pyright: ignore[reportArgumentType] - names and types from above
    assert detail_texts.cost(run) == said


@pytest.mark.parametrize(
    ("balance", "said"),
    [
        (Balance(None), None),
        (Balance(0), "No pictures like this left today."),
        (Balance(1, "this hour"), "About 1 picture left this hour."),
        (Balance(1_200), "About 1,200 pictures left today."),
        (Balance(28, "today for this channel", is_exact=True), "28 pictures left today for this channel."),
    ],
)
def test_what_is_left_is_told_in_pictures(balance: Balance, said: str | None) -> None:
    assert detail_texts.left(balance) == said


def a_use(measure: Measure, left: int) -> LimitUse:
    limit = Limit(Subject.USER, None, Window.DAY, measure, left, None)
    return LimitUse(Applied(limit, LimitCause.DEFAULT), 0, left, left, Window.DAY.resets_at(NOW))


USES = st.lists(st.builds(a_use, st.sampled_from(Measure), st.integers(0, 10**6)), max_size=4)


@given(USES, st.integers(0, 10_000))
def test_as_many_pictures_as_are_left_fit_every_limit_at_their_dearest_and_no_more_do(
    uses: list[LimitUse], each: int
) -> None:
    found = pictures_left(uses, MicroUsd(each))
    counted = [use for use in uses if use.applied.limit.measure is not Measure.RUNS]

    def fits(pictures: int) -> bool:
        needs = {Measure.MONEY: pictures * each, Measure.PICTURES: pictures}
        return all(needs[use.applied.limit.measure] <= use.left for use in counted)

    if found is None:
        assert fits(10**9), "nothing is in the way"
    else:
        assert fits(found[0])
        assert not fits(found[0] + 1)
