"""Every sentence the cards speak: pure functions of frozen values. What happened, and what to do next."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from bot.errors import OptionError, PictureFault, PromptRefused
from bot.images.image import MissingPicture, Picture
from bot.money import MicroUsd, cost_for_people
from bot.runs.card import Ended, FinalCard, Held, InLine, Pictures, Rejected, Removed, Word
from bot.runs.refunds import owed
from bot.runs.review.service import REASON_MOST
from bot.runs.review.visibility import changed_prompt
from bot.runs.run import Reason, ReviewCause, Run, State
from cogs.ui.markdown import literal

FAULT = (
    "Something went wrong on our side. If it happens again, tell the people who run this bot this reference: "
    "{reference}."
)
FIELDS_LIMIT = 200
PROMPT_USED_LIMIT = 300
OPTION_VALUE_LIMIT = 100
FACT_LIMIT = 60
LOW_BALANCE = (
    "The bot's credit at Runflow is running low. When it is used up, no more pictures can be made until the people "
    "who run this bot add credit. They find this in the bot's log too."
)

SEE_DETAILS = "Details says why."
"""What stands beside anything whose reason is for the eyes of the one who asked (`detail_texts`)."""

MAY_BE_UNSAFE = "May not be safe for work: hidden until you open it."

_OUR_FAULT = frozenset({Reason.NO_PICTURES, Reason.PICTURES_UNREADABLE, Reason.UPSTREAM_FAILED})
_STEP_S, _MINUTE_S = 5, 60
PROMPT_HIDDEN = "-# The prompt is hidden here."


def relative(moment: datetime) -> str:
    """A timestamp that Discord keeps current by itself, such as `2 minutes ago`."""
    return f"<t:{int(moment.timestamp())}:R>"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `11th`, …"""
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def progress(run: Run, line: InLine | None = None, word: Word | None = None) -> str:
    """Where an unfinished run stands. `line`: where it waits in the bot's own queue; None where it does not."""
    if line is not None and run.state is State.ACCEPTED:
        return in_line(line)
    started = relative(run.submitted_at or run.created_at)
    match word:
        case Word.LOOKING:
            return looking(run)
        case Word.BUSY:
            return "The service is busy; still trying."
        case Word.LATE:
            return f"This is taking longer than usual. Started {started}"
        case None:
            return _standing(run, started)
        case _ as unknown:
            assert_never(unknown)


def only_you(run: Run, *, under_way: bool = False) -> str:
    """That nobody else sees the card; empty where others do. `under_way`: also how long it can still change."""
    if not run.private:
        return ""
    until = " It can change for 15 minutes; what is ready later is in /history." if under_way else ""
    return f"-# Only you see this.{until}"


def coming(run: Run) -> str:
    """What stands for all while private pictures are being posted."""
    return f"-# Pictures by <@{run.user_id}> are on their way…"


def whose(run: Run) -> str:
    """Whose a card is, where Discord does not say it above an answer to a command; empty where it does."""
    if run.posted_at is not None:
        return f"-# Made by <@{run.user_id}>"
    return f"-# For <@{run.user_id}>" if run.button else ""


def _standing(run: Run, started: str) -> str:
    match run.state:
        case State.ACCEPTED | State.SUBMITTING:
            return "Starting…"
        case State.QUEUED:
            return f"Starting soon… Sent {started}"
        case State.DISPATCHING | State.RUNNING:
            return f"Drawing… Started {started}"
        case State.SUCCEEDED | State.PARTIAL:
            return "Fetching your pictures…" if run.images_wanted > 1 else "Fetching your picture…"
        case State.FAILED | State.CANCELED | State.LOST:
            return "Finishing…"
        case _ as unknown:
            assert_never(unknown)


def in_line(line: InLine) -> str:
    """Where a waiting run stands, what it waits for where that is its person's own, and how long, where that is known.

    The time is that until its turn.
    """
    if not line.own:
        where = f"You're {ordinal(line.position)} in line."
    else:
        are = "1 of your requests is" if line.own == 1 else f"{line.own} of your requests are"
        turn = "starts next" if line.position == 1 else f"is {ordinal(line.position)} in line"
        where = f"{are} still being made; this one {turn}."
    return where if line.about_s is None else f"{where} {_about(line.about_s)}"


def _about(seconds: float) -> str:
    """A time that nobody knows exactly: in steps of five seconds, from a minute on in whole minutes."""
    if seconds < _MINUTE_S - _STEP_S / 2:
        return f"About {max(round(seconds / _STEP_S), 1) * _STEP_S} s."
    return f"About {max(round(seconds / _MINUTE_S), 1)} min."


def looking(run: Run) -> str:
    """That nobody knows what became of a run, and that it is being found out. Of money nothing is known yet."""
    if run.state in {State.ACCEPTED, State.SUBMITTING}:
        return "There was no clear answer. Looking for your request; this card will change by itself."
    return "The service does not answer. Asking again until it does; this card will change by itself."


