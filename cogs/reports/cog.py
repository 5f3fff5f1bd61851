"""“Report picture”, from the menu of a card: a member's word to the moderators."""

import discord
from discord import app_commands, ui

from bot.custom_ids import number
from bot.errors import UserError
from bot.guilds.permissions import guild_of
from bot.runs.review.service import REASON_MOST, may_show_pictures
from bot.runs.run import Delivery, Run
from bot.services import Policies, Reviews, Runs, Sanctions
from cogs import Host
from cogs.reports import texts
from cogs.reports.permissions_back import PermissionsBack
from cogs.ui.actions import Form, Values, open_form
from cogs.ui.context import channel_context_at
from cogs.ui.markdown import plain
from cogs.ui.replies import answer, wait_a_moment

MENU = "Report picture"
_FORM = "report"
_WORDS = "words"


class Reports:
    """Takes members' reports: asks why, and brings the picture before the moderators."""

    def __init__(self, *, runs: Runs, reviews: Reviews, policies: Policies, sanctions: Sanctions) -> None:
        self._runs, self._reviews, self._policies, self._sanctions = runs, reviews, policies, sanctions

    def command(self) -> app_commands.ContextMenu:
        """The command in the menu of a message."""
        return app_commands.ContextMenu(
            name=MENU,
            callback=self.ask,
        )

    async def ask(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Open the form. Raises UserError where there is nothing to report in this message.

        Whoever reports sees the message: pictures that stand there can be reported whatever the bot made of the card.
        """
        run = await self._run(interaction, message.id)
        noted = run.reason is None and run.delivery in {Delivery.SHOWN, Delivery.STILL_VISIBLE}
        if not noted and not (message.attachments and may_show_pictures(run)):
            raise UserError(texts.NO_PICTURES)
        await open_form(interaction, _form(message.id))

    async def report(self, interaction: discord.Interaction, message_id: int, values: Values) -> None:
        """Take the report, and say what came of it. The form may be old or forged: the message is looked at again."""
        run = await self._run(interaction, message_id)
        guild_id = guild_of(interaction)
        await wait_a_moment(interaction)  # the picture is taken away first, so that what is said of it is so
        rules = await self._policies.rules_at(channel_context_at(interaction))
        reason = plain(values.get(_WORDS, ""))[:REASON_MOST] or None
        reported = await self._reviews.report(
            run=run, reporter_id=interaction.user.id, reason=reason, hide=rules.hide_reported
        )
        if (words := texts.AT_ONCE.get(reported)) is not None:
            await answer(interaction, words)
            return
        known = await self._reviews.after_hiding(guild_id, run.id)
        obstacle = (await self._reviews.status(guild_id)).obstacle
        await answer(interaction, texts.said(reported, known, obstacle))

    async def _run(self, interaction: discord.Interaction, message_id: int) -> Run:
        """The run whose card is this message, in this very channel. Raises UserError."""
        guild_id = guild_of(interaction)
        run = await self._runs.by_message(message_id)
        # A form can name any message: what the person may not be able to see is as unknown as what never was.
        if run is None or (run.place.guild_id, run.place.channel_id) != (guild_id, interaction.channel_id):
            raise UserError(texts.NOT_OURS)
        return run


def _form(message_id: int) -> Form:
    form = Form(_FORM, str(message_id), title="Report this picture")
    field: ui.TextInput[Form] = ui.TextInput(
        custom_id=_WORDS, style=discord.TextStyle.paragraph, max_length=REASON_MOST, required=False
    )
    form.add_item(
        ui.Label(text="What is wrong with it?", description="Only moderators and admins read this.", component=field)
    )
    return form


async def setup(host: Host) -> None:
    """Add the command to the menu of messages, and answer its form."""
    services = host.services
    reports = Reports(
        runs=services.runs, reviews=services.reviews, policies=services.policies, sanctions=services.sanctions
    )
    back = PermissionsBack(services.reviews)
    host.add_listener(back.channel_changed, "on_guild_channel_update")
    host.add_listener(back.channel_came, "on_guild_channel_create")
    host.add_listener(back.role_changed, "on_guild_role_update")
    host.add_listener(back.thread_changed, "on_thread_update")
    host.add_listener(back.member_changed, "on_member_update")
    host.router.on_form(_FORM, number, reports.report)
    host.tree.add_command(reports.command())
