"""What admins read of the audit: each act as one plain line. Pure.

Only what is known to be fit for every admin is shown of a row: no prompts, and nothing that leads to pictures of a
channel that the reader may not see.
"""

from collections.abc import Callable, Mapping
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

LINE_LIMIT = 350
_VALUE_LIMIT = 120
EVERYONE_READS = (
    "Everyone in this server can see that channel, and will read there whom moderators act about, why, and which "
    "prompts met a rule. Better choose one that only moderators see."
)
NOTHING_NOTED = "Nothing is noted here."

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
    AuditKind.TAKEN_FROM_QUEUE: "took a request out of the queue",
}


def key_of(kind: AuditKind) -> str:
    """A kind as a command and a button name it."""
    return kind.name.lower()


KINDS: Mapping[str, AuditKind] = {key_of(kind): kind for kind in AuditKind}
CHOICES: Mapping[str, str] = {key_of(kind): words for kind, words in WORDS.items()}
"""What a command offers: each kind with its words."""


def audit_head(wanted: AuditFilter) -> str:
    """What a page shows."""
    head = "**What admins and moderators did here**, newest first"
    if wanted.person_id is not None:
        head += f", by <@{wanted.person_id}> or about them"
    return head if wanted.kind is None else f"{head}, only: {WORDS[wanted.kind]}"


def audit_line(row: AuditRow) -> str:
    """An act in one line: when, who, what, and what it changed."""
    what = WORDS[row.kind] if row.kind is not None else literal(row.what, _VALUE_LIMIT)
    sides = [told for one in (row.before, row.after) if one is not None and (told := _told(one))]
    changed = " → ".join(sides)
    line = f"- {format_dt(row.at, 'f')} · <@{row.actor_id}> {what}"
    return cut(f"{line}: {changed}" if changed else line, LINE_LIMIT)


def _told(side: Mapping[str, object]) -> str:
    """One side of a change."""
    return _limit(side) or ", ".join(
        _SHOWN[key](value) for key, value in side.items() if key in _SHOWN and (value is not None or len(side) == 1)
    )


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
    return f"“{literal(str(value), _VALUE_LIMIT)}”"


def _money(value: object) -> str:
    return format_usd(MicroUsd(value)) if isinstance(value, int) else literal(str(value), _VALUE_LIMIT)


def _until(value: object) -> str:
    try:
        return f"until {format_dt(datetime.fromisoformat(str(value)), 'f')}"
    except ValueError:
        return f"until {literal(str(value), _VALUE_LIMIT)}"


def _list(value: object) -> str:
    listed = cast("list[object]", value) if isinstance(value, list) else [value]
    return "; ".join(_quoted(one) for one in listed) or "none"


def _setting(name: str) -> Callable[[object], str]:
    words, unit = name.removesuffix("_s").replace("_", " "), " s" if name.endswith("_s") else ""

    def shown(value: object) -> str:
        said = {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value).replace("_", " ")
        return f"{words}: {literal(said, _VALUE_LIMIT)}{unit}"

    return shown


_SHOWN: Mapping[str, Callable[[object], str]] = {
    **{one.name: _setting(one.name) for one in fields(ChannelSetting)},
    "user": _mention("@"),
    "user_id": _mention("@"),
    "channel": _mention("#"),
    "channel_id": _mention("#"),
    "amount_micro_usd": _money,
    "reason": _quoted,
    "reasons": _list,
    "until": _until,
    "by_threshold": lambda value: "because of the strikes" if value is True else "by hand",
    "by": _words("by the channel's"),
    "hidden": lambda value: "hidden until decided" if value is True else "left where they are",
    "appeal": _words("appeal"),
    "rule": _words("rule"),
    "text": _quoted,
    "action": _setting("action"),
    "public_reason": _setting("people read"),
    "is_exception": _setting("exception"),
}
"""How each known part of a row is said. `run` is left out: its id says nothing, and leads to a channel's pictures."""
