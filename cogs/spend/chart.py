"""What a server spent, by day and by person, as a PNG that reads on dark and on light, and as words. No I/O.

Drawn on a background of its own, so that Discord's theme does not matter; nothing is told by colour alone.
"""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from bot.ledger.sentences import amount
from bot.ledger.values import DaySpend, Measure, PersonSpend, SpendReport
from bot.money import MicroUsd, cost_for_people, exact_for_people
from cogs.ui import discord_limits
from cogs.ui.markdown import cut

BACKGROUND, TEXT, BAR, GRID, BORDER = "#1e1f22", "#f2f3f5", "#6cb4ff", "#5c5f66", "#8a8e94"
"""Text stands out from the background by more than 7 to 1, bars by more than 4.5 to 1 (WCAG 2.2, 1.4.6 and 1.4.11)."""

PEOPLE_SHOWN = 10

_WIDTH_PX, _MARGIN_PX = 1000, 36
_DAYS_TOP_PX, _DAYS_HEIGHT_PX = 130, 240
_LEFT_PX = 150  # where bars begin: amounts, or who, stand before them
_PERSON_PX = 36
_AFTER_BAR_PX = 280  # for the words after a person's bar
_TITLE_SIZE, _HEADING_SIZE, _LABEL_SIZE = 26, 20, 16
_MOST_LABELED_DAYS = 8
_GRID_LINES = 4
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_name(day: date) -> str:
    """A day in every locale alike: `23 Nov`."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def alt_text(report: SpendReport, title: str) -> str:
    """The figures of the chart in sentences, as many as an alt text takes. People have the chart's numbers."""
    spent = [one for one in report.by_day if one.spend.money]
    days = ", ".join(f"{day_name(one.day)} {cost_for_people(one.spend.money)}" for one in spent)
    shown = report.by_person[:PEOPLE_SHOWN]
    people = ", ".join(f"person {number} {cost_for_people(one.spend.money)}" for number, one in enumerate(shown, 1))
    total = f"{cost_for_people(report.total.money)} for {amount(Measure.PICTURES, report.total.pictures)}"
    return cut(
        f"Chart. {title}: {total}. By person: {people}. By day: {days}; nothing on other days.", discord_limits.ALT_TEXT
    )


def draw(report: SpendReport, title: str) -> bytes:
    """The chart as a PNG. Takes some ten milliseconds: call it in a thread."""
    people = report.by_person[:PEOPLE_SHOWN]
    people_top_px = _DAYS_TOP_PX + _DAYS_HEIGHT_PX + 80
    height_px = people_top_px + 40 + _PERSON_PX * len(people) + _MARGIN_PX
    image = Image.new("RGB", (_WIDTH_PX, height_px), BACKGROUND)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, _WIDTH_PX - 1, height_px - 1), outline=BORDER, width=2)
    pen.text((_MARGIN_PX, 28), title, fill=TEXT, font=_font(_TITLE_SIZE))
    pen.text((_MARGIN_PX, _DAYS_TOP_PX - 52), "By day (UTC)", fill=TEXT, font=_font(_HEADING_SIZE))
    _draw_days(pen, report.by_day)
    pen.text((_MARGIN_PX, people_top_px), "By person", fill=TEXT, font=_font(_HEADING_SIZE))
    _draw_people(pen, people, people_top_px + 40)
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


class _Column(NamedTuple):
    left_px: int
    right_px: int

    @property
    def middle_px(self) -> int:
        return (self.left_px + self.right_px) // 2


