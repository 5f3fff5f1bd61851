"""The stand-in's values: switches and profiles, the course of a run, filters, costs."""

import contextlib
import random
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import SandboxClock
from sandbox.runflow.models import EDIT
from sandbox.runflow.refusals import Refused
from sandbox.runflow.run import StandinRun, billed_micro_usd, end_of, view
from sandbox.runflow.schema import EDIT_FIELDS, PRESETS, cost_usd, edit_job_of, job_of, problems_of
from sandbox.runflow.search import Term, parse_filter, parse_search
from sandbox.runflow.state import Count, State
from sandbox.runflow.switches import PROFILES, CostRule, Switches, profile, without_waiting

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("https://a.example/b.png"),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=6,
)

START = datetime(2026, 7, 1, 10, tzinfo=UTC)
ORDER = ["queued", "dispatching", "running", "unknown", "succeeded", "partial_succeeded", "failed", "canceled"]


def run_of(switches: Switches, *, count: int = 1) -> StandinRun:
    asked = {"prompt": "a fox", "num_images": count}
    return StandinRun("r", "q", START, "owner/model", asked, job_of(asked), 7, switches)


def edit_of(switches: Switches, *, steps: int = 4) -> StandinRun:
    asked = {"prompt": "make it night", "image_urls": ["https://a.example/b.png"], "steps": steps}
    job = edit_job_of(asked, (), (1024, 768))
    return StandinRun("r", "q", START, EDIT.id, asked, job, 7, switches, sources=(b"",))


@given(
    st.sampled_from(sorted(PROFILES)),
    st.lists(st.floats(0, 100), min_size=2, max_size=6),
    st.integers(0, 4),
)
def test_a_run_only_moves_forward_and_its_end_is_known(name: str, moments: list[float], count: int) -> None:
    run = run_of(PROFILES[name], count=count) if count else edit_of(PROFILES[name])
    views = [view(run, START + timedelta(seconds=moment)) for moment in sorted(moments)]
    places = [ORDER.index(seen.status) for seen in views]
    assert places == sorted(places)
    end = end_of(run)
    for moment, seen in zip(sorted(moments), views, strict=True):
        assert seen.is_final is (end is not None and START + timedelta(seconds=moment) >= end)
        assert (seen.completed_at == end) if seen.is_final else (seen.cost is None)


def test_a_default_run_takes_about_a_second() -> None:
    assert end_of(run_of(Switches())) == START + timedelta(seconds=1)
    assert end_of(run_of(without_waiting(Switches()))) == START


def test_a_cancelled_run_stays_cancelled_and_free() -> None:
    run = replace(run_of(Switches()), canceled_at=START + timedelta(seconds=0.5))
    assert view(run, START + timedelta(seconds=0.45)).status == "running"
    late = START + timedelta(seconds=60)
    assert (view(run, late).status, billed_micro_usd(run, late)) == ("canceled", 0)


def test_an_unknown_profile_is_told_the_known_ones() -> None:
    assert profile("fast").running_s == 0
    with pytest.raises(ValueError, match=r"no profile 'quick'.*default.*fast"):
        profile("quick")


def test_every_counted_switch_is_a_switch() -> None:
    assert set(Count.__args__) <= {entry.name for entry in fields(Switches)}


@pytest.mark.parametrize("size", PRESETS)
def test_costs_are_exact(size: str) -> None:
    job = job_of({"prompt": "x", "image_size": size})
    pixels = PRESETS[size][0] * PRESETS[size][1]
    assert cost_usd(job, 3, "proportional") == Decimal(pixels) * 3 * Decimal("0.000000005")
    assert cost_usd(job, 1, "rounded_1e6") == (Decimal("0.010") if size == "square_hd" else Decimal("0.005"))
    assert cost_usd(job, 1, "rounded_2e20") == Decimal("0.005")


@given(st.integers(1, 50), st.integers(1, 4), st.sampled_from(["proportional", "rounded_1e6", "rounded_2e20", "null"]))
def test_edits_have_a_flat_price_for_every_25_steps(steps: int, count: int, rule: CostRule) -> None:
    dollars = Decimal("0.005") if steps <= 25 else Decimal("0.010")
    assert cost_usd(edit_of(Switches(), steps=steps).job, count, rule) == dollars * count


@given(st.dictionaries(st.sampled_from([*(field.name for field in EDIT_FIELDS), "x"]), ANY_JSON))
def test_any_input_of_an_edit_is_right_or_told_what_is_wrong(given_: dict[str, object]) -> None:
    problems = problems_of(given_, ignore_unknown=False, fields=EDIT_FIELDS)
    job = edit_job_of(given_, problems, (16, 16))
    assert 1 <= job.steps <= 50
    assert {problem.field for problem in problems} <= {*given_, "prompt", "image_urls"}
    if not problems:
        urls = given_["image_urls"]
        assert isinstance(urls, list)
        assert 1 <= len(cast("list[object]", urls)) <= 4
        assert job.prompt.strip()


def test_filters_bind_and_before_or() -> None:
    parsed = parse_filter('client_ref:"a b" AND NOT status_code = failed OR created_at>=2026-04-01')
    assert parsed == (
        (Term("client_ref", ":", "a b"), Term("status_code", "=", "failed", negated=True)),
        (Term("created_at", ">=", "2026-04-01"),),
    )


@pytest.mark.parametrize(
    "text",
    ["x", "client_ref:", "nope:1", "id:1 AND", "id:1 id:2", "AND id:1", "NOT NOT id:1", "(id:1)", "created_at>soon"],
)
def test_unreadable_filters_are_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_filter(text)
    assert caught.value.status == 400


@given(st.text())
def test_no_query_breaks_the_search(text: str) -> None:
    for name in ("q", "limit", "pq", "sort_by", "fields"):
        with contextlib.suppress(Refused):
            parse_search({name: text}, "supported")


def test_times_compare_as_moments_and_dates_as_their_first() -> None:
    record = {"created_at": "2026-07-01T10:00:00.500000Z"}
    for text, holds in (
        ('created_at>"2026-07-01T12:00:00+02:00"', True),
        ('created_at<="2026-07-01T10:00:00Z"', False),
        ("created_at>=2026-07-01", True),
        ("created_at<2026-07-01", False),
        ('NOT created_at>="2026-07-01T10:00:00.500Z"', False),
    ):
        search = parse_search({"q": text})
        assert search.terms[0][0].holds(record) is holds
        by_creation = search.by_creation()
        assert by_creation is not None
        assert by_creation(datetime.fromisoformat("2026-07-01T10:00:00.500000+00:00")) is holds


@pytest.mark.parametrize(
    "query", [{"q": "created_at>2026-07-01 OR id:1"}, {"sort_by": "created_at:asc"}, {"q": "id:1"}]
)
def test_other_searches_need_the_records(query: dict[str, str]) -> None:
    assert parse_search(query).by_creation() is None


def test_ids_are_uuid7_and_reproducible() -> None:
    first, second = [
        State(clock=SandboxClock(stopped=True, start=START), switches=Switches(), rng_seed=3).new_id() for _ in (0, 1)
    ]
    assert first == second
    assert (first[14], first[19] in "89ab") == ("7", True)
    assert random.Random(3).getrandbits(12) == int(first[15:18], 16)
