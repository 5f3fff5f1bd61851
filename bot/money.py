"""Money as whole micro-dollars: 1 USD is 1,000,000 MicroUsd. There is no float anywhere in money."""

import re
from decimal import Decimal, InvalidOperation
from typing import NewType

MicroUsd = NewType("MicroUsd", int)

HOW_TO_WRITE_USD = (
    "That is not an amount I can read. Please write US dollars as a plain number such as 0.50: "
    "with a dot and at most six digits after it, and without `$` or any other sign."
)

_MICRO = Decimal(1_000_000)
_MOST = Decimal(1_000_000_000)  # a billion dollars: anything larger is a mistake, and must not overflow a column
_PLAIN = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,6})?")


def parse_usd(text: str) -> MicroUsd:
    """Exactly what somebody wrote, such as `0.005`: ASCII digits, and at most six after a dot; nothing is rounded.

    Raises ValueError, whose text a person can read, for anything else: signs, commas, `$`, exponents, more digits, and
    more than a billion dollars.
    """
    plain = text.strip()
    if not _PLAIN.fullmatch(plain):
        raise ValueError(HOW_TO_WRITE_USD)
    amount = Decimal(plain)
    if amount > _MOST:
        raise ValueError(f"That amount is too large. It may be at most ${_MOST:,f}.")
    return MicroUsd(int(amount * _MICRO))


def round_usd(text: str) -> MicroUsd:
    """The whole micro-dollars of a number that a machine wrote, such as `5e-3`, rounded half up at the last digit.

    Raises ValueError when the text is no number, is negative, or passes a billion dollars.
    """
    try:
        amount = Decimal(text.strip())
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not an amount in dollars") from error
    if not amount.is_finite() or not 0 <= amount <= _MOST:
        raise ValueError(f"{text!r} is not an amount between 0 and {_MOST} dollars")
    return MicroUsd(int((amount * _MICRO).to_integral_value(rounding="ROUND_HALF_UP")))


def format_usd(amount: MicroUsd) -> str:
    """Dollars for people: at least two digits after the point, and as many of six as are needed (`$0.005`)."""
    sign = "-" if amount < 0 else ""
    dollars, micro = divmod(abs(amount), 1_000_000)
    digits = f"{micro:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}${dollars:,}.{digits}"
