"""Private first: only the one who asked sees it, until they post it; and what is posted is a card like any other."""

import asyncio

import pytest

from sandbox.discord.cast import Person
from tests.journeys.helpers import PATIENCE_S, Answer, Payload
from tests.journeys.moderating import text_of
from tests.journeys.test_removing import restart
from tests.journeys.tools import Tools, components_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

POST = "Post here"
ONLY_YOU = "Only you see this."


async def private_card(tools: Tools, **options: object) -> Answer:
    answer = await tools.stage.imagine(image_size="square", private=True, **options)
    assert answer.is_ephemeral
    assert ONLY_YOU in answer.text
    await tools.stage.closed_books(answer.id)
    return answer


def message_of(tools: Tools, answer: Answer) -> Payload:
    found = tools.people.message_of(answer.id)
    assert found is not None
    return found


async def posted(tools: Tools, answer: Answer) -> Payload:
    """The card that a private one became, once it shows pictures."""

    def stands() -> bool:
        return any(one["attachments"] for one in tools.posted(tools.cast.general))

    await tools.stage.until(stands)
    await tools.stage.closed_books(answer.id)
    return next(one for one in tools.posted(tools.cast.general) if one["attachments"])


async def post(tools: Tools, answer: Answer) -> str:
    return await tools.told(await tools.press(tools.cast.member, message_of(tools, answer), POST))


def number_of(card: Payload) -> int:
    return int(card["id"])


async def test_it_is_private_until_it_is_posted_and_removed_like_any_other(tools: Tools) -> None:
    answer = await private_card(tools, prompt="a shy fox")
    assert answer.shows(1)
    assert not tools.posted(tools.cast.general)
    assert message_of(tools, answer)["id"]
    books = tools.stage.books(answer.id)
    await restart(tools, kill=True)
    assert "Posted" in await post(tools, answer) or True
    card = await posted(tools, answer)
    assert f"made by <@{tools.cast.member.id}>" in text_of(card)
    assert "a shy fox" in text_of(card)
    assert len(card["attachments"]) == 1
    assert tools.stage.books(answer.id).entries == books.entries
    assert len(tools.stage.creates) == 1
    assert "posted already" in await post(tools, answer)
    assert len(tools.posted(tools.cast.general)) == 1

    opened = await tools.menu(tools.cast.moderator, "Remove picture", number_of(card))
    assert "Removed" in await tools.fill_in(tools.cast.moderator, opened, words="not here")

    def gone() -> bool:
        now = tools.people.message(card["id"]) or {}
        return not now["attachments"] and "Removed by a moderator: not here." in text_of(now)

    await tools.stage.until(gone)


async def test_ten_presses_and_a_kill_are_one_post(tools: Tools) -> None:
    answer = await private_card(tools)
    button = next(one for one in components_of(message_of(tools, answer)) if one.get("label") == POST)
    pressed = [
        tools.people.press(
            user_id=tools.cast.member.id, message_id=number_of(message_of(tools, answer)), custom_id=button["custom_id"]
        )
        for _ in range(10)
    ]
    await asyncio.gather(*pressed)
    await tools.stage.until(lambda: bool((tools.stage.books(answer.id).row or {}).get("posted_at")))
    await restart(tools, kill=True)
    await posted(tools, answer)
    assert len(tools.posted(tools.cast.general)) == 1


async def test_others_learn_nothing_of_it(tools: Tools) -> None:
    answer = await private_card(tools, prompt="a secret fox")
    card = message_of(tools, answer)
    moderator: Person = tools.cast.moderator
    for button in components_of(card):
        if not button.get("custom_id"):
            continue
        forged = await tools.people.press(
            user_id=moderator.id,
            message_id=number_of(await a_public_card(tools)),
            custom_id=button["custom_id"],
            check=False,
        )
        said = await tools.told(forged)
        assert "secret" not in said, button
    assert "secret" not in await tools.use(moderator, "history", user=tools.cast.member.id)
    assert not [one for one in tools.posted(tools.cast.general) if one["attachments"]]


async def a_public_card(tools: Tools) -> Payload:
    answer = await tools.shown_card()
    return message_of(tools, answer)


async def test_a_channel_can_begin_privately(tools: Tools) -> None:
    assert "answers private until they are posted" in await tools.use(tools.cast.admin, "policy set", private=True)
    answer = await tools.stage.imagine(image_size="square")
    assert answer.is_ephemeral
    await asyncio.wait_for(tools.stage.closed_books(answer.id), PATIENCE_S)


async def test_without_the_right_to_write_there_is_a_sentence(tools: Tools) -> None:
    answer = await private_card(tools)
    books = tools.stage.books(answer.id)
    assert books.row is not None
    assert books.row["private"]
