"""Which model changes pictures by words, and its options for it, whatever it calls them."""

from collections.abc import Iterable, Sequence

from bot.catalog.model import Model, OptionKind
from bot.catalog.source import SourceImage
from bot.money import MicroUsd


def editor_among(models: Iterable[Model]) -> Model | None:
    """The first model that works from pictures and words; None where there is none."""
    return next((one for one in models if _words_of(one) and _pictures_of(one)), None)


def editing(model: Model, words: str, pictures: Sequence[SourceImage]) -> dict[str, object]:
    """The options of `model` that ask it to change these pictures in these words.

    Raises ValueError for a model that does not work so, or from fewer pictures.
    """
    option, slots = _words_of(model), _pictures_of(model)
    if option is None or len(pictures) > len(slots):
        raise ValueError(f"{model.model_id} does not change {len(pictures)} pictures by words")
    return {option: words, **dict(zip(slots, pictures, strict=False))}


def words_most(model: Model) -> int:
    """The most characters of the words that such a model takes. Raises ValueError for one that takes none."""
    most = next((one.maximum for one in model.options if one.name == _words_of(model)), None)
    if most is None:
        raise ValueError(f"{model.model_id} takes no words")
    return int(most)


def dearest(model: Model) -> MicroUsd:
    """What one picture of a model costs at most."""
    return max(one.at_most for one in model.prices())


def _words_of(model: Model) -> str | None:
    texts = (one for one in model.options if one.kind is OptionKind.TEXT and not one.choices and one.required)
    return next((one.name for one in texts), None)


def _pictures_of(model: Model) -> tuple[str, ...]:
    return tuple(one.name for one in model.options if one.kind is OptionKind.IMAGE)
