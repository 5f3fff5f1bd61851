"""Builders of what Discord sends: from the little world's values to JSON, shaped by Discord's OpenAPI document."""

from collections.abc import Iterable, Sequence

from sandbox.discord.cast import DM, GROUP_DM, Channel, Guild, Person, Role
from sandbox.discord.media import Attachment
from sandbox.discord.wire import Payload, sid, sids, stamp

LOCALE = "en-US"
IS_SPOILER = 1 << 3  # attachment flag


def user(person: Person) -> Payload:
    """A user (UserResponse)."""
    return {
        "id": sid(person.id),
        "username": person.username,
        "global_name": person.global_name,
        "avatar": None,
        "discriminator": "0001" if person.is_bot else "0",
        "public_flags": 0,
        "flags": 0,
        "banner": None,
        "accent_color": None,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
        **({"bot": True} if person.is_bot else {}),
    }


def own_user(person: Person) -> Payload:
    """The bot's own user (UserPIIResponse)."""
    return user(person) | {"mfa_enabled": True, "locale": LOCALE, "verified": True, "email": None, "premium_type": 0}


def member(person: Person, *, with_user: bool = True) -> Payload:
    """A member of the guild (GuildMemberResponse)."""
    payload: Payload = {
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "collectibles": None,
        "communication_disabled_until": None,
        "flags": 0,
        "joined_at": stamp(person.joined_at),
        "nick": None,
        "pending": False,
        "premium_since": None,
        "roles": sids(person.role_ids),
        "mute": False,
        "deaf": False,
    }
    return payload | ({"user": user(person)} if with_user else {})


def role(value: Role) -> Payload:
    """A role (GuildRoleResponse)."""
    return {
        "id": sid(value.id),
        "name": value.name,
        "permissions": str(value.permissions),
        "position": value.position,
        "color": value.color,
        "colors": {"primary_color": value.color, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": value.bot_id is not None,
        "mentionable": False,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
        **({"tags": {"bot_id": sid(value.bot_id)}} if value.bot_id is not None else {}),
    }


def guild(value: Guild) -> Payload:
    """The guild (GuildResponse)."""
    return {
        "id": sid(value.id),
        "name": value.name,
        "icon": None,
        "description": None,
        "home_header": None,
        "splash": None,
        "discovery_splash": None,
        "features": [],
        "banner": None,
        "owner_id": sid(value.owner_id),
        "application_id": None,
        "region": "us-east",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 1,
        "roles": [role(each) for each in value.roles],
        "default_message_notifications": 0,
        "mfa_level": 0,
        "explicit_content_filter": 2,
        "max_presences": None,
        "max_members": 500000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "preferred_locale": LOCALE,
        "rules_channel_id": None,
        "safety_alerts_channel_id": None,
        "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        "nsfw_level": 0,
        "emojis": [],
        "stickers": [],
        "incidents_data": None,
    }


def channel(value: Channel, people: Sequence[Person] = (), last_message_id: int | None = None) -> Payload:
    """A channel, thread or private conversation. `people` are the recipients of a private one."""
    last = {"last_message_id": None if last_message_id is None else sid(last_message_id)}
    if value.type in {DM, GROUP_DM}:
        private: Payload = {
            "id": sid(value.id),
            "type": value.type,
            "flags": 0,
            "recipients": [user(p) for p in people],
        }
        if value.type == GROUP_DM:
            private |= {"name": value.name, "icon": None, "owner_id": sid(value.owner_id or 0)}
        return private | last
    payload: Payload = {
        "id": sid(value.id),
        "type": value.type,
        "flags": 0,
        "guild_id": sid(value.guild_id or 0),
        "name": value.name,
        "parent_id": None if value.parent_id is None else sid(value.parent_id),
        "rate_limit_per_user": 0,
        **last,
    }
    if value.is_thread:
        return payload | _thread(value)
    return payload | {
        "position": value.position,
        "topic": value.topic,
        "nsfw": value.nsfw,
        "permission_overwrites": [
            {
                "id": sid(overwrite.target_id),
                "type": 0 if overwrite.is_role else 1,
                "allow": str(overwrite.allow),
                "deny": str(overwrite.deny),
            }
            for overwrite in value.overwrites
        ],
    }


def _thread(value: Channel) -> Payload:
    return {
        "owner_id": sid(value.owner_id or 0),
        "thread_metadata": {
            "archived": False,
            "archive_timestamp": stamp(value.created_at),
            "auto_archive_duration": 10080,
            "locked": False,
            "create_timestamp": stamp(value.created_at),
        },
        "message_count": 0,
        "member_count": 2,
        "total_message_sent": 0,
    }


def attachment(value: Attachment, url: str) -> Payload:
    """A message's attachment (MessageAttachmentResponse): what is not known is left out, never null."""
    payload: Payload = {
        "id": sid(value.id),
        "filename": value.filename,
        "size": value.size_bytes,
        "url": url,
        "proxy_url": url,
    }
    if value.content_type is not None:
        payload["content_type"] = value.content_type
    if value.width is not None and value.height is not None:
        payload |= {"width": value.width, "height": value.height}
    if value.description:
        payload["description"] = value.description
    if value.ephemeral:
        payload["ephemeral"] = True
    if value.spoiler:
        payload["flags"] = IS_SPOILER
    return payload


def application(bot: Person, owner: Person, guild_count: int) -> Payload:
    """The bot's application (PrivateApplicationResponse)."""
    return {
        "id": sid(bot.id),
        "name": bot.username,
        "icon": None,
        "description": "A bot in a sandbox.",
        "type": None,
        "bot": user(bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "integration_types_config": {"0": {}, "1": {}},
        "verify_key": "00" * 32,
        "flags": 0,
        "flags_new": "0",
        "max_participants": None,
        "tags": [],
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user(owner),
        "approximate_guild_count": guild_count,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "event_webhooks_url": None,
        "event_webhooks_status": 1,
        "event_webhooks_types": [],
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
    }


def guild_create(
    value: Guild,
    *,
    channels: Iterable[Payload],
    threads: Iterable[Payload],
    members: Sequence[Payload],
    member_count: int,
) -> Payload:
    """GUILD_CREATE: the guild with everything the session may know of it."""
    bot_joined = members[0]["joined_at"] if members else stamp(value.created_at)
    return guild(value) | {
        "hub_type": None,
        "latest_onboarding_question_id": None,
        "joined_at": bot_joined,
        "large": False,
        "unavailable": False,
        "member_count": member_count,
        "members": list(members),
        "channels": list(channels),
        "threads": list(threads),
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }
