"""The little world's people and places, as frozen values. What happens there is in `world`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

TEXT, DM, GROUP_DM, PUBLIC_THREAD = 0, 1, 3, 11


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the guild. `bot_id` marks the role an app brought along."""

    id: int
    name: str
    permissions: int
    position: int
    color: int = 0
    bot_id: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A user and, at once, the member of the one guild. `part` names what they are here for people to read."""

    id: int
    username: str
    global_name: str | None
    part: str
    joined_at: datetime
    role_ids: tuple[int, ...] = ()
    is_bot: bool = False
    in_guild: bool = True


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What one role or member is allowed or denied in a channel, as permission bits."""

    target_id: int
    is_role: bool
    allow: int = 0
    deny: int = 0


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, a thread (with `parent_id`) or a private conversation (with `recipient_ids`, without the bot)."""

    id: int
    type: int
    name: str | None
    created_at: datetime
    guild_id: int | None = None
    position: int = 0
    nsfw: bool = False
    topic: str | None = None
    parent_id: int | None = None
    owner_id: int | None = None
    overwrites: tuple[Overwrite, ...] = ()
    recipient_ids: tuple[int, ...] = ()

    @property
    def is_thread(self) -> bool:
        """Whether this is a thread of `parent_id`."""
        return self.type == PUBLIC_THREAD


@dataclass(frozen=True, slots=True)
class Guild:
    """The one guild. The first of `roles` is @everyone, whose id is the guild's."""

    id: int
    name: str
    owner_id: int
    created_at: datetime
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Cast:
    """Everyone and every place at the beginning. `elsewhere` is a group DM of member and other, where the bot is not.

    `crowd` are members without a part of their own.

    Channels can be changed later (`World.change_channel`); then the world's own `channel` has the newer value.
    """

    application_id: int
    guild: Guild
    bot: Person
    member: Person
    moderator: Person
    admin: Person
    other: Person
    general: Channel
    after_dark: Channel
    mod_room: Channel
    thread: Channel
    elsewhere: Channel
    moderator_role: Role
    admin_role: Role
    crowd: tuple[Person, ...] = ()
    dms: Mapping[int, Channel] = field(default_factory=dict[int, Channel])

    def dm_of(self, user_id: int) -> Channel:
        """The direct messages of a person with the bot. Raises KeyError for the bot and for strangers."""
        return self.dms[user_id]

    @property
    def people(self) -> tuple[Person, ...]:
        """Everyone, the bot last."""
        return (self.member, self.moderator, self.admin, self.other, *self.crowd, self.bot)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Every place."""
        return (self.general, self.after_dark, self.mod_room, self.thread, *self.dms.values(), self.elsewhere)
