"""Who may do what: the one table of commands, menus, buttons, selects and forms.

What Discord is told of each command, the check at every use and every press, and the table in README.md come from here.
Discord's own defaults can be changed by a server's admins, and a custom_id can be forged: so the check counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from bot.errors import UserError


class Permission(StrEnum):
    """A permission of Discord's, by its name in Discord's API. Administrator includes all."""

    MANAGE_SERVER = "manage_guild"
    MANAGE_MESSAGES = "manage_messages"
    MODERATE_MEMBERS = "moderate_members"

    @property
    def words(self) -> str:
        """Its name in Discord's settings."""
        return _WORDS[self]


_WORDS = {
    Permission.MANAGE_SERVER: "Manage Server",
    Permission.MANAGE_MESSAGES: "Manage Messages",
    Permission.MODERATE_MEMBERS: "Timeout Members",
}


class Scope(StrEnum):
    """Where something can be used, and where the permission for it must be held."""

    ANYWHERE = "anywhere"  # DMs included, and wherever a person brings the app
    SERVER = "server"  # the permission is held in the whole server: what a channel adds counts for nothing
    CHANNEL = "channel"  # in a server; it may also be held in the one channel of the run or of the review alone


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use one thing. `permission` None: everyone. `others`: what it takes for what is another person's.

    `by_channel`: of a card's button, its channel decides whose cards' buttons one may press (/policy set, `buttons`);
    `always`: whom the channel cannot keep from it. `hint`: why, or what to do instead, for those who use outside
    servers what works in servers only.
    """

    permission: Permission | None
    scope: Scope
    others: Permission | None = None
    hint: str | None = None
    by_channel: bool = False
    always: Permission | None = None

    @property
    def words(self) -> str:
        """For whom it is, for people."""
        if self.permission is not None:
            return self.permission.words + (", there or in the server" if self.scope is Scope.CHANNEL else "")
        return f"everyone; {self.others.words} for another person's" if self.others else "everyone"


@dataclass(frozen=True, slots=True)
class Permissions:
    """The table: commands and menus by name, buttons, selects and forms by action."""

    commands: Mapping[str, Rule] = field(default_factory=dict[str, Rule])
    menus: Mapping[str, Rule] = field(default_factory=dict[str, Rule])
    buttons: Mapping[str, Rule] = field(default_factory=dict[str, Rule])
    selects: Mapping[str, Rule] = field(default_factory=dict[str, Rule])
    forms: Mapping[str, Rule] = field(default_factory=dict[str, Rule])

    def with_models(self, commands: Iterable[str]) -> "Permissions":
        """The table with the commands of models: everyone may ask for pictures, as far as limits and policies go."""
        return replace(self, commands={**self.commands, **dict.fromkeys(commands, _EVERYONE)})

    def command(self, name: str) -> Rule:
        """The rule of a command, such as `review channel`, else that of its group. Raises LookupError for neither."""
        rule = self.commands.get(name) or self.commands.get(name.partition(" ")[0])
        if rule is None:
            raise LookupError(f"nobody has said who may use /{name}")
        return rule


_EVERYONE = Rule(None, Scope.ANYWHERE)
_OWN = Rule(None, Scope.ANYWHERE, others=Permission.MANAGE_MESSAGES)
_PRESSERS = Rule(None, Scope.ANYWHERE, by_channel=True)
_ONLOOKERS = Rule(None, Scope.ANYWHERE, by_channel=True, always=Permission.MANAGE_MESSAGES)
_ADMINS = Rule(Permission.MANAGE_SERVER, Scope.SERVER)
_WATCHERS = Rule(Permission.MANAGE_MESSAGES, Scope.SERVER)
_REVIEWERS = Rule(Permission.MANAGE_MESSAGES, Scope.CHANNEL)
_MODERATORS = Rule(Permission.MODERATE_MEMBERS, Scope.SERVER)
_REPORTERS = Rule(None, Scope.SERVER, hint="there are no moderators here")
_APPELLANTS = Rule(None, Scope.SERVER, hint="appeal where you were paused or stopped")

PERMISSIONS = Permissions(
    commands={
        "usage": _EVERYONE,
        "history": _OWN,
        "show": _EVERYONE,
        "spend": _ADMINS,
        "limits": _ADMINS,
        "grant": _ADMINS,
        "settings": _ADMINS,
        "policy": _ADMINS,
        "rules": _ADMINS,
        "review": _WATCHERS,
        "review channel": _ADMINS,
        "review reasons": _ADMINS,
        "sanction": _MODERATORS,
        "record": _MODERATORS,
        "appeal": _APPELLANTS,
    },
    menus={
        "Edit picture": _EVERYONE,
        "Report picture": _REPORTERS,
        "Remove picture": _OWN,
        "Stop this person": _MODERATORS,
    },
    buttons={
        "leave": _OWN,
        "picture": _ONLOOKERS,
        "again": _PRESSERS,
        "change": _PRESSERS,
        "details": _ONLOOKERS,
        "family": _EVERYONE,
        "download": _PRESSERS,
        "save": _PRESSERS,
        "saved_page": _EVERYONE,
        "saved_show": _EVERYONE,
        "saved_out": _EVERYONE,
        "post": _EVERYONE,
        "edit": _PRESSERS,
        "more_subtle": _PRESSERS,
        "more_strong": _PRESSERS,
        "zoom_out": _PRESSERS,
        "draft_fewer": _PRESSERS,
        "draft_change": _PRESSERS,
        "usage_part": _EVERYONE,
        "cancel": _OWN,
        "history_page": _OWN,
        "history_pictures": _OWN,
        "remove": _OWN,
        "remove_yes": _EVERYONE,
        "approve": _REVIEWERS,
        "reject": _REVIEWERS,
        "review_off": _ADMINS,
        "log_off": _ADMINS,
        "person_stop": _MODERATORS,
        "appeal_lift": _MODERATORS,
        "appeal_keep": _MODERATORS,
        "audit_page": _ADMINS,
        "log_anyway": _ADMINS,
    },
    forms={
        "edit_picture": _PRESSERS,
        "edit_message": _EVERYONE,
        "change": _PRESSERS,
        "draft_change": _PRESSERS,
        "reject": _REVIEWERS,
        "stop": _MODERATORS,
        "appeal": _APPELLANTS,
        "appeal_keep": _MODERATORS,
        "report": _REPORTERS,
        "remove": _OWN,
    },
)


class Asking(Protocol):
    """Who asks, and where: an interaction of discord.py's is one."""

    @property
    def guild_id(self) -> int | None:
        """The server; None outside servers."""
        ...

    @property
    def channel_id(self) -> int | None:
        """The channel, or the thread."""
        ...

    @property
    def permissions(self) -> object:
        """What the person may do in this channel, as Discord computed it for this interaction."""
        ...

    @property
    def guild(self) -> object:
        """The server as far as it is known: `unavailable` until Discord has told its roles."""
        ...

    @property
    def user(self) -> object:
        """The person; a member's `guild_permissions` are those of their roles in the whole server."""
        ...


