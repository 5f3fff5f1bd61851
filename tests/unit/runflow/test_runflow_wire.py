"""Hostile bodies made into values: every dialect, and nothing but RunflowUnclear for the rest."""

import json
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import RunflowUnclear
from bot.runflow import wire
from bot.runflow.reading import OutputRef, Reading, RunflowFailure, RunflowStatus


def run(**members: Any) -> Reading:
    return wire.parse_reading(json.dumps({"id": "r1", **members}).encode())


def output(**members: Any) -> Reading:
    return run(status_code="succeeded", output=members)


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("queued", RunflowStatus.QUEUED),
        ("dispatching", RunflowStatus.DISPATCHING),
        ("running", RunflowStatus.RUNNING),
        ("succeeded", RunflowStatus.SUCCEEDED),
        ("partial_succeeded", RunflowStatus.PARTIAL),
        ("failed", RunflowStatus.FAILED),
        ("errored", RunflowStatus.FAILED),
        ("canceled", RunflowStatus.CANCELED),
        ("cancelled", RunflowStatus.CANCELED),
        ("Cancelled ", RunflowStatus.CANCELED),
        ("archiving", RunflowStatus.UNKNOWN),
        ("", RunflowStatus.UNKNOWN),
        (7, RunflowStatus.UNKNOWN),
        (None, RunflowStatus.UNKNOWN),
    ],
)
def test_statuses_in_either_member(written: object, status: RunflowStatus) -> None:
    assert run(status_code=written).status is status
    assert run(status=written).status is status


def test_status_code_goes_before_status() -> None:
    assert run(status_code="running", status="failed").status is RunflowStatus.RUNNING


@pytest.mark.parametrize(
    ("members", "urls"),
    [
        ({"outputs": [{"url": "a", "type": "image"}, {"url": "b"}]}, ["a", "b"]),
        ({"outputs": [{"url": "a", "type": "video"}, {"url": "b", "type": "audio"}, {"url": "c", "type": 7}]}, []),
        ({"outputs": [None, 7, {}, {"url": ""}, {"url": 7}, {"url": "a", "type": "IMAGE"}]}, ["a"]),
        ({"outputs": [], "image_urls": ["a", "b"]}, ["a", "b"]),
        ({"image_urls": ["a", None, "b"]}, ["a", "b"]),
        ({"image": ["a", {"url": "b"}]}, ["a", "b"]),
        ({"image": "a"}, ["a"]),
        ({"image": {"url": "a"}}, ["a"]),
        ({"url": "a"}, ["a"]),
        ({"output_url": "a"}, ["a"]),
        ({"outputs": {"url": "a"}}, []),
        ({}, []),
    ],
)
def test_every_shape_of_output(members: dict[str, Any], urls: list[str]) -> None:
    assert [one.url for one in output(**members).outputs] == urls


@pytest.mark.parametrize("odd", [None, [], "text", 7, True])
def test_an_odd_output_is_none(odd: object) -> None:
    assert run(output=odd).outputs == ()


def test_sizes_are_pixels_or_unknown() -> None:
    entries = [{"url": "a", "width": w, "height": 9} for w in (512, 0, -1, "512", True, 10**9, None)]
    assert output(outputs=entries).outputs == (OutputRef("a", 512, 9), *[OutputRef("a", None, 9)] * 6)


@pytest.mark.parametrize(
    ("written", "micro"),
    [
        ('"0.00524288"', 5243),
        ('"0.0000005"', 1),
        ('"0.00000049"', 0),
        ("0.005", 5000),
        ("5e-3", 5000),
        ("1", 1_000_000),
        ('".5"', 500_000),
        ('"+0.5"', 500_000),
        ('"0"', 0),
        ('"-0.5"', None),
        ("-1", None),
        ("NaN", None),
        ("Infinity", None),
        ('"NaN"', None),
        ('"1e400"', None),
        ("1e99999999999999999999", None),
        ("9" * 5000, None),
        ('"1001"', None),
        ('"1_0"', None),
        ('"free"', None),
        ('""', None),
        ("true", None),
        ("null", None),
        ("[]", None),
        ("{}", None),
    ],
)
def test_cost_is_whole_micro_dollars_or_unknown(written: str, micro: int | None) -> None:
    assert wire.parse_reading(b'{"id": "r1", "cost": %s}' % written.encode()).cost == micro


