"""Multipart bodies are read without their files being copied: only how long each is."""

import pytest

from bench.world.body import parse

_TYPE = "multipart/form-data; boundary=b0undary"


def part(head: str, data: bytes) -> bytes:
    return b"--b0undary\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + data + b"\r\n"


def test_json_and_the_lengths_of_files_come_out_of_a_multipart_body() -> None:
    files = [b"\r\n--not the boundary\r\n\r\n", b"\x00" * 1000]
    raw = part('name="payload_json"', b'{"flags":32768}')
    raw += b"".join(part(f'name="files[{at}]"; filename="{at}.png"', data) for at, data in enumerate(files))
    body = parse(_TYPE, raw + b"--b0undary--\r\n")
    assert (body.payload, body.files) == ({"flags": 32768}, (len(files[0]), 1000))


def test_json_alone_and_nothing_at_all_are_bodies_too() -> None:
    assert parse("application/json", b'{"type":5}').payload == {"type": 5}
    assert parse("", b"").payload == {}


def test_a_body_that_was_cut_off_is_none() -> None:
    with pytest.raises(ValueError, match="no end"):
        parse(_TYPE, part('name="payload_json"', b"{}") + part('name="files[0]"', b"half")[:-3])
