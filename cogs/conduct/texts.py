"""What people and moderators read of sanctions and appeals: pure sentences, and the appeal as moderators see it."""

import discord
from discord import ui
from discord.utils import format_dt

from bot.moderation.sanctions import RecordKind, RecordLine, SanctionKind, SanctionStatus
from bot.moderation.sanctions_service import APPEAL_MOST, REASON_MOST, Appeal
from cogs.ui.actions import Press
from cogs.ui.markdown import link, literal
from cogs.ui.telling import Hearing
from cogs.ui.views import Layout

NAME_LIMIT = 80
_LINE_LIMIT = 120
REASON_WANTED = f"Please give a reason of 1 to {REASON_MOST} characters: the person will read it. Nothing was changed."

NOT_POSTED = (
    "An appeal could not be brought to the moderation channel. See that the bot may view it and send messages there, "
    "then use /record appeals."
)

LIFT, KEEP = "appeal_lift", "appeal_keep"

_DONE = {
    SanctionKind.STRIKE: "was given a strike",
    SanctionKind.PAUSE: "was paused",
    SanctionKind.STOP: "was stopped",
    SanctionKind.LIFT: "may ask for pictures again; earlier strikes no longer count",
}
_DID = {
    SanctionKind.STRIKE: "given you a strike",
    SanctionKind.PAUSE: "paused you",
    SanctionKind.STOP: "stopped you",
}
_HELD = {SanctionKind.PAUSE: "paused", SanctionKind.STOP: "stopped"}


def to_moderator(
    user_id: int,
    kind: SanctionKind,
    standing: SanctionStatus,
    *,
    taken: int | None = 0,
    told: Hearing = Hearing.TELLING,
) -> str:
    """What a moderator reads of their own act: what holds, what was taken back, and whether the person was told.

    `taken` is how many requests were taken out of the queue; None: they could not be.
    """
    lines = [f"<@{user_id}> {_DONE[kind]}. {_holds(standing)}".rstrip()]
    if not standing.allowed and taken != 0:
        lines.append(_taken(taken))
    lines.append(_heard(told, standing))
    return "\n".join(lines)


def _taken(count: int | None) -> str:
    if count is None:
        return "What waits in the queue could not be taken out just now: please use “Leave the queue” under it."
    return f"{count} of their requests {'was' if count == 1 else 'were'} taken out of the queue."


def _heard(told: Hearing, standing: SanctionStatus) -> str:
    match told:
        case Hearing.TELLING:
            return "Telling them…"
        case Hearing.TOLD:
            return "They were told in a direct message."
        case Hearing.CLOSED | Hearing.NOT_WRITTEN if standing.allowed:
            return f"{told.why}, so they were not told: please tell them yourself."
        case Hearing.CLOSED | Hearing.NOT_WRITTEN:
            return f"{told.why}: they read it when they next ask for a picture here."


def _holds(standing: SanctionStatus) -> str:
    """What holds for a person, for moderators."""
    count = _count(standing)
    if standing.kind is None:
        return count if standing.strikes else ""
    end = f"until {format_dt(standing.until, 'f')}" if standing.until else "until a moderator lifts it"
    return f"{_HELD[standing.kind].capitalize()} {end}. {count if standing.strikes else ''}".rstrip()


def _count(standing: SanctionStatus) -> str:
    return f"{standing.strikes} {'strike counts' if standing.strikes == 1 else 'strikes count'} now."


def to_person(
    kind: SanctionKind, reason: str, standing: SanctionStatus, server: str, *, appeals_are_heard: bool = True
) -> str:
    """What the person reads: what was done, why, when it ends and what they can do.

    `appeals_are_heard`: the server has a moderation channel, so that somebody reads them.
    """
    where = literal(server, NAME_LIMIT)
    why = f"The reason they gave: {literal(reason, REASON_MOST)}"
    if kind is SanctionKind.LIFT:
        return (
            f"The moderators of {where} have cleared your strikes, pauses and stops: you can ask for pictures there."
            f"\n{why}"
        )
    head = f"The moderators of {where} have {_DID[kind]}.\n{why}"
    if standing.kind is None:
        return f"{head}\n{next_step(standing)}"
    # A strike may have brought the pause or the stop, or have come beside one: both are said, and no cause.
    count = f"{_count(standing)} You are {_HELD[standing.kind]}. " if kind is SanctionKind.STRIKE else ""
    way = "use /appeal there" if appeals_are_heard else "ask one of its admins"
    return f"{head}\n{count}{_end(standing)} If you think that is a mistake, {way}."


def _end(standing: SanctionStatus) -> str:
    """Until when a person cannot ask for pictures, for them."""
    if standing.until is None:
        return "You cannot ask for pictures there until they lift it."
    moment = f"{format_dt(standing.until, 'R')}, on {format_dt(standing.until, 'f')}"
    return f"You can ask for pictures there again {moment}."


def next_step(standing: SanctionStatus) -> str:
    """What strikes lead to."""
    count = (
        "This is your first strike that counts." if standing.strikes == 1 else f"{standing.strikes} strikes count now."
    )
    warning = "Please take this as a warning: more of them pause you for a while, and then stop you."
    return f"{count} Strikes fade with time. {warning if standing.warned else 'So far nothing follows from it.'}"


