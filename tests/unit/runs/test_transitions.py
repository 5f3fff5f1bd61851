"""What readings make of runs: the transition table, the books, the reasons."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.money import MicroUsd
from bot.runflow.reading import OutputRef, Reading, RunflowFailure, RunflowStatus
from bot.runs.run import Delivery, Reason, State
from bot.runs.transitions import (
    FINAL,
    TRANSITIONS,
    Change,
    KeepHeld,
    Release,
    Settle,
    canceled,
    ended,
    is_kept,
    is_news,
    may_follow,
    read,
)
from tests.unit.runs.made import NOON, a_reading, a_run

LIVE = (State.SUBMITTING, State.QUEUED, State.DISPATCHING, State.RUNNING)


def test_the_table_names_every_state() -> None:
    assert set(TRANSITIONS) == set(State)


def test_ends_stay_ends_but_for_a_lost_run_that_is_found() -> None:
    for end in FINAL - {State.LOST}:
        assert not TRANSITIONS[end]
    assert TRANSITIONS[State.LOST] == FINAL - {State.LOST}


def test_nothing_goes_back() -> None:
    order = [State.ACCEPTED, *LIVE]
    for earlier, later in product(order, order):
        if order.index(later) <= order.index(earlier):
            assert not may_follow(earlier, later)


def test_a_live_reading_moves_the_run_and_brings_its_id() -> None:
    change = read(a_run(state=State.SUBMITTING), a_reading(RunflowStatus.RUNNING), FLUX_KLEIN, NOON)
    assert change is not None
    assert (change.run.state, change.run.runflow_id, change.books) == (State.RUNNING, "run-1", None)


def test_a_stale_reading_changes_nothing() -> None:
    run = a_run(state=State.RUNNING, runflow_id="run-1")
    assert read(run, a_reading(RunflowStatus.QUEUED), FLUX_KLEIN, NOON) is None
    assert read(run, a_reading(RunflowStatus.RUNNING), FLUX_KLEIN, NOON) is None


def test_an_unknown_status_still_brings_the_id() -> None:
    change = read(a_run(state=State.SUBMITTING), a_reading(RunflowStatus.UNKNOWN), FLUX_KLEIN, NOON)
    assert change is not None
    assert (change.run.state, change.run.runflow_id) == (State.SUBMITTING, "run-1")


def test_a_success_is_settled_with_the_cost_that_runflow_names() -> None:
    reading = a_reading(RunflowStatus.SUCCEEDED, outputs=2, cost=MicroUsd(7_864), seed=5, nsfw_detected=False)
    change = _changed(State.RUNNING, reading)
    assert change.books == Settle(MicroUsd(7_864), estimated=False)
    assert (change.run.cost, change.run.cost_estimated, change.run.reason) == (7_864, False, None)
    assert change.run.result is not None
    assert (change.run.result.seed, change.run.result.num_outputs) == (5, 2)


def test_a_success_without_a_cost_is_estimated_by_its_pixels() -> None:
    change = _changed(State.RUNNING, a_reading(RunflowStatus.SUCCEEDED, outputs=2))
    assert change.books == Settle(MicroUsd(7_865), estimated=True)  # 2 x 786,432 px at $0.005 a megapixel, rounded up


def test_pixels_that_runflow_does_not_state_are_those_asked_for() -> None:
    reading = Reading("run-1", RunflowStatus.PARTIAL, outputs=(OutputRef("https://x.example/1"),))
    assert _changed(State.RUNNING, reading).books == Settle(MicroUsd(3_933), estimated=True)


def test_an_estimate_never_charges_more_than_was_held() -> None:
    huge = tuple(OutputRef("https://x.example/1", 100_000, 100_000) for _ in range(10))
    change = _changed(State.RUNNING, Reading("run-1", RunflowStatus.SUCCEEDED, outputs=huge))
    assert change.books == Settle(MicroUsd(10_000), estimated=True)


@pytest.mark.parametrize("status", [RunflowStatus.FAILED, RunflowStatus.CANCELED])
def test_failures_are_released_unless_runflow_names_a_cost(status: RunflowStatus) -> None:
    assert _changed(State.RUNNING, a_reading(status)).books == Release()
    assert _changed(State.RUNNING, a_reading(status, cost=MicroUsd(0))).books == Release()
    assert _changed(State.RUNNING, a_reading(status, cost=MicroUsd(9))).books == Settle(MicroUsd(9), estimated=False)


@pytest.mark.parametrize("status", [RunflowStatus.SUCCEEDED, RunflowStatus.PARTIAL])
def test_free_pictures_are_booked_so_that_they_count_against_limits_on_pictures(status: RunflowStatus) -> None:
    change = _changed(State.RUNNING, a_reading(status, outputs=2, cost=MicroUsd(0)))
    assert change.books == Settle(MicroUsd(0), estimated=False)
    assert _changed(State.RUNNING, a_reading(status, cost=MicroUsd(0))).books == Release()


def test_a_success_with_nothing_in_it_is_said_and_not_estimated() -> None:
    change = _changed(State.RUNNING, a_reading(RunflowStatus.SUCCEEDED))
    assert (change.run.reason, change.books) == (Reason.NO_PICTURES, Release())


def test_a_late_validation_failure_names_its_fields() -> None:
    failure = RunflowFailure("INPUT_VALIDATION_FAILED", "upstream words", ("seed",))
    change = _changed(State.DISPATCHING, a_reading(RunflowStatus.FAILED, failure=failure))
    assert (change.run.reason, change.run.reason_fields) == (Reason.INPUT_REFUSED, ("seed",))


@pytest.mark.parametrize("by_moderator", [True, False])
@pytest.mark.parametrize("was", [state for state in State if state not in FINAL])
def test_what_may_have_been_sent_keeps_its_money_when_it_is_canceled(was: State, by_moderator: bool) -> None:
    change = canceled(a_run(state=was), by_moderator=by_moderator, at=NOON)
    assert change.run.is_unwanted
    assert (change.run.reason is Reason.CANCELED_BY_MODERATOR) is by_moderator
    if was is State.ACCEPTED:
        assert (change.run.state, change.books) == (State.CANCELED, Release())
    else:
        assert (change.run.state, change.books) == (State.LOST, KeepHeld())


@given(
    status=st.sampled_from(RunflowStatus), outputs=st.integers(0, 4), cost=st.none() | st.integers(0, 99).map(MicroUsd)
)
def test_a_canceled_run_stays_canceled_whatever_comes_of_it(
    status: RunflowStatus, outputs: int, cost: MicroUsd | None
) -> None:
    run = canceled(a_run(state=State.RUNNING), by_moderator=False, at=NOON).run
    change = read(run, a_reading(status, outputs=outputs, cost=cost), FLUX_KLEIN, NOON)
    assert change is not None  # Runflow's id at least
    wanted = read(a_run(state=State.RUNNING), a_reading(status, outputs=outputs, cost=cost), FLUX_KLEIN, NOON)
    assert wanted is not None
    assert change.run.reason is Reason.CANCELED_BY_ASKER
    assert not change.run.made_pictures
    if status.is_final:
        assert (change.run.state, change.run.delivery) == (State.CANCELED, Delivery.PENDING)
        assert (change.books, change.run.cost) == (wanted.books, wanted.run.cost), "what is billed is booked"
    else:
        assert (change.run.state, change.books) == (State.LOST, None)


@pytest.mark.parametrize(
    ("was", "becomes", "books"),
    [
        (State.SUBMITTING, State.FAILED, Release()),
        (State.ACCEPTED, State.CANCELED, Release()),
        (State.ACCEPTED, State.LOST, Release()),  # nothing was sent
        (State.SUBMITTING, State.LOST, KeepHeld()),
        (State.RUNNING, State.LOST, KeepHeld()),
    ],
)
def test_an_end_without_a_reading_releases_what_cannot_be_billed(
    was: State, becomes: State, books: Release | KeepHeld
) -> None:
    change = ended(a_run(state=was), becomes, Reason.LOST, NOON)
    assert (change.run.state, change.run.ended_at, change.books) == (becomes, NOON, books)


@given(
    state=st.sampled_from(State),
    status=st.sampled_from(RunflowStatus),
    outputs=st.integers(0, 4),
    cost=st.none() | st.integers(0, 10**9).map(MicroUsd),
)
def test_books_close_exactly_when_the_run_ends(
    state: State, status: RunflowStatus, outputs: int, cost: MicroUsd | None
) -> None:
    change = read(a_run(state=state), a_reading(status, outputs=outputs, cost=cost), FLUX_KLEIN, NOON)
    if change is None:
        return
    moved = change.run.state is not state
    assert not moved or may_follow(state, change.run.state)
    assert (change.books is not None) == (moved and change.run.state in FINAL)


@given(state=st.sampled_from(State), status=st.sampled_from(RunflowStatus))
def test_a_status_is_news_exactly_where_a_reading_with_it_changes_the_state(
    state: State, status: RunflowStatus
) -> None:
    change = read(a_run(state=state, runflow_id="r1"), a_reading(status), None, NOON)
    assert is_news(state, status) is (change is not None and change.run.state is not state)


def _changed(state: State, reading: Reading) -> Change:
    change = read(a_run(state=state), reading, FLUX_KLEIN, NOON)
    assert change is not None
    return change


def test_progress_at_runflow_is_not_kept_and_everything_else_is() -> None:
    queued, running = a_run(state=State.QUEUED, runflow_id="r"), a_run(state=State.RUNNING, runflow_id="r")
    assert not is_kept(queued, Change(running))
    assert is_kept(queued, Change(replace(running, runflow_id="other")))
    assert is_kept(a_run(state=State.SUBMITTING), Change(queued))
    assert is_kept(queued, Change(replace(queued, state=State.FAILED), Release()))
    assert is_kept(replace(queued, runflow_id=None), Change(queued))
