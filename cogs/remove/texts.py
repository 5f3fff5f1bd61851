"""What people read of pictures that are removed: pure sentences, and never more than is so."""

from bot.runs.review.service import REASON_MOST
from bot.runs.run import Delivery, Run
from cogs.ui.markdown import link, literal
from cogs.ui.telling import Hearing

NAME_LIMIT = 80
NOT_OURS = "This is not a picture of mine, so I cannot remove it. Nothing was changed."
NOT_YOURS = "This button is for the one who made the picture. Nothing was changed."
NOT_OTHERS = "This picture is yours: use “Remove picture” in its menu. Nothing was changed."
BUTTON = "Remove picture"


def confirm(run: Run) -> str:
    """What the one who made the pictures is asked."""
    count = run.result.num_outputs if run.result else 1
    if count > 1:
        return f"Remove these {count} pictures? They can't be shown again."
    return "Remove this picture? It can't be shown again."


def done(run: Run, *, first: bool) -> str:
    """To whoever removed the pictures: how it stands. `first` False: they were removed before."""
    return f"{'Removed' if first else 'This was removed before'}. {_stands(run)}"


def to_moderator(run: Run, told: Hearing) -> str:
    """To the moderator who removed the pictures: how it stands, and whether the person was told."""
    parts = [done(run, first=True)]
    if run.delivery is Delivery.STILL_VISIBLE:
        parts.append("Please delete the message by hand, or let me view the channel and its history.")
    return f"{' '.join(parts)}\n{_heard(run, told)}"


def _stands(run: Run) -> str:
    """Whether the pictures can be seen, said only as it is."""
    match run.delivery:
        case Delivery.STILL_VISIBLE:
            return "But I could not take it away: it is still visible. I keep trying."
        case Delivery.UNDELIVERABLE:
            return "I cannot reach its message, which may be gone. It can't be shown again."
        case Delivery.PENDING:
            return "The message changes as soon as Discord takes that; until then it may still be visible."
        case Delivery.SHOWN | Delivery.HELD | Delivery.WITHHELD:
            return "It can't be shown again."


def _heard(run: Run, told: Hearing) -> str:
    if told is Hearing.TELLING:
        return "Telling them…"
    if told is Hearing.TOLD:
        return "They were told in a direct message."
    if run.delivery is Delivery.WITHHELD:
        return f"{told.why}: they can read it in the message."
    return f"{told.why}, so they were not told: please tell them yourself."


def to_person(run: Run, reason: str, server: str) -> str:
    """What the person reads: what was removed, where, and why."""
    where = f"<#{run.place.channel_id}>"
    if run.reply.message_id is not None:
        where = f"[this message]({link(run.place.guild_id, run.place.channel_id, run.reply.message_id)})"
    what = "your pictures" if run.result and run.result.num_outputs > 1 else "your picture"
    return (
        f"A moderator of {literal(server, NAME_LIMIT)} removed {what} in {where}.\n"
        f"The reason they gave: {literal(reason, REASON_MOST)}"
    )


def log_line(actor_id: int, run: Run, reason: str) -> str:
    """A line in the log channel for a moderator's removal."""
    why = literal(reason, REASON_MOST).rstrip(".")
    return f"<@{actor_id}> removed a picture by <@{run.user_id}> in <#{run.place.channel_id}>. Reason: {why}."
