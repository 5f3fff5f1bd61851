"""Where an interaction came from, in the bot's own values."""

import discord

from bot.moderation.policy import Policy, default_policy
from bot.runs.run import Place, Reply


def place_of(interaction: discord.Interaction) -> Place:
    """The place of an interaction; a thread's channel beside it.

    A server that did not add the app, where a person brings their own, is private use: none of its limits are ours.
    """
    channel = interaction.channel
    parent_id = channel.parent_id if isinstance(channel, discord.Thread) else None
    # Discord always names the channel of a command; a person's own id stands for a DM that it did not name.
    guild_id = interaction.guild_id if interaction.is_guild_integration() else None
    return Place(guild_id, interaction.channel_id or interaction.user.id, parent_id)


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
