"""The pace of looks."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bot.runs.execution.pacing import next_poll_s


@given(age_s=st.floats(0, 10_000), seed=st.integers())
def test_looks_are_never_frantic_and_never_asleep(age_s: float, seed: int) -> None:
    assert 0.2 <= next_poll_s(age_s, Random(seed)) <= 6.0


def test_looks_grow_slower_with_age() -> None:
    paces = [sum(next_poll_s(age_s, Random(n)) for n in range(200)) for age_s in (0, 10, 60, 500)]
    assert paces == sorted(paces)


def test_two_runs_of_one_age_do_not_look_in_step() -> None:
    assert next_poll_s(5, Random(1)) != next_poll_s(5, Random(2))
