"""Money as whole micro-dollars: 1 USD is 1,000,000 MicroUsd. There is no float anywhere in money."""

from decimal import Decimal, InvalidOperation
from typing import NewType

MicroUsd = NewType("MicroUsd", int)

_MICRO = Decimal(1_000_000)
_MOST = Decimal(1_000_000_000)  # a billion dollars: anything larger is a mistake, and must not overflow a column


def parse_usd(text: str) -> MicroUsd:
    """Whole micro-dollars of a decimal dollar amount such as `0.005`, rounded half up at the last digit.

    Raises ValueError when the text is no plain number, is negative, or passes a billion dollars.
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
