"""The commands as Discord is told of them, as a table for people."""

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import discord
from discord import app_commands

from bot.catalog.registry import every_model
from bot.client.client import ImagineClient
from bot.client.intake import Seen
from bot.guilds.permissions import PERMISSIONS
from bot.services import (
    Drafts,
    Families,
    Guilds,
    History,
    Ledger,
    Policies,
    Posts,
    PromptRules,
    Removals,
    Reviews,
    Sanctions,
    Saved,
    Services,
)
from cogs import EXTENSIONS
from tests.unit.cogs.opened import Memory
from tests.unit.cogs.samples import FakeRuns

_TABLE = PERMISSIONS.with_models([model.command for model in every_model()])
_MENUS = {discord.AppCommandType.message: "menu of a message", discord.AppCommandType.user: "menu of a person"}

_Any = app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu


def reference_table() -> str:
    """Every command, who is offered it, and what it does."""
    rows = [
        f"| {name} | {who} | {what} |" for command in asyncio.run(_commands()) for name, who, what in _rows(command)
    ]
    return "\n".join(("| command | for | what it does |", "| --- | --- | --- |", *rows))


class Unread:
    """Nothing is done here, so nobody is told."""

    def tell(self, channel_id: int, sentence: str, *, public: str | None = None) -> None:
        """Nothing."""


async def _unsaid(interaction: discord.Interaction, error: BaseException) -> None:
    """Nothing is pressed here, so nothing goes wrong."""


async def _commands() -> list[_Any]:
    """What the extensions add; they are loaded without a login."""
    services = Services(
        runs=FakeRuns(),
        drafts=cast("Drafts", None),
        history=cast("History", None),
        saved=cast("Saved", None),
        families=cast("Families", None),
        ledger=cast("Ledger", None),
        reviews=cast("Reviews", None),
        removals=cast("Removals", None),
        posts=cast("Posts", None),
        policies=cast("Policies", None),
        prompt_rules=cast("PromptRules", None),
        sanctions=cast("Sanctions", None),
        guild_settings=cast("Guilds", None),
        models=every_model(),
    )
    async with ImagineClient(
        services=services, extensions=(), sync_memory=Memory(), say_error=_unsaid, admin_log=Unread(), seen=Seen()
    ) as client:
        for extension in EXTENSIONS:
            await client.load_extension(extension)
        return client.tree.get_commands()


def _rows(command: _Any) -> Iterator[tuple[str, str, str]]:
    match command:
        case app_commands.Group():
            for one in command.commands:
                yield f"`/{one.qualified_name}`", _TABLE.command(one.qualified_name).words, one.description
        case app_commands.ContextMenu():
            yield f"“{command.name}”", _TABLE.menus[command.name].words, f"In the {_MENUS[command.type]}"
        case _:
            yield f"`/{command.name}`", _TABLE.command(command.name).words, command.description
