"""The face. Each extension reads an interaction, calls one service, shows one answer."""

from typing import Any, Protocol

from discord import app_commands

from bot.services import Services
from cogs.ui.buttons import PressHost
from cogs.ui.forms import FormHost

EXTENSIONS: tuple[str, ...] = (
    "cogs.imagine",
    "cogs.queue",
    "cogs.history",
    "cogs.usage",
    "cogs.spend",
    "cogs.limits",
    "cogs.grant",
    "cogs.settings",
    "cogs.policy",
    "cogs.review",
    "cogs.rules",
    "cogs.sanctions",
    "cogs.appeals",
    "cogs.reports",
    "cogs.record",
)


class Host(PressHost, FormHost, Protocol):
    """What an extension's `setup(host)` may use of the client that loads it. bot/client.py answers it."""

    @property
    def services(self) -> Services:
        """The services an extension hands on to what it builds."""
        ...

    @property
    def tree(self) -> app_commands.CommandTree[Any]:
        """Where commands are added."""
        ...
