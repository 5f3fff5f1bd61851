"""The machine's clock without its steps: nobody who waits or counts ages notices that it was set."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SystemClock

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@dataclass
class Machine:
    wall: datetime = NOON
    steady_s: float = 1_000.0

    def passes(self, seconds: float, *, set_by: float = 0.0) -> None:
        """Time passes; the clock on the wall is set by so much as well."""
        self.steady_s += seconds
        self.wall += timedelta(seconds=seconds + set_by)

    def clock(self) -> SystemClock:
        return SystemClock(lambda: self.wall, lambda: self.steady_s)


def test_without_a_step_it_is_the_time_on_the_wall() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(5):
        machine.passes(60, set_by=0.5)  # it runs fast, and is set right in small change
        assert clock.now() == machine.wall


@pytest.mark.parametrize("hours", [-1, 1, -24])
def test_a_step_moves_no_age(hours: int) -> None:
    machine = Machine()
    clock = machine.clock()
    began = clock.now()
    machine.passes(300, set_by=hours * 3600)
    assert abs((clock.now() - began).total_seconds() - 300) <= 5
    machine.passes(300)
    assert abs((clock.now() - began).total_seconds() - 600) <= 10


def test_a_step_is_made_up_for_in_the_end() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.passes(1, set_by=-3600)
    assert clock.now() - machine.wall > timedelta(minutes=59)
    for _ in range(61):
        machine.passes(3600)
        clock.now()
    assert clock.now() == machine.wall


def test_a_machine_that_slept_has_not_set_its_clock() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.passes(8 * 3600)
    assert clock.now() == machine.wall


@pytest.mark.parametrize(("ahead", "goes_on"), [(3_600, True), (-3_600, False), (86_400, False)])
def test_a_new_process_goes_on_from_the_latest_time_that_was_written(ahead: int, *, goes_on: bool) -> None:
    machine = Machine()
    clock = machine.clock()
    latest = NOON + timedelta(seconds=ahead)
    clock.remember(None)
    clock.remember(latest)
    assert (clock.now() == latest) is goes_on
    machine.passes(60)
    assert abs((clock.now() - (latest if goes_on else NOON)).total_seconds() - 60) <= 1


@given(st.lists(st.tuples(st.floats(0.001, 600), st.floats(-7200, 7200)), max_size=30))
def test_it_never_goes_back_by_a_step_nor_runs_away(moves: list[tuple[float, float]]) -> None:
    machine = Machine()
    clock = machine.clock()
    last = clock.now()
    for passed_s, set_by in moves:
        machine.passes(passed_s, set_by=set_by)
        moved_s = (clock.now() - last).total_seconds()
        assert abs(moved_s - passed_s) <= 2 + passed_s / 60 + 0.001
        last = clock.now()
