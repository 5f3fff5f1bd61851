"""“Edit picture”, from the menu of a message: what should change is asked, and a run is made of it.

/edit itself is the command of its model, which cogs/imagine adds as every model's.
"""

from typing import Any

import discord
from discord import app_commands, ui

from bot.catalog.editing import dearest, editing, editor_among, words_most
from bot.catalog.model import Model
from bot.custom_ids import number
from bot.errors import UserError
from bot.money import cost_for_people
from bot.services import Drafts, Runs
from cogs import Host
from cogs.edit.offered import Offered, of_message, of_run
from cogs.ui.actions import Form, Values, open_form
from cogs.ui.asking import Asking, Wish
from cogs.ui.context import place_of
from cogs.ui.discord_errors import EditOutcome, Refused, tried

MENU = "Edit picture"
_FORM = "edit_message"
_WORDS, _PICTURE = "words", "picture"
_READ_TIMEOUT_S = 1.2  # Discord forgets a form that has no answer after 3 s, and the request is to be checked yet
_WORDS_MOST = 4000  # Discord's most for a field of a form

_NOTHING = "There is no picture in this message that I can work from. Please choose a message with one."
_NO_EDITOR = "Pictures cannot be edited here: no model of this bot does that."
_ATTACH = "I cannot read this message (any more). Please attach the picture to the command that edits pictures instead."
_SLOW = "Discord did not show me that message in time. Please try again in a minute: nothing was sent."


class EditPicture:
    """Takes a picture that stands in a message, and words. `model`: what edits pictures, where anything does."""

    def __init__(self, *, runs: Runs, drafts: Drafts, model: Model | None) -> None:
        self._runs, self._model, self._asking = runs, model, Asking(runs=runs, drafts=drafts)

    def command(self) -> app_commands.ContextMenu:
        """The command in the menu of a message."""
        return app_commands.ContextMenu(name=MENU, callback=self.ask)

    async def ask(self, interaction: discord.Interaction, message: discord.Message) -> None:
        """Open the form, which says the price. Raises UserError where there is nothing to work from."""
        model = self._need_model()
        offered = await self._offered_in(interaction, message)
        if not _is_own(interaction, message) and not _can_read_here(interaction):
            raise UserError(_ATTACH)
        await open_form(interaction, _form(model, message.id, offered))

    async def edit(self, interaction: discord.Interaction, message_id: int, values: Values) -> None:
        """Make the run. The form may be old or forged: the message is read again, and the picture asked for anew."""
        model = self._need_model()
        offered = await self._offered_now(interaction, message_id)
        wanted = values.get(_PICTURE, "")
        chosen = next((one for one in offered if one.key == wanted), None if wanted else offered[0])
        if chosen is None:
            raise UserError(_NOTHING)
        await self._asking.answer(interaction, Wish(model, editing(model, values.get(_WORDS, ""), [chosen.source])))

    def _need_model(self) -> Model:
        if self._model is None:
            raise UserError(_NO_EDITOR)
        return self._model

    async def _offered_now(self, interaction: discord.Interaction, message_id: int) -> tuple[Offered, ...]:
        """What the message offers at this moment. Raises UserError for one that is gone, or of another channel."""
        if (of_card := await self._of_card(interaction, message_id)) is not None:
            return _need(of_card)
        channel_id = interaction.channel_id
        if channel_id is None:
            raise UserError(_ATTACH)
        channel = interaction.client.get_partial_messageable(channel_id, guild_id=interaction.guild_id)
        message = await tried(channel.fetch_message(message_id), _READ_TIMEOUT_S)
        if isinstance(message, Refused):
            raise UserError(_SLOW if message.outcome is EditOutcome.LATER else _ATTACH)
        return await self._offered_in(interaction, message)

    async def _offered_in(self, interaction: discord.Interaction, message: discord.Message) -> tuple[Offered, ...]:
        """Of the bot's own messages only cards offer anything, so that nothing gets around a run's policy."""
        of_card = await self._of_card(interaction, message.id)
        if of_card is not None or _is_own(interaction, message):
            return _need(of_card or ())
        return _need(of_message(message))

    async def _of_card(self, interaction: discord.Interaction, message_id: int) -> tuple[Offered, ...] | None:
        """The pictures of a card of this very channel; None where the message is no card."""
        run = await self._runs.by_message(message_id)
        if run is None:
            return None
        here = place_of(interaction)
        return of_run(run) if (run.place.guild_id, run.place.channel_id) == (here.guild_id, here.channel_id) else ()


def _need(offered: tuple[Offered, ...]) -> tuple[Offered, ...]:
    if not offered:
        raise UserError(_NOTHING)
    return offered


def _is_own(interaction: discord.Interaction[Any], message: discord.Message) -> bool:
    own = interaction.client.user
    return message.application_id == interaction.application_id or (own is not None and message.author.id == own.id)


def _can_read_here(interaction: discord.Interaction[Any]) -> bool:
    """Whether the bot is where the message is: when the form is filled in, the message has to be read again."""
    if interaction.guild_id is None:
        return not interaction.context.private_channel
    return interaction.client.get_guild(interaction.guild_id) is not None


def _form(model: Model, message_id: int, offered: tuple[Offered, ...]) -> Form:
    form = Form(_FORM, str(message_id), title=MENU)
    if len(offered) > 1:
        options = [discord.SelectOption(label=one.label, value=one.key) for one in offered]
        options[0].default = True
        select: ui.Select[Form] = ui.Select(custom_id=_PICTURE, options=options)
        form.add_item(ui.Label(text="Which picture?", component=select))
    words: ui.TextInput[Form] = ui.TextInput(
        custom_id=_WORDS, style=discord.TextStyle.paragraph, max_length=min(words_most(model), _WORDS_MOST)
    )
    price = f"Such as “make it night, keep the fox”. It costs at most {cost_for_people(dearest(model))}."
    form.add_item(ui.Label(text="What should change?", description=price, component=words))
    return form


async def setup(host: Host) -> None:
    """Add the command to the menu of messages, and answer its form."""
    services = host.services
    edit = EditPicture(runs=services.runs, drafts=services.drafts, model=editor_among(services.models))
    host.tree.add_command(edit.command())
    host.router.on_form(_FORM, number, edit.edit)
