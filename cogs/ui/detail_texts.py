"""What the one who asked reads of a run, and nobody else: cost, balance, seed, and why pictures are hidden. Pure."""

from collections.abc import Mapping

from bot.money import MicroUsd
from bot.runs.card import Balance, Ended, FinalCard, Held, Rejected, Withheld
from bot.runs.review.service import REASON_MOST
from bot.runs.run import Reason, ReviewCause, Run
from cogs.ui import card_texts
from cogs.ui.markdown import literal

_HELD_WHY: Mapping[ReviewCause, str] = {
    ReviewCause.FLAGGED: "This may not be safe for work, so a moderator looks at it first.",
    ReviewCause.UNCHECKED: "Nobody checked this for adult content, so a moderator looks at it first.",
    ReviewCause.BLACK: "This is black all over, which a safety check may have done, so a moderator looks at it first.",
    ReviewCause.EVERYTHING: "Here a moderator looks at every picture first.",
    ReviewCause.RULE: "By a rule of this server a moderator looks at what comes of such a prompt first.",
    ReviewCause.PROMPT_USED: "By a rule of this server a moderator looks at what comes of a changed prompt first.",
    ReviewCause.SOURCE: "A picture this was made from is not cleared, so a moderator looks at it first.",
    ReviewCause.REPORTED: "This is hidden until a moderator has looked at it.",
}


def private_details(run: Run, balance: Balance, ending: FinalCard | None = None) -> tuple[str, ...]:
    """All that is the person's business, a line for each: why it is hidden, seed and facts, cost, what is left.

    `ending`: how its pictures are kept back now (`History.kept_back`); None where they are not. Only for the eyes of
    the one who asked.
    """
    return tuple(line for line in (why_hidden(run, ending), card_texts.facts(run), cost(run), left(balance)) if line)


def why_hidden(run: Run, ending: FinalCard | None = None) -> str | None:
    """Why there is nothing to see in the channel; None where pictures are shown, or where the card itself says why."""
    match ending:
        case Withheld():
            return _withheld(run, ending)
        case Held():
            return _HELD_WHY[ending.why] if ending.asked else None
        case Rejected():
            return None
        case Ended() | None if run.reason is Reason.CONTENT:
            return "The safety check kept this back, so there is nothing to show. Please try other words."
        case _:
            return None


def cost(run: Run) -> str | None:
    """What the run cost, and what of it was given back."""
    if not run.cost:
        return card_texts.charged(run)
    said = f"This cost {card_texts.cost(run.cost, estimated=run.cost_estimated)}"
    if not run.given_back:
        return f"{said}."
    if run.given_back == run.cost:
        return f"{said}, and none of it counts towards your limit."
    counts = card_texts.cost(MicroUsd(run.cost - run.given_back), estimated=run.cost_estimated)
    return f"{said}, of which {counts} counts towards your limit."


def left(balance: Balance) -> str | None:
    """What is left, in pictures like these: never more than fit at their dearest price. None where no limit applies."""
    if balance.pictures is None:
        return None
    if balance.pictures == 0:
        return f"No pictures like this left {balance.left_in}."
    about = "" if balance.is_exact else "About "
    pictures = "1 picture" if balance.pictures == 1 else f"{balance.pictures:,} pictures"
    return f"{about}{pictures} left {balance.left_in}."


def _withheld(run: Run, ending: Withheld) -> str:
    several = run.result is not None and run.result.num_outputs > 1
    subject, were = ("The pictures", "were") if several else ("The picture", "was")
    if ending.rule is not None:
        why = literal(ending.rule, REASON_MOST).rstrip(".")
        return f"{subject} {were} drawn from a changed prompt that this server does not allow: {why}."
    if ending.from_source:
        return (
            f"{subject} {were} made from one that may not be shown here, so {subject.lower()} {were} not shown either. "
            "Please work from another picture."
        )
    why = "flagged as not safe for work" if ending.checked else "not checked for adult content"
    if run.place.guild_id is None:
        where, elsewhere = "such pictures are not shown in private use", " of a server that has this bot"
    else:
        where, elsewhere = "this channel does not show such pictures", ""
    return (
        f"{subject} {were} made but {were} {why}, and {where}. "
        f"Try other words, or ask in an age-restricted channel{elsewhere}."
    )
