"""Which of many runs in flight are looked at by list, and which are read by themselves."""

from dataclasses import replace
from math import ceil, inf

from hypothesis import given
from hypothesis import strategies as st

from bot.runs.execution.pacing import Trust, pace_s
from bot.runs.execution.sweeps import MANY, Waiting, due_again_s, next_s, plan, rest_s
from bot.runs.run import State

NOW_S = 1_000.0
seconds = st.floats(0, 2 * NOW_S)
runs = st.builds(
    Waiting,
    run_id=st.uuids().map(str),
    runflow_id=st.uuids().map(str),
    state=st.just(State.RUNNING),
    sent_s=st.floats(0, NOW_S),
    read_s=st.floats(0, NOW_S),
    due_s=seconds,
    latest_s=seconds,
    is_hidden=st.booleans(),
)
crowds = st.lists(runs, max_size=200, unique_by=lambda one: one.run_id)


def waiting(number: int, *, due_s: float = NOW_S, latest_s: float = inf, read_s: float = NOW_S) -> Waiting:
    return Waiting(f"r{number}", f"f{number}", State.RUNNING, 0.0, read_s, due_s, latest_s)


@given(crowd=crowds, followed=st.integers(0, 20_000), page=st.sampled_from([50, 500]), has_list=st.booleans())
def test_nobody_is_forgotten_and_no_more_is_asked_than_is_bearable(
    crowd: list[Waiting], followed: int, page: int, *, has_list: bool
) -> None:
    sweep = plan(crowd, NOW_S, followed=followed, page=page, has_list=has_list)
    singly, by_list = {one.run_id for one in sweep.singly}, {one.run_id for one in sweep.by_list}
    ending = {one.run_id for one in crowd if one.latest_s <= NOW_S}
    due = {one.run_id for one in crowd if one.next_s <= NOW_S}
    assert ending <= singly  # a deadline waits for no list
    assert singly | by_list <= due
    assert not singly & by_list
    assert len(singly - ending) <= 50
    assert singly | by_list == due or len(singly - ending) == 50
    assert sweep.most_pages == (ceil(followed / page) + 2 if by_list else 0)
    if followed <= MANY or not has_list:
        assert not by_list


@given(crowd=crowds, seen=st.sets(st.integers(0, 199)))
def test_whom_no_list_shows_is_read_at_a_bounded_rate(crowd: list[Waiting], seen: set[int]) -> None:
    sweep = plan(crowd, NOW_S, followed=10_000, page=500, has_list=True)
    shown = {one.run_id for number, one in enumerate(sweep.by_list) if number in seen}
    now, later = sweep.missed(lambda one: one.run_id not in shown)
    assert {one.run_id for one in (*now, *later)} == {one.run_id for one in sweep.by_list} - shown
    assert not now or len(now) + len(sweep.singly) <= 50
    assert all(one.due_s <= other.due_s for one in now for other in later)
    left = [replace(one, is_hidden=True) for one in later]
    assert not plan(left, NOW_S, followed=10_000, page=500, has_list=True).by_list  # lists are not asked again for them


def test_the_longest_due_are_read_first_where_there_is_no_list() -> None:
    crowd = [waiting(number, due_s=NOW_S - number) for number in range(120)]
    sweep = plan(crowd, NOW_S, followed=120, page=500, has_list=False)
    assert [one.run_id for one in sweep.singly] == [f"r{number}" for number in range(119, 69, -1)]


def test_few_are_read_by_themselves() -> None:
    crowd = [waiting(number) for number in range(MANY)]
    assert len(plan(crowd, NOW_S, followed=MANY, page=500, has_list=True).singly) == MANY
    assert len(plan(crowd, NOW_S, followed=MANY + 1, page=500, has_list=True).by_list) == MANY


def test_whoever_was_only_seen_in_lists_for_a_minute_is_read_a_few_at_a_time() -> None:
    crowd = [waiting(number, read_s=NOW_S - number) for number in range(100)]
    sweep = plan(crowd, NOW_S, followed=100, page=500, has_list=True)
    assert [one.run_id for one in sweep.singly] == [f"r{number}" for number in range(99, 89, -1)]
    assert len(sweep.by_list) == 90


@given(
    age_s=st.floats(0, 10_000), page=st.integers(1, 1_000), callback=st.sampled_from(Trust), now_s=st.floats(0, 10_000)
)
def test_looks_by_list_keep_the_pace_and_are_late_by_five_seconds_at_most(
    age_s: float, page: int, callback: Trust, now_s: float
) -> None:
    one = replace(waiting(1), sent_s=now_s - age_s)
    wait_s = due_again_s(one, now_s, page=page, callback=callback) - now_s
    alone_s = pace_s(now_s - one.sent_s, callback)
    assert alone_s - 1e-6 <= wait_s <= max(alone_s, 5.0) + 1e-6
    if page == 1:
        assert wait_s <= alone_s + 1e-6  # the newest are on it


@given(crowd=crowds)
def test_the_next_sweep_is_when_the_first_is_due_or_over_its_deadline(crowd: list[Waiting]) -> None:
    assert next_s(crowd) == min((min(one.due_s, one.latest_s) for one in crowd), default=inf)
    assert not plan(crowd, next_s(crowd) - 1, followed=10_000, page=500, has_list=True).singly


def test_sweeps_keep_a_distance_that_bounds_what_is_read_in_a_second() -> None:
    sweep = plan([waiting(1)], NOW_S, followed=10_000, page=500, has_list=True)
    assert sweep.gap_s(reads=50, followed=10_000) == 1.0
    assert sweep.gap_s(reads=0, followed=10_000) == sweep.gap_s(reads=20, followed=MANY) == 0.25


def test_lists_that_fail_are_left_alone_for_longer_each_time() -> None:
    assert [rest_s(faults) for faults in (1, 2, 3, 4, 5, 50)] == [2, 4, 8, 16, 30, 30]