@given(st.decimals(min_value=0, max_value=1000, allow_nan=False, allow_infinity=False, places=9))
def test_cost_rounds_half_up_from_strings_and_numbers(amount: Decimal) -> None:
    micro = int((amount * 10**6).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    for written in (f'"{amount:f}"', f"{amount:f}"):
        assert wire.parse_reading(b'{"id": "r1", "cost": %s}' % written.encode()).cost == micro


@pytest.mark.parametrize(
    ("written", "seed"),
    [
        (7, 7),
        ("7", 7),
        (0, 0),
        (2**32 - 1, 2**32 - 1),
        (7.0, 7),
        (7.5, None),
        (True, None),
        (None, None),
        ("x", None),
        ("", None),
        (2**63, None),
        ("9" * 99, None),
    ],
)
def test_seeds(written: object, seed: int | None) -> None:
    assert output(seed=written).seed == seed


@pytest.mark.parametrize(
    ("written", "flag"), [(True, True), (False, False), (None, None), (0, None), (1, None), ("false", None), ([], None)]
)
def test_the_flag_is_true_false_or_not_checked(written: object, flag: bool | None) -> None:
    assert output(nsfw_detected=written).nsfw_detected is flag


def test_the_prompt_used_is_the_actual_one() -> None:
    assert output(model_data={"prompt": "a", "actual_prompt": "b"}).prompt_used == "b"
    assert output(model_data={"prompt": "a\0\ud800"}).prompt_used == "a?"
    assert output(model_data=None).prompt_used is None


def test_our_id_is_found_in_either_place() -> None:
    assert run(metadata={"job": "j1"}).job == "j1"
    assert run(client_ref="j1", metadata=None).job == "j1"
    assert run(client_ref=7, metadata=[]).job is None


@pytest.mark.parametrize(
    ("members", "failure"),
    [
        ({"failure_code": "C", "failure_message": "m"}, RunflowFailure("C", "m")),
        ({"error": {"code": "C", "message": "m"}}, RunflowFailure("C", "m")),
        ({"error": "m"}, RunflowFailure(None, "m")),
        ({"failure_code": None, "failure_message": None, "error": None}, None),
        (
            {"failure_code": "INPUT_VALIDATION_FAILED", "errors": [{"loc": ["input", "num_inference_steps"]}]},
            RunflowFailure("INPUT_VALIDATION_FAILED", None, ("num_inference_steps",)),
        ),
        ({"error": {"code": "C", "errors": [{"loc": ["input", "seed"]}]}}, RunflowFailure("C", None, ("seed",))),
    ],
)
def test_failures_in_either_dialect(members: dict[str, Any], failure: RunflowFailure | None) -> None:
    assert run(status_code="failed", **members).failure == failure


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"code": "C", "message": "m", "errors": None}, wire.ErrorBody("C", "m")),
        ({"error": {"code": "C", "message": "m"}}, wire.ErrorBody("C", "m")),
        ({"detail": "m"}, wire.ErrorBody(None, "m")),
        ({"detail": {"code": "C", "message": "m"}}, wire.ErrorBody("C", "m")),
        ({"detail": [{"loc": ["body", "input", "image_urls", 0]}]}, wire.ErrorBody(fields=("image_urls",))),
        ({"errors": [{"loc": "input.seed"}, {"loc": ["seed"]}, {}, 7]}, wire.ErrorBody(fields=("seed",))),
        ({"errors": [{"loc": ["<b>@everyone</b>"]}, {"loc": [7]}, {"loc": 7}]}, wire.ErrorBody()),
        ({"message": "see https://signed.example/?s=1 now"}, wire.ErrorBody(None, "see <address> now")),
        ({"code": "a code with spaces", "message": 7}, wire.ErrorBody()),
        ("text", wire.ErrorBody()),
    ],
)
def test_every_envelope_of_errors(body: object, error: wire.ErrorBody) -> None:
    assert wire.parse_error(json.dumps(body).encode()) == error


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"\xff", b"[" * 100_000])
def test_an_error_without_json_is_an_error_all_the_same(body: bytes) -> None:
    assert wire.parse_error(body) == wire.ErrorBody()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"id": null}',
        b'{"id": 7}',
        b'{"id": ""}',
        b'{"id": " "}',
        b'{"id": "a\\nb"}',
        b'{"id": "\\ud800"}',
        b'{"id": "%s"}' % (b"x" * 129),
        b"[" * 100_000,
        b"\xff\xfe\x00",
    ],
)
def test_a_body_without_a_run_is_unclear(body: bytes) -> None:
    with pytest.raises(RunflowUnclear, match="unreadable"):
        wire.parse_reading(body)


def test_one_odd_number_spoils_nothing_else() -> None:
    assert wire.parse_reading(b'{"id": "r1", "nodes_total": %s, "seed": 1e999999999999999999999}' % (b"9" * 9000))


def test_a_list_tells_when_each_run_began() -> None:
    page = wire.parse_run_page(
        b'{"items": [{"id": "a", "created_at": "2026-07-01T10:00:00.123456Z"}, {"id": "b", "created_at": "soon"}]}'
    )
    assert [one.created_at for one in page.runs] == [datetime(2026, 7, 1, 10, 0, 0, 123456, UTC), None]


def test_a_page_of_statuses_holds_what_can_be_read_of_it() -> None:
    page = wire.parse_status_page(
        b'{"items": [{"id": "a", "status_code": "cancelled"}, {"id": "b"}, {"status_code": "running"}, 7], "next": "c"}'
    )
    assert page.statuses == {"a": RunflowStatus.CANCELED, "b": RunflowStatus.UNKNOWN}
    assert (page.listed, page.next_cursor) == (4, "c")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
MEMBERS = (
    "id status_code status output cost error errors detail metadata client_ref failure_code failure_message items next "
    "next_pq created_at duration_ms outputs image_urls image url output_url seed nsfw_detected model_data prompt type "
    "width height job loc code message balance balance_cents balance_usd currency"
)
members = st.sampled_from(MEMBERS.split())
runs = st.recursive(
    json_values,
    lambda inner: st.dictionaries(members, inner, max_size=8) | st.lists(inner, max_size=3),
    max_leaves=20,
)


@given(runs | st.binary())
def test_nothing_but_unclear_comes_out(body: object) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    wire.parse_error(raw)
    wire.parse_balance(raw)
    for parse in (wire.parse_reading, wire.parse_run_page, wire.parse_status_page):
        try:
            parse(raw)
        except RunflowUnclear as error:
            assert str(error).startswith("unreadable")  # noqa: PT017 - most bodies raise nothing


@given(st.dictionaries(members, runs, max_size=12))
def test_whatever_a_run_holds_it_is_read(body: dict[str, Any]) -> None:
    reading = wire.parse_reading(json.dumps({**body, "id": "r1"}).encode())
    assert reading.runflow_id == "r1"
    assert reading.cost is None or 0 <= reading.cost <= 10**9
    repr(reading).encode()
