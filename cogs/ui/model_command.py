"""Command parameters drawn from a model's options: declared to Discord, judged by the model alone."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Set
from typing import Any

import discord
from discord import app_commands

from bot.catalog.model import Model, Option, OptionKind
from bot.catalog.source import SourceImage

_TYPES: Mapping[OptionKind, discord.AppCommandOptionType] = {
    OptionKind.TEXT: discord.AppCommandOptionType.string,
    OptionKind.WHOLE: discord.AppCommandOptionType.integer,
    OptionKind.DECIMAL: discord.AppCommandOptionType.number,
    OptionKind.FLAG: discord.AppCommandOptionType.boolean,
    OptionKind.IMAGE: discord.AppCommandOptionType.attachment,
}

Answer = Callable[[discord.Interaction, Mapping[str, object]], Awaitable[None]]


class RawOption(app_commands.Transformer):
    """An option as Discord shall offer it, whose value comes through untouched.

    discord.py would refuse a value outside the declared range with an error of its own. Clients can send anything, and
    the model's schema is the only judge: it names the option, the value and what is allowed.
    """

    def __init__(self, option: Option) -> None:
        self._option = option

    @property
    def type(self) -> discord.AppCommandOptionType:
        """The kind of field that Discord's client shows for the option."""
        return _TYPES[self._option.kind]

    @property
    def min_value(self) -> float | None:
        """The least number, or the least length of a text. Choices need no bounds."""
        return None if self._option.choices else self._option.minimum

    @property
    def max_value(self) -> float | None:
        """The greatest number, or the greatest length of a text."""
        return None if self._option.choices else self._option.maximum

    @property
    def choices(self) -> list[app_commands.Choice[int | float | str]] | None:
        """The values to choose from, or None for a free value."""
        chosen: list[app_commands.Choice[int | float | str]] = [
            app_commands.Choice(name=choice.label, value=choice.value) for choice in self._option.choices
        ]
        return chosen or None

    async def transform(self, _interaction: discord.Interaction, value: object, /) -> object:
        """The value as it was sent, in range or not: the model's schema judges."""
        return value


def sent_options(interaction: discord.Interaction) -> dict[str, object]:
    """The options of a command as they were sent, by name; those left out are absent. Attachments become sources."""
    return {name: _as_source(value) for name, value in interaction.namespace}


def _as_source(value: object) -> object:
    if not isinstance(value, discord.Attachment):
        return value
    return SourceImage(value.url, value.content_type or "", value.size)


def model_command(
    *, name: str, description: str, model: Model, answer: Answer, asked_later: frozenset[str] = frozenset()
) -> app_commands.Command[Any, ..., None]:
    """A slash command, for servers, DMs and as an installed app, that takes the model's options.

    `answer` receives what was sent, and asks itself for required options that are `asked_later`. For others that are
    missing a check asks the model first, because discord.py answers for them by itself, without naming them: what the
    check raises comes to the error door as it is.
    """
    required = {option.name for option in model.options if option.required} - asked_later

    async def callback(interaction: discord.Interaction, **_: object) -> None:
        await answer(interaction, sent_options(interaction))

    async def options_hold(interaction: discord.Interaction) -> bool:
        sent = sent_options(interaction)
        if not required <= sent.keys():
            model.parse(sent)
        return True

    # discord.py reads a command's options from its callback's signature and descriptions.
    setattr(callback, "__signature__", _signature(model.options, required))  # noqa: B010 - functions declare no such attribute
    described = app_commands.describe(**{option.name: option.description for option in model.options})(callback)
    command: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=name,
        description=description,
        callback=described,
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
    )
    command.add_check(options_hold)
    return command


def _signature(options: tuple[Option, ...], required: Set[str]) -> inspect.Signature:
    first = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction)
    return inspect.Signature(
        [
            first,
            *(
                inspect.Parameter(
                    option.name,
                    inspect.Parameter.KEYWORD_ONLY,
                    annotation=RawOption(option),
                    default=inspect.Parameter.empty if option.name in required else None,
                )
                for option in sorted(options, key=lambda option: not option.required)
            ),
        ]
    )
