"""/policy: what a channel does with pictures that are flagged, unchecked, undecided or reported."""

from dataclasses import replace

import discord
from discord import app_commands

from bot.clock import SystemClock
from bot.errors import UserError
from bot.guilds.permissions import guild_of
from bot.moderation.policy import Policy
from bot.moderation.pressers import AUTHOR, EVERYONE, Pressers
from bot.moderation.rules import ChannelRules, ChannelSetting, Unchecked
from bot.services import AdminAction, Guilds, Policies
from cogs import Host
from cogs.policy import texts as words
from cogs.policy.age_marks import AgeMarks
from cogs.ui.arguments import OneOf, PlaceNamed, RoleNamed, Whole, YesNo, place_in
from cogs.ui.context import channel_context_of, is_age_restricted
from cogs.ui.log_channel import tell_admins
from cogs.ui.markdown import listed
from cogs.ui.replies import answer

_HOUR_S = 3600
_HOURS_MOST = 720

Place = app_commands.Transform[discord.abc.GuildChannel, PlaceNamed]


class PolicyCommands(app_commands.Group):
    """Answers /policy. Threads take what holds in their channel; a category sets what its channels start from."""

    def __init__(self, *, policies: Policies, guild_settings: Guilds, marks: AgeMarks) -> None:
        super().__init__(
            name="policy",
            description="What members see of flagged pictures",
        )
        self._policies, self._guild_settings, self._marks = policies, guild_settings, marks

    @app_commands.command(name="set", description="Change what a channel or category does; what you leave out stays")
    @app_commands.describe(
        channel="Where; here, when you leave it out. A category rules its channels without their own",
        policy="What happens to flagged pictures",
        approve_everything="Whether every picture waits for a moderator",
        unchecked="How pictures count that nobody checked",
        hide_prompt="Whether the prompt is left out of the card until pictures are shown",
        safety_checker="Whether Runflow checks pictures; off only in age-restricted channels",
        undecided="What happens when no moderator decides in time",
        undecided_hours="After how many hours; 0 for never",
        hide_reported="Whether a reported picture is hidden until a moderator looks",
        private="Whether answers are for the asker's eyes only, until they post them",
        buttons="Who may press the buttons of somebody's card",
        buttons_role="With a role: which one",
    )
    async def set(  # noqa: PLR0917 - one parameter for each option of the command
        self,
        interaction: discord.Interaction,
        channel: Place | None = None,
        policy: app_commands.Transform[str, OneOf("policy", words.POLICIES)] | None = None,
        approve_everything: app_commands.Transform[bool, YesNo("approve_everything")] | None = None,
        unchecked: app_commands.Transform[str, OneOf("unchecked", words.UNCHECKED)] | None = None,
        hide_prompt: app_commands.Transform[bool, YesNo("hide_prompt")] | None = None,
        safety_checker: app_commands.Transform[bool, YesNo("safety_checker")] | None = None,
        undecided: app_commands.Transform[str, OneOf("undecided", words.UNDECIDED)] | None = None,
        undecided_hours: app_commands.Transform[int, Whole("undecided_hours", 0, _HOURS_MOST)] | None = None,
        hide_reported: app_commands.Transform[bool, YesNo("hide_reported")] | None = None,
        private: app_commands.Transform[bool, YesNo("private")] | None = None,
        buttons: app_commands.Transform[str, OneOf("buttons", words.BUTTONS)] | None = None,
        buttons_role: app_commands.Transform[discord.Role, RoleNamed] | None = None,
    ) -> None:
        """Change what was named; what was left out stays as it is."""
        guild_id = guild_of(interaction)
        place = channel or place_in(interaction, interaction.channel)
        changes = ChannelSetting(
            policy=Policy(policy) if policy else None,
            approve_everything=approve_everything,
            unchecked=Unchecked(unchecked) if unchecked else None,
            hide_prompt=hide_prompt,
            safety_checker=safety_checker,
            undecided_after_s=None if undecided_hours is None else undecided_hours * _HOUR_S,
            undecided_reject=None if undecided is None else undecided == words.REJECT,
            hide_reported=hide_reported,
            private=private,
            buttons=_pressers(buttons, buttons_role),
        )
        if changes.is_empty:
            raise UserError("Choose at least one thing to change. /policy show tells what holds now.")
        # A category has no mark of its own: there such a setting holds in its age-restricted channels only.
        whole = isinstance(place, discord.CategoryChannel)
        if changes.needs_age_mark and not whole and not is_age_restricted(place):
            raise UserError(words.needs_age_mark(changes, place.mention))
        act = AdminAction(guild_id, interaction.user.id)
        await self._policies.set_channel(act, place.id, changes)
        await self._say(interaction, place, act)

    @app_commands.command(name="clear", description="Let a channel or category go back to what nobody set")
    @app_commands.describe(channel="Where; this channel, when you leave it out")
    async def clear(self, interaction: discord.Interaction, channel: Place | None = None) -> None:
        """Forget what was set for one place. Raises UserError where nothing was."""
        guild_id = guild_of(interaction)
        place = channel or place_in(interaction, interaction.channel)
        act = AdminAction(guild_id, interaction.user.id)
        if not await self._policies.clear_channel(act, place.id):
            raise UserError(f"Nothing was set for {place.mention}.")
        await self._say(interaction, place, act)

    @app_commands.command(name="show", description="What members of a channel will see")
    @app_commands.describe(channel="Where; this channel, when you leave it out")
    async def show(self, interaction: discord.Interaction, channel: Place | None = None) -> None:
        """Say what members see of a channel's pictures: its own settings over its category's."""
        place = channel or place_in(interaction, interaction.channel)
        await answer(interaction, _told(place, *await self._rules(place)))

    @app_commands.command(name="list", description="The channels and categories with a policy of their own")
    async def list(self, interaction: discord.Interaction) -> None:
        """List the channels and categories with settings of their own."""
        guild_id = guild_of(interaction)
        settings = await self._policies.channel_settings(guild_id)
        lines = [words.setting_line(place_id, setting) for place_id, setting in settings]
        await answer(interaction, listed(lines, words.NOTHING_SET))

    async def _say(self, interaction: discord.Interaction, place: discord.abc.GuildChannel, act: AdminAction) -> None:
        """Answer with what holds now, what to do next, and leave a line in the log channel."""
        rules, marked = await self._rules(place)
        settings = await self._guild_settings.settings_of(act.guild_id)
        told = _told(place, rules, marked)
        waits = any(
            one.approve_everything or one.policy is Policy.REVIEW or one.hide_reported for one in (rules, marked) if one
        )
        if waits and settings.review_channel_id is None:
            told += f"\n{words.NO_MODERATION_CHANNEL}"
        await answer(interaction, told)
        line = f"<@{act.actor_id}> changed the policy. {_members_see(place, rules, marked)}"
        tell_admins(interaction.client, settings.log_channel_id, line)
        if isinstance(place, discord.CategoryChannel):
            await self._marks.category_set(place)

    async def _rules(self, place: discord.abc.GuildChannel) -> tuple[ChannelRules, ChannelRules | None]:
        """What holds in a channel; for a category what holds in its channels without the age mark, and in the others.

        A category has no mark of its own, whatever Discord says of it.
        """
        context = channel_context_of(place)
        if not isinstance(place, discord.CategoryChannel):
            await self._policies.no_doubt(context.rules_id)
            return await self._policies.rules_at(context), None
        without, marked = (replace(context, age_restricted=mark) for mark in (False, True))
        return await self._policies.rules_at(without), await self._policies.rules_at(marked)


