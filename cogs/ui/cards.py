"""Cards: Components V2 layouts drawn from a run and its ending. At most 4,000 units of text and few components."""

from collections.abc import Sequence

import discord
from discord import ui

from bot.images.image import Picture
from bot.runs.card import Ended, FinalCard, Held, InLine, Pictures, Rejected, Removed, Withheld, Word
from bot.runs.run import PictureRef, Run, State
from bot.runs.transitions import FINAL
from cogs.ui import card_texts, discord_limits
from cogs.ui.actions import Press
from cogs.ui.markdown import cut, literal, plain
from cogs.ui.subjects import of_picture
from cogs.ui.uploads import Upload
from cogs.ui.views import Layout

PROMPT_LIMIT = 240
"""The most characters of a prompt on a card; the rest is behind Details."""

PICTURE, AGAIN, CHANGE, SAVE, DETAILS, POST = "picture", "again", "change", "save", "details", "post"
"""The actions of the buttons of a card that is at its end. Cogs answer them; the row of the run has all they need."""

SAVE_LABEL = "♡ Save"
FAMILY = "family"
"""The action of the button that shows where a run comes from and what was made from it."""

_IN_A_ROW = 5  # Discord: buttons


class Card(Layout):
    """The one message of a run: first its progress, at last its pictures or why there are none.

    `buttons` stand under it, in as many rows as there are lists of them.
    """

    def __init__(self, *items: "ui.Item[Card]", buttons: Sequence[Sequence[Press]] = ()) -> None:
        super().__init__()
        self.add_item(ui.Container(*items))
        for row in buttons:
            self.add_item(ui.ActionRow(*row))


def progress(run: Run, line: InLine | None = None, *, word: Word | None = None) -> Card:
    """The card of an unfinished run. One that waits in the bot's own queue can be taken out of it, others canceled.

    `word`: what is said beside its state.
    """
    status = "\n".join(filter(None, (card_texts.progress(run, line, word), card_texts.only_you(run, under_way=True))))
    items: list[ui.Item[Card]] = [*_head(run, None), ui.TextDisplay(status)]
    if run.state not in FINAL:
        waits = line is not None and run.state is State.ACCEPTED
        button = Press("leave", run.id, label="Leave the queue") if waits else Press("cancel", run.id, label="Cancel")
        buttons: ui.ActionRow[Card] = ui.ActionRow()
        items.append(buttons.add_item(button))
    return Card(*items)


def final(run: Run, ending: FinalCard) -> Card:
    """The last form of a card: pictures, or why there are none. Cost and balance are not the channel's business."""
    match ending:
        case Pictures():
            return _pictures(run, ending)
        case Withheld():
            sentence = card_texts.withheld(run)
        case Held():
            sentence = card_texts.held(run, ending)
        case Rejected():
            sentence = card_texts.rejected(run, ending)
        case Removed():
            return Card(ui.TextDisplay(f"**{card_texts.removed(ending)}**"))  # the prompt goes with the pictures
        case Ended():
            sentence = card_texts.ended(run)
    status = "\n".join(filter(None, (sentence, card_texts.charged(run), card_texts.only_you(run))))
    return Card(*_head(run, ending), ui.TextDisplay(status), buttons=[_once_more(run)])


def bare(run: Run, ending: FinalCard) -> Card:
    """The end of a card in a few words of the bot's own, for when Discord takes no other form."""
    return Card(ui.TextDisplay("\n".join(filter(None, (card_texts.bare(run, ending), card_texts.charged(run))))))


def _pictures(run: Run, ending: Pictures) -> Card:
    gallery: ui.MediaGallery[Card] = ui.MediaGallery(
        *(
            discord.MediaGalleryItem(file.uri, description=file.description, spoiler=ending.spoiler)
            for file in attachments(run, ending)
        )
    )
    details = f"-# {card_texts.details(run, ending.pictures)}"
    said = (*card_texts.notes(run, ending), card_texts.partly_charged(run, ending), details, card_texts.only_you(run))
    status = "\n".join(filter(None, said))
    return Card(*_head(run, ending), gallery, ui.TextDisplay(status), buttons=_rows(run, ending))


