"""/rules: what a server does not want asked for, and trying out what its rules would find."""

import discord
from discord import app_commands

from bot.catalog.model import PROMPT_MOST
from bot.guilds.permissions import guild_of
from bot.moderation.matching import TEXT_MOST
from bot.moderation.prompt_rules_service import REASON_MOST
from bot.moderation.prompts import PromptAction, PromptRule
from bot.prompting.check import check
from bot.services import AdminAction, Guilds, PromptRules
from cogs import Host
from cogs.rules import texts as words
from cogs.ui.arguments import OneOf, Whole, Words
from cogs.ui.log_channel import tell_admins
from cogs.ui.markdown import listed, plain
from cogs.ui.replies import answer

_LARGEST_ID = 2**53 - 1  # Discord's largest whole number

RuleWords = app_commands.Transform[str, Words(TEXT_MOST)]
Reason = app_commands.Transform[str, Words(REASON_MOST)]
Action = app_commands.Transform[str, OneOf("action", words.ACTIONS)]


class RuleCommands(app_commands.Group):
    """/rules: the words that prompts may not have here, and what happens to a prompt that has one."""

    def __init__(self, *, prompt_rules: PromptRules, guild_settings: Guilds) -> None:
        super().__init__(
            name="rules",
            description="What prompts may not ask for here",
        )
        self._prompt_rules, self._guild_settings = prompt_rules, guild_settings

    @app_commands.command(name="add", description="Add a word or a phrase; * at an end lets the word go on there")
    @app_commands.describe(
        text="A whole word or phrase; spelling tricks are seen through",
        action="What happens to a prompt with it; refuse, when you leave it out",
        reason="What the person reads; they never see the rule itself",
    )
    async def add(
        self,
        interaction: discord.Interaction,
        text: RuleWords,
        action: Action | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Add a rule. Raises UserError for one that says nothing, is too long, or is one too many."""
        guild_id = guild_of(interaction)
        act = AdminAction(guild_id, interaction.user.id)
        is_exception = action == words.EXCEPTION
        rule = await self._prompt_rules.add_rule(
            act,
            text,
            PromptAction.REFUSE if action is None or is_exception else PromptAction(action),
            plain(reason or "") or None,
            is_exception=is_exception,
        )
        said = f"Added:\n{words.rule_line(rule)}\nTry it with /rules test."
        is_for_the_log = rule.action is PromptAction.LOG and not rule.is_exception
        if is_for_the_log and not await self._has_log(guild_id):
            said += f"\n{words.NO_LOG_CHANNEL}"
        await answer(interaction, said)
        await self._log(interaction, act, "added a rule for prompts", rule)

    @app_commands.command(name="remove", description="Take a rule away")
    @app_commands.describe(rule="Its number, as /rules list shows it")
    async def remove(
        self,
        interaction: discord.Interaction,
        rule: app_commands.Transform[int, Whole("rule", 1, _LARGEST_ID)],
    ) -> None:
        """Remove a rule by its number. Raises UserError for one that is not this server's."""
        guild_id = guild_of(interaction)
        act = AdminAction(guild_id, interaction.user.id)
        removed = await self._prompt_rules.remove_rule(act, rule)
        await answer(interaction, f"Removed:\n{words.rule_line(removed)}")
        await self._log(interaction, act, "removed a rule for prompts", removed)

    @app_commands.command(name="list", description="The rules of this server")
    async def list(self, interaction: discord.Interaction) -> None:
        """List the rules in one message, with the numbers that remove takes."""
        guild_id = guild_of(interaction)
        rules = await self._prompt_rules.prompt_rules(guild_id)
        await answer(interaction, listed([words.rule_line(rule) for rule in rules], words.NO_RULES))

    @app_commands.command(name="test", description="See which rules a prompt meets, and where; nothing is sent")
    @app_commands.describe(prompt="The words to try")
    async def test(
        self, interaction: discord.Interaction, prompt: app_commands.Transform[str, Words(PROMPT_MOST)]
    ) -> None:
        """Say which rules a prompt meets, and where; nothing is sent to Runflow."""
        guild_id = guild_of(interaction)
        typed = prompt[:PROMPT_MOST]
        sent, test = check(typed).text, await self._prompt_rules.test_prompt(guild_id, typed)
        before = ""
        if sent != typed:
            other = await self._prompt_rules.test_prompt(guild_id, sent)
            if words.gravity(other) > words.gravity(test):
                typed, test, before = sent, other, words.AS_SENT
        has_log = not test.matches or await self._has_log(guild_id)
        await answer(interaction, before + words.tested(typed, test, has_log=has_log))

    async def _has_log(self, guild_id: int) -> bool:
        return (await self._guild_settings.settings_of(guild_id)).log_channel_id is not None

    async def _log(self, interaction: discord.Interaction, act: AdminAction, did: str, rule: PromptRule) -> None:
        """A line in the log channel; where everybody can see that, without the rule: people never see it."""
        settings = await self._guild_settings.settings_of(act.guild_id)
        line, public = (f"<@{act.actor_id}> {did}{rest}" for rest in (f": {words.rule_line(rule)[2:]}", "."))
        tell_admins(interaction.client, settings.log_channel_id, line, public=public)


async def setup(host: Host) -> None:
    """Called by discord.py when it loads the extension."""
    host.tree.add_command(
        RuleCommands(prompt_rules=host.services.prompt_rules, guild_settings=host.services.guild_settings)
    )
