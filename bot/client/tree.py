"""The command tree: who is offered a command, and who may use it, come from the table of permissions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.abc import Snowflake
from discord.utils import MISSING

from bot.guilds.permissions import Rule, Scope, need

if TYPE_CHECKING:
    from bot.client.client import ImagineClient

Declared = app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu


class ImagineTree(app_commands.CommandTree["ImagineClient"]):
    """Commands whose errors all reach the client's one error door, and which are closed before the bot stops."""

    def add_command(
        self,
        command: Declared,
        /,
        *,
        guild: Snowflake | None = MISSING,
        guilds: Sequence[Snowflake] = MISSING,
        override: bool = False,
    ) -> None:
        """Add a command, declared as its rule says. Raises LookupError for one without a rule."""
        declare(command, self.rule_of(command))
        super().add_command(command, guild=guild, guilds=guilds, override=override)

    def rule_of(self, command: Declared) -> Rule:
        """Who may use a command. Raises LookupError where nobody has said."""
        permissions = self.client.permissions
        if isinstance(command, app_commands.ContextMenu):
            return permissions.menus[command.name]
        return permissions.command(command.qualified_name)

    async def interaction_check(self, interaction: discord.Interaction["ImagineClient"], /) -> bool:
        """Let people in who may use the command. Raises Unavailable once the client takes nothing, and UserError."""
        self.client.intake.check_open()
        if interaction.command is not None:
            need(interaction, self.rule_of(interaction.command))
        return True

    async def on_error(self, interaction: discord.Interaction["ImagineClient"], error: BaseException, /) -> None:
        """Say it to the person who asked."""
        await self.client.say_error(interaction, error)

    async def _call(self, interaction: discord.Interaction["ImagineClient"]) -> None:
        """discord.py passes on only its own errors: others, raised in a check, would vanish with their task.

        Suggestions come this way as well. What came before is dropped.
        """
        if not self.client.intake.is_new(interaction.id):
            return
        with self.client.intake.under_way():
            try:
                await super()._call(interaction)
            except app_commands.AppCommandError:
                raise
            except Exception as error:  # noqa: BLE001 - the door tells faults from refusals, and logs them
                interaction.command_failed = True
                await self.on_error(interaction, error)


def declare(command: Declared, rule: Rule) -> None:
    """Tell Discord to whom and where a command is to be offered. A group is offered as a whole."""
    anywhere = rule.scope is Scope.ANYWHERE
    allowed = rule.permission
    command.default_permissions = None if allowed is None else discord.Permissions(**{allowed.value: True})
    command.allowed_contexts = app_commands.AppCommandContext(guild=True, dm_channel=anywhere, private_channel=anywhere)
    command.allowed_installs = app_commands.AppInstallationType(guild=True, user=anywhere)
