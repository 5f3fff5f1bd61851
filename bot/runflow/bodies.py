"""Bodies that are too long to be parsed as they are. Pure.

Python's JSON scanner keeps the interpreter for itself until it is done, in a thread as well: 31 MiB of `[]` would hold
the event loop for seconds. So a long body is held to a number of values first, and pictures that lie in it are cut out,
which takes no scanner.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from bot.errors import RunflowUnclear
from bot.runflow import wire
from bot.runflow.reading import OutputRef, Reading

LONG_BYTES = 64 * 1024
"""What is no longer than this is parsed at once, whatever it holds: some 5 ms."""

_MOST_BYTES = 1024 * 1024  # without pictures: text alone, some 3 ms
_MOST_VALUES = 30_000  # some 10 ms; a list of 500 runs has 5,000
_BEGINS = b'"data:'
_PICTURE_LEAST_BYTES = 4096
_MOST_LOOKED_AT = 100
_MARK = "data:#cut-out-"

T = TypeVar("T")


class BodyTooLong(RunflowUnclear):
    """More than can be parsed without holding up everybody else: fewer may be asked for."""


def parse_long(parse: Callable[[bytes], T], body: bytes) -> T:
    """Parse a body, in a thread. Raises BodyTooLong, and what `parse` raises."""
    if len(body) > _MOST_BYTES or sum(body.count(mark) for mark in (b"[", b"{", b",")) > _MOST_VALUES:
        raise BodyTooLong("unreadable body: too much in it")
    return parse(body)


def parse_long_reading(body: bytes) -> Reading:
    """A run that may carry its pictures as `data:` URLs. Raises RunflowUnclear."""
    rest, pictures = _cut_out(body)
    reading = parse_long(wire.parse_reading, rest)
    return replace(reading, outputs=tuple(_put_back(one, pictures) for one in reading.outputs))


def _cut_out(body: bytes) -> tuple[bytes, list[str]]:
    """The body with a mark for each long `data:` URL, and those."""
    parts: list[bytes] = []
    pictures: list[str] = []
    kept_to = begins = 0
    for _ in range(_MOST_LOOKED_AT):
        begins = body.find(_BEGINS, begins)
        ends = body.find(b'"', begins + 1)
        if begins < 0 or ends < 0:
            break
        url = _url(body[begins + 1 : ends])
        if url is not None and body[begins - 1 : begins] != b"\\":
            parts += [body[kept_to : begins + 1], f"{_MARK}{len(pictures)}".encode()]
            pictures.append(url)
            kept_to = ends
        begins = ends
    return b"".join([*parts, body[kept_to:]]), pictures


def _url(written: bytes) -> str | None:
    """The URL that stands in the body, None where it is short or not plain: that is left to the scanner."""
    if len(written) < _PICTURE_LEAST_BYTES:
        return None
    plain = written.replace(b"\\/", b"/")
    return plain.decode() if b"\\" not in plain and plain.isascii() else None


def _put_back(output: OutputRef, pictures: list[str]) -> OutputRef:
    number = output.url.removeprefix(_MARK)
    is_cut_out = number != output.url and number.isdecimal() and number.isascii() and len(number) <= 3
    return replace(output, url=pictures[int(number)]) if is_cut_out and int(number) < len(pictures) else output
