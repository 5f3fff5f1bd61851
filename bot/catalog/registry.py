"""The models that the bot can run: one file a model, listed here and nowhere else."""

from collections.abc import Iterable, Iterator

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.flux_klein_edit import FLUX_KLEIN_EDIT
from bot.catalog.model import Model
from bot.errors import UnknownModel

MOST_IMAGES = 10  # one answer can show no more (Discord: attachments of a message, items of a media gallery)


class Registry:
    """Models by their ids, in the order they were listed.

    Raises ValueError for two models with one id or one command, and for one that gives more pictures than an answer
    can show.
    """

    def __init__(self, models: Iterable[Model]) -> None:
        self._models: dict[str, Model] = {}
        commands: set[str] = set()
        for model in models:
            if model.model_id in self._models or model.command in commands:
                raise ValueError(f"two models are called {model.model_id} or /{model.command}")
            if not 1 <= model.most_images <= MOST_IMAGES:
                raise ValueError(f"{model.model_id} gives {model.most_images} pictures, and 1 to {MOST_IMAGES} fit")
            self._models[model.model_id] = model
            commands.add(model.command)

    def __iter__(self) -> Iterator[Model]:
        """Every model."""
        return iter(self._models.values())

    def get(self, model_id: str) -> Model:
        """The model. Raises UnknownModel."""
        model = self.find(model_id)
        if model is None:
            known = ", ".join(self._models) or "none"
            raise UnknownModel(f"no model of the catalog is {model_id!r}; there are: {known}")
        return model

    def find(self, model_id: str) -> Model | None:
        """The model; None where it is not in the catalog, or not any more: rows keep the ids of models for ever."""
        return self._models.get(model_id)


def every_model() -> Registry:
    """The models of this bot."""
    return Registry((FLUX_KLEIN, FLUX_KLEIN_EDIT))
