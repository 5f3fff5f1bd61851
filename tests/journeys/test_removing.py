"""“Remove picture” by the real bot: by the one who made it and by a moderator, and still removed after a restart."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest

from sandbox.discord.cast import Channel, Overwrite, Person
from sandbox.discord.permissions import Permission
from tests.journeys.helpers import Answer, Payload
from tests.journeys.moderating import text_of
from tests.journeys.test_reports import message_id, report
from tests.journeys.test_sanctions import member_reads
from tests.journeys.tools import Tools, components_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

MENU = "Remove picture"
BY_AUTHOR = "Removed by the one who made it."
BY_MODERATOR = "Removed by a moderator: no real people."


def card_of(tools: Tools, answer: Answer) -> Payload:
    card = tools.people.message(message_id(answer))
    assert card is not None
    return card


async def asked(tools: Tools, person: Person, answer: Answer, *, at: Channel | None = None) -> Payload:
    """The question that only the one who made the picture sees, with its button."""
    opened = await tools.menu(person, MENU, message_id(answer), at=at)
    assert "It can't be shown again." in await tools.told(opened)
    question = tools.people.message_of(opened)
    assert question is not None
    return question


async def removed(tools: Tools, answer: Answer, *, at: Channel | None = None) -> None:
    """The member removes their picture."""
    await tools.press(tools.cast.member, await asked(tools, tools.cast.member, answer, at=at), MENU)
    assert not (await tools.card_says(answer, BY_AUTHOR))["attachments"]


async def removed_by_moderator(tools: Tools, answer: Answer) -> str:
    """A moderator removes it; what they read at first."""
    opened = await tools.menu(tools.cast.moderator, MENU, message_id(answer))
    return await tools.fill_in(tools.cast.moderator, opened, words="no real people")


async def history_of(tools: Tools, person: Person) -> str:
    opened = await tools.people.slash(user_id=person.id, channel_id=tools.cast.general.id, command="history")
    return await tools.told(opened)


async def restart(tools: Tools, *, kill: bool) -> None:
    bot = tools.stage.sandbox.bot
    await (bot.kill() if kill else bot.terminate())
    await tools.stage.sandbox.start_bot()


async def test_the_one_who_made_it_removes_it_for_good(tools: Tools):
    before = len(tools.stage.acts("picture removed"))
    answer = await tools.shown_card(prompt="a secret fox")
    books = tools.stage.books(answer.id)
    question = await asked(tools, tools.cast.member, answer)
    await tools.press(tools.cast.member, question, MENU)
    card = await tools.card_says(answer, BY_AUTHOR)
    assert not card["attachments"]
    assert "secret" not in text_of(card)
    await tools.stage.until(lambda: "Removed. It can't be shown again." in text_of(now_of(tools, question)))
    assert not components_of(now_of(tools, question))
    after = tools.stage.books(answer.id)
    assert after.entries == books.entries
    assert after.ending == ("succeeded", None, "withheld")
    assert len(tools.stage.acts("picture removed")) == before
    for kill in (True, False):
        await restart(tools, kill=kill)
        assert "1 picture, removed" in await history_of(tools, tools.cast.member)
        assert BY_AUTHOR in text_of(card_of(tools, answer))
        assert not card_of(tools, answer)["attachments"]
    opened = await tools.menu(tools.cast.member, MENU, message_id(answer))
    assert await tools.told(opened) == "This was removed before. It can't be shown again."


def now_of(tools: Tools, message: Payload) -> Payload:
    return tools.people.message(message["id"]) or {}


async def test_a_moderator_removes_it_with_a_reason_that_the_person_reads(tools: Tools):
    before = len(tools.stage.acts("picture removed"))
    answer = await tools.shown_card()
    assert await removed_by_moderator(tools, answer) == "Removed. It can't be shown again.\nTelling them…"
    assert not (await tools.card_says(answer, BY_MODERATOR))["attachments"]
    await tools.answer_says("They were told in a direct message.")
    await member_reads(tools, "removed your picture in")
    await member_reads(tools, "The reason they gave: no real people")
    line = await tools.log_says("removed a picture by")
    assert f"<@{tools.cast.moderator.id}> removed a picture by <@{tools.cast.member.id}>" in line
    (act,) = tools.stage.acts("picture removed")[before:]
    assert act["actor_id"] == tools.cast.moderator.id
    assert "pictures removed" in await tools.use(tools.cast.moderator, "record user", person=tools.cast.member.id)
    assert "removed pictures of" in await tools.use(tools.cast.admin, "settings audit")
    await restart(tools, kill=True)
    assert BY_MODERATOR in text_of(card_of(tools, answer))
    assert "1 picture, removed" in await history_of(tools, tools.cast.member)


async def test_a_report_about_it_is_closed_and_a_late_decision_changes_nothing(tools: Tools):
    answer = await tools.shown_card()
    await report(tools, answer, "not mine to see")
    panel = await tools.panel("A report")
    await removed(tools, answer)
    await tools.panel(f"Removed by <@{tools.cast.member.id}>, who made it")
    await tools.log_says("who made it")
    for label, action in (("Keep", "approve"), ("Remove…", "reject")):
        button = next(one for one in components_of(panel) if one.get("label") == label)
        pressed = await tools.people.press(
            user_id=tools.cast.moderator.id,
            message_id=int(panel["id"]),
            custom_id=button["custom_id"],
            check=False,
        )
        assert button["custom_id"].startswith(action)
        assert "This was decided already." in await tools.told(pressed)
    assert BY_AUTHOR in text_of(card_of(tools, answer))
    assert not card_of(tools, answer)["attachments"]


async def test_what_waits_for_a_moderator_is_removed_before_anybody_saw_it(tools: Tools):
    await tools.use(tools.cast.admin, "policy set", approve_everything=True)
    answer = await tools.stage.imagine(image_size="square")
    assert not answer.attachments
    await tools.panel("A picture waits for you")
    await removed(tools, answer)
    await tools.panel(", who made it")
    assert str(message_id(answer)) not in await tools.use(tools.cast.moderator, "review list")


async def test_ten_presses_at_once_are_one_removal(tools: Tools):
    before = len(tools.stage.acts("picture removed"))
    answer = await tools.shown_card()
    opened = [await tools.menu(tools.cast.moderator, MENU, message_id(answer)) for _ in range(5)]
    forms = [await tools.form(one) for one in opened]
    question = await asked(tools, tools.cast.member, answer)
    button = next(one for one in components_of(question) if one.get("label") == MENU)

    async def press() -> str:
        return await tools.people.press(
            user_id=tools.cast.member.id,
            message_id=int(question["id"]),
            custom_id=button["custom_id"],
            check=False,
        )

    async def send(opened: str, form: Payload) -> str:
        return await tools.people.submit_modal(
            user_id=tools.cast.moderator.id,
            interaction_id=opened,
            custom_id=form["custom_id"],
            values={"words": "no real people"},
        )

    edits = card_edits(tools, answer)
    await asyncio.gather(*(press() for _ in range(5)), *(send(*one) for one in zip(opened, forms, strict=True)))
    card = await tools.card_says(answer, "Removed by")
    acts = len(tools.stage.acts("picture removed")) - before
    assert acts == (1 if BY_MODERATOR in text_of(card) else 0)
    await asyncio.sleep(0.2)
    assert card_edits(tools, answer) == edits + 1


def card_edits(tools: Tools, answer: Answer) -> int:
    """How often the card was edited in this scene."""
    answers = [call.answer for call in tools.stage.calls if call.method == "PATCH" and call.status == 200]
    return [cast("Mapping[str, Any]", one).get("id") for one in answers].count(message_id(answer))


async def test_in_private_it_is_removed_by_the_one_who_made_it(tools: Tools):
    private = tools.cast.dm_of(tools.cast.member.id)
    answer = await tools.shown_card(channel=private)
    await removed(tools, answer, at=private)
    assert not card_of(tools, answer)["attachments"]


async def test_a_member_and_whoever_forges_removes_nothing_of_others(tools: Tools):
    answer, there = await tools.shown_card(), await tools.shown_card(channel=tools.cast.after_dark)
    said = await tools.told(await tools.menu(tools.cast.other, MENU, message_id(answer)))
    assert "Only people with the permission “Manage Messages”" in said
    for one in (answer, there):
        run_id = (tools.stage.books(one.id).row or {})["id"]
        for action in ("remove", "remove_yes"):
            pressed = await tools.people.press(
                user_id=tools.cast.other.id,
                message_id=int(message_id(answer)),
                custom_id=f"{action}:{run_id}",
                check=False,
            )
            assert "Nothing was changed." in await tools.told(pressed)
        assert len(card_of(tools, one)["attachments"]) == 1
    said = await tools.people.say(user_id=tools.cast.member.id, channel_id=tools.cast.general.id, content="hello")
    assert "not a picture of mine" in await tools.told(await tools.menu(tools.cast.member, MENU, said))


async def test_what_cannot_be_taken_away_is_said_to_be_visible_until_it_is_gone(tools: Tools):
    """The token is over, and the bot may not see the channel any more; a restart comes in between."""
    cast, discord = tools.cast, tools.stage.discord
    answer = await tools.shown_card()
    tools.stage.alter("UPDATE runs SET interaction_token = '' WHERE interaction_id = ?", int(answer.id))
    question = await asked(tools, cast.member, answer)
    open_to = cast.general.overwrites
    shut = Overwrite(cast.bot.id, is_role=False, deny=int(Permission.VIEW_CHANNEL))
    await discord.change_channel(cast.general.id, overwrites=(*open_to, shut))
    try:
        await tools.press(cast.member, question, MENU)
        await tools.stage.until(lambda: "it is still visible" in text_of(now_of(tools, question)))
        assert len(card_of(tools, answer)["attachments"]) == 1
        await restart(tools, kill=True)
    finally:
        await discord.change_channel(cast.general.id, overwrites=open_to)
    assert not (await tools.card_says(answer, BY_AUTHOR))["attachments"]


async def test_a_card_that_discord_deleted_breaks_nothing(tools: Tools):
    answer = await tools.shown_card()
    question = await asked(tools, tools.cast.member, answer)
    await tools.people.delete_message(user_id=tools.cast.moderator.id, message_id=message_id(answer))
    await tools.press(tools.cast.member, question, MENU)
    await tools.stage.until(lambda: "which may be gone" in text_of(now_of(tools, question)))
    assert "1 picture, removed" in await history_of(tools, tools.cast.member)
