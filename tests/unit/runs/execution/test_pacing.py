"""The pace of looks."""

from itertools import islice, pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bot.runs.execution.pacing import Trust, look_again_s, next_poll_s


@given(age_s=st.floats(0, 10_000), seed=st.integers())
def test_looks_are_never_frantic_and_never_asleep(age_s: float, seed: int) -> None:
    assert 0.2 <= next_poll_s(age_s, Random(seed)) <= 6.0


def test_looks_grow_slower_with_age() -> None:
    paces = [sum(next_poll_s(age_s, Random(n)) for n in range(200)) for age_s in (0, 10, 60, 500)]
    assert paces == sorted(paces)


def test_two_runs_of_one_age_do_not_look_in_step() -> None:
    assert next_poll_s(5, Random(1)) != next_poll_s(5, Random(2))


@given(seed=st.integers())
def test_with_a_callback_on_its_way_there_are_five_polls_in_any_twenty_seconds(seed: int) -> None:
    rng, at, polls = Random(seed), 0.0, list[float]()
    while at < 120:
        at += next_poll_s(at, rng, callback=Trust.HOPED)
        polls.append(at)
    for first in polls:
        assert sum(first <= one < first + 20 for one in polls) <= 5
    assert sum(one <= 22 for one in polls) <= 5  # and the one that the callback makes due
    assert max(later - one for one, later in pairwise(polls)) < 7  # one that is missed costs this


@given(seed=st.integers())
def test_where_callbacks_have_come_two_polls_are_enough_for_twenty_seconds(seed: int) -> None:
    rng, at, polls = Random(seed), 0.0, list[float]()
    while at < 120:
        at += next_poll_s(at, rng, callback=Trust.EXPECTED)
        polls.append(at)
    assert polls[0] > 5  # a run of a second is told of long before
    assert sum(one <= 20.5 for one in polls) <= 2
    assert max(later - one for one, later in pairwise([0.0, *polls])) <= 11  # one that is missed costs this


def test_what_is_owed_is_looked_for_every_few_seconds() -> None:
    assert list(islice(look_again_s(), 8)) == [1, 2, 4, 8, 15, 15, 15, 15]
