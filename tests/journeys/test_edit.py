"""“Edit picture” by the real bot: from the menu of a card to a picture made from its picture, and after a removal."""

import pytest

from sandbox.discord.cast import Person
from tests.journeys.helpers import PATIENCE_S, Answer, Payload
from tests.journeys.tools import Refused, Tools

pytestmark = pytest.mark.asyncio(loop_scope="session")

MENU = "Edit picture"


def id_of(message: Payload | None) -> str:
    assert message is not None
    return message["id"]


async def edit(tools: Tools, person: Person, message: str, words: str) -> Payload:
    """Ask for an edit from the menu of a message; the card, once it shows a picture."""
    opened = await tools.menu(person, MENU, message)
    interaction_id = await tools.send_form(person, opened, words=words)
    card = await tools.people.wait_message(interaction_id, lambda one: len(one["attachments"]) == 1, PATIENCE_S)
    await tools.stage.closed_books(interaction_id)
    return card


async def test_a_card_is_edited_by_somebody_else_and_the_edit_once_more(tools: Tools):
    answer: Answer = await tools.shown_card()
    card = await edit(tools, tools.cast.other, id_of(answer.message), "make it night")
    again = await edit(tools, tools.cast.member, id_of(card), "let it snow")
    assert again["attachments"][0]["filename"].endswith(".jpg")


async def test_what_was_removed_is_not_worked_from(tools: Tools):
    answer = await tools.shown_card()
    card = await edit(tools, tools.cast.other, id_of(answer.message), "make it night")
    opened = await tools.menu(tools.cast.moderator, "Remove picture", id_of(answer.message))
    await tools.fill_in(tools.cast.moderator, opened, words="unkind")
    opened = await tools.menu(tools.cast.other, MENU, id_of(card))
    said = await tools.fill_in(tools.cast.other, opened, words="let it snow")
    assert "cannot be shown here" in said
    with pytest.raises(Refused, match="no picture in this message"):
        await tools.form(await tools.menu(tools.cast.other, MENU, id_of(answer.message)))


async def test_a_family_is_shown_and_says_what_was_removed_is_not(tools: Tools):
    answer = await tools.shown_card()
    card = await edit(tools, tools.cast.other, id_of(answer.message), "make it night")
    first, second = (one["attachments"][0]["filename"].split("-")[1] for one in (answer.message or {}, card))
    found = await family_of(tools, tools.cast.member, second)
    assert found == f"Family. Made from: {first} picture 1. This one: {second} picture 1."
    opened = await tools.menu(tools.cast.moderator, "Remove picture", id_of(answer.message))
    await tools.fill_in(tools.cast.moderator, opened, words="unkind")
    found = await family_of(tools, tools.cast.member, first)
    assert found.count("(not shown)") == 2, "what was made from it is not shown either"


async def family_of(tools: Tools, person: Person, digits: str) -> str:
    """What /show says of its sheet to a screen reader."""
    interaction_id = await tools.people.slash(
        user_id=person.id, channel_id=tools.cast.general.id, command="show", options={"id": digits}
    )
    shown = await tools.people.wait_message(interaction_id, lambda one: len(one["attachments"]) == 1, PATIENCE_S)
    return str(shown["attachments"][0]["description"])
