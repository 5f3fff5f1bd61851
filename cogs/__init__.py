"""The face. Each extension reads an interaction, calls one service, shows one answer."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from discord import app_commands

from bot.services import Services
from cogs.ui.actions import Router

EXTENSIONS: tuple[str, ...] = (
    "cogs.imagine.cog",
    "cogs.imagine.again",
    "cogs.imagine.drafts",
    "cogs.imagine.details",
    "cogs.imagine.workbench",
    "cogs.imagine.leave",
    "cogs.edit.cog",
    "cogs.edit.verbs",
    "cogs.post.cog",
    "cogs.history.cog",
    "cogs.history.saved",
    "cogs.family.cog",
    "cogs.usage.cog",
    "cogs.spend.cog",
    "cogs.limits.cog",
    "cogs.limits.grant",
    "cogs.settings.cog",
    "cogs.policy.cog",
    "cogs.review.cog",
    "cogs.rules.cog",
    "cogs.conduct.sanctions",
    "cogs.conduct.appeals",
    "cogs.reports.cog",
    "cogs.remove.cog",
    "cogs.conduct.record",
)


class Host(Protocol):
    """What an extension's `setup(host)` may use of the client that loads it. bot/client/client.py answers it."""

    @property
    def services(self) -> Services:
        """The services an extension hands on to what it builds."""
        ...

    @property
    def tree(self) -> app_commands.CommandTree[Any]:
        """Where commands are added. Who may use one, and where, is said in bot/guilds/permissions.py alone."""
        ...

    @property
    def router(self) -> Router:
        """Where an extension says which buttons, selects and forms it answers."""
        ...

    def add_listener(self, func: Callable[..., Coroutine[Any, Any, Any]], /, name: str = ...) -> None:
        """Let a function hear an event (discord.py's)."""
        ...
