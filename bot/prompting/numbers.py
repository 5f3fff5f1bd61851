"""Numbers and shapes as people type them behind a flag."""

import re
from math import gcd

from bot.prompting.values import Ratio

_DIGITS_MOST = 30
_PLACES_MOST = 4

_PART = rf"(\d{{1,{_DIGITS_MOST}}}(?:\.\d{{1,{_PLACES_MOST}}})?)"
RATIO = re.compile(rf"{_PART}\s?[:x\u00d7/]\s?{_PART}(?![\w:]|\.\d)", re.IGNORECASE)
WHOLE = re.compile(r"[+-]?\d++(?!\w|\.\d)")
NUMBER = re.compile(r"[+-]?(?:\d++(?:\.\d++)?|\.\d++)(?!\w)")


def ratio_of(match: re.Match[str]) -> Ratio | None:
    """The shape that RATIO found; None where a side is zero."""
    width, height = (_scaled(part) for part in match.groups())
    shared = gcd(width, height)
    return Ratio(width // shared, height // shared) if width and height else None


def whole_of(match: re.Match[str]) -> int:
    """The number that WHOLE found; one of very many digits is as great as any number that counts here."""
    digits = match.group()
    if len(digits) <= _DIGITS_MOST:
        return int(digits)
    return (-1 if digits.startswith("-") else 1) * 10**_DIGITS_MOST


def _scaled(part: str) -> int:
    whole, _, places = part.partition(".")
    return int(whole + places.ljust(_PLACES_MOST, "0"))
