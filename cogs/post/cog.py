"""“Post here”: what only its person could see becomes a card for all, in the channel where it was asked for."""

import discord

from bot.custom_ids import run_id
from bot.errors import UserError
from bot.services import History, Posts
from cogs import Host
from cogs.post import texts
from cogs.ui.cards import POST
from cogs.ui.context import place_of
from cogs.ui.replies import answer, wait_a_moment


class PostButton:
    """Answers the button of a private card, and of the workbench of its pictures."""

    def __init__(self, *, history: History, posts: Posts) -> None:
        self._history, self._posts = history, posts

    async def post(self, interaction: discord.Interaction, run_id: str) -> None:
        """Post the pictures of the run whose author presses. Raises UserError for anybody else, and Unavailable."""
        await wait_a_moment(interaction)
        run = await self._history.find(run_id, place_of(interaction).guild_id)
        if run.place.channel_id != interaction.channel_id:
            raise UserError(texts.NOT_HERE)
        if not _may_post(interaction):
            raise UserError(texts.MAY_NOT)
        await self._posts.post(run, by=interaction.user.id)
        await answer(interaction, texts.done(await self._posts.after(run.id)))


def _may_post(interaction: discord.Interaction) -> bool:
    """Whether the bot may send a card here, as Discord computed it for this interaction."""
    held = interaction.app_permissions
    is_thread = isinstance(interaction.channel, discord.Thread)
    may_send = held.send_messages_in_threads if is_thread else held.send_messages
    return held.view_channel and may_send and held.attach_files


async def setup(host: Host) -> None:
    """Answer the button."""
    button = PostButton(history=host.services.history, posts=host.services.posts)
    host.router.on_press(POST, run_id, button.post)
