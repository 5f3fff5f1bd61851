"""Where an interaction came from, in the bot's own values."""

import discord

from bot.ledger.values import Person
from bot.moderation.policy import Policy, default_policy
from bot.runs.run import Place, Reply


def place_of(interaction: discord.Interaction) -> Place:
    """The place of an interaction; a thread's channel beside it."""
    channel = interaction.channel
    parent_id = channel.parent_id if isinstance(channel, discord.Thread) else None
    # Discord always names the channel of a command; a person's own id stands for a DM that it did not name.
    return Place(interaction.guild_id, interaction.channel_id or interaction.user.id, parent_id)


def person_of(interaction: discord.Interaction) -> Person:
    """Who asks, where, and with which roles: the one whom limits concern."""
    place = place_of(interaction)
    return Person(
        interaction.user.id, place.guild_id, place.parent_channel_id or place.channel_id, role_ids_of(interaction.user)
    )


def role_ids_of(user: discord.User | discord.Member) -> tuple[int, ...]:
    """The person's roles at this moment, as Discord sent them with the interaction; none outside servers."""
    return tuple(role.id for role in user.roles) if isinstance(user, discord.Member) else ()


def reply_of(interaction: discord.Interaction) -> Reply:
    """How the answer to an interaction is reached."""
    return Reply(
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        token=interaction.token,
        created_at=interaction.created_at,
        attachment_limit_bytes=interaction.filesize_limit,
    )


def policy_of(channel: object) -> Policy:
    """The policy of a channel that nobody has set. Threads inherit; DMs and what is unknown take the strictest."""
    return default_policy(age_restricted=is_age_restricted(channel))


def is_age_restricted(channel: object) -> bool:
    """Whether Discord shows this channel to adults only."""
    match channel:
        case discord.Thread() | discord.TextChannel() | discord.VoiceChannel() | discord.StageChannel():
            return channel.is_nsfw()
        case discord.ForumChannel() | discord.CategoryChannel():
            return channel.is_nsfw()
        case _:
            return False
