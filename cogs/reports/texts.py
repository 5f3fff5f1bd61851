"""What a person reads of their report: whether moderators know of it, and whether the picture can still be seen."""

from bot.runs.review.review import Decision, Obstacle
from bot.runs.review.service import Decided, Reported
from bot.runs.run import Delivery

NOT_OURS = "Only pictures that this bot made can be reported to it. Nothing was changed."
NO_PICTURES = "There are no pictures in this message now, so there is nothing to report."
KEPT = "Thank you. A moderator has looked at this picture already, and kept it."

REMOVED = (
    "This picture was removed already. If you still see it, that is because I could not take it away; I keep trying."
)

AT_ONCE = {Reported.NOTHING: NO_PICTURES, Reported.KEPT: KEPT, Reported.REMOVED: REMOVED}
"""What is answered where moderators need not be told."""

_THANKS = "Thank you. "
_TWICE = "You have reported this picture before. "
_TOLD = "Moderators were told, and will look at it."
_KNOWN = "Moderators know of this picture already."
_DECIDED = {
    Decision.APPROVED: "A moderator has kept it.",
    Decision.REJECTED: "A moderator has decided to remove it.",
    Decision.REMOVED: "It was removed.",
}
_ON_ITS_WAY = "Your report is on its way to the moderators."
_NO_CHANNEL = "Your report is kept. This server has no moderation channel yet, so please tell a moderator as well."
_NOT_TOLD = "Your report is kept, but moderators could not be told of it yet, so please tell one of them as well."


def said(reported: Reported, known: Decided, obstacle: Obstacle | None) -> str:
    """The answer to a report of which something came. `obstacle`: what keeps moderators from being asked now."""
    head = _TWICE if reported is Reported.TWICE else _THANKS
    return f"{head}{_who_knows(reported, known, obstacle)} {_what_stands(known)}".rstrip()


def _who_knows(reported: Reported, known: Decided, obstacle: Obstacle | None) -> str:
    review = known.review
    if review.outcome is not None:
        return _DECIDED[review.outcome]
    if review.message_id is not None:
        return _TOLD if reported is Reported.NEW else _KNOWN
    in_the_way = review.obstacle or obstacle
    if in_the_way in {None, Obstacle.LATER}:
        return _ON_ITS_WAY
    return _NO_CHANNEL if in_the_way is Obstacle.NO_CHANNEL else _NOT_TOLD


def _what_stands(known: Decided) -> str:
    """Whether the picture can be seen, said only as it is."""
    match known.run.delivery:
        case Delivery.HELD:
            return "Until then it is hidden."
        case Delivery.STILL_VISIBLE:
            return "It could not be taken away and is still visible; I keep trying."
        case Delivery.PENDING if known.run.pictures_up:
            return "It will be hidden as soon as Discord takes that."
        case Delivery.UNDELIVERABLE:
            return "The message is gone."
        case _:
            return ""