def _pressers(buttons: str | None, role: discord.Role | None) -> Pressers | None:
    """Who may press, as the two options say; None where they say nothing. Raises UserError where they disagree."""
    if role is None and buttons == words.ROLE:
        raise UserError(words.WHICH_ROLE)
    if role is not None and buttons not in {None, words.ROLE}:
        raise UserError(words.NO_ROLE_NEEDED)
    if role is None:
        return {None: None, words.ONLY_AUTHOR: AUTHOR}.get(buttons, EVERYONE)
    return EVERYONE if role.is_default() else Pressers(frozenset({role.id}))


def _told(place: discord.abc.GuildChannel, rules: ChannelRules, marked: ChannelRules | None) -> str:
    gone = {one for one in rules.buttons.role_ids if place.guild.get_role(one) is None}
    pressing = words.who_presses(rules.buttons, gone)
    return f"{_members_see(place, rules, marked)}\n{pressing}\n-# {words.details_of(rules)}"


def _members_see(place: discord.abc.GuildChannel, rules: ChannelRules, marked: ChannelRules | None) -> str:
    """What members of a channel see; of a category also what those of its age-restricted channels do (`marked`)."""
    if marked is None:
        return words.what_members_see(place.mention, rules)
    of = f"of {place.mention} that have nothing of their own"
    if marked == rules:
        return words.what_members_see(f"the channels {of}", rules)
    aged = words.what_members_see(f"the age-restricted channels {of}", marked)
    aged += "" if marked.safety_checker else " Runflow's safety checker is off there."
    later = words.MARKED_LATER if rules.policy is not marked.policy and marked.policy is Policy.ALLOW else ""
    return "\n".join(part for part in (aged, words.what_members_see(f"the other channels {of}", rules), later) if part)


async def setup(host: Host) -> None:
    """Add /policy, and watch age marks."""
    policies, guild_settings = host.services.policies, host.services.guild_settings
    marks = AgeMarks(policies=policies, guild_settings=guild_settings, client=host.tree.client, clock=SystemClock())
    host.tree.add_command(PolicyCommands(policies=policies, guild_settings=guild_settings, marks=marks))
    host.add_listener(marks.changed, "on_guild_channel_update")
    host.add_listener(marks.created, "on_guild_channel_create")
    for event in ("on_ready", "on_guild_available", "on_guild_join"):
        host.add_listener(marks.appeared, event)
