"""What Discord writes, as far as bots read it: shapes from its OpenAPI document, with one server and one channel."""

import base64
import json
import time
from datetime import UTC, datetime
from itertools import count
from typing import Any

from bench.world.book import Press

Payload = dict[str, Any]

TOKEN = "bench.token.nobody-knows"  # noqa: S105 - nothing outside this machine takes it
APPLICATION_ID, GUILD_ID, CHANNEL_ID = 1_100_000_000_000_000_001, 1_100_000_000_000_000_002, 1_100_000_000_000_000_003
FIRST_USER_ID = 1_200_000_000_000_000_000
ATTACHMENT_LIMIT_BYTES = 10 * 1024 * 1024

_EPOCH_MS = 1_420_070_400_000
_FIRST_COMMAND_ID = 1_300_000_000_000_000_000
_ALL_RIGHTS = str((1 << 50) - 1)
_numbers = count()


def snowflake() -> int:
    """An id of this moment: bots read the time of an interaction from its id."""
    return (int(time.time() * 1000) - _EPOCH_MS) << 22 | (next(_numbers) & 0x3FFFFF)


def token_of(interaction_id: int) -> str:
    """A token as long as Discord's are."""
    secret = f"interaction:{interaction_id}:" + f"{interaction_id * 7919:x}".ljust(100, "q")
    return base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")


def dumped(payload: object) -> bytes:
    """Compact JSON."""
    return json.dumps(payload, separators=(",", ":")).encode()


def user(user_id: int, *, bot: bool = False) -> Payload:
    """A user."""
    return {
        "id": str(user_id),
        "username": f"guest{user_id % 1_000_000}",
        "global_name": None,
        "avatar": None,
        "discriminator": "0001" if bot else "0",
        "public_flags": 0,
        "flags": 0,
        **({"bot": True} if bot else {}),
    }


BOT = user(APPLICATION_ID, bot=True)


def member(of: Payload) -> Payload:
    """A member of the server, who may do everything."""
    return {
        "user": of,
        "roles": [],
        "flags": 0,
        "joined_at": "2025-01-01T00:00:00+00:00",
        "nick": None,
        "avatar": None,
        "mute": False,
        "deaf": False,
        "pending": False,
        "premium_since": None,
        "communication_disabled_until": None,
        "permissions": _ALL_RIGHTS,
    }


def channel() -> Payload:
    """The one channel."""
    return {
        "id": str(CHANNEL_ID),
        "type": 0,
        "guild_id": str(GUILD_ID),
        "name": "general",
        "position": 0,
        "flags": 0,
        "parent_id": None,
        "topic": None,
        "nsfw": False,
        "rate_limit_per_user": 0,
        "last_message_id": None,
        "permission_overwrites": [],
    }


def guild() -> Payload:
    """GUILD_CREATE's body."""
    everyone = {
        "id": str(GUILD_ID),
        "name": "@everyone",
        "permissions": _ALL_RIGHTS,
        "position": 0,
        "color": 0,
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
    return {
        "id": str(GUILD_ID),
        "name": "Bench",
        "owner_id": str(FIRST_USER_ID - 1),
        "preferred_locale": "en-US",
        "joined_at": "2025-01-01T00:00:00+00:00",
        "large": False,
        "unavailable": False,
        "member_count": 2,
        "afk_timeout": 300,
        "verification_level": 1,
        "default_message_notifications": 0,
        "explicit_content_filter": 2,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "system_channel_flags": 0,
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": [everyone],
        "channels": [channel()],
        "members": [member(BOT)],
        "threads": [],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def ready(gateway_url: str, shard: list[int]) -> Payload:
    """READY's body."""
    return {
        "v": 10,
        "user": BOT | {"mfa_enabled": True, "locale": "en-US", "verified": True, "email": None},
        "guilds": [{"id": str(GUILD_ID), "unavailable": True}],
        "private_channels": [],
        "session_id": "bench",
        "session_type": "normal",
        "resume_gateway_url": gateway_url,
        "application": {"id": str(APPLICATION_ID), "flags": 0},
        "shard": shard,
        "user_settings": {},
        "relationships": [],
        "presences": [],
    }


def application() -> Payload:
    """The bot's application."""
    return {
        "id": str(APPLICATION_ID),
        "name": "bench",
        "icon": None,
        "description": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "00" * 32,
        "flags": 0,
        "owner": user(FIRST_USER_ID - 1),
        "team": None,
        "interactions_endpoint_url": None,
    }


def command(number: int, given: Payload) -> Payload:
    """A command as Discord gives it back: without what is null, and with what was left out."""
    said = {name: value for name, value in given.items() if value is not None}
    if "options" in said:
        said["options"] = [command(number, option) for option in said["options"]]
    named = {"id": str(_FIRST_COMMAND_ID + number), "application_id": str(APPLICATION_ID), "version": "1"}
    return {"description": "", **said, **named}


def interaction(press: Press, options: list[Payload]) -> Payload:
    """INTERACTION_CREATE's body for a slash command."""
    return {
        "id": str(press.id),
        "application_id": str(APPLICATION_ID),
        "type": 2,
        "token": press.token,
        "version": 1,
        "data": {"id": str(_FIRST_COMMAND_ID), "name": press.command, "type": 1, "options": options},
        "guild_id": str(GUILD_ID),
        "guild": {"id": str(GUILD_ID), "locale": "en-US", "features": []},
        "channel_id": str(CHANNEL_ID),
        "channel": channel() | {"permissions": _ALL_RIGHTS},
        "member": member(user(press.user_id)),
        "app_permissions": _ALL_RIGHTS,
        "locale": "en-US",
        "guild_locale": "en-US",
        "entitlements": [],
        "entitlement_sku_ids": [],
        "authorizing_integration_owners": {"0": str(GUILD_ID)},
        "context": 0,
        "attachment_size_limit": ATTACHMENT_LIMIT_BYTES,
    }


def message(press: Press, components: object, attachments: list[Payload], *, flags: int) -> Payload:
    """A message that answers a press, as Discord gives it back."""
    return {
        "id": str(press.id),
        "channel_id": str(CHANNEL_ID),
        "type": 20,
        "content": "",
        "author": BOT,
        "attachments": attachments,
        "embeds": [],
        "components": components if isinstance(components, list) else [],
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "pinned": False,
        "tts": False,
        "timestamp": datetime.now(UTC).isoformat(),
        "edited_timestamp": None,
        "flags": flags,
        "application_id": str(APPLICATION_ID),
        "webhook_id": str(APPLICATION_ID),
        "interaction_metadata": {
            "id": str(press.id),
            "type": 2,
            "user": user(press.user_id),
            "authorizing_integration_owners": {"0": str(GUILD_ID)},
        },
    }


def attachment(number: int, filename: str, size: int, base_url: str) -> Payload:
    """A file of a message."""
    url = f"{base_url}/attachments/{CHANNEL_ID}/{number}/{filename}"
    return {"id": str(number), "filename": filename, "size": size, "url": url, "proxy_url": url}
