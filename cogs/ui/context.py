"""Where an interaction came from, in the bot's own values."""

import discord

from bot.ledger.values import Person
from bot.moderation.rules import ChannelContext
from bot.runs.run import Place, Reply


def place_of(interaction: discord.Interaction) -> Place:
    """The place of an interaction; a thread's channel beside it.

    A server that did not add the app, where a person brings their own, is private use: none of its limits are ours.
    """
    channel = interaction.channel
    parent_id = channel.parent_id if isinstance(channel, discord.Thread) else None
    # Discord always names the channel of a command; a person's own id stands for a DM that it did not name.
    return Place(_server_of(interaction), interaction.channel_id or interaction.user.id, parent_id)


def _server_of(interaction: discord.Interaction) -> int | None:
    """The server whose rules hold. One that the bot is in never counts as private, however the app was brought."""
    guild_id = interaction.guild_id
    is_in_it = guild_id is not None and interaction.client.get_guild(guild_id) is not None
    return guild_id if is_in_it or interaction.is_guild_integration() else None


def person_of(interaction: discord.Interaction) -> Person:
    """Who asks, where, and with which roles: the one whom limits concern."""
    place = place_of(interaction)
    return Person(
        interaction.user.id, place.guild_id, place.parent_channel_id or place.channel_id, role_ids_of(interaction.user)
    )


def role_ids_of(user: discord.User | discord.Member) -> tuple[int, ...]:
    """The person's roles at this moment, as Discord sent them with the interaction; none outside servers.

    `Member.roles` leaves out those that are not known yet, which after a start are all: then no limit on a role held.
    """
    if not isinstance(user, discord.Member):
        return ()
    return tuple(user._roles)  # pyright: ignore[reportPrivateUsage] - discord.py has no public way


def reply_of(interaction: discord.Interaction) -> Reply:
    """How the answer to an interaction is reached."""
    return Reply(
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        token=interaction.token,
        created_at=interaction.created_at,
        attachment_limit_bytes=interaction.filesize_limit,
    )


def channel_context_at(interaction: discord.Interaction) -> ChannelContext:
    """What Discord says of the place of an interaction. A place that it does not describe counts as unknown."""
    return channel_context_in(place_of(interaction), interaction.channel)


def channel_context_of(channel: discord.abc.GuildChannel | discord.Thread) -> ChannelContext:
    """What is known of a channel, a category or a thread of a server."""
    parent_id = channel.parent_id if isinstance(channel, discord.Thread) else None
    return channel_context_in(Place(channel.guild.id, channel.id, parent_id), channel)


def channel_context_in(place: Place, channel: object) -> ChannelContext:
    """What is known of a place. `channel` is the channel itself, or a thread's where the thread is not known."""
    return ChannelContext(
        guild_id=place.guild_id,
        channel_id=place.channel_id,
        parent_id=place.parent_channel_id,
        category_id=_category_of(channel),
        age_restricted=is_age_restricted(channel),
        known=isinstance(channel, discord.Thread | discord.abc.GuildChannel),
    )


def _category_of(channel: object) -> int | None:
    if isinstance(channel, discord.Thread):
        return channel.category_id if channel.parent else None
    return channel.category_id if isinstance(channel, discord.abc.GuildChannel) else None


def is_age_restricted(channel: object) -> bool:
    """Whether Discord shows this channel to adults only."""
    match channel:
        case discord.Thread() | discord.TextChannel() | discord.VoiceChannel() | discord.StageChannel():
            return channel.is_nsfw()
        case discord.ForumChannel() | discord.CategoryChannel():
            return channel.is_nsfw()
        case _:
            return False


def everyone_sees(channel: discord.abc.GuildChannel | discord.Thread) -> bool:
    """Whether all members of the server see this channel; of a private thread, only those who were let in do."""
    if isinstance(channel, discord.Thread) and channel.is_private():
        return False
    return channel.permissions_for(channel.guild.default_role).view_channel
