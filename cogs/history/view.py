"""What /history shows: a page of runs, each with a line and a button, and the pictures of one run."""

from collections.abc import Callable, Mapping
from typing import cast

import discord
from discord import ui

from bot.runs.card import Pictures
from bot.runs.past import Page, has_pictures
from bot.runs.run import Delivery, Run, State
from bot.runs.transitions import FINAL
from cogs.ui import card_texts, cards
from cogs.ui.actions import Press
from cogs.ui.markdown import literal
from cogs.ui.views import Layout

PAGE, PICTURES = "history_page", "history_pictures"
"""The actions of the buttons."""

_LINE_PROMPT_LIMIT = 120
_PROMPT_LIMIT = 1000
_CANNOT_SEE = "(asked for in a channel that you cannot see)"
_BECAME: Mapping[Delivery, str] = {
    Delivery.PENDING: ", on the way to the card",
    Delivery.SHOWN: "",
    Delivery.HELD: ", waiting for a moderator",
    Delivery.WITHHELD: ", kept back by the channel's rules",
    Delivery.UNDELIVERABLE: ", whose card could not be reached",
    Delivery.STILL_VISIBLE: ", which could not be taken away yet",
}


class PastRuns(Layout):
    """One page of a person's runs. `may_see` says of which the prompt and the pictures may be shown to who asks."""

    def __init__(self, page: Page, *, user_id: int, is_own: bool, may_see: Callable[[Run], bool]) -> None:
        super().__init__()
        whose = "Your requests" if is_own else f"Requests of <@{user_id}>"
        items: list[ui.Item[PastRuns]] = [ui.TextDisplay(f"**{whose} here**, newest first")]
        items += [_line(run, may_see=may_see(run)) for run in page.runs]
        if not page.runs:
            items.append(ui.TextDisplay("Nothing has been asked for here yet." if not page.has_newer else "No more."))
        self.add_item(ui.Container(*items))
        row: ui.ActionRow[PastRuns] = ui.ActionRow()
        for turn in _turns(page, user_id):
            row.add_item(turn)
        if row.children:
            self.add_item(row)


def _turns(page: Page, user_id: int) -> list[Press]:
    """Buttons that lead to the neighbouring pages."""
    found: list[Press] = []
    if page.has_newer:
        newest = f"after:{page.runs[0].reply.interaction_id}" if page.runs else "after:0"
        found.append(Press(PAGE, f"{user_id}:{newest}", label="Newer"))
    if page.has_older and page.runs:
        found.append(Press(PAGE, f"{user_id}:before:{page.runs[-1].reply.interaction_id}", label="Older"))
    return found


def _line(run: Run, *, may_see: bool) -> "ui.Item[PastRuns]":
    prompt = literal(run.prompt, _LINE_PROMPT_LIMIT, starts_line=True) or "(empty prompt)"
    if run.is_removed or run.delivery in {Delivery.WITHHELD, Delivery.HELD, Delivery.STILL_VISIBLE}:
        prompt = f"||{prompt}||"
    about = f"-# {standing(run)} · {price(run)} · {card_texts.relative(run.created_at)}"
    text = f"{prompt if may_see else _CANNOT_SEE}\n{about}"
    if may_see and has_pictures(run):
        button = cast("ui.Item[PastRuns]", Press(PICTURES, run.id, label="Show pictures"))
        return ui.Section(text, accessory=button)
    return ui.TextDisplay(text)


def standing(run: Run) -> str:
    """How a run stands or ended, in a few words."""
    if run.state not in FINAL:
        return "waiting in line" if run.state is State.ACCEPTED else "in progress"
    made = run.result.num_outputs if run.result and run.state in {State.SUCCEEDED, State.PARTIAL} else 0
    if not made:
        return "canceled" if run.state is State.CANCELED or run.is_unwanted else "no pictures"
    pictures = "1 picture" if made == 1 else f"{made} pictures"
    if run.is_removed:
        still = _BECAME[run.delivery] if run.delivery is Delivery.STILL_VISIBLE else ""
        return f"{pictures}, removed{still}"
    if run.delivery is Delivery.SHOWN and run.reason is not None:
        return f"{pictures}, which could not be posted"
    return pictures + _BECAME[run.delivery]


def price(run: Run) -> str:
    """What a run cost, in a few words."""
    if run.state not in FINAL:
        return "not charged yet"
    if run.cost:
        paid = f"cost {card_texts.cost(run.cost, estimated=run.cost_estimated)}"
        return f"{paid}, given back" if run.given_back == run.cost else paid
    return "no charge so far" if run.state is State.LOST else "no charge"


class PastPictures(Layout):
    """The pictures of one run, for one person's eyes. The files are `cards.attachments(run, ending)`.

    `tells_price`: for the one who paid, and for moderators.
    """

    def __init__(self, run: Run, ending: Pictures, *, tells_price: bool = True) -> None:
        super().__init__()
        prompt = literal(run.prompt, _PROMPT_LIMIT, starts_line=True) or "(empty prompt)"
        gallery: ui.MediaGallery[PastPictures] = ui.MediaGallery(
            *(
                discord.MediaGalleryItem(file.uri, description=file.description, spoiler=ending.spoiler)
                for file in cards.attachments(run, ending)
            )
        )
        details = (card_texts.details(run, ending.pictures), card_texts.facts(run), price(run) if tells_price else "")
        notes = (*card_texts.notes(run, ending), "-# " + " · ".join(filter(None, details)))
        made = f"Made {card_texts.relative(run.ended_at or run.created_at)}"
        self.add_item(ui.Container(ui.TextDisplay(f"{made}\n> {prompt}"), gallery, ui.TextDisplay("\n".join(notes))))