def posting(run: Run) -> list[Press]:
    """The button that posts a private run for all; in a server only, where there is anybody else."""
    return [Press(POST, run.id, label="Post here")] if run.private and run.place.guild_id is not None else []


def coming(run: Run) -> Card:
    """The first form of a card that is posted: it says whose it is, and no words that somebody else may hide."""
    return Card(ui.TextDisplay(card_texts.coming(run)))


def may_be_card(message: discord.Message, *, private: bool) -> bool:
    """Whether the answer to an interaction is a card, or may become one.

    What only the one who asked can see is a card where the run is private; else it is the sentence of a refusal.
    """
    flags = message.flags
    return not flags.ephemeral if not private else flags.ephemeral and (flags.loading or not message.content)


def _rows(run: Run, ending: Pictures) -> list[list[Press]]:
    """Numbers and Again in the first rows, the rest in the last; all of them in one where they fit."""
    again, *others = _once_more(run, Press(SAVE, run.id, label=SAVE_LABEL))
    others = [*posting(run), *others]
    first = [*_numbers(run, ending), again]
    if len(first) + len(others) <= _IN_A_ROW:
        return [[*first, *others]]
    return [*(first[at : at + _IN_A_ROW] for at in range(0, len(first), _IN_A_ROW)), others]


def _numbers(run: Run, ending: Pictures) -> list[Press]:
    """A button for each picture, by the number that its alt text names it with."""
    several = max(run.images_wanted, len(ending.pictures)) > 1
    return [
        Press(PICTURE, of_picture(PictureRef(run.id, one.index)), label=str(one.index + 1) if several else "Open")
        for one in ending.pictures
    ]


def _once_more(run: Run, *saves: Press) -> list[Press]:
    """What can be done with any request that is over, and with `saves` what can be with its pictures."""
    return [
        Press(AGAIN, run.id, label="Again" if run.made_pictures else "Try again"),
        Press(CHANGE, run.id, label="Change…"),
        *saves,
        Press(DETAILS, run.id, label="Details"),
    ]


def _head(run: Run, ending: FinalCard | None) -> "list[ui.TextDisplay[Card]]":
    """The prompt, as a title; and of a run that a button asked for, whose it is, which Discord does not show then.

    Where pictures are kept from view, the prompt is covered. Where the channel hides prompts it is left out from the
    first card on, until pictures are shown.
    """
    prompt = f"**{literal(run.prompt, PROMPT_LIMIT) or '(empty prompt)'}**"
    if run.rules_then.hide_prompt if ending is None else not isinstance(ending, Pictures) and ending.hide_prompt:
        prompt = card_texts.PROMPT_HIDDEN
    elif isinstance(ending, Withheld | Held | Rejected):
        prompt = f"||{prompt}||"
    whose = card_texts.whose(run)
    return [ui.TextDisplay(prompt), *([ui.TextDisplay(whose)] if whose else [])]


def attachments(run: Run, ending: Pictures) -> list[discord.File]:
    """The files of a card, made anew at each call: discord.py closes what it has sent."""
    return [attachment(run, picture, spoiler=ending.spoiler) for picture in ending.pictures]


def attachment(run: Run, picture: Picture, *, spoiler: bool) -> discord.File:
    """A picture as a file, with its name and what a screen reader says of it."""
    return discord.File(
        Upload(picture.data), filename=filename(run, picture), description=alt_text(run, picture), spoiler=spoiler
    )


def filename(run: Run, picture: Picture) -> str:
    """The name of a picture's file; its number tells which of the run's it is."""
    return f"imagine-{run.id[:8]}-{picture.index + 1}.{_extension(picture)}"


def alt_text(run: Run, picture: Picture) -> str:
    """What a screen reader says of a picture: which one it is, and the prompt."""
    made = max(run.images_wanted, picture.index + 1)
    which = f"Picture {picture.index + 1} of {made}: " if made > 1 else "Picture: "
    return which + cut(plain(run.prompt) or "no prompt", discord_limits.ALT_TEXT - len(which))


def _extension(picture: Picture) -> str:
    return {"png": "png", "jpeg": "jpg", "webp": "webp"}.get(picture.format, "bin")
