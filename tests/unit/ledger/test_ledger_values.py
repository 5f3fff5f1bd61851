"""Windows of time and what a limit leaves: pure."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ledger.values import Window

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
