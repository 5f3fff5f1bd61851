"""Rows of the table: ratios, bars, and what people read."""

import json

import pytest

from bench.measuring import middle, p99
from bench.rows import Bar, Row, bar_told, row_of, told


def row(ours: float | None, floor: float | None, bar: Bar | None) -> Row:
    return Row("k", "what", "ms", ours, floor, bar)


@pytest.mark.parametrize(
    ("ours", "floor", "bar", "holds"),
    [
        (8.0, 2.0, Bar("ratio", 4), True),
        (8.1, 2.0, Bar("ratio", 4), False),
        (50.0, 9.0, Bar("ours", 50), True),
        (0.59, 1.0, Bar("ratio", 0.6, least=True), False),
        (None, 2.0, Bar("ratio", 4), None),
        (8.0, 0.0, Bar("ratio", 4), None),
        (8.0, 2.0, None, None),
    ],
)
def test_a_bar_is_of_the_ratio_or_of_our_own_number(
    ours: float | None, floor: float | None, bar: Bar | None, holds: bool | None
) -> None:
    assert row(ours, floor, bar).holds is holds


def test_a_row_comes_back_from_its_json() -> None:
    for one in (row(18.7, 1.6, Bar("ratio", 4)), row(None, None, None)):
        assert row_of(json.loads(json.dumps(one.as_json()))) == one


def test_a_row_shows_both_numbers_and_their_ratio() -> None:
    assert told(row(18.7, 1.6, None)) == "18.7 / 1.60 ms = **11.7**"
    assert told(row(1234.0, None, None)) == "1,234 ms"
    assert bar_told(Bar("ratio", 0.6, least=True), "ms") == "≥ 0.6"
    assert bar_told(Bar("ours", 50), "ms") == "≤ 50 ms"


def test_the_99th_of_few_is_the_greatest_and_nothing_has_none() -> None:
    assert (p99([3.0, 1.0, 2.0]), p99([float(at) for at in range(1, 201)]), p99([])) == (3.0, 198.0, None)
    assert (middle([1.0, 3.0]), middle([])) == (2.0, None)
