"""What moderators see of a run that waits for them: its pictures, covered, and buttons."""

from collections.abc import Sequence

import discord
from discord import ui

from bot.runs.review.review import Decision, Review
from bot.runs.run import Delivery, ReviewCause, Run
from cogs.review import texts as review_texts
from cogs.ui.actions import Press
from cogs.ui.card_texts import relative
from cogs.ui.views import Layout

APPROVE, REJECT, STOP = "approve", "reject", "person_stop"
"""The actions of the buttons."""

OFF = "review_off"
"""The action of the button that ends asking moderators."""


class Panel(Layout):
    """The moderators' message."""

    def __init__(self, *items: "ui.Item[Panel]") -> None:
        super().__init__()
        self.add_item(ui.Container(*items))


def panel(run: Run, review: Review, names: Sequence[tuple[str, str]]) -> Panel:
    """The message in its present form. `names` are the files' names with their alt texts."""
    gallery: ui.MediaGallery[Panel] = ui.MediaGallery(
        *(discord.MediaGalleryItem(f"attachment://{name}", description=text, spoiler=True) for name, text in names)
    )
    head = "A report" if review.why is ReviewCause.REPORTED else "A picture waits for you"
    title = f"**{head if review.outcome is None else 'Decided'}** · requested {relative(run.created_at)}"
    facts = (
        f"**Who:** <@{run.user_id}>",
        f"**Where:** {review_texts.where(run)}",
        review_texts.prompts(run),
        f"**Why:** {review_texts.why(review)}",
    )
    parts: list[ui.Item[Panel]] = [ui.TextDisplay(title), ui.TextDisplay("\n".join(facts))]
    if names:
        parts.append(gallery)
    if review.outcome is None:
        if run.delivery is Delivery.STILL_VISIBLE:
            parts.append(ui.TextDisplay(review_texts.still_visible(run)))
        if review.due_at is not None:
            parts.append(ui.TextDisplay(f"-# Without a decision it is rejected {relative(review.due_at)}."))
        parts.append(_buttons(run, review))
    else:
        words = f"{review_texts.decided(review, run)}\n{review_texts.result(run, review)}"
        parts.append(ui.TextDisplay(words))
        if may_remove_again(run, review):
            row: ui.ActionRow[Panel] = ui.ActionRow()
            row.add_item(Press(REJECT, run.id, label=review_texts.PRESS_AGAIN, style=discord.ButtonStyle.danger))
            parts.append(row)
    return Panel(*parts)


def may_remove_again(run: Run, review: Review) -> bool:
    """Whether pictures still stand that somebody, or the channel's rule, removed."""
    is_to_go = review.outcome is Decision.REJECTED or run.is_removed
    return is_to_go and run.delivery is Delivery.STILL_VISIBLE


def _buttons(run: Run, review: Review) -> "ui.ActionRow[Panel]":
    reported = review.why is ReviewCause.REPORTED
    yes, no = ("Keep", "Remove…") if reported else ("Approve", "Reject…")
    style = discord.ButtonStyle
    row: ui.ActionRow[Panel] = ui.ActionRow()
    row.add_item(Press(APPROVE, run.id, label=yes, style=style.success))
    row.add_item(Press(REJECT, run.id, label=no, style=style.danger))
    row.add_item(Press(STOP, run.id, label="Stop this person…"))
    return row


def names_on(message: discord.Message) -> list[tuple[str, str]]:
    """The files of a moderators' message, with their alt texts."""
    return [(one.filename, one.description or "Picture") for one in message.attachments]
