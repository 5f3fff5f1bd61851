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
_CENT, _DOLLAR = 10_000, 1_000_000
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
    """Dollars exactly, as admins type them: at least two digits after the point, and as many of six as are needed.

    Such as `$0.50`, `$0.005`. For limits and grants as their admins set them, the log, `check` and the audit.
    """
    sign = "-" if amount < 0 else ""
    dollars, micro = divmod(abs(amount), 1_000_000)
    digits = f"{micro:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}${dollars:,}.{digits}"


def exact_for_people(amount: MicroUsd) -> str:
    """An amount that somebody set, in the units of `cost_for_people`, with every digit: `50 ¢`, `0.125 ¢`, `$1.50`."""
    return _cents(amount) if -_DOLLAR < amount < _DOLLAR else format_usd(amount)


def cost_for_people(amount: MicroUsd) -> str:
    """What something cost or may cost: below a dollar in cents with two significant digits, else in whole cents.

    Such as `0.4 ¢`, `1.6 ¢`, `23 ¢`, `$1.27`. Rounded up, so that no cost is said to be less than it is.
    """
    step = _step(amount)
    return exact_for_people(MicroUsd(-(-amount // step) * step))


def left_for_people(amount: MicroUsd) -> str:
    """What somebody may still spend, as `cost_for_people`, rounded down: it is never said to be more than it is."""
    step = _step(amount)
    return exact_for_people(MicroUsd(amount // step * step))


def _step(amount: MicroUsd) -> int:
    """What an amount is rounded to: its second significant digit, of a dollar and more a cent."""
    return _CENT if abs(amount) >= _DOLLAR else 10 ** max(len(str(abs(amount))) - 2, 0)


def _cents(amount: MicroUsd) -> str:
    sign = "-" if amount < 0 else ""
    cents, rest = divmod(abs(amount), _CENT)
    return f"{sign}{cents}.{rest:04d}".rstrip("0").rstrip(".") + " ¢"
