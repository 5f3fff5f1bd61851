"""“Report picture”, from the menu of a card: a member's word to the moderators."""

import discord
from discord import app_commands, ui

from bot.custom_ids import number
from bot.errors import UserError
from bot.guilds.permissions import guild_of
from bot.runs.review.service import REASON_MOST, Reported
from bot.runs.run import Delivery, Run
from bot.services import Policies, Reviews, Runs, Sanctions
from cogs import Host
from cogs.ui.actions import Form, Values, open_form
from cogs.ui.context import channel_context_at
from cogs.ui.markdown import plain
from cogs.ui.replies import answer

MENU = "Report picture"
_FORM = "report"
_WORDS = "words"

_NOT_OURS = "Only pictures that this bot made can be reported to it. Nothing was changed."
_NO_PICTURES = "There are no pictures in this message now, so there is nothing to report."
_TWICE = "You have reported this picture before. Moderators know of it. Nothing was sent again."


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
        """Open the form. Raises UserError where there is nothing to report in this message."""
        await self._run(interaction, message.id)
        await open_form(interaction, _form(message.id))

    async def report(self, interaction: discord.Interaction, message_id: int, values: Values) -> None:
        """Take the report. The form may be old or forged, so the message is looked at again."""
        run = await self._run(interaction, message_id)
        rules = await self._policies.rules_at(channel_context_at(interaction))
        reason = plain(values.get(_WORDS, ""))[:REASON_MOST] or None
        reported = await self._reviews.report(
            run=run, reporter_id=interaction.user.id, reason=reason, hide=rules.hide_reported
        )
        if reported is Reported.TWICE:
            raise UserError(_TWICE)
        await answer(interaction, _SAID[reported, rules.hide_reported])

    async def _run(self, interaction: discord.Interaction, message_id: int) -> Run:
        """The run whose pictures are shown in this message, in this very channel. Raises UserError."""
        guild_id = guild_of(interaction)
        run = await self._runs.by_message(message_id)
        # A form can name any message: what the person may not be able to see is as unknown as what never was.
        if run is None or (run.place.guild_id, run.place.channel_id) != (guild_id, interaction.channel_id):
            raise UserError(_NOT_OURS)
        if run.delivery is not Delivery.SHOWN or run.reason is not None:
            raise UserError(_NO_PICTURES)
        return run


_NEW = "Thank you. Moderators were told, and will look at it."
_KNOWN = "Thank you. Moderators know of this picture already."
_LOOKED_AT = "Thank you. A moderator has looked at this picture already, and kept it."
_SAID = {
    (Reported.NEW, True): f"{_NEW} Until then it is hidden.",
    (Reported.NEW, False): _NEW,
    **dict.fromkeys(((Reported.AGAIN, True), (Reported.AGAIN, False)), _KNOWN),
    **dict.fromkeys(((Reported.KEPT, True), (Reported.KEPT, False)), _LOOKED_AT),
    **dict.fromkeys(((Reported.NOTHING, True), (Reported.NOTHING, False)), _NO_PICTURES),
}


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
    host.router.on_form(_FORM, number, reports.report)
    host.tree.add_command(reports.command())
