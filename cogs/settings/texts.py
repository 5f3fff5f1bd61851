"""What admins read of the audit: each act as one plain line. Pure.

Only what is known to be fit for every admin is shown of a row: no prompts, and nothing that leads to pictures of a
channel that the reader may not see.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import fields
from datetime import datetime
from typing import cast

from discord.utils import format_dt

from bot.guilds.audit import AuditFilter, AuditKind, AuditRow
from bot.ledger.values import Limit, Measure, Subject, Window
from bot.moderation.rules import ChannelSetting
from bot.money import MicroUsd, format_usd
from cogs.ui.limit_texts import described
from cogs.ui.markdown import cut, literal
from cogs.ui.setting_texts import called, set_to

LINE_LIMIT = 370
_VALUE_LIMIT = 120
NO_LOG = "There is no log channel. Name one with the option `channel`, and admins read there what is done."
LOG_IS_IN = (
    "<#{channel}> is told of what admins and moderators do here. To have it told elsewhere, name a channel. End the "
    "log? What is done is kept all the same."
)
EVERYONE_READS = (
    "Everyone in this server can see <#{channel}>, and would read there whom moderators act about, and why. Choose "
    "another, which only moderators see, or use it anyway: prompts and rules are left out there. Nothing was changed."
)
NOTHING_NOTED = "Nothing is noted here."
UNKNOWN = "did something this version does not know"

WORDS: Mapping[AuditKind, str] = {
    AuditKind.LIMIT_SET: "set a limit",
    AuditKind.LIMIT_REMOVED: "removed a limit",
    AuditKind.GRANTED: "made a grant",
    AuditKind.LOG_CHANNEL_SET: "changed the log channel",
    AuditKind.REVIEW_CHANNEL_SET: "changed the moderation channel",
    AuditKind.REJECT_REASONS_SET: "changed the reasons for rejecting",
    AuditKind.POLICY_SET: "changed a policy",
    AuditKind.POLICY_CLEARED: "cleared a policy",
    AuditKind.RULE_ADDED: "added a rule for prompts",
    AuditKind.RULE_REMOVED: "removed a rule for prompts",
    AuditKind.SANCTION_STRIKE: "gave a strike",
    AuditKind.SANCTION_PAUSE: "paused somebody",
    AuditKind.SANCTION_STOP: "stopped somebody",
    AuditKind.SANCTION_LIFT: "lifted what held for somebody",
    AuditKind.APPEALED: "appealed",
    AuditKind.APPEAL_LIFTED: "granted an appeal",
    AuditKind.APPEAL_KEPT: "turned an appeal down",
    AuditKind.PICTURE_REPORTED: "reported pictures",
    AuditKind.REVIEW_APPROVED: "approved pictures",
    AuditKind.REVIEW_REJECTED: "rejected pictures",
    AuditKind.PICTURE_REMOVED: "removed pictures",
    AuditKind.TAKEN_FROM_QUEUE: "took a request out of the queue",
    AuditKind.HISTORY_READ: "looked at somebody's requests",
    AuditKind.RECORD_READ: "looked at somebody's record",
    AuditKind.SPEND_READ: "looked at what people spent",
}


def key_of(kind: AuditKind) -> str:
    """A kind as a command and a button name it."""
    return kind.name.lower()


KINDS: Mapping[str, AuditKind] = {key_of(kind): kind for kind in AuditKind}
CHOICES: Mapping[str, str] = {key_of(kind): words for kind, words in WORDS.items()}
"""What a command offers: each kind with its words."""


def audit_head(wanted: AuditFilter) -> str:
    """What a page shows: all acts, or which of them were asked for."""
    head = "**What admins and moderators did here**, newest first"
    parts = [
        f"by <@{wanted.person_id}> or about them" if wanted.person_id is not None else "",
        f"of the kind “{WORDS[wanted.kind]}”" if wanted.kind is not None else "",
    ]
    only = ", ".join(filter(None, parts))
    return f"{head}\nOnly acts {only}." if only else head


def audit_line(row: AuditRow) -> str:
    """An act in one line: when, who, what, and what it changed."""
    changed = _changed(row)
    line = f"- {format_dt(row.at, 'f')} · <@{row.actor_id}> {_done(row)}"
    return cut(f"{line}: {changed}" if changed else line, LINE_LIMIT)


def _done(row: AuditRow) -> str:
    """What was done; of pictures also whose they are, and whether somebody had reported them."""
    if row.kind is None:
        return UNKNOWN
    if row.kind not in _OF_PICTURES:
        return WORDS[row.kind]
    after = row.after or {}
    said = _AFTER_A_REPORT.get(row.kind) if after.get("reported") is True else None
    owner = f" of {_mention('@')(after['user'])}" if after.get("user") is not None else ""
    return f"{said or WORDS[row.kind]}{owner}"


def _changed(row: AuditRow) -> str:
    if row.kind in _POLICIES and row.after is not None and "channel" in row.after:
        return _policy_changed(row.before or {}, row.after)
    left_out = {"user"} if row.kind in _OF_PICTURES else set[str]()
    # These always have two sides, and rows tell by None that there is no channel on one.
    nothing = "none" if row.kind in _OF_CHANNELS else ""
    sides = [_told(one, left_out) or nothing for one in (row.before or {}, row.after or {})]
    if row.before == row.after and any(sides):
        return f"{sides[0]}, as before"
    return " → ".join(filter(None, sides))


def _policy_changed(before: Mapping[str, object], after: Mapping[str, object]) -> str:
    """The channel, then only what differs."""
    old, new = ({name: side[name] for name in _SETTINGS if side.get(name) is not None} for side in (before, after))
    channel = _SHOWN["channel"](after["channel"])
    if old == new:
        return f"{channel}, as before"
    if not old or not new:
        return f"{channel}: {_told(old, set()) or _NOTHING_SET} → {_told(new, set()) or _NOTHING_SET}"
    differing = (name for name in _SETTINGS if old.get(name) != new.get(name))
    return f"{channel}, " + ", ".join(
        f"{called(name)}: {_value(name, old.get(name))} → {_value(name, new.get(name))}" for name in differing
    )


def _told(side: Mapping[str, object], left_out: Set[str]) -> str:
    """One side of a change; "" where nothing of it can be told."""
    if (limit := _limit(side)) is not None:
        return limit
    if side.get("is_exception") is True:
        left_out = left_out | {"action"}  # an exception lets pass: what its row has there never happens
    wanted = {key: value for key, value in side.items() if key in _SHOWN and key not in left_out}
    told = (_SHOWN[key](value) for key, value in wanted.items() if value is not None or key == "channel")
    return ", ".join(filter(None, told))


def _limit(side: Mapping[str, object]) -> str | None:
    """A limit; None for anything else, and for one that cannot be read."""
    try:
        subject_id = side["subject_id"]
        limit = Limit(
            Subject(str(side["subject"])),
            None if subject_id is None else int(str(subject_id)),
            Window(str(side["window"])),
            Measure(str(side["measure"])),
            int(str(side["amount"])),
            None,
        )
    except (KeyError, ValueError):
        return None
    return described(limit)


def _words(name: str) -> Callable[[object], str]:
    return lambda value: f"{name} {literal(str(value), _VALUE_LIMIT)}"


def _mention(sign: str) -> Callable[[object], str]:
    def shown(value: object) -> str:
        if value is None:
            return "none"
        return f"<{sign}{value}>" if str(value).isdigit() else literal(str(value), _VALUE_LIMIT)

    return shown


def _quoted(value: object) -> str:
    words = literal(str(value), _VALUE_LIMIT)
    return f"“{words}”" if words else ""


def _money(value: object) -> str:
    return format_usd(MicroUsd(value)) if isinstance(value, int) else literal(str(value), _VALUE_LIMIT)


def _until(value: object) -> str:
    try:
        return f"until {format_dt(datetime.fromisoformat(str(value)), 'f')}"
    except ValueError:
        return f"until {literal(str(value), _VALUE_LIMIT)}"


def _list(value: object) -> str:
    listed = cast("list[object]", value) if isinstance(value, list) else [value]
    return "; ".join(filter(None, map(_quoted, listed))) or "none"


def _value(name: str, value: object) -> str:
    return "not set" if value is None else literal(set_to(name, value), _VALUE_LIMIT)


def _setting(name: str) -> Callable[[object], str]:
    return lambda value: f"{called(name)}: {_value(name, value)}"


def _public_reason(value: object) -> str:
    return f"people read: {words}" if (words := literal(str(value), _VALUE_LIMIT)) else ""


_NOTHING_SET = "nothing set"
_SETTINGS = tuple(one.name for one in fields(ChannelSetting))
_POLICIES = frozenset({AuditKind.POLICY_SET, AuditKind.POLICY_CLEARED})
_OF_CHANNELS = frozenset({AuditKind.LOG_CHANNEL_SET, AuditKind.REVIEW_CHANNEL_SET})
_OF_PICTURES = frozenset(
    {
        AuditKind.PICTURE_REPORTED,
        AuditKind.REVIEW_APPROVED,
        AuditKind.REVIEW_REJECTED,
        AuditKind.PICTURE_REMOVED,
    }
)
_AFTER_A_REPORT: Mapping[AuditKind, str] = {
    AuditKind.REVIEW_APPROVED: "kept reported pictures",
    AuditKind.REVIEW_REJECTED: "removed reported pictures",
}

_SHOWN: Mapping[str, Callable[[object], str]] = {
    **{name: _setting(name) for name in _SETTINGS},
    "user": _mention("@"),
    "user_id": _mention("@"),
    "channel": _mention("#"),
    "channel_id": _mention("#"),
    "amount_micro_usd": _money,
    "reason": _quoted,
    "reasons": _list,
    "until": _until,
    "by_threshold": lambda value: "because of the strikes" if value is True else "",
    "by": _words("by the channel's"),
    "hidden": lambda value: "hidden until decided" if value is True else "left where they are",
    "known": lambda value: "known to moderators already" if value is True else "",
    "pictures": lambda value: "pictures" if value is True else "",
    "period": lambda value: literal(str(value), _VALUE_LIMIT),
    "rule": _words("rule"),
    "text": _quoted,
    "action": _setting("action"),
    "public_reason": _public_reason,
    "is_exception": lambda value: "exception" if value is True else "",
}
"""How each known part of a row is said; "" where it says nothing.

`run` is left out: its id says nothing, and leads to a channel's pictures. So is `appeal`: nobody reads that number.
"""
