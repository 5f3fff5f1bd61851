"""/limits: how much of what may be used, by whom, and where. For those who manage the server."""

import discord
from discord import app_commands

from bot.errors import UserError
from bot.guilds.permissions import guild_of
from bot.ledger.values import Limit, Measure, Person, Subject, Window
from bot.services import AdminAction, Guilds, Ledger
from cogs import Host
from cogs.limits import texts as words
from cogs.ui import discord_limits
from cogs.ui.arguments import MemberNamed, OneOf, PlaceNamed, RoleNamed, Words, place_in
from cogs.ui.context import role_ids_of
from cogs.ui.limit_texts import described
from cogs.ui.log_channel import tell_admins
from cogs.ui.markdown import fit_lines
from cogs.ui.replies import answer

_AMOUNT_CHARS = 30

Member = app_commands.Transform[discord.Member, MemberNamed]
Role = app_commands.Transform[discord.Role, RoleNamed]
Place = app_commands.Transform[discord.abc.GuildChannel, PlaceNamed(categories=False)]


class LimitsCommands(app_commands.Group):
    """Answers /limits. Threads count to their channel."""

    def __init__(self, *, ledger: Ledger, guild_settings: Guilds) -> None:
        super().__init__(
            name="limits",
            description="How much may be used, by whom and where",
        )
        self._ledger, self._guild_settings = ledger, guild_settings

    @app_commands.command(name="set", description="Set a limit for a person, a role, a channel, or the whole server")
    @app_commands.describe(
        measure="What is limited",
        amount="How much at most: US dollars such as 0.50, or a whole number",
        window="For how long it counts; each day, when you leave it out",
        user="The person it is for",
        role="The role it is for",
        channel="The channel it is for; a thread counts to its channel",
    )
    async def set(  # noqa: PLR0917 - one parameter for each option of the command
        self,
        interaction: discord.Interaction,
        measure: app_commands.Transform[str, OneOf("measure", words.MEASURES)],
        amount: app_commands.Transform[str, Words(_AMOUNT_CHARS)],
        window: app_commands.Transform[str, OneOf("window", words.WINDOWS)] | None = None,
        user: Member | None = None,
        role: Role | None = None,
        channel: Place | None = None,
    ) -> None:
        """Set a limit, in place of one for the same people, time and measure. Raises UserError for what is none."""
        guild_id = guild_of(interaction)
        subject, subject_id = _subject(user, role, channel)
        what = Measure(measure)
        default = Window.EVER if what is Measure.RUNS else Window.DAY
        length = Window(window) if window else default
        limit = Limit(subject, subject_id, length, what, words.amount_of(what, amount), guild_id)
        before = await self._ledger.set_limit(AdminAction(guild_id, interaction.user.id), limit)
        told = words.was_set(limit, before)
        if subject is Subject.CHANNEL:
            told += " Threads there count to it."
        await answer(interaction, told)
        await self._log(interaction, guild_id, f"set a limit. {words.was_set(limit, before)}")

    @app_commands.command(name="remove", description="Remove a limit")
    @app_commands.describe(limit="Which one: choose it, or write its number in /limits list")
    async def remove(
        self, interaction: discord.Interaction, limit: app_commands.Transform[str, Words(discord_limits.CHOICE_NAME)]
    ) -> None:
        """Remove it, whether or not what it is about still exists."""
        guild_id = guild_of(interaction)
        found = words.chosen(await self._ledger.limits_of(guild_id), limit)
        if not await self._ledger.remove_limit(AdminAction(guild_id, interaction.user.id), found):
            raise UserError("Somebody removed this limit just now. Nothing else was changed.")
        await answer(interaction, f"Removed: {described(found)}.")
        await self._log(interaction, guild_id, f"removed a limit. {described(found)}.")

    @remove.autocomplete("limit")
    async def _suggest(self, interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The limits of the server that are like what is typed."""
        guild_id = guild_of(interaction)
        found = [(words.named(one, interaction.guild), one) for one in await self._ledger.limits_of(guild_id)]
        like = [(name, one) for name, one in found if typed.strip().lower() in name.lower()]
        return [app_commands.Choice(name=name, value=words.key_of(one)) for name, one in like[: discord_limits.CHOICES]]

    @app_commands.command(name="list", description="The limits that are set in this server")
    async def list(self, interaction: discord.Interaction) -> None:
        """Say the limits of the server, with the numbers that remove takes."""
        guild_id = guild_of(interaction)
        lines = words.listed(await self._ledger.limits_of(guild_id), interaction.guild)
        await answer(interaction, fit_lines(lines, discord_limits.LIST_ROOM, "more") if lines else words.NO_LIMITS)

    @app_commands.command(name="explain", description="Which limits hold for a person here, and why")
    @app_commands.describe(user="Whom", channel="Where; here, when you leave it out")
    async def explain(self, interaction: discord.Interaction, user: Member, channel: Place | None = None) -> None:
        """Say which limits hold for a person in a place, which give way, and why."""
        guild_id = guild_of(interaction)
        place = channel or place_in(interaction, interaction.channel)
        person = Person(user.id, guild_id, place.id, role_ids_of(user))
        lines = words.explained(await self._ledger.explain(person), user.mention, place.mention)
        await answer(interaction, fit_lines(lines, discord_limits.LIST_ROOM, "more"))

    async def _log(self, interaction: discord.Interaction, guild_id: int, did: str) -> None:
        settings = await self._guild_settings.settings_of(guild_id)
        tell_admins(interaction.client, settings.log_channel_id, f"{interaction.user.mention} {did}")


def _subject(
    user: discord.Member | None, role: discord.Role | None, channel: discord.abc.GuildChannel | None
) -> tuple[Subject, int | None]:
    """What a limit is about. Raises UserError where more than one thing was named."""
    named = [
        (subject, one.id)
        for subject, one in ((Subject.USER, user), (Subject.ROLE, role), (Subject.CHANNEL, channel))
        if one is not None
    ]
    if len(named) > 1:
        raise UserError(
            "A limit is for one person, one role or one channel. Please name only one. Nothing was changed."
        )
    return named[0] if named else (Subject.GUILD, None)


async def setup(host: Host) -> None:
    """Called by discord.py when it loads the extension."""
    host.tree.add_command(LimitsCommands(ledger=host.services.ledger, guild_settings=host.services.guild_settings))
