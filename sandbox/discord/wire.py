"""What goes over the wire: JSON objects, and snowflakes as strings."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

Payload = dict[str, Any]

API = "/api/v10"


def sid(value: int) -> str:
    """A snowflake as JSON has it: too long for a JavaScript number, so a string."""
    return str(value)


def sids(values: Iterable[int]) -> list[str]:
    """Several snowflakes as JSON has them."""
    return [sid(value) for value in values]


def stamp(moment: datetime) -> str:
    """ISO 8601 with microseconds and offset, as Discord writes every time."""
    return moment.isoformat(timespec="microseconds")


def as_int(value: object) -> int | None:
    """An id or number that came as a string or as an integer; None where it is neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        return int(value)
    return None
