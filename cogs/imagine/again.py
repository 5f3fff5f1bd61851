"""Again and Change…: a card's request once more, as it was or with other words. Whoever presses pays and is named."""

import discord

from bot.catalog.model import Model
from bot.catalog.registry import Registry
from bot.custom_ids import CustomId, Values, run_id
from bot.errors import UserError
from bot.runs.run import Run
from bot.services import Drafts, History, Policies, Runs
from cogs import Host
from cogs.imagine import composer
from cogs.ui.actions import open_form
from cogs.ui.asking import Asking, Wish
from cogs.ui.cards import AGAIN, CHANGE
from cogs.ui.model_command import PRIVATE
from cogs.ui.replies import in_time
from cogs.ui.sight import need_readable_prompt, seen_run

_GONE = "The model that made this is not offered any more. Please start with the command."
_CHANGED = "This model takes other options by now. Please start with the command."


class AgainButtons:
    """Answers the buttons that make a card's request once more."""

    def __init__(self, *, runs: Runs, drafts: Drafts, history: History, policies: Policies, models: Registry) -> None:
        self._asking, self._models = Asking(runs=runs, drafts=drafts, policies=policies), models
        self._history, self._policies = history, policies

    async def again(self, interaction: discord.Interaction, run_id: str) -> None:
        """The same request with another seed, as a run of whoever pressed. Raises as a command does."""
        async with in_time():
            run, model, options = await self._request(interaction, run_id, AGAIN, anew=True)
        button = str(CustomId(AGAIN, run.id))
        await self._asking.answer(interaction, Wish(model, options, run.parents, button, run.id))

    async def change(self, interaction: discord.Interaction, run_id: str) -> None:
        """Open the form with the words of the request. Raises UserError where the person may not read them."""
        async with in_time():
            run, model, options = await self._request(interaction, run_id, CHANGE)
        await open_form(interaction, composer.form(CustomId(CHANGE, run.id), model, options))

    async def changed(self, interaction: discord.Interaction, run_id: str, values: Values) -> None:
        """Make what the form says; what it does not ask for stays as it was. Raises as a command does."""
        run, model, options = await self._request(interaction, run_id, CHANGE)
        wanted = {**options, **composer.given(model, values)}
        if wanted == options:
            _, _, wanted = await self._request(interaction, run_id, CHANGE, anew=True)
        button = str(CustomId(CHANGE, run.id))
        await self._asking.answer(interaction, Wish(model, wanted, run.parents, button, run.id))

    async def _request(
        self, interaction: discord.Interaction, run_id: str, action: str, *, anew: bool = False
    ) -> tuple[Run, Model, dict[str, object]]:
        """The run, its model, and what was asked of it, as options; `anew`: not for the very same pictures."""
        run = await seen_run(interaction, self._history, run_id, self._policies, action)
        need_readable_prompt(interaction, run)
        model = self._models.find(run.model_id)
        if model is None:
            raise UserError(_GONE)
        try:
            options = model.options_given(model.read(run.input), anew=anew)
        except ValueError:
            raise UserError(_CHANGED) from None
        return run, model, {**options, PRIVATE: True} if run.private else options


async def setup(host: Host) -> None:
    """Answer the buttons and the form."""
    services = host.services
    buttons = AgainButtons(
        runs=services.runs,
        drafts=services.drafts,
        history=services.history,
        policies=services.policies,
        models=services.models,
    )
    host.router.on_press(AGAIN, run_id, buttons.again)
    host.router.on_press(CHANGE, run_id, buttons.change)
    host.router.on_form(CHANGE, run_id, buttons.changed)
