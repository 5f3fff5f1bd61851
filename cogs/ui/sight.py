"""What somebody may see of another's run, and press on its card: asked at every press, whatever the custom_id says."""

import discord

from bot.errors import UserError
from bot.guilds.permissions import PERMISSIONS, may_always
from bot.moderation.pressers import Pressers
from bot.moderation.rules import ChannelContext
from bot.runs.run import Delivery, Run
from bot.services import History, Policies
from cogs.ui.context import channel_context_at, channel_context_in, place_of, role_ids_of

_NOT_SEEN = "This picture is not from a channel that you can see. Nothing was changed."
_AUTHOR_ONLY = "Only the one who asked for it may use this button."
_PROMPT_HIDDEN = "The prompt of this picture is hidden here, so only the one who made it can do this."


async def seen_run(
    interaction: discord.Interaction, history: History, run_id: str, policies: Policies, action: str
) -> Run:
    """The run that a press of a card's button `action` is about, where who pressed may see the card and press it.

    Raises UserError and Unavailable.
    """
    run = await run_in_sight(interaction, history, run_id)
    await need_may_press(interaction, run, policies, action)
    return run


async def run_in_sight(interaction: discord.Interaction, history: History, run_id: str) -> Run:
    """The run that somebody names, as far as they may see its card. Raises UserError and Unavailable.

    For buttons of cards there is `seen_run`.
    """
    run = await history.find(run_id, place_of(interaction).guild_id)
    if run.user_id != interaction.user.id and not sees_channel(interaction, run):
        raise UserError(_NOT_SEEN)
    return run


async def need_may_press(interaction: discord.Interaction, run: Run, policies: Policies, action: str) -> None:
    """Raises UserError where the run's channel lets whoever presses not press this button of its card.

    The one who asked always may. What held in the channel when it was asked for and what holds there now both bind;
    where it was asked for counts, wherever the button is pressed. Raises Unavailable.
    """
    rule = PERMISSIONS.buttons[action]
    if not rule.by_channel or run.user_id == interaction.user.id or may_always(interaction, rule, run.place.channel_id):
        return
    now = await policies.rules_at(_context_of(interaction, run))
    pressers = run.rules_then.buttons.stricter(now.buttons)
    if not pressers.lets(role_ids_of(interaction.user)):
        raise UserError(_not_let(interaction, pressers))


def _context_of(interaction: discord.Interaction, run: Run) -> ChannelContext:
    """What Discord says of the place that a run is from."""
    if run.place.channel_id == interaction.channel_id:
        return channel_context_at(interaction)
    channel = interaction.guild.get_channel(run.rules_channel_id) if interaction.guild else None
    return channel_context_in(run.place, channel)


def _not_let(interaction: discord.Interaction, pressers: Pressers) -> str:
    """Why somebody may not press. A role that is gone is nobody's."""
    guild = interaction.guild
    if pressers.author_only or guild is None or not all(guild.get_role(one) for one in pressers.role_ids):
        return _AUTHOR_ONLY
    roles = " and ".join(f"<@&{one}>" for one in sorted(pressers.role_ids))
    return f"Only people with {roles}, and the one who asked for it, may use this button."


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
    if not reads_prompt(interaction.user.id, run):
        raise UserError(_PROMPT_HIDDEN)


def reads_prompt(user_id: int, run: Run) -> bool:
    """Whether somebody may read a run's words: its channel may hide prompts, and those of removed pictures go too."""
    is_shown = run.delivery is Delivery.SHOWN and run.made_pictures and run.reason is None
    is_hidden = run.is_removed or (run.rules_then.hide_prompt and not is_shown)
    return run.user_id == user_id or not is_hidden