def prompt_refused(error: PromptRefused) -> str:
    """That a server does not allow a prompt, with the reason that an admin wrote, escaped."""
    return PromptRefused.sentence(literal(error.reason, REASON_MOST))


def option_refused(error: OptionError) -> str:
    """Which option cannot be what it was set to, and what is allowed. The value is a stranger's: escaped and cut."""
    value = literal(error.value, OPTION_VALUE_LIMIT) or "empty"
    return f"`{error.option}` cannot be {value}. Allowed: {error.allowed}."


def ended(run: Run) -> str:  # noqa: PLR0911, PLR0912 - one sentence for each reason
    """Why there are no pictures, and what to do."""
    match run.reason:
        case Reason.NOT_AVAILABLE:
            return "Picture making is not available right now. The bot's log says why, for the people who run it."
        case Reason.OUT_OF_CREDIT:
            return "The bot's account has no credit left. Please tell the people who run it, and try again later."
        case Reason.INPUT_REFUSED:
            return _input_refused(run.reason_fields)
        case Reason.BUSY:
            return "Runflow is very busy and did not take the request. Please try again in a few minutes."
        case Reason.UPSTREAM_FAILED:
            return "Runflow could not finish this request. Please try again, perhaps with other words."
        case Reason.CONTENT:
            return f"This one could not be made. {SEE_DETAILS}"
        case Reason.CANCELED:
            return "This request was canceled before it was finished."
        case Reason.LEFT_QUEUE:
            return "You left the queue."
        case Reason.REMOVED:
            return "A moderator took this request out of the queue."
        case Reason.CANCELED_BY_ASKER:
            return "You canceled this."
        case Reason.CANCELED_BY_MODERATOR:
            return "A moderator canceled this."
        case Reason.SOURCE_GONE:
            return (
                "A picture that this was to be made from is not there any more, or may not be used any more, so "
                "nothing was sent. Please try again with another picture."
            )
        case Reason.OUT_OF_REACH:
            return (
                "This waited so long that its pictures could not have been shown here any more, so it was not sent. "
                "Please try again."
            )
        case Reason.LOST:
            return (
                "Runflow gave no clear answer when the request was sent, and it was not found there. Please try again."
            )
        case Reason.DEADLINE:
            return "This took far longer than it should, so the bot stopped waiting. Please try again later."
        case Reason.NO_PICTURES:
            return "Runflow finished without making a picture. Please try again, perhaps with other words."
        case Reason.PICTURES_UNREADABLE:
            return (
                "The pictures were made, but could not be fetched or read. "
                "/history may show them later, for nothing. Or please try again."
            )
        case Reason.UPLOAD_REFUSED:
            return "The pictures were made, but are too large to post here. Ask for smaller pictures, or for fewer."
        case Reason.FAULT | None:
            return FAULT.format(reference=run.id[:8])
        case _ as unknown:
            assert_never(unknown)


def _input_refused(fields: Sequence[str]) -> str:
    if not fields:
        return "Runflow did not accept these options. Change the prompt or the options, and try again."
    names = literal(", ".join(fields), FIELDS_LIMIT)
    return f"Runflow did not accept this for: {names}. Change it, and try again."


def withheld(run: Run) -> str:
    """That pictures exist and are not shown. Why is for the one who asked alone: `detail_texts.why_hidden`."""
    where = "here" if run.place.guild_id is None else "in this channel"
    return f"Hidden {where}. {SEE_DETAILS}"


def bare(run: Run, ending: FinalCard) -> str:
    """What came of a run, without a word that anybody else wrote."""
    if isinstance(ending, Ended):
        return ended(replace(run, reason_fields=()))
    if isinstance(ending, Removed):
        return removed(replace(ending, reason=None))
    return "This request is finished, but Discord did not take the card that shows it. /history says how it ended."


def held(run: Run, ending: Held) -> str:
    """That pictures wait for a moderator, kindly: most of them are fine. Whether they were flagged is not said here."""
    several = run.result is not None and run.result.num_outputs > 1
    subject, are, them = ("Your pictures", "are", "them") if several else ("Your picture", "is", "it")
    if not ending.asked:
        return (
            f"{subject} {are} ready, but no moderator could be asked yet: this server has no moderation channel that "
            f"works. /review status tells its moderators why, and {_afterwards(run)} afterwards."
        )
    if ending.why is ReviewCause.REPORTED:
        return f"{subject} {are} hidden until a moderator has looked at {them}. This card will say what was decided."
    return f"{subject} {are} ready. A moderator looks at {them} first; {_afterwards(run)} when that is done."


def _afterwards(run: Run) -> str:
    return "you find what came of it in /history" if run.private else "this card will change by itself"


def rejected(run: Run, ending: Rejected) -> str:
    """That a moderator said no, kindly, with the reason."""
    several = run.result is not None and run.result.num_outputs > 1
    subject, it, were = ("these pictures", "they", "were") if several else ("this picture", "it", "was")
    if ending.by_rule:
        return f"Nobody reviewed {subject} in time, so {it} {were} not shown. You are welcome to ask again."
    reason = f"The reason: {literal(ending.reason, REASON_MOST).rstrip('.')}. " if ending.reason else ""
    return f"A moderator decided not to show {subject}. {reason}You are welcome to try something else."


