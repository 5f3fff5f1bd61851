"""Who may do what where: the bits, and Discord's order of applying roles and overwrites."""

from collections.abc import Iterable
from enum import IntFlag

from sandbox.discord.cast import Channel, Guild, Person


class Permission(IntFlag):
    """Bits of Discord's permissions that the little world uses."""

    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    USE_EXTERNAL_EMOJIS = 1 << 18
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    SEND_MESSAGES_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40


ALL = sum(Permission)
SPEAK = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_MESSAGES_IN_THREADS
)


def in_guild(person: Person, guild: Guild) -> int:
    """What the person's roles allow in the whole guild."""
    if person.id == guild.owner_id:
        return ALL
    held = 0
    for role in guild.roles:
        if role.id == guild.id or role.id in person.role_ids:
            held |= role.permissions
    return ALL if held & Permission.ADMINISTRATOR else held


def in_channel(person: Person, guild: Guild, channel: Channel) -> int:
    """What the person may do in a guild channel; a thread takes its parent's overwrites, so pass the parent for it."""
    base = in_guild(person, guild)
    if base & Permission.ADMINISTRATOR:
        return ALL
    base = _apply(base, channel, [guild.id])
    base = _apply(base, channel, person.role_ids)
    base = _apply(base, channel, [person.id])
    return base if base & Permission.VIEW_CHANNEL else 0


def _apply(base: int, channel: Channel, targets: Iterable[int]) -> int:
    chosen = [overwrite for overwrite in channel.overwrites if overwrite.target_id in targets]
    for overwrite in chosen:
        base &= ~overwrite.deny
    for overwrite in chosen:
        base |= overwrite.allow
    return base
