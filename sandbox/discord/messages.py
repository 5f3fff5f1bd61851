"""Messages as values, and how they look on the wire."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sandbox.discord import payloads
from sandbox.discord.addresses import Addresses
from sandbox.discord.cast import Person
from sandbox.discord.media import Attachment
from sandbox.discord.rules.tree import walk
from sandbox.discord.wire import Payload, sid, stamp

EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15
PLAIN, REPLY, COMMAND_REPLY = 0, 19, 20


@dataclass(frozen=True, slots=True)
class Origin:
    """The interaction a message answers: the deprecated `interaction` of commands, and `interaction_metadata`."""

    interaction_id: int
    metadata: Payload
    legacy: Payload | None


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `components` are in the form Discord answers with; `visible_to` is set for ephemeral ones.

    `answers_id` is the message of the channel that this one replies to.
    """

    id: int
    channel_id: int
    author_id: int
    type: int
    created_at: datetime
    content: str = ""
    flags: int = 0
    components: tuple[Payload, ...] = ()
    embeds: tuple[Payload, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    edited_at: datetime | None = None
    visible_to: int | None = None
    origin: Origin | None = None
    by_webhook: bool = False
    nonce: str | int | None = None
    tts: bool = False
    answers_id: int | None = None

    @property
    def is_loading(self) -> bool:
        """Whether this still says that the app is thinking."""
        return bool(self.flags & LOADING)


def render(message: Message, *, author: Person, application_id: int, addresses: Addresses) -> Payload:
    """A message as Discord answers and dispatches it (MessageResponse); the addresses of its files are fresh."""
    files = {sid(each.id): each for each in message.attachments}
    payload: Payload = {
        "id": sid(message.id),
        "channel_id": sid(message.channel_id),
        "type": message.type,
        "content": message.content,
        "author": payloads.user(author),
        "attachments": [payloads.attachment(each, addresses.of(each)) for each in message.attachments],
        "embeds": list(message.embeds),
        "components": [addresses.refresh(each, files) for each in message.components],
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "pinned": False,
        "tts": message.tts,
        "timestamp": stamp(message.created_at),
        "edited_timestamp": None if message.edited_at is None else stamp(message.edited_at),
        "flags": message.flags,
    }
    if author.is_bot:
        payload["application_id"] = sid(application_id)
    if message.by_webhook:
        payload["webhook_id"] = sid(application_id)
    if message.nonce is not None:
        payload["nonce"] = message.nonce
    if message.origin is not None:
        payload["interaction_metadata"] = message.origin.metadata
        if message.origin.legacy is not None:
            payload["interaction"] = message.origin.legacy
    return payload


def find_component(components: Iterable[Payload], wanted: Callable[[Payload], bool]) -> Payload | None:
    """The first component, at any depth, that `wanted` accepts."""
    found = (cast("Payload", component) for _, component in walk(list(components)))
    return next((component for component in found if wanted(component)), None)