def removed(ending: Removed) -> str:
    """By whom the pictures were removed; by a moderator, why."""
    if ending.by_author:
        return "Removed by the one who made it."
    if not ending.reason:
        return "Removed by a moderator."
    return f"Removed by a moderator: {literal(ending.reason, REASON_MOST).rstrip('.')}."


def charged(run: Run) -> str | None:
    """What everybody may read of money: that nothing was charged, or that it was given back; None: it cost something.

    Runflow may still bill a run that was sent and given up as lost.
    """
    if run.state is State.LOST and run.is_unwanted:
        return "If the service still bills it, it counts."
    if run.state is State.LOST and run.submitted_at is not None and not run.cost:
        return "You were not charged so far. What it may cost stays on hold until that is certain, for a day at most."
    if not run.cost:
        return "You were not charged."
    if run.given_back != run.cost:
        return None
    is_ours = run.reason in _OUR_FAULT
    return f"{'Our fault: this' if is_ours else 'This'} does not count towards your limit."


def partly_charged(run: Run, ending: Pictures) -> str | None:
    """That what is missing of the pictures costs the person nothing; None where nothing is, or it was made and paid.

    Said with the pictures; the books follow as soon as the card stands (`refunds.owed`).
    """
    shown = len(ending.pictures)
    is_owed = run.given_back is not None or owed(run, shown=shown) is not None
    return "What is missing does not count towards your limit." if is_owed and shown < run.images_wanted else None


def cost(amount: MicroUsd, *, estimated: bool) -> str:
    """An amount, with `about` where Runflow did not name it."""
    return f"about {cost_for_people(amount)}" if estimated else cost_for_people(amount)


def details(run: Run, pictures: Sequence[Picture]) -> str:
    """The line under the pictures: number, size, format and time. The rest is for the one who asked: `detail_texts`."""
    took_s = _took_s(run)
    parts = (
        "1 picture" if len(pictures) == 1 else f"{len(pictures)} pictures",
        " and ".join(dict.fromkeys(f"{picture.width_px} × {picture.height_px}" for picture in pictures)),  # noqa: RUF001
        " and ".join(dict.fromkeys(_format_name(picture.format) for picture in pictures)),
        None if took_s is None else f"took {took_s:.1f} s",
    )
    return " · ".join(part for part in parts if part)


def facts(run: Run) -> str:
    """The seed and the request's own facts; empty where there are none."""
    return " · ".join(part for part in (_seed(run), *(literal(fact, FACT_LIMIT) for fact in run.request.facts)) if part)


def _seed(run: Run) -> str | None:
    """The seed that Runflow reported; where it reported none, that is said of models that draw from one."""
    seed = run.result.seed if run.result else None
    if seed is None:
        return "seed not reported" if run.request.tells_seed else None
    return f"seed {seed}"


def _format_name(name: str) -> str:
    return {"png": "PNG", "jpeg": "JPEG", "webp": "WebP"}.get(name, name.upper())


def _took_s(run: Run) -> float | None:
    if run.result is not None and run.result.duration_ms is not None:
        return run.result.duration_ms / 1000
    if run.ended_at is None:
        return None
    return max(0.0, (run.ended_at - (run.submitted_at or run.created_at)).total_seconds())


def notes(run: Run, ending: Pictures) -> tuple[str, ...]:
    """What a person must know of these pictures beyond their details."""
    made = run.result.num_outputs if run.result else len(ending.pictures)
    lines: list[str] = []
    if made < run.images_wanted:
        lines.append(f"You asked for {run.images_wanted} pictures; Runflow made {made}.")
    lines += [_missing(one) for one in ending.missing]
    lines += [f"Picture {one.index + 1}: {one.changed}." for one in ending.pictures if one.changed]
    if used := changed_prompt(run):
        lines.append(f"Drawn from a changed prompt: {literal(used, PROMPT_USED_LIMIT)}")
    lines += [f"Picture {index + 1} is black all over: a safety check may have hidden it." for index in ending.black]
    if ending.approved:
        lines.append("A moderator approved this.")
    if ending.spoiler:
        lines.append(MAY_BE_UNSAFE)
    return tuple(lines)


def _missing(missing: MissingPicture) -> str:
    number = missing.index + 1
    match missing.fault:
        case PictureFault.EXPIRED | PictureFault.UNREACHABLE:
            return f"Picture {number} could not be fetched."
        case PictureFault.FORBIDDEN_ADDRESS:
            return f"Picture {number} came from a place the bot does not trust, so it was left out."
        case PictureFault.TOO_LARGE:
            return f"Picture {number} is too large to post here. Ask for smaller pictures."
        case PictureFault.UNREADABLE:
            return f"Picture {number} was broken and could not be read."
        case _ as unknown:
            assert_never(unknown)
