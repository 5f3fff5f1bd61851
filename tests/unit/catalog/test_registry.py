"""The models are listed once, and asked for by their ids."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.model import Model
from bot.catalog.registry import MOST_IMAGES, Registry, every_model
from bot.errors import UnknownModel
from tests.unit.catalog.sketch import SKETCH


def like_sketch(**changes: Any) -> Model:
    """The third model with some of what it says changed."""
    said = {name: getattr(SKETCH, name) for name in ("model_id", "title", "command", "summary", "most_images")}
    return cast("Model", SimpleNamespace(**{**said, **changes}))


def test_models_are_found_by_their_ids_in_the_order_they_were_listed():
    models = Registry((FLUX_KLEIN, SKETCH))
    assert list(models) == [FLUX_KLEIN, SKETCH]
    assert models.get(SKETCH.model_id) is models.find(SKETCH.model_id) is SKETCH


def test_an_unknown_id_is_named_with_those_there_are():
    models = Registry((SKETCH,))
    assert models.find("atelier/gone") is None
    with pytest.raises(UnknownModel, match=r"'atelier/gone'.*atelier/sketch-1"):
        models.get("atelier/gone")


@pytest.mark.parametrize(
    "second",
    [
        like_sketch(command="draw"),
        like_sketch(model_id="atelier/other"),
        like_sketch(model_id="atelier/other", command="draw", most_images=MOST_IMAGES + 1),
        like_sketch(model_id="atelier/other", command="draw", most_images=0),
    ],
    ids=["same id", "same command", "more pictures than a message holds", "no picture"],
)
def test_models_that_cannot_stand_beside_each_other_are_refused(second: Model):
    with pytest.raises(ValueError, match=r"sketch-1|other"):
        Registry((SKETCH, second))


def test_every_model_of_the_bot_says_what_discord_can_show():
    for model in every_model():
        assert 1 <= len(f"{model.summary} with {model.title}") <= 100
        assert len(model.options) <= 25
        assert model.prices()
