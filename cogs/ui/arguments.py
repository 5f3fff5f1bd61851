"""Arguments of commands for admins and moderators: declared to Discord, and checked again, for clients send anything.

discord.py answers for a wrong value with an error of its own, which names neither the option nor what is allowed.
"""

from collections.abc import Mapping

import discord
from discord import AppCommandOptionType, ChannelType, app_commands

from bot.errors import OptionError, UserError
from bot.guilds.permissions import guild_of
from cogs.ui.discord_limits import CHOICES

_SHOWN_LIMIT = 100
_LARGEST_ID = 2**63 - 1

PLACES = (
    ChannelType.text,
    ChannelType.voice,
    ChannelType.stage_voice,
    ChannelType.news,
    ChannelType.forum,
    ChannelType.category,
    ChannelType.public_thread,
    ChannelType.private_thread,
    ChannelType.news_thread,
)
"""Where pictures can be asked for, and the categories such places lie in."""

WRITABLE = (ChannelType.text, ChannelType.news, ChannelType.public_thread, ChannelType.private_thread)
"""Where the bot can post a message."""


def id_of(value: object) -> int:
    """The id of whatever an option named, known to Discord or not. Raises UserError where there is none."""
    found = getattr(value, "id", value)
    if isinstance(found, str) and found.isascii() and found.isdigit():
        found = int(found[:20])
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found <= _LARGEST_ID:
        raise UserError("That is nothing Discord knows. Please choose one from the list.")
    return found


class ChannelId(app_commands.Transformer):
    """A channel, as its id; `kinds` are offered (default: PLACES). Whether it is of this server the caller checks."""

    def __init__(self, kinds: tuple[ChannelType, ...] = PLACES) -> None:
        self._kinds = kinds

    @property
    def type(self) -> AppCommandOptionType:
        """What Discord offers: a channel, as what is typed after the option's name."""
        return AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[ChannelType]:
        """The kinds of channel that Discord's client lists; others may be sent all the same."""
        return list(self._kinds)

    async def transform(self, _interaction: discord.Interaction, value: object, /) -> int:
        """The id, whether or not Discord knew what it belongs to."""
        return id_of(value)


class PlaceNamed(app_commands.Transformer):
    """A channel or category of this server; a thread stands for its channel.

    Raises UserError for one that is deleted, of another server, or that the bot cannot see, and for a category where
    none is taken (`categories` False).
    """

    def __init__(self, *, categories: bool = True) -> None:
        self._categories = categories

    @property
    def type(self) -> AppCommandOptionType:
        """What Discord offers: a channel, as what is typed after the option's name."""
        return AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[ChannelType]:
        """The kinds that Discord offers."""
        return [kind for kind in PLACES if self._categories or kind is not ChannelType.category]

    async def transform(self, interaction: discord.Interaction, value: object, /) -> discord.abc.GuildChannel:
        """The channel as the bot knows it."""
        found = place_in(interaction, value)
        if isinstance(found, discord.CategoryChannel) and not self._categories:
            raise UserError("A category has no limit of its own. Please name its channels one by one.")
        return found


def place_in(interaction: discord.Interaction, value: object) -> discord.abc.GuildChannel:
    """The channel or category of this server that `value` names; of a thread, its channel. Raises UserError."""
    guild_of(interaction)
    guild = interaction.guild
    if guild is None:
        raise UserError("There is no such channel in this server that I can see. Nothing was changed.")
    # A thread that was archived has left the bot's memory; Discord named its channel with the command.
    parent_id = getattr(value, "parent_id", None) if _is_thread(value) else None
    found = guild.get_channel_or_thread(parent_id or id_of(value))
    if isinstance(found, discord.Thread):
        found = guild.get_channel(found.parent_id)
    if found is None:
        raise UserError("There is no such channel in this server that I can see. Nothing was changed.")
    return found


def _is_thread(value: object) -> bool:
    return isinstance(value, discord.Thread | app_commands.AppCommandThread)


class PersonId(app_commands.Transformer):
    """A person, as their id."""

    @property
    def type(self) -> AppCommandOptionType:
        """Discord offers people; somebody who has left can be named by their id."""
        return AppCommandOptionType.user

    async def transform(self, _interaction: discord.Interaction, value: object, /) -> int:
        """The id, whether or not the person is still here."""
        return id_of(value)