def log_line(
    actor_id: int, user_id: int, kind: SanctionKind, reason: str, standing: SanctionStatus, *, taken: int | None = 0
) -> str:
    """A line in the log channel. That somebody acted about themselves is said; `taken` as for moderators."""
    why = literal(reason, REASON_MOST).rstrip(".")
    own = " (themselves)" if actor_id == user_id else ""
    parts = [f"<@{actor_id}>: <@{user_id}>{own} {_DONE[kind]}. Reason: {why}.", _holds(standing)]
    if taken and not standing.allowed:
        parts.append(_taken(taken))
    return " ".join(part for part in parts if part)


# --- appeals


class Panel(Layout):
    """An appeal, as moderators see it."""

    def __init__(self, *items: "ui.Item[Panel]") -> None:
        super().__init__()
        self.add_item(ui.Container(*items))


def appeal_panel(appeal: Appeal, standing: SanctionStatus) -> Panel:
    """The moderators' message in its present form: with two buttons, or with what was decided."""
    title = "**An appeal waits for you**" if appeal.lifted is None else "**Appeal decided**"
    facts = [f"**Who:** <@{appeal.user_id}>"]
    if appeal.lifted is None:
        why = literal(standing.reason, REASON_MOST) or "no reason given"
        facts += [f"**What holds:** {_holds(standing)}", f"**Why:** {why}"]
    words = f"**They say:** {literal(appeal.words, APPEAL_MOST * 2)}"
    parts: list[ui.Item[Panel]] = [ui.TextDisplay(title), ui.TextDisplay("\n".join(facts)), ui.TextDisplay(words)]
    if appeal.lifted is None:
        parts.append(_buttons(appeal))
    else:
        parts.append(ui.TextDisplay(appeal_decided(appeal)))
    return Panel(*parts)


def _buttons(appeal: Appeal) -> "ui.ActionRow[Panel]":
    style = discord.ButtonStyle
    row: ui.ActionRow[Panel] = ui.ActionRow()
    row.add_item(Press(LIFT, str(appeal.id), label="Lift it", style=style.success))
    row.add_item(Press(KEEP, str(appeal.id), label="Keep it", style=style.danger))
    return row


def appeal_decided(appeal: Appeal) -> str:
    """What was decided, by whom and when, for moderators."""
    when = f" {format_dt(appeal.decided_at, 'R')}" if appeal.decided_at else ""
    word = "Lifted" if appeal.lifted else "Kept"
    own = ", about themselves" if appeal.decided_by == appeal.user_id else ""
    return f"{word} by <@{appeal.decided_by}>{own}{when}."


def appeal_log(appeal: Appeal) -> str:
    """A line in the log channel."""
    return f"Appeal of <@{appeal.user_id}>: {appeal_decided(appeal)}"


def appeal_heard(appeal: Appeal, standing: SanctionStatus, server: str) -> str:
    """What the person reads of the decision."""
    they = f"The moderators of {literal(server, NAME_LIMIT)}"
    now = "" if standing.kind is None else f"you are {_HELD[standing.kind]}. {_end(standing)}"
    if appeal.lifted:
        granted = f"{they} have granted your appeal"
        return f"{granted}, but something else holds by now: {now}" if now else f"{granted}: {_FREE_AGAIN}"
    kept = f"{they} have read your appeal and turned it down"
    why = f"\nThe reason they gave: {literal(appeal.reason, REASON_MOST)}" if appeal.reason else ""
    return f"{kept}: {now}{why}" if now else f"{kept}. By now you can ask for pictures there.{why}"


_FREE_AGAIN = "you can ask for pictures there again."


def appeal_line(appeal: Appeal) -> str:
    """One that waits, in a list."""
    where = "not brought to the moderation channel yet"
    if appeal.channel_id is not None and appeal.message_id is not None:
        where = f"[open]({link(appeal.guild_id, appeal.channel_id, appeal.message_id)})"
    return (
        f"- {format_dt(appeal.opened_at, 'R')} · <@{appeal.user_id}> · {where} · {literal(appeal.words, _LINE_LIMIT)}"
    )


# --- a person's record

_WHAT = {
    (RecordKind.SANCTION, "strike"): "strike",
    (RecordKind.SANCTION, "pause"): "paused",
    (RecordKind.SANCTION, "stop"): "stopped",
    (RecordKind.SANCTION, "lift"): "lifted",
    (RecordKind.APPEAL, "opened"): "appealed",
    (RecordKind.APPEAL, "lifted"): "appeal granted",
    (RecordKind.APPEAL, "kept"): "appeal turned down",
    (RecordKind.REPORTED, "reported"): "a picture of theirs was reported",
    (RecordKind.REMOVED, "removed"): "pictures removed",
    (RecordKind.REVIEW, "approved"): "pictures approved",
    (RecordKind.REVIEW, "rejected"): "pictures rejected",
}


def record_head(user_id: int, standing: SanctionStatus) -> str:
    """What holds for a person now, at the top of their record."""
    free = "No pause and no stop: they may ask for pictures. " if standing.allowed else ""
    return f"**Record of <@{user_id}>.** {free}{_holds(standing)}".rstrip()


def record_line(line: RecordLine) -> str:
    """One line of a person's record: when, what, by whom, why."""
    what = _WHAT.get((line.kind, line.what), line.what)
    by = f" by <@{line.actor_id}>" if line.actor_id else " by the channel's rule"
    until = f", until {format_dt(line.until, 'f')}" if line.until else ""
    why = f": {literal(line.reason, _LINE_LIMIT)}" if line.reason else ""
    return f"- {format_dt(line.at, 'd')} {what}{by}{until}{why}"
