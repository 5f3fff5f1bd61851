"""How long one waits, told from the last runs: nothing where too little is known, and no wonders."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.runs.scheduling.estimate import LEAST_KNOWN, wait_s

TOOK = st.lists(st.floats(0, 1e4), min_size=LEAST_KNOWN, max_size=20)


@pytest.mark.parametrize("took_s", [[], [3.0], [3.0, 4.0]])
def test_of_few_runs_nothing_is_concluded(took_s: list[float]) -> None:
    assert wait_s(1, 1, took_s) is None


@pytest.mark.parametrize(
    ("position", "slots", "seconds"), [(1, 1, 4.0), (3, 1, 12.0), (3, 2, 6.0), (20, 20, 4.0), (1, 4, 1.0)]
)
def test_a_slot_comes_free_as_often_as_runs_fit_into_their_time(position: int, slots: int, seconds: float) -> None:
    assert wait_s(position, slots, [4.0, 600.0, 3.0, 4.0, 5.0]) == seconds  # one that was stuck changes nothing


@given(TOOK, st.integers(1, 500), st.integers(1, 50))
def test_who_stands_behind_never_waits_for_less(took_s: list[float], position: int, slots: int) -> None:
    here, behind = wait_s(position, slots, took_s), wait_s(position + 1, slots, took_s)
    assert here is not None
    assert behind is not None
    assert behind >= here
    assert wait_s(slots, slots, took_s) == pytest.approx(median(took_s))