def _draw_days(pen: ImageDraw.ImageDraw, days: Sequence[DaySpend]) -> None:
    base_px = _DAYS_TOP_PX + _DAYS_HEIGHT_PX
    highest = max((one.spend.money for one in days), default=MicroUsd(0))
    top = _round_top(highest)
    font = _font(_LABEL_SIZE)
    for line in range(_GRID_LINES + 1):
        y_px = base_px - _DAYS_HEIGHT_PX * line // _GRID_LINES
        pen.line((_LEFT_PX, y_px, _WIDTH_PX - _MARGIN_PX, y_px), fill=GRID)
        at = _drawn(exact_for_people(MicroUsd(top * line // _GRID_LINES)))
        pen.text((_LEFT_PX - 10, y_px), at, fill=TEXT, font=font, anchor="rm")
    is_few = len(days) <= _MOST_LABELED_DAYS
    every = -(-len(days) // _MOST_LABELED_DAYS)
    highest_is_told = False
    for number, (one, column) in enumerate(zip(days, _columns(len(days)), strict=True)):
        money = one.spend.money
        bar_top_px = base_px - _length(money, top, _DAYS_HEIGHT_PX)
        if money > 0:
            pen.rectangle((column.left_px, bar_top_px, column.right_px, base_px), fill=BAR)
        if money > 0 and (is_few or (money == highest and not highest_is_told)):
            label = _drawn(cost_for_people(money))
            place = (_inside(column.middle_px, label), bar_top_px - 6)
            pen.text(place, label, fill=TEXT, font=font, anchor="ms", stroke_width=3, stroke_fill=BACKGROUND)
            highest_is_told = highest_is_told or money == highest
        if number % every == 0:
            pen.text((column.middle_px, base_px + 8), day_name(one.day), fill=TEXT, font=font, anchor="ma")


def _drawn(money: str) -> str:
    """An amount in the letters that Pillow's own font has."""
    return money.replace("¢", "cents")


def _draw_people(pen: ImageDraw.ImageDraw, people: Sequence[PersonSpend], top_px: int) -> None:
    dearest = max((one.spend.money for one in people), default=MicroUsd(0))
    font = _font(_LABEL_SIZE)
    room_px = _WIDTH_PX - _MARGIN_PX - _AFTER_BAR_PX - _LEFT_PX
    for number, one in enumerate(people, 1):
        y_px = top_px + _PERSON_PX * (number - 1)
        middle_px = y_px + _PERSON_PX // 2
        end_px = _LEFT_PX + _length(one.spend.money, dearest, room_px)
        pen.text((_LEFT_PX - 10, middle_px), f"Person {number}", fill=TEXT, font=font, anchor="rm")
        if one.spend.money > 0:
            pen.rectangle((_LEFT_PX, y_px + 6, end_px, y_px + _PERSON_PX - 6), fill=BAR)
        words = f"{_drawn(cost_for_people(one.spend.money))} for {amount(Measure.PICTURES, one.spend.pictures)}"
        pen.text((end_px + 10, middle_px), words, fill=TEXT, font=font, anchor="lm")


def _columns(count: int) -> list[_Column]:
    """Where the bars of the days stand, side by side and none wider than eighty pixels."""
    room_px = _WIDTH_PX - _MARGIN_PX - _LEFT_PX
    found: list[_Column] = []
    for number in range(count):
        left_px, right_px = (_LEFT_PX + room_px * place // count for place in (number, number + 1))
        width_px = max(1, min(80, (right_px - left_px) * 7 // 10))
        start_px = (left_px + right_px - width_px) // 2
        found.append(_Column(start_px, start_px + width_px))
    return found


def _length(money: int, whole: int, room_px: int) -> int:
    """How long a bar is: at least two pixels once there is something to show."""
    if money <= 0 or whole <= 0:
        return 0
    return max(2, money * room_px // whole)


def _round_top(highest: int) -> int:
    """The end of a scale that four grid lines divide into amounts people can read."""
    step = 1
    while True:
        for factor in (1, 2, 3, 5):
            if step * factor * _GRID_LINES >= highest:
                return step * factor * _GRID_LINES
        step *= 10


def _inside(middle_px: int, label: str) -> int:
    """The middle of a label that does not run over the right edge."""
    half_px = int(_font(_LABEL_SIZE).getlength(label)) // 2
    return min(middle_px, _WIDTH_PX - 8 - half_px)


def _font(size: int) -> "ImageFont.FreeTypeFont | ImageFont.ImageFont":
    # Pillow's own: it is there on every machine, and has all letters of our words.
    return ImageFont.load_default(size)