class MemberNamed(app_commands.Transformer):
    """A member of this server, with their roles of now. Raises UserError for somebody who is not in it (any more)."""

    @property
    def type(self) -> AppCommandOptionType:
        """Discord offers people; somebody who has left can be named by their id."""
        return AppCommandOptionType.user

    async def transform(self, _interaction: discord.Interaction, value: object, /) -> discord.Member:
        """The member, as Discord sent them with the command."""
        if isinstance(value, discord.Member):
            return value
        raise UserError("This person is not in this server (any more). Nothing was changed.")


class RoleNamed(app_commands.Transformer):
    """A role of this server. Raises UserError for one that is deleted, or of another server."""

    @property
    def type(self) -> AppCommandOptionType:
        """Discord offers the roles of the server."""
        return AppCommandOptionType.role

    async def transform(self, interaction: discord.Interaction, value: object, /) -> discord.Role:
        """The role as the bot knows it now. Raises UserError for one that is gone."""
        role = interaction.guild.get_role(id_of(value)) if interaction.guild else None
        if role is None:
            raise UserError("There is no such role in this server (any more). Nothing was changed.")
        return role


class Words(app_commands.Transformer):
    """Text of any length: `most` is what Discord's client lets people type, and the service judges again."""

    def __init__(self, most: int) -> None:
        self._most = most

    @property
    def max_value(self) -> int:
        """The most characters that Discord's client lets people type."""
        return self._most

    async def transform(self, _interaction: discord.Interaction, value: object, /) -> str:
        """The text as it was sent, whatever its length."""
        return value if isinstance(value, str) else str(value)


class Known(app_commands.Transformer):
    """One of some values; `known` maps each to what people read. Raises OptionError for any other."""

    def __init__(self, name: str, known: Mapping[str, str]) -> None:
        self._name, self._known = name, known

    async def transform(self, _interaction: discord.Interaction, value: object, /) -> str:
        """The value, if it is one of them."""
        if isinstance(value, str) and value in self._known:
            return value
        raise OptionError(self._name, str(value)[:_SHOWN_LIMIT], ", ".join(self._known))


class OneOf(Known):
    """One of a few values: Discord's client offers them. Raises ValueError for more than it takes."""

    def __init__(self, name: str, known: Mapping[str, str]) -> None:
        super().__init__(name, known)
        if len(known) > CHOICES:
            raise ValueError(f"{name}: {len(known)} values are to be suggested, not offered")

    @property
    def choices(self) -> list[app_commands.Choice[int | float | str]]:
        """What Discord's client offers: the words of each value."""
        return [app_commands.Choice(name=words, value=value) for value, words in self._known.items()]


class OneOfMany(Known):
    """One of more values than Discord takes as choices: those are suggested whose words are like what is typed."""

    async def autocomplete(
        self, _interaction: discord.Interaction, value: int | float | str, /
    ) -> list[app_commands.Choice[int | float | str]]:
        """The values that are like what is typed, by their words, as many as Discord shows."""
        typed = str(value).strip().lower()
        like = [(words, one) for one, words in self._known.items() if typed in words.lower()]
        return [app_commands.Choice(name=words, value=one) for words, one in like[:CHOICES]]


class YesNo(app_commands.Transformer):
    """Yes or no. Raises OptionError for anything else."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def type(self) -> AppCommandOptionType:
        """Discord offers True and False."""
        return AppCommandOptionType.boolean

    async def transform(self, _interaction: discord.Interaction, value: object, /) -> bool:
        """The value, if it is one of them."""
        if isinstance(value, bool):
            return value
        raise OptionError(self._name, str(value)[:_SHOWN_LIMIT], "True or False")


class Whole(app_commands.Transformer):
    """A whole number between `least` and `most`. Raises OptionError outside."""

    def __init__(self, name: str, least: int, most: int) -> None:
        self._name, self._least, self._most = name, least, most

    @property
    def type(self) -> AppCommandOptionType:
        """Discord offers a field for whole numbers."""
        return AppCommandOptionType.integer

    @property
    def min_value(self) -> int:
        """The least that Discord's client lets people type."""
        return self._least

    @property
    def max_value(self) -> int:
        """The most that Discord's client lets people type."""
        return self._most

    async def transform(self, _interaction: discord.Interaction, value: object, /) -> int:
        """The number. Raises OptionError where it is none, or lies outside."""
        if isinstance(value, int) and not isinstance(value, bool) and self._least <= value <= self._most:
            return value
        raise OptionError(self._name, str(value)[:_SHOWN_LIMIT], f"{self._least} to {self._most}")
