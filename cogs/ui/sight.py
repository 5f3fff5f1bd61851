"""What somebody may see of another's run: asked at every press, whatever the custom_id says."""

import discord

from bot.errors import UserError
from bot.runs.run import Delivery, Run
from bot.services import History
from cogs.ui.context import place_of

_NOT_SEEN = "This picture is not from a channel that you can see. Nothing was changed."
_PROMPT_HIDDEN = "The prompt of this picture is hidden here, so only the one who made it can do this."


async def seen_run(interaction: discord.Interaction, history: History, run_id: str) -> Run:
    """The run that a press is about, as far as who pressed may see its card. Raises UserError and Unavailable."""
    run = await history.find(run_id, place_of(interaction).guild_id)
    if run.user_id != interaction.user.id and not sees_channel(interaction, run):
        raise UserError(_NOT_SEEN)
    return run


def sees_channel(interaction: discord.Interaction, run: Run) -> bool:
    """Whether who asks sees the channel that a run is from. Threads may be private: those who manage threads see all.

    A channel that is gone, or that the bot does not know, is seen by nobody; nor is a private run, in whatever channel.
    """
    if run.private:
        return False
    member, guild = interaction.user, interaction.guild
    if run.place.channel_id == interaction.channel_id:
        return True
    if guild is None or not isinstance(member, discord.Member):
        return False
    channel = guild.get_channel(run.place.parent_channel_id or run.place.channel_id)
    if channel is None:
        return False
    held = channel.permissions_for(member)
    return held.view_channel and (run.place.parent_channel_id is None or held.manage_threads)


def need_readable_prompt(interaction: discord.Interaction, run: Run) -> None:
    """Raises UserError where a run's words are kept from everybody but the one who wrote them."""
    is_shown = run.delivery is Delivery.SHOWN and run.made_pictures and run.reason is None
    is_hidden = run.is_removed or (run.rules_then.hide_prompt and not is_shown)
    if run.user_id != interaction.user.id and is_hidden:
        raise UserError(_PROMPT_HIDDEN)
