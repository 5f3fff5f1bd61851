"""Private first: only the one who asked sees it, until they post it; and what is posted is a card like any other."""

import asyncio
from typing import cast

import pytest

from sandbox.discord.cast import Person
from sandbox.once import LOADING
from tests.journeys.helpers import EPHEMERAL, PATIENCE_S, Answer, Payload
from tests.journeys.moderating import text_of
from tests.journeys.test_removing import restart
from tests.journeys.tools import Tools, components_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

POST = "Post here"
ONLY_YOU = "Only you see this."


async def private_card(tools: Tools, prompt: str = "a red fox") -> Answer:
    answer = await tools.stage.imagine(prompt, image_size="square", private=True)
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


async def said(tools: Tools, person: Person, interaction_id: str) -> str:
    """What a press was answered with, for this person's eyes; a refusal takes the place of the first answer."""

    def answers() -> list[str]:
        messages = tools.people.snapshot(person.id)["messages"]
        of_press = [one for one in messages if _interaction_of(one) == interaction_id]
        return [text_of(one) for one in of_press if one["flags"] & EPHEMERAL and not one["flags"] & LOADING]

    await tools.stage.until(lambda: bool(answers()))
    return answers()[-1]


def _interaction_of(message: Payload) -> object:
    return cast("Payload", message.get("interaction_metadata") or {}).get("id")


async def post(tools: Tools, answer: Answer) -> str:
    member = tools.cast.member
    return await said(tools, member, await tools.press(member, message_of(tools, answer), POST))


def number_of(card: Payload) -> int:
    return int(card["id"])


async def test_it_is_private_until_it_is_posted_and_removed_like_any_other(tools: Tools) -> None:
    answer = await private_card(tools, prompt="a shy fox")
    assert answer.shows(1)
    assert not tools.posted(tools.cast.general)
    books = tools.stage.books(answer.id)
    await restart(tools, kill=True)
    assert "Posted" in await post(tools, answer)
    card = await posted(tools, answer)
    assert f"Made by <@{tools.cast.member.id}>" in text_of(card)
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
    # A process that died before it noted the message sent it again: Discord takes that for the same.
    assert len({one["id"] for one in tools.posted(tools.cast.general)}) == 1


async def test_others_learn_nothing_of_it(tools: Tools) -> None:
    answer = await private_card(tools, prompt="a secret fox")
    public = message_of(tools, await tools.shown_card())
    moderator: Person = tools.cast.moderator
    buttons = [one["custom_id"] for one in components_of(message_of(tools, answer)) if one.get("custom_id")]
    assert len(buttons) == 6
    for custom_id in buttons:
        forged = await tools.people.press(
            user_id=moderator.id, message_id=number_of(public), custom_id=custom_id, check=False
        )
        words = await said(tools, moderator, forged)
        assert "not from a channel that you can see" in words or "not known" in words, custom_id
    assert "secret" not in await tools.use(moderator, "history", user=tools.cast.member.id)
    assert not tools.posted(tools.cast.general)


async def test_a_channel_can_begin_privately(tools: Tools) -> None:
    assert "answers private until they are posted" in await tools.use(tools.cast.admin, "policy set", private=True)
    answer = await tools.stage.imagine(image_size="square")
    assert answer.is_ephemeral
    await asyncio.wait_for(tools.stage.closed_books(answer.id), PATIENCE_S)
