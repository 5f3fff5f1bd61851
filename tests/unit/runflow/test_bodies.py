"""Long bodies: what is parsed, what is refused, and that nothing holds the event loop."""

import asyncio
import json
import time

import pytest

from bot.errors import RunflowUnclear
from bot.runflow import wire
from bot.runflow.bodies import LONG_BYTES, BodyTooLong, parse_long, parse_long_reading

PICTURE = "data:image/png;base64," + "iVBORw0KGgo+/" * 320_000


def body(*urls: str, **members: object) -> bytes:
    return json.dumps({"id": "r1", "output": {"image_urls": urls}, **members}).encode()


def test_pictures_in_a_run_are_read_to_the_letter() -> None:
    urls = [PICTURE, "https://s/a", PICTURE + "==", "data:image/png;base64,AAAA"]
    assert [one.url for one in parse_long_reading(body(*urls)).outputs] == urls


def test_slashes_may_be_escaped() -> None:
    assert [one.url for one in parse_long_reading(body(PICTURE).replace(b"/", b"\\/")).outputs] == [PICTURE]


def test_a_prompt_that_quotes_a_picture_changes_nothing() -> None:
    said = f'he said "data:image/png;base64,{"A" * 9000}" and left'
    reading = parse_long_reading(body(PICTURE, client_ref="j1", metadata={"said": said}))
    assert (reading.job, [one.url for one in reading.outputs]) == ("j1", [PICTURE])


def test_a_mark_that_was_there_already_is_an_address_like_any_other() -> None:
    urls = ["data:#cut-out-7", "data:#cut-out-", "data:#cut-out-x", PICTURE]
    assert [one.url for one in parse_long_reading(body(*urls)).outputs] == urls


MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("head", "unit", "times", "tail"),
    [
        (b"", b"[]", 15 * MIB, b""),
        (b"[", b"[],", 10 * MIB, b"0]"),
        (b"[", b"1e9,", 8 * MIB, b"0]"),
        (b"", b'{"a":1,', 4 * MIB, b""),
        (b"", b'"data:', 5 * MIB, b""),
        (b'["', b"\\u0041", 5 * MIB, b'"]'),
        (b'["', b"A", 31 * MIB, b'"]'),
        (b"", b"[", 31 * MIB, b""),
        (b'{"id": "r1", "output": [', b"{},", 200_000, b"0]}"),
    ],
)
def test_a_long_body_of_many_values_is_refused_unparsed(
    head: bytes, unit: bytes, times: int, tail: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_: bytes) -> object:
        raise AssertionError("parsed")

    monkeypatch.setattr(wire, "parse_reading", never)
    with pytest.raises(BodyTooLong, match="unreadable"):
        parse_long_reading(head + unit * times + tail)


@pytest.mark.parametrize("unit", [b"[],", b"1,", b"1.5,", b'{"a":1},', b"1e9,", b'"\\u0041",', b'{"":[]},'])
def test_what_is_parsed_is_parsed_in_a_moment(unit: bytes) -> None:
    short = b"[" + unit * (LONG_BYTES // len(unit) - 2) + b"0]"
    long = b"[" + unit * (30_000 // (unit.count(b",") + unit.count(b"[") + unit.count(b"{")) - 2) + b"0]"
    began = time.process_time()
    with pytest.raises(RunflowUnclear, match="not a JSON object"):
        wire.parse_reading(short)
    with pytest.raises(RunflowUnclear, match="not a JSON object"):
        parse_long(wire.parse_reading, long)
    assert time.process_time() - began < 0.25  # some 10 ms; bounds on time proper are in bench/


async def test_the_loop_goes_on_while_a_long_body_is_read() -> None:
    reading = asyncio.create_task(asyncio.to_thread(parse_long_reading, body(*[PICTURE] * 4)), name="reading")
    ticks = 0
    while not reading.done():
        await asyncio.sleep(0)
        ticks += 1
    assert len((await reading).outputs) == 4
    assert ticks > 1
