"""The chart of /spend: it can be read on any theme, it is right to scale, and its figures are told in words."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from PIL import Image, ImageColor

from bot.ledger.values import DaySpend, PersonSpend, Spend, SpendReport
from bot.money import MicroUsd
from cogs.spend import chart

BAR = ImageColor.getrgb(chart.BAR)


def report(days: list[int], people: list[int]) -> SpendReport:
    """Spending of so many micro-dollars on each day and by each person."""
    since = datetime(2026, 11, 1, tzinfo=UTC)
    return SpendReport(
        since=since,
        until=since + timedelta(days=len(days)),
        by_day=tuple(
            DaySpend(date(2026, 11, 1) + timedelta(days=n), Spend(MicroUsd(money), MicroUsd(0), 1))
            for n, money in enumerate(days)
        ),
        by_person=tuple(PersonSpend(n, Spend(MicroUsd(money), MicroUsd(0), 1)) for n, money in enumerate(people)),
        total=Spend(MicroUsd(sum(days)), MicroUsd(0), len(days)),
    )


def drawn(days: list[int], people: list[int]) -> Image.Image:
    with Image.open(BytesIO(chart.draw(report(days, people), "Spending"))) as image:
        image.load()
        assert image.format == "PNG"
        return image.convert("RGB")


def bars(image: Image.Image, box: tuple[int, int, int, int]) -> int:
    """How many pixels of a part of the picture belong to bars."""
    data = image.crop(box).tobytes()
    return sum(tuple(data[at : at + 3]) == BAR for at in range(0, len(data), 3))


def luminance(color: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [part / 255 for part in ImageColor.getrgb(color)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_words_and_bars_stand_out_and_so_does_the_picture_on_either_theme() -> None:
    assert contrast(chart.TEXT, chart.BACKGROUND) >= 7
    assert contrast(chart.BAR, chart.BACKGROUND) >= 4.5
    for theme in ("#ffffff", "#fbfbfb", "#313338", "#1a1a1e", "#000000"):
        assert contrast(chart.BORDER, theme) >= 3


def test_a_day_of_twice_the_money_has_twice_the_bar() -> None:
    image = drawn([100_000, 200_000], [300_000])
    middle = (150 + 1000 - 36) // 2
    lower = bars(image, (0, 130, middle, 371))
    higher = bars(image, (middle, 130, 1000, 371))
    assert lower > 0
    assert abs(higher - 2 * lower) <= higher // 50


def test_people_are_to_scale_too() -> None:
    image = drawn([300_000], [200_000, 100_000])
    first, second = bars(image, (0, 490, 1000, 526)), bars(image, (0, 526, 1000, 562))
    assert abs(first - 2 * second) <= first // 50


@pytest.mark.parametrize(
    ("days", "people"),
    [
        ([1], [1]),
        ([0, 1, 0], [1]),
        ([999_999_999_999_999] * 31, [999_999_999_999_999] * 40),
        ([0] * 364 + [1, 10**15], [10**15, 1, 0]),
        ([1_234_567] * 8, [5] * 8),
    ],
)
def test_any_spending_is_drawn_with_at_least_a_sliver_for_each_that_spent(days: list[int], people: list[int]) -> None:
    image = drawn(days, people)
    assert image.width == 1000
    assert image.height <= 1000
    assert bars(image, (0, 0, *image.size)) > 0


def test_labels_stay_inside() -> None:
    image = drawn([0] * 30 + [999_999_999_999_999], [999_999_999_999_999] * 10)
    edge = ImageColor.getrgb(chart.BORDER)
    background = ImageColor.getrgb(chart.BACKGROUND)
    for x in (0, 1, image.width - 1, image.width - 2):
        assert {image.getpixel((x, y)) for y in range(image.height)} == {edge}
    for x in (3, image.width - 4):
        assert {image.getpixel((x, y)) for y in range(3, image.height - 3)} == {background}


def test_the_words_tell_every_figure() -> None:
    assert chart.alt_text(report([5_000, 0, 7_500], [12_500]), "Spending") == (
        "Chart. Spending: 1.3 ¢ for 3 pictures. By person: person 1 1.3 ¢. "
        "By day: 1 Nov 0.5 ¢, 3 Nov 0.75 ¢; nothing on other days."
    )


def test_the_words_hold_discords_limit() -> None:
    huge = 999_999_999_999_999
    assert len(chart.alt_text(report([huge] * 366, [huge] * 50), "Spending")) <= 1024
