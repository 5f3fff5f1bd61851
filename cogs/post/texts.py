"""What people read when they post what only they could see: pure sentences."""

from bot.runs.run import Delivery, Run
from cogs.ui.markdown import link

NOT_HERE = "This can be posted only in the channel where you asked for it. Nothing was changed."
MAY_NOT = (
    "I may not send messages with files here, so nothing was posted. Ask an admin to let me view this channel, send "
    "messages and attach files."
)
FAILED = "Discord did not let me post here, so it stays private. /history shows the pictures; you can try again."


def done(run: Run) -> str:
    """What came of a post, said only as it is."""
    if run.private:
        return FAILED
    there = "It" if run.reply.message_id is None else f"[It]({_link(run)})"
    match run.delivery:
        case Delivery.SHOWN if run.reason is None:
            return f"[Posted]({_link(run)})."
        case Delivery.HELD:
            return f"{there} is posted, and waits for a moderator before anybody sees the pictures."
        case Delivery.PENDING | Delivery.STILL_VISIBLE:
            return f"{there} is on its way."
        case Delivery.SHOWN | Delivery.WITHHELD | Delivery.UNDELIVERABLE:
            return f"{there} could not be shown: what stands there says more."


def _link(run: Run) -> str:
    return link(run.place.guild_id, run.place.channel_id, run.reply.message_id or 0)
