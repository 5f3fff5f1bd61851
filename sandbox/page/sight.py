"""Which events a person may see, as Discord decides it: by channel, by ephemeral notes, by whose interaction it is."""

from collections.abc import Collection, Mapping
from typing import Any


def sees(event: Mapping[str, Any], user_id: int, channel_ids: Collection[str]) -> bool:
    """Whether `user_id`, who can open `channel_ids`, is told of `event`."""
    match event.get("t"):
        case "message_create" | "message_update" | "message_delete":
            return _sees_message(event.get("message") or {}, user_id, channel_ids)
        case "interaction" | "modal":
            return str(event.get("user_id")) == str(user_id)
        case _:
            return True


def _sees_message(message: Mapping[str, Any], user_id: int, channel_ids: Collection[str]) -> bool:
    visible_to = message.get("visible_to")
    if visible_to is not None and str(visible_to) != str(user_id):
        return False
    return str(message.get("channel_id")) in channel_ids
