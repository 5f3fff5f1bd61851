"""Money: whole micro-dollars, in and out, without a float on the way."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.money import MicroUsd, format_usd, parse_usd

AMOUNTS = st.integers(0, 10**15)


@given(AMOUNTS)
def test_what_is_shown_is_what_is_read(amount: int) -> None:
    assert parse_usd(format_usd(MicroUsd(amount)).removeprefix("$").replace(",", "")) == amount


@given(AMOUNTS)
def test_every_digit_is_shown_and_no_more(amount: int) -> None:
    shown = format_usd(MicroUsd(amount))
    whole, digits = shown.removeprefix("$").split(".")
    assert 2 <= len(digits) <= 6
    assert len(digits) == 2 or not digits.endswith("0")
    assert Decimal(f"{whole.replace(',', '')}.{digits}") * 1_000_000 == amount


@given(st.integers(1, 10**15))
def test_a_debt_has_its_sign_before_the_dollar(amount: int) -> None:
    assert format_usd(MicroUsd(-amount)) == "-" + format_usd(MicroUsd(amount))


@given(st.decimals(0, 1_000_000_000, allow_nan=False, allow_infinity=False))
def test_an_amount_is_rounded_by_less_than_half_a_micro_dollar(amount: Decimal) -> None:
    assert abs(parse_usd(str(amount)) - amount * 1_000_000) <= Decimal("0.5")


@given(st.text())
def test_any_text_is_an_amount_or_a_value_error(text: str) -> None:
    try:
        amount = parse_usd(text)
    except ValueError:
        return
    assert 0 <= amount <= 10**15


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", 0),
        ("0.005", 5_000),
        (" 1.50 ", 1_500_000),
        ("1e-6", 1),
        ("0.0000005", 1),
        ("0.00000049", 0),
        ("1000000000", 10**15),
    ],
)
def test_amounts(text: str, amount: int) -> None:
    assert parse_usd(text) == amount


@pytest.mark.parametrize(
    "text",
    ["", "-5", "-0.0000001", "0,5", "$3.99", "1e400", "1e999999999", "nan", "inf", "1000000000.0000001", "1 2"],
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        parse_usd(text)


@pytest.mark.parametrize(
    ("amount", "shown"), [(0, "$0.00"), (1, "$0.000001"), (5_000, "$0.005"), (1_234_500_000, "$1,234.50")]
)
def test_shown(amount: int, shown: str) -> None:
    assert format_usd(MicroUsd(amount)) == shown
