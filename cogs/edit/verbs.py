"""What the workbench does with a picture by words: each verb is an instruction that can be read, and changed, first."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import discord
from discord import ui

from bot.catalog.editing import dearest, editing, editor_among, words_most
from bot.catalog.model import Model
from bot.catalog.source import SourceImage
from bot.custom_ids import CustomId, Values
from bot.errors import UserError
from bot.money import cost_for_people
from bot.runs.run import PictureRef
from bot.services import Drafts, History, Policies, Runs
from cogs import Host
from cogs.ui.actions import Form, open_form
from cogs.ui.asking import Asking, Wish
from cogs.ui.discord_limits import FORM_TEXT
from cogs.ui.model_command import PRIVATE
from cogs.ui.replies import in_time
from cogs.ui.sight import seen_run
from cogs.ui.subjects import of_picture, picture_ref
from cogs.ui.verbs import EDIT, MORE_STRONG, MORE_SUBTLE, ZOOM_OUT

_FORM = "edit_picture"
_WORDS = "words"
_NO_EDITOR = "Pictures cannot be edited here: no model of this bot does that."


@dataclass(frozen=True, slots=True)
class Verb:
    """What a button asks the edit model for. `instruction` stands in the form, to be read and changed."""

    title: str
    instruction: str = ""


VERBS: Mapping[str, Verb] = {
    EDIT: Verb("Edit with words"),
    MORE_SUBTLE: Verb(
        "A little different",
        "Make a slightly different version of this picture: keep the subject, the composition and the colours, and "
        "vary small details.",
    ),
    MORE_STRONG: Verb(
        "Quite different",
        "Make a new version of this picture: keep the subject and the mood, and change the composition, the light and "
        "the colours.",
    ),
    ZOOM_OUT: Verb(
        "Zoom out",
        "Widen the view: show more of the surroundings on every side, and keep what is there as it is.",
    ),
}
"""The verbs by the action of their button."""


class EditVerbs:
    """Answers the workbench's buttons. `model`: what edits pictures, where anything does."""

    def __init__(
        self, *, runs: Runs, drafts: Drafts, history: History, policies: Policies, model: Model | None
    ) -> None:
        self._asking, self._model = Asking(runs=runs, drafts=drafts, policies=policies), model
        self._history, self._policies = history, policies

    def opens(self, action: str, verb: Verb) -> Callable[[discord.Interaction, PictureRef], Awaitable[None]]:
        """What opens the form of a verb, for the button with this action."""

        async def ask(interaction: discord.Interaction, ref: PictureRef) -> None:
            model = self._need_model()
            async with in_time():
                await seen_run(interaction, self._history, ref.run_id, self._policies, action)
            await open_form(interaction, _form(model, ref, verb))

        return ask

    async def edit(self, interaction: discord.Interaction, ref: PictureRef, values: Values) -> None:
        """Make the run. Whether the picture may be used here is asked where runs are accepted. Raises as a command."""
        model = self._need_model()
        run = await seen_run(interaction, self._history, ref.run_id, self._policies, EDIT)
        options = editing(model, values.get(_WORDS, ""), [SourceImage.of_run(ref.run_id, ref.index)])
        options |= {PRIVATE: True} if run.private else {}  # whatever comes of a private picture is private first
        button = str(CustomId(_FORM, of_picture(ref)))
        await self._asking.answer(interaction, Wish(model, options, button=button, card=ref.run_id))

    def _need_model(self) -> Model:
        if self._model is None:
            raise UserError(_NO_EDITOR)
        return self._model


def _form(model: Model, ref: PictureRef, verb: Verb) -> Form:
    form = Form(_FORM, of_picture(ref), title=verb.title)
    words: ui.TextInput[Form] = ui.TextInput(
        custom_id=_WORDS,
        style=discord.TextStyle.paragraph,
        default=verb.instruction or None,
        placeholder="make it night, keep the fox",
        max_length=min(words_most(model), FORM_TEXT),
    )
    price = f"The new picture costs at most {cost_for_people(dearest(model))}."
    form.add_item(ui.Label(text="What should change?", description=price, component=words))
    return form


async def setup(host: Host) -> None:
    """Answer the buttons and the form."""
    services = host.services
    verbs = EditVerbs(
        runs=services.runs,
        drafts=services.drafts,
        history=services.history,
        policies=services.policies,
        model=editor_among(services.models),
    )
    for action, verb in VERBS.items():
        host.router.on_press(action, picture_ref, verbs.opens(action, verb))
    host.router.on_form(_FORM, picture_ref, verbs.edit)
