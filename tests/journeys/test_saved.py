"""Hearts by the real bot: somebody saves another's picture, sees it again, and a channel decides who may press."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.journeys.conftest import SETTINGS
from tests.journeys.helpers import Stage, open_stage
from tests.journeys.test_history import Reader, buttons, files, run_id, words

pytestmark = pytest.mark.asyncio(loop_scope="session")

WEEK_S = 60 * 60 * 24 * 7


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gallery(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A stage of these journeys' own: lists show whatever was saved on it."""
    async with open_stage(tmp_path_factory.mktemp("gallery"), **SETTINGS) as stage:
        await stage.new_scene()
        yield stage


async def test_a_picture_is_saved_shown_again_and_taken_out(gallery: Stage):
    card = await gallery.imagine("a red fox", num_images=2, image_size="square")
    await gallery.closed_books(card.id)
    assert card.message is not None
    made, pictures = run_id(gallery, card), await gallery.files(card)
    reader = Reader(gallery, gallery.cast.other)
    assert "Nothing yet" in words(await reader.look(saved=True))
    bench = await reader.press(card.message, f"picture:{made}:1")
    assert buttons(bench)[f"save:{made}:1"] == "♡ Save"
    assert "Saved to your pictures." in words(await reader.press(bench, f"save:{made}:1"))
    gallery.sandbox.clock.advance(WEEK_S)  # every address of then has expired
    page = await reader.look(saved=True)
    assert "a red fox" in words(page)
    assert "Picture 2 ·" in words(page)
    shown = await reader.press(page, f"saved_show:{made}")
    assert await files(gallery, shown) == pictures[1:]
    assert "cost" not in words(shown), "what it cost is its author's business"
    assert "Saved to your pictures." in words(await reader.press(card.message, f"save:{made}"))
    assert "Pictures 1 and 2 ·" in words(await reader.look(saved=True))
    assert "Nothing yet" in words(await Reader(gallery).look(saved=True)), "a list is one person's alone"
    assert "Taken out of your pictures." in words(await reader.press(shown, f"saved_out:{made}"))
    assert "Nothing yet" in words(await reader.look(saved=True))


async def test_a_channel_that_keeps_buttons_for_the_author_keeps_hearts_for_them_too(gallery: Stage):
    card = await gallery.imagine("a blue fox", image_size="square")
    await gallery.closed_books(card.id)
    assert card.message is not None
    made, other = run_id(gallery, card), Reader(gallery, gallery.cast.other)
    said = await gallery.use("policy set", {"buttons": "author"}, person=gallery.cast.admin)
    assert "Only the one who asked for a card may press its buttons" in said.text
    for action in (f"save:{made}", f"again:{made}", f"details:{made}", f"picture:{made}:0"):
        assert "Only the one who asked for it may use this button." in words(await other.press(card.message, action))
    moderator = Reader(gallery, gallery.cast.moderator)
    assert "a blue fox" in words(await moderator.press(card.message, f"details:{made}"))
    assert "Saved to your pictures." in words(await Reader(gallery).press(card.message, f"save:{made}"))
    await gallery.use("policy clear", {}, person=gallery.cast.admin)
    assert "Saved to your pictures." in words(await other.press(card.message, f"save:{made}"))
