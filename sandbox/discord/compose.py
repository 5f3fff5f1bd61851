"""From a request's body to a message: the rules for content, flags, embeds, files and components together."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from sandbox.discord.layout import Layout, resolve_embeds
from sandbox.discord.media import Attachment, Upload, take_in
from sandbox.discord.messages import COMPONENTS_V2, EPHEMERAL, LOADING, Message
from sandbox.discord.rules.components import check_message
from sandbox.discord.rules.problems import Path, Problem
from sandbox.discord.rules.refusals import refuse_if_any, too_large
from sandbox.discord.wire import Payload, as_int
from sandbox.discord.world import World

_LEAST_SNOWFLAKE = 1 << 22
_CREATE_FLAGS = (1 << 2) | EPHEMERAL | (1 << 12) | (1 << 13) | COMPONENTS_V2
_EDIT_FLAGS = (1 << 2) | COMPONENTS_V2


@dataclass(frozen=True, slots=True)
class Body:
    """A request's JSON and its files by their number."""

    payload: Payload
    files: Mapping[int, Upload] = field(default_factory=dict[int, Upload])


@dataclass(frozen=True, slots=True)
class Draft:
    """What a message shall hold, checked."""

    content: str
    flags: int
    components: tuple[Payload, ...]
    embeds: tuple[Payload, ...]
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a message goes and what may be in it. `prefix` is where its form lies in the request."""

    channel_id: int
    limit_bytes: int
    ephemeral: bool = False
    prefix: Path = ()


def compose(world: World, body: Body, frame: Frame, old: Message | None = None) -> Draft:
    """A new message, or with `old` an edited one, of which only what the body names is changed.

    Raises Refused: 413/40005 for a large file, 400/50035 for a wrong form, 400/50006 for nothing at all.
    """
    if any(len(upload.content) > frame.limit_bytes for upload in body.files.values()):
        raise too_large()
    payload = body.payload
    uploads = [body.files[number] for number in sorted(body.files)]
    kept = _kept(payload, old)
    was_v2 = old is not None and bool(old.flags & COMPONENTS_V2)
    problems = check_message(
        payload,
        filenames=[upload.filename for upload in uploads],
        editing=old is not None,
        was_v2=was_v2,
        kept_attachments=[each.filename for each in kept],
    )
    problems += _unknown_attachments(payload, old) + _legacy_content(payload, old)
    refuse_if_any(problems, frame.prefix)
    flags = _flags(payload, old)
    attachments = (*kept, *_new(world, body, frame, ephemeral=bool(flags & EPHEMERAL)))
    components = old.components if old else ()
    if "components" in payload:
        components = Layout(attachments, world.addresses, world.ids).resolve(payload["components"] or ())
    content = payload.get("content") or "" if "content" in payload or old is None else old.content
    embeds = resolve_embeds(payload.get("embeds") or ()) if "embeds" in payload or old is None else old.embeds
    return Draft(str(content).strip(), flags & ~LOADING, components, embeds, attachments)


def _flags(payload: Payload, old: Message | None) -> int:
    given = as_int(payload.get("flags"))
    if old is None:
        return (given or 0) & _CREATE_FLAGS
    if given is None:
        return old.flags
    return (old.flags & ~(_EDIT_FLAGS & ~COMPONENTS_V2)) | (given & _EDIT_FLAGS)


def _kept(payload: Payload, old: Message | None) -> tuple[Attachment, ...]:
    """What stays of an edited message's files: those that are listed, or all where there is no list."""
    if old is None:
        return ()
    listed = payload.get("attachments")
    if listed is None:
        return old.attachments
    entries = {as_int(entry.get("id")): entry for entry in _objects(listed)}
    return tuple(_retold(each, entries[each.id]) for each in old.attachments if each.id in entries)


def _retold(file: Attachment, entry: Payload) -> Attachment:
    """A file that stays, with the description and the cover that the edit gives it; both stay where it names none."""
    description = entry.get("description") if "description" in entry else file.description
    spoiler = entry.get("is_spoiler")
    return replace(file, description=description, spoiler=file.spoiler if spoiler is None else spoiler is True)


def _objects(value: object) -> list[Payload]:
    entries = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Payload", entry) for entry in entries if isinstance(entry, dict)]


def _unknown_attachments(payload: Payload, old: Message | None) -> list[Problem]:
    known = {each.id for each in old.attachments} if old else set[int]()
    found: list[Problem] = []
    for index, entry in enumerate(_objects(payload.get("attachments"))):
        number = as_int(entry.get("id"))
        if old is not None and number is not None and number >= _LEAST_SNOWFLAKE and number not in known:
            text = f"The message has no attachment {number}"
            found.append(Problem(("attachments", index, "id"), "ATTACHMENT_NOT_FOUND", text))
    return found


def _legacy_content(payload: Payload, old: Message | None) -> list[Problem]:
    """A message that becomes one of Components V2 must be cleared of what it had before, in the same request."""
    if old is None or old.flags & COMPONENTS_V2 or not (as_int(payload.get("flags")) or 0) & COMPONENTS_V2:
        return []
    text = "The '{}' field must be cleared when using MessageFlags.IS_COMPONENTS_V2"
    return [
        Problem((name,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text.format(name))
        for name, had in (("content", old.content), ("embeds", old.embeds))
        if had and name not in payload
    ]


def _new(world: World, body: Body, frame: Frame, *, ephemeral: bool) -> list[Attachment]:
    entries = {as_int(entry.get("id")): entry for entry in _objects(body.payload.get("attachments"))}
    made: list[Attachment] = []
    for number, upload in sorted(body.files.items()):
        entry = entries.get(number, {})
        named = Upload(entry.get("filename") or upload.filename, upload.content, upload.claimed_type)
        attachment = take_in(
            named,
            attachment_id=world.ids.next(),
            channel_id=frame.channel_id,
            description=entry.get("description"),
            ephemeral=ephemeral,
        )
        made.append(replace(attachment, spoiler=entry.get("is_spoiler") is True))
    return made
