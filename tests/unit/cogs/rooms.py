"""A server with its roles, as Discord sends it, and people who have their permissions there or in one channel alone."""

from typing import Any

from tests.unit.cogs.wire import GUILD_ID, guild

OWNER_ID = 800000000000000099
MEMBER_ROLE, MODERATOR_ROLE, ADMIN_ROLE = 710000000000000001, 710000000000000002, 710000000000000003
MANAGE_SERVER, MANAGE_MESSAGES, MODERATE_MEMBERS, ADMINISTRATOR = 1 << 5, 1 << 13, 1 << 40, 1 << 3
EVERYTHING_BUT_ADMINISTRATOR = ((1 << 51) - 1) & ~ADMINISTRATOR


def server(**changes: Any) -> dict[str, Any]:
    """GUILD_CREATE: members, moderators above them, those who manage the server above these."""
    roles = [
        {"id": str(GUILD_ID), "name": "@everyone", "permissions": "0", "position": 0},
        {"id": str(MEMBER_ROLE), "name": "Member", "permissions": "0", "position": 1},
        {
            "id": str(MODERATOR_ROLE),
            "name": "Moderator",
            "permissions": str(MANAGE_MESSAGES | MODERATE_MEMBERS),
            "position": 2,
        },
        {"id": str(ADMIN_ROLE), "name": "Admin", "permissions": str(MANAGE_SERVER), "position": 3},
    ]
    return guild(nsfw=False) | {"roles": roles, "owner_id": str(OWNER_ID)} | changes


def by(payload: dict[str, Any], *roles: int, held_here: int = 0, user_id: int | None = None) -> dict[str, Any]:
    """The interaction, of somebody with these roles, and with these permissions in the channel where they are."""
    member = payload["member"] | {"roles": [str(role) for role in roles], "permissions": str(held_here)}
    if user_id is not None:
        member["user"] = member["user"] | {"id": str(user_id)}
    return payload | {"member": member}
