"""/grant: more money for one person within the limits of now, with a reason that is kept."""

from typing import Any

import discord
from discord import app_commands

from bot.errors import UserError
from bot.guilds.permissions import guild_of
from bot.ledger.values import Measure, Person
from bot.money import MicroUsd
from bot.services import AdminAction, Guilds, Ledger
from cogs import Host
from cogs.limits import texts as words
from cogs.ui.arguments import MemberNamed, Words, place_in
from cogs.ui.context import role_ids_of
from cogs.ui.log_channel import tell_admins
from cogs.ui.markdown import literal, plain
from cogs.ui.replies import answer

_AMOUNT_CHARS, _REASON_CHARS = 30, 500
_SHOWN_CHARS = 300


class GrantCommand:
    """/grant: more money for one person, within the limits that run now."""

    def __init__(self, *, ledger: Ledger, guild_settings: Guilds) -> None:
        self._ledger, self._guild_settings = ledger, guild_settings

    def command(self) -> app_commands.Command[Any, ..., None]:
        """The command. Discord offers it to those who manage the server; who does is checked again at each use."""

        async def grant(
            interaction: discord.Interaction,
            user: app_commands.Transform[discord.Member, MemberNamed],
            amount: app_commands.Transform[str, Words(_AMOUNT_CHARS)],
            reason: app_commands.Transform[str, Words(_REASON_CHARS)],
        ) -> None:
            await self.answer(interaction, user, amount, reason)

        about = app_commands.describe(
            user="Whom", amount="How much more, in US dollars such as 0.50", reason="Why; it is kept with the grant"
        )
        return app_commands.Command(
            name="grant",
            description="Let a person spend more within their limits of this hour, day and month",
            callback=about(grant),
        )

    async def answer(self, interaction: discord.Interaction, user: discord.Member, amount: str, reason: str) -> None:
        """Grant it. Raises UserError for those who do not manage the server, and for what cannot be granted."""
        guild_id = guild_of(interaction)
        if not plain(reason):
            raise UserError("Please say why: the reason is kept with the grant. Nothing was changed.")
        more = MicroUsd(words.amount_of(Measure.MONEY, amount))
        place = place_in(interaction, interaction.channel)
        person = Person(user.id, guild_id, place.id, role_ids_of(user))
        await self._ledger.grant(AdminAction(guild_id, interaction.user.id), person, more, reason.strip())
        told = words.granted(user.mention, more, literal(reason, _SHOWN_CHARS))
        await answer(interaction, f"Done. {told}")
        settings = await self._guild_settings.settings_of(guild_id)
        tell_admins(interaction.client, settings.log_channel_id, f"{interaction.user.mention} made a grant. {told}")


async def setup(host: Host) -> None:
    """Called by discord.py when it loads the extension."""
    host.tree.add_command(
        GrantCommand(ledger=host.services.ledger, guild_settings=host.services.guild_settings).command()
    )