_NOT_KNOWN_YET = "I do not know this server's roles yet. Please try again in a minute. Nothing was changed."
_OWN_CASE = "This is about you: another moderator must decide it. Nothing was changed."


def need(asking: Asking, rule: Rule) -> None:
    """Let whoever asks through. Raises UserError outside servers, and for people without the permission.

    Of a rule for a channel, whether this is the right one is still to be asked (`need_there`): only what it is about
    can tell.
    """
    if rule.scope is not Scope.ANYWHERE:
        guild_of(asking, rule.hint)
    if rule.permission is not None:
        _need(asking, rule.permission, (asking.channel_id,) if rule.scope is Scope.CHANNEL else ())


def need_there(asking: Asking, rule: Rule, *channel_ids: int | None) -> None:
    """As `need`, where the permission counts in the whole server, or in these channels while one is in them."""
    guild_of(asking)
    if rule.permission is not None:
        _need(asking, rule.permission, channel_ids)


def need_for_others(asking: Asking, rule: Rule, *channel_ids: int | None) -> None:
    """Let whoever asks at what is another person's, of these channels where there are any. Raises UserError."""
    guild_of(asking)
    if rule.others is not None:
        _need(asking, rule.others, channel_ids)


def may_for_others(asking: Asking, rule: Rule) -> bool:
    """Whether whoever asks may do this to what is another person's and from this very channel."""
    return asking.guild_id is not None and rule.others is not None and _has(asking.permissions, rule.others)


def may_always(asking: Asking, rule: Rule, *channel_ids: int | None) -> bool:
    """Whether whoever asks may use this whatever the channel says: held in the server, or here in these channels."""
    return asking.guild_id is not None and rule.always is not None and _holds(asking, rule.always, channel_ids)


def need_not_own(asking: Asking, asking_id: int, person_id: int) -> None:
    """Nobody decides in their own case. Raises UserError.

    The server's owner and Administrators may: there may be nobody else, and what they do is told as their own.
    """
    if asking_id == person_id and not _is_administrator(asking):
        raise UserError(_OWN_CASE)


def manages(held: object) -> bool:
    """Whether somebody with these permissions in the server manages it: no moderator acts about them."""
    return _has(held, Permission.MANAGE_SERVER)


def guild_of(asking: Asking, hint: str | None = None) -> int:
    """The server's id. Raises UserError outside servers; `hint` is a rule's."""
    if asking.guild_id is None:
        raise UserError(f"This works in a server only: {hint}." if hint else "This works in a server only.")
    return asking.guild_id


def _need(asking: Asking, permission: Permission, channel_ids: Iterable[int | None]) -> None:
    if _holds(asking, permission, channel_ids):
        return
    if not _is_known(asking) and _has(asking.permissions, permission):
        raise UserError(_NOT_KNOWN_YET)
    raise UserError(f"Only people with the permission “{permission.words}” may do this. Nothing was changed.")


def _holds(asking: Asking, permission: Permission, channel_ids: Iterable[int | None]) -> bool:
    """Whether whoever asks has it in the whole server, or where they are while that is one of these channels."""
    held_here = _has(asking.permissions, permission)
    if _is_administrator(asking) or (held_here and asking.channel_id in set(channel_ids) - {None}):
        return True
    return _is_known(asking) and _has(getattr(asking.user, "guild_permissions", None), permission)


def _is_known(asking: Asking) -> bool:
    return asking.guild is not None and not getattr(asking.guild, "unavailable", False)


def _is_administrator(asking: Asking) -> bool:
    """No channel can give this to anybody, and the owner has it: what holds here holds everywhere."""
    return bool(getattr(asking.permissions, "administrator", False))


def _has(held: object, permission: Permission) -> bool:
    return bool(getattr(held, "administrator", False) or getattr(held, permission.value, False))
