"""docs/performance.md is made from the results, and from nothing else."""

from pathlib import Path

from bench import page, results
from bench.measuring import Measured
from bench.rows import Bar, Row

_MACHINE = {
    "at": "2026-01-02T03:04+00:00",
    "commit": "abc1234",
    "cores": 2,
    "cpu": "A CPU",
    "python": "3.13.1",
    "load_before": 0.1,
    "libraries": {"aiohttp": "3.14.5"},
}


def test_the_page_is_that_of_the_results() -> None:
    text = page.PAGE.read_text("utf-8")
    assert text == page.filled(text), "run: python -m bench --page"


def test_a_row_stands_beside_what_it_was_before(tmp_path: Path) -> None:
    for name, ours in (("before", 20.0), ("now", 6.0)):
        row = Row("ack.open", "acknowledgement", "ms", ours, 2.0, Bar("ratio", 4))
        results.keep(name, "ack", Measured([row]), _MACHINE, tmp_path)
    text = page.filled("<!-- measured -->\n<!-- /measured -->\n", tmp_path)
    assert "| acknowledgement | 20.0 / 2.00 ms = **10.0** | 6.00 / 2.00 ms = **3.00** | ≤ 4 | yes |" in text
    assert (
        "- now: commit abc1234, 2026-01-02, 2 cores (A CPU), Python 3.13.1, aiohttp 3.14.5; load at the start: ack 0.1"
        in text
    )


def test_a_measure_that_is_taken_again_takes_the_place_of_itself_alone(tmp_path: Path) -> None:
    for measure, ours in (("ack", 1.0), ("shown", 2.0), ("ack", 3.0)):
        results.keep("now", measure, Measured([Row(f"{measure}.x", "x", "ms", ours)]), _MACHINE, tmp_path)
    rows = results.rows_of(results.read("now", tmp_path))
    assert [(row.key, row.ours) for row in rows] == [("ack.x", 3.0), ("shown.x", 2.0)]
