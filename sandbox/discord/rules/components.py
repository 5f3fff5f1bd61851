"""Messages: what Discord refuses when a bot sends or edits one. Modals and the walk over components come along."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from sandbox.discord.rules.embeds import check_embeds
from sandbox.discord.rules.form import Form, repeated
from sandbox.discord.rules.layout import Files, check_components
from sandbox.discord.rules.modal import check_modal
from sandbox.discord.rules.problems import EMPTY_MESSAGE, Problem
from sandbox.discord.rules.tree import assign_ids, total_text

__all__ = ["COMPONENTS_V2", "assign_ids", "check_message", "check_modal", "total_text"]

COMPONENTS_V2: Final = 1 << 15
"""The message flag without which only action rows are taken, and with which no content or embeds are."""

_SENDABLE_FLAGS: Final = (1 << 2) | (1 << 6) | (1 << 12) | (1 << 13) | COMPONENTS_V2
"""Suppress embeds, ephemeral, suppress notifications, voice message, Components V2."""

_FILES_MOST: Final = 10
_LEAST_SNOWFLAKE: Final = 1 << 22
_SNOWFLAKE_DIGITS: Final = 20
_LEGACY_FIELDS: Final = ("content", "embeds", "poll", "sticker_ids")
_MENTION_KINDS: Final = ("everyone", "roles", "users")


def check_message(
    payload: Mapping[str, object],
    *,
    filenames: Sequence[str],
    editing: bool,
    was_v2: bool = False,
    kept_attachments: Sequence[str] = (),
) -> list[Problem]:
    """What Discord refuses in a message that is sent or edited; empty when it is fine.

    `filenames` are the names of the files sent along, in order: `attachments[].id` counts them from 0. When
    `editing`, `was_v2` says whether the message is one of Components V2 already (that cannot be taken back), and
    `kept_attachments` names the files that stay on it.
    """
    message = Form(payload, (), [])
    flags = message.whole("flags", 0, 2**31 - 1) or 0
    if flags & ~_SENDABLE_FLAGS:
        message.note("flags", "MESSAGE_FLAGS_INVALID", f"Flags that cannot be set: {flags & ~_SENDABLE_FLAGS}")
    v2 = was_v2 or bool(flags & COMPONENTS_V2)
    message.text("content", 0, 2000)
    if v2:
        _check_legacy_fields(message)
    check_embeds(message)
    check_components(message, v2=v2, files=Files(frozenset((*filenames, *kept_attachments))))
    _check_attachments(message, filenames, kept_attachments, editing=editing)
    _check_mentions(message)
    _check_nonce(message)
    _check_empty(message, filenames, kept_attachments, v2=v2, editing=editing)
    return message.problems


def _check_legacy_fields(message: Form) -> None:
    for key in _LEGACY_FIELDS:
        if message.value.get(key):
            text = f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            message.note(key, "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)


def _check_attachments(message: Form, filenames: Sequence[str], kept: Sequence[str], *, editing: bool) -> None:
    entries = message.forms("attachments", 0, _FILES_MOST)
    if len(filenames) + len(kept) > _FILES_MOST and len(entries) <= _FILES_MOST:
        message.note("attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {_FILES_MOST} or fewer in length.")
    ids = [_check_attachment(entry, len(filenames), editing=editing) for entry in entries]
    for place in repeated(ids):
        entries[place].note("id", "ATTACHMENT_ID_DUPLICATED", "The attachment id is already used")


def _check_attachment(entry: Form, uploaded: int, *, editing: bool) -> int | None:
    entry.text("filename", 1, 1024)
    entry.text("title", 0, 1024)
    entry.text("description", 0, 1024)
    entry.flag("is_spoiler")
    if not entry.has("id"):
        entry.note("id", "BASE_TYPE_REQUIRED", "This field is required")
        return None
    number = _snowflake(entry.value["id"])
    if number is None:
        entry.note("id", "NUMBER_TYPE_COERCE", f'Value "{entry.value["id"]}" is not snowflake.')
        return None
    if number >= uploaded and not (editing and number >= _LEAST_SNOWFLAKE):
        entry.note("id", "ATTACHMENT_NOT_FOUND", f"No file was sent for the attachment {number}")
    return number


def _snowflake(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    digits = str(value)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _SNOWFLAKE_DIGITS else None


def _check_mentions(message: Form) -> None:
    mentions = message.form("allowed_mentions")
    if mentions is None:
        return
    mentions.flag("replied_user")
    parse = mentions.listed("parse", 0, len(_MENTION_KINDS))
    for place, kind in enumerate(parse):
        if kind not in _MENTION_KINDS:
            text = f"Value must be one of {{{', '.join(repr(known) for known in _MENTION_KINDS)}}}."
            mentions.note(("parse", place), "BASE_TYPE_CHOICES", text)
    for kind in ("users", "roles"):
        named = mentions.listed(kind, 0, 100)
        if named and kind in parse:
            text = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            mentions.note((), "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)


def _check_nonce(message: Form) -> None:
    nonce = message.value.get("nonce")
    if isinstance(nonce, str):
        message.text("nonce", 0, 25)
    elif nonce is not None and (isinstance(nonce, bool) or not isinstance(nonce, int)):
        message.note("nonce", "NONCE_TYPE_INVALID", "A nonce must be a string or an integer")


def _check_empty(message: Form, filenames: Sequence[str], kept: Sequence[str], *, v2: bool, editing: bool) -> None:
    fields = ("components",) if v2 else ("content", "embeds", "components", "poll", "sticker_ids", "message_reference")
    if any(_filled(message.value.get(key)) for key in fields) or (not v2 and (filenames or kept)):
        return
    # An edit leaves out what stays: it empties a message only where it says so of all it could show.
    cleared = ("components",) if v2 else ("content", "embeds", "components")
    if not editing or all(key in message.value for key in cleared):
        message.note((), EMPTY_MESSAGE, "Cannot send an empty message")


def _filled(value: object) -> bool:
    return bool(cast("object", value.strip() if isinstance(value, str) else value))
