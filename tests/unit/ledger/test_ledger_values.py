"""Windows of time and what a limit leaves: pure."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ledger.values import Account, Limit, Limits, Subject, Total, Window, left_of, totals_of
from bot.money import MicroUsd

ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=ZONES)  # noqa: DTZ001 - zones are drawn
RUNNING = st.sampled_from([Window.HOUR, Window.DAY, Window.MONTH])


@given(RUNNING, TIMES)
def test_a_window_holds_its_time_and_ends_where_the_next_begins(window: Window, at: datetime) -> None:
    start, end = window.start_of(at), window.resets_at(at)
    assert end is not None
    assert start <= at < end
    assert start.tzinfo is UTC
    assert window.start_of(start) == start
    assert window.start_of(end) == end
    assert window.start_of(end - timedelta(microseconds=1)) == start


@given(TIMES)
def test_the_window_without_an_end(at: datetime) -> None:
    assert Window.EVER.start_of(at) == datetime(1970, 1, 1, tzinfo=UTC)
    assert Window.EVER.resets_at(at) is None


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
        (datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_months_end_with_the_calendar(at: datetime, end: datetime) -> None:
    assert Window.MONTH.resets_at(at) == end


@pytest.mark.parametrize("window", list(Window))
def test_a_time_without_a_zone_is_in_no_window(window: Window) -> None:
    with pytest.raises(ValueError, match="zone"):
        window.start_of(datetime(2026, 1, 1))  # noqa: DTZ001 - the point


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.integers(0, 10**15))
def test_what_is_left_is_never_below_zero(amount: int, held: int, spent: int) -> None:
    total = Total(MicroUsd(held), MicroUsd(spent))
    left = left_of(Limit(Subject.USER, Window.DAY, MicroUsd(amount)), total)
    assert left == max(0, amount - held - spent)


@given(TIMES, st.integers(1, 2**63 - 1))
def test_rows_are_locked_in_one_order(at: datetime, user_id: int) -> None:
    keys = totals_of(Account(user_id, None, 1), at)
    assert len(set(keys)) == len(keys) > 0
    assert keys == totals_of(Account(user_id, None, 1), Window.DAY.start_of(at))


def test_no_limit_in_the_settings_is_no_limit() -> None:
    assert Limits().on_user() is None
    assert Limits(user_daily=MicroUsd(5)).on_user() == Limit(Subject.USER, Window.DAY, MicroUsd(5))
