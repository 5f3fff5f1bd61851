"""Money: whole micro-dollars, in and out, without a float on the way."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.money import (
    MicroUsd,
    cost_for_people,
    exact_for_people,
    format_usd,
    left_for_people,
    parse_usd,
    round_usd,
)

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


ANY_NUMBER = st.decimals(allow_nan=True, allow_infinity=True) | st.floats() | st.integers()


@given(st.decimals(0, 1_000_000_000, places=6))
def test_six_digits_after_the_dot_are_read_exactly(amount: Decimal) -> None:
    assert parse_usd(f"{amount:f}") == amount * 1_000_000


@given(st.text() | ANY_NUMBER.map(str) | st.from_regex(r"[-+$ ]?[0-9,_.]{0,12}(e[0-9]{1,3})?", fullmatch=True))
def test_any_text_is_its_exact_amount_or_a_sentence(text: str) -> None:
    try:
        amount = parse_usd(text)
    except ValueError as error:
        assert re.search(r"amount .*\.$", str(error))  # noqa: PT017 - which texts are refused is parse_usd's to say
        return
    assert 0 <= amount <= 10**15
    assert Decimal(text.strip()) * 1_000_000 == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [("0", 0), ("0.005", 5_000), (" 1.50 ", 1_500_000), ("3.999999", 3_999_999), ("1000000000", 10**15)],
)
def test_amounts(text: str, amount: int) -> None:
    assert parse_usd(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        *("", "-5", "+5", "0,5", "1,000.00", "$3.99", "$3.999999", "3.9999999", "0.0000005", "1e400", "1e-6", ".5"),
        *("5.", "nan", "inf", "1_000", "1 2", "0x10", "٣", "1000000000.000001", "9" * 400),
    ],
)
def test_what_nobody_may_write(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        parse_usd(text)


@given(st.decimals(0, 1_000_000_000, allow_nan=False, allow_infinity=False))
def test_a_machines_number_is_rounded_by_at_most_half_a_micro_dollar(amount: Decimal) -> None:
    assert abs(round_usd(str(amount)) - amount * 1_000_000) <= Decimal("0.5")


@given(st.text() | ANY_NUMBER.map(str))
def test_any_text_of_a_machine_is_an_amount_or_a_value_error(text: str) -> None:
    try:
        amount = round_usd(text)
    except ValueError:
        return
    assert 0 <= amount <= 10**15


@pytest.mark.parametrize(("text", "amount"), [("1e-6", 1), ("0.0000005", 1), ("0.00000049", 0), ("5E-3", 5_000)])
def test_a_machines_amounts(text: str, amount: int) -> None:
    assert round_usd(text) == amount


@pytest.mark.parametrize("text", ["", "-5", "-0.0000001", "0,5", "1e400", "1e999999999", "nan", "inf", "1 2"])
def test_what_is_no_machines_amount(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        round_usd(text)


@pytest.mark.parametrize(
    ("amount", "shown"), [(0, "$0.00"), (1, "$0.000001"), (5_000, "$0.005"), (1_234_500_000, "$1,234.50")]
)
def test_shown(amount: int, shown: str) -> None:
    assert format_usd(MicroUsd(amount)) == shown


def read_back(shown: str) -> Decimal:
    """The micro-dollars that a person reads."""
    if shown.endswith(" ¢"):
        return Decimal(shown.removesuffix(" ¢")) * 10_000
    return Decimal(shown.replace("$", "").replace(",", "")) * 1_000_000


@given(AMOUNTS)
def test_no_cost_is_said_to_be_less_and_nothing_left_to_be_more_than_it_is(amount: int) -> None:
    cost, left = read_back(cost_for_people(MicroUsd(amount))), read_back(left_for_people(MicroUsd(amount)))
    assert left <= amount <= cost
    assert read_back(exact_for_people(MicroUsd(amount))) == amount


@given(st.integers(0, 999_999))
def test_below_a_dollar_two_digits_tell_a_cost_to_a_tenth(amount: int) -> None:
    for shown in (cost_for_people(MicroUsd(amount)), left_for_people(MicroUsd(amount))):
        assert len(re.sub(r"[^0-9]", "", shown).strip("0")) <= 2
        assert abs(read_back(shown) - amount) * 10 <= amount


@given(st.integers(1_000_000, 10**15))
def test_from_a_dollar_a_cent_is_the_least_that_is_told(amount: int) -> None:
    for shown in (cost_for_people(MicroUsd(amount)), left_for_people(MicroUsd(amount))):
        assert re.fullmatch(r"\$[0-9,]+\.[0-9]{2}", shown)
        assert abs(read_back(shown) - amount) < 10_000


@pytest.mark.parametrize(
    ("amount", "cost", "left"),
    [
        (0, "0 ¢", "0 ¢"),
        (1, "0.0001 ¢", "0.0001 ¢"),
        (3_932, "0.4 ¢", "0.39 ¢"),
        (15_728, "1.6 ¢", "1.5 ¢"),
        (230_000, "23 ¢", "23 ¢"),
        (500_000, "50 ¢", "50 ¢"),
        (995_001, "$1.00", "99 ¢"),
        (1_261_111, "$1.27", "$1.26"),
        (1_234_567_891, "$1,234.57", "$1,234.56"),
    ],
)
def test_for_people(amount: int, cost: str, left: str) -> None:
    assert (cost_for_people(MicroUsd(amount)), left_for_people(MicroUsd(amount))) == (cost, left)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0, "0 ¢"), (500_000, "50 ¢"), (12_345, "1.2345 ¢"), (1_500_000, "$1.50"), (1_234_500, "$1.2345")],
)
def test_what_somebody_set_keeps_its_digits(amount: int, shown: str) -> None:
    assert exact_for_people(MicroUsd(amount)) == shown
