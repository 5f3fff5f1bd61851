"""What /history saved shows: a page of what somebody saved, each run with a line and a button."""

from collections.abc import Set
from datetime import UTC, datetime, timedelta
from typing import cast

import discord
from discord import ui

from bot.runs.run import Run
from bot.runs.saved import Mark, SavedPage, SavedRun
from cogs.ui import card_texts
from cogs.ui.actions import Press
from cogs.ui.markdown import literal
from cogs.ui.views import Layout

PAGE, SHOW, OUT = "saved_page", "saved_show", "saved_out"
"""The actions of the buttons."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LINE_PROMPT_LIMIT = 120
_FIRST: Mark = (_EPOCH, "0" * 32)


class SavedRuns(Layout):
    """One page of what somebody saved. `shown`: the runs of which words and pictures may be shown to them now."""

    def __init__(self, page: SavedPage, shown: Set[str]) -> None:
        super().__init__()
        items: list[ui.Item[SavedRuns]] = [ui.TextDisplay("**Your saved pictures here**, newest first")]
        items += [_line(one, is_shown=one.run.id in shown) for one in page.saved]
        if not page.saved:
            items.append(ui.TextDisplay("No more." if page.has_newer else "Nothing yet. Press ♡ under a picture."))
        self.add_item(ui.Container(*items))
        row: ui.ActionRow[SavedRuns] = ui.ActionRow()
        for turn in _turns(page):
            row.add_item(turn)
        if row.children:
            self.add_item(row)


def _line(saved: SavedRun, *, is_shown: bool) -> "ui.Item[SavedRuns]":
    run, about = saved.run, f"-# {which(saved.pictures)} · saved {card_texts.relative(saved.at)}"
    if is_shown:
        words = literal(run.prompt, _LINE_PROMPT_LIMIT, starts_line=True) or "(empty prompt)"
        text, button = f"{words}\n{about}", Press(SHOW, run.id, label="Show pictures")
    else:
        text, button = f"(not shown any more)\n{about}", out(run)
    return ui.Section(text, accessory=cast("ui.Item[SavedRuns]", button))


def which(pictures: tuple[int, ...]) -> str:
    """Pictures by their numbers, as their alt texts have them: `pictures` are counted from 0."""
    numbers = [str(one + 1) for one in pictures]
    if len(numbers) < 2:
        return "Picture " + "".join(numbers)
    return f"Pictures {', '.join(numbers[:-1])} and {numbers[-1]}"


def out(run: Run) -> Press:
    """The button that takes out all that was saved of a run."""
    return Press(OUT, run.id, label="Take out", style=discord.ButtonStyle.secondary)


def _turns(page: SavedPage) -> list[Press]:
    found: list[Press] = []
    if page.has_newer:
        found.append(Press(PAGE, _turn("after", page.saved[0].mark if page.saved else _FIRST), label="Newer"))
    if page.has_older and page.saved:
        found.append(Press(PAGE, _turn("before", page.saved[-1].mark), label="Older"))
    return found


def _turn(side: str, mark: Mark) -> str:
    return f"{side}:{(mark[0] - _EPOCH) // timedelta(microseconds=1)}:{mark[1]}"


def mark_of(microseconds: int, run_id: str) -> Mark:
    """The place in the list that a button's subject names."""
    return _EPOCH + timedelta(microseconds=microseconds), run_id
