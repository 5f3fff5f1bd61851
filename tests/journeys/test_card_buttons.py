"""The buttons of a card by the real bot: pressed by others, ten times at once, after a restart and a year later."""

import asyncio
from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from sandbox.discord.cast import Person
from tests.journeys.conftest import SETTINGS
from tests.journeys.helpers import EPHEMERAL, PATIENCE_S, Answer, Payload, Stage, open_stage
from tests.journeys.moderating import text_of
from tests.journeys.tools import Tools, components_of, open_tools

pytestmark = pytest.mark.asyncio(loop_scope="session")
YEAR_US = 366 * 86_400 * 1_000_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def studio(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A stage whose bot may be started anew."""
    async with open_stage(tmp_path_factory.mktemp("studio"), **SETTINGS) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def tools(studio: Stage) -> AsyncGenerator[Tools]:
    """A new scene there, in which nothing faults."""
    async with open_tools(studio) as tools:
        yield tools


async def two_pictures(tools: Tools) -> Answer:
    answer = await tools.stage.imagine(image_size="square", num_images=2)
    assert answer.shows(2)
    await tools.stage.closed_books(answer.id)
    return answer


def card_of(answer: Answer) -> Payload:
    assert answer.message is not None
    return answer.message


async def made(tools: Tools, interaction_id: str, count: int = 1) -> Payload:
    """The card that an interaction brought, once it shows its pictures and its books are closed."""
    card = await tools.people.wait_message(interaction_id, lambda one: len(one["attachments"]) == count, PATIENCE_S)
    await tools.stage.closed_books(interaction_id)
    return card


async def shown(tools: Tools, interaction_id: str) -> Payload:
    """What an interaction showed to one person, once it is there."""
    message = await tools.people.wait_message(interaction_id, lambda one: not one["flags"] & 128, PATIENCE_S)
    assert message["flags"] & EPHEMERAL
    return message


async def test_again_makes_another_for_whoever_pressed_and_names_them(tools: Tools):
    first = await two_pictures(tools)
    (before,) = tools.count("runs")
    interaction_id = await tools.press(tools.cast.other, card_of(first), "Again")
    card = await made(tools, interaction_id, 2)
    assert f"<@{tools.cast.other.id}>" in str(card["components"])
    assert tools.count("runs") == (before + 1,)
    assert len({create["input"]["prompt"] for create in tools.stage.creates}) == 1


async def test_ten_presses_are_one_run(tools: Tools):
    first = await tools.shown_card()
    (before,) = tools.count("runs")
    presses = (tools.press(tools.cast.other, card_of(first), "Again") for _ in range(10))
    ids = await asyncio.gather(*presses)
    new: dict[str, Payload] = {}

    def has_ended() -> bool:
        new.update({one["id"]: one for one in map(tools.people.message_of, ids) if one is not None})
        new.pop(card_of(first)["id"], None)  # what a press that is taken in silence is answered with
        return bool(new) and all(one["attachments"] for one in new.values())

    await tools.stage.until(has_ended)
    assert len(new) == 1
    assert tools.count("runs") == (before + 1,)
    assert len(tools.stage.creates) == 2
    await tools.stage.until(lambda: not tools.stage.unfinished)


async def workbench(tools: Tools, person: Person, card: Payload, label: str) -> Payload:
    bench = await shown(tools, await tools.press(person, card, label))
    assert len(bench["attachments"]) == 1
    return bench


async def test_a_number_opens_the_workbench_and_an_edit_comes_of_it(tools: Tools):
    first = await two_pictures(tools)
    bench = await workbench(tools, tools.cast.other, card_of(first), "2")
    assert "Picture 2" in text_of(bench)
    opened = await tools.press(tools.cast.other, bench, "Edit with words…")
    card = await made(tools, await tools.send_form(tools.cast.other, opened, words="make it night"))
    assert card["attachments"][0]["filename"].endswith(".jpg")
    details = text_of(await shown(tools, await tools.press(tools.cast.member, card, "Details")))
    assert "From picture 2 of" in details
    assert "This cost" not in details  # it is not theirs


async def test_a_verb_stands_in_the_form_before_it_is_sent(tools: Tools):
    first = await tools.shown_card()
    bench = await workbench(tools, tools.cast.member, card_of(first), "Open")
    opened = await tools.press(tools.cast.member, bench, "A little different…")
    form = await tools.form(opened)
    assert "slightly different" in str(form)
    await made(tools, await tools.send_form(tools.cast.member, opened))


async def test_change_takes_other_words_and_keeps_the_rest(tools: Tools):
    first = await tools.shown_card()
    opened = await tools.press(tools.cast.member, card_of(first), "Change…")
    card = await made(tools, await tools.send_form(tools.cast.member, opened, prompt="a blue whale"))
    assert text_of(card).startswith("a blue whale")
    assert [create["input"]["image_size"] for create in tools.stage.creates] == ["square", "square"]


async def test_download_gives_the_file_that_runflow_made(tools: Tools):
    first = await tools.shown_card()
    (original,) = await tools.stage.files(first)
    bench = await workbench(tools, tools.cast.member, card_of(first), "Open")
    given = await shown(tools, await tools.press(tools.cast.member, bench, "Download"))
    assert given["attachments"][0]["size"] == len(original)
    assert [one["type"] for one in components_of(given) if one["type"] == 13] == [13]


async def test_buttons_answer_after_a_restart_and_a_year_later(tools: Tools):
    first = await tools.shown_card()
    await tools.stage.sandbox.bot.terminate()
    tools.stage.alter(
        "UPDATE runs SET created_at = created_at - ?, ended_at = ended_at - ?, interaction_at = interaction_at - ?,"
        " submitted_at = submitted_at - ?, interaction_token = ''",
        *(YEAR_US,) * 4,
    )
    await tools.stage.sandbox.start_bot()
    await made(tools, await tools.press(tools.cast.other, card_of(first), "Again"))
    assert "Made by" in text_of(await shown(tools, await tools.press(tools.cast.member, card_of(first), "Details")))
    await workbench(tools, tools.cast.member, card_of(first), "Open")


async def test_without_words_the_composer_asks_for_them(tools: Tools):
    interaction_id = await tools.people.slash(
        user_id=tools.cast.member.id, channel_id=tools.cast.general.id, command="imagine", options={"num_images": 2}
    )
    card = await made(tools, await tools.send_form(tools.cast.member, interaction_id, prompt="a lighthouse"), 2)
    assert text_of(card).startswith("a lighthouse")
