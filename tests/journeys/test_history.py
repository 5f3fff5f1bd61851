"""/history: what was asked for, and its pictures once more, in the eyes of whoever asks and nobody else's."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from sandbox.discord.cast import Channel, Person
from sandbox.discord.clientchecks import ClientRefusal
from sandbox.once import LOADING, flatten
from tests.journeys.conftest import SETTINGS
from tests.journeys.helpers import AT_ONCE, EPHEMERAL, PATIENCE_S, Answer, Stage, open_stage, usd

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def archive(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A stage of these journeys' own: pages show whatever happened on it."""
    async with open_stage(tmp_path_factory.mktemp("archive"), **SETTINGS) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def past(archive: Stage) -> AsyncGenerator[Stage]:
    """A new scene there. Nothing faults in it."""
    await archive.new_scene()
    yield archive
    assert not [line for line in archive.log if "Traceback" in line or "faulted" in line or "fault in" in line]


def buttons(message: Mapping[str, Any]) -> dict[str, str]:
    """The buttons of a message: custom_id to label."""
    found: dict[str, str] = {}
    waiting: list[Mapping[str, Any]] = list(message["components"])
    while waiting:
        part = waiting.pop(0)
        if part.get("custom_id"):
            found[part["custom_id"]] = part["label"]
        waiting += part.get("components") or ()
        waiting += [part["accessory"]] if part.get("accessory") else []
    return found


def of(run_id: str) -> str:
    return f"history_pictures:{run_id}"


def words(message: Mapping[str, Any]) -> str:
    return str(message["content"]) + "\n".join(flatten(message))


class Reader:
    """A person who looks into /history."""

    def __init__(self, stage: Stage, person: Person | None = None, channel: Channel | None = None) -> None:
        self._stage, self._person = stage, person or stage.cast.member
        self._channel = channel or stage.cast.general

    async def look(self, **options: object) -> Mapping[str, Any]:
        """The first page, or what was said instead."""
        return await self._answer(
            lambda: self._stage.discord.people.slash(
                user_id=self._person.id, channel_id=self._channel.id, command="history", options=options
            )
        )

    async def press(self, message: Mapping[str, Any], custom_id: str) -> Mapping[str, Any]:
        """What a press of a button shows to the one who pressed."""
        return await self._answer(
            lambda: self._stage.discord.people.press(
                user_id=self._person.id, message_id=int(message["id"]), custom_id=custom_id
            )
        )

    async def _answer(self, act: Any) -> Mapping[str, Any]:
        events = self._stage.discord.people.subscribe()
        try:
            await act()
            async with asyncio.timeout(PATIENCE_S):
                async for event in events:
                    message: Mapping[str, Any] = event.get("message") or {}
                    if event["t"] in {"message_create", "message_update"} and message["flags"] & EPHEMERAL:
                        assert message["visible_to"] == str(self._person.id)
                        if not message["flags"] & LOADING:
                            return message
        finally:
            events.close()
        raise AssertionError("the sandbox was closed")


def run_id(stage: Stage, answer: Answer) -> str:
    return str((stage.books(answer.id).row or {})["id"])


async def files(stage: Stage, message: Mapping[str, Any]) -> list[bytes]:
    return await stage.files(Answer("", (), message, None))


async def test_pictures_are_shown_again_byte_for_byte_to_the_one_who_asked(past: Stage):
    first = await past.imagine("a red fox", num_images=2, image_size="square")
    await past.closed_books(first.id)
    creates, pictures = len(past.creates), await past.files(first)
    past.sandbox.clock.advance(60 * 60 * 24 * 7)  # every address of then has expired
    reader = Reader(past)
    page = await reader.look()
    assert "a red fox" in words(page)
    assert f"2 pictures · cost {usd(past.billed(first))} ·" in words(page)
    again = await reader.press(page, of(run_id(past, first)))
    assert await files(past, again) == pictures
    assert all("a red fox" in one["description"] for one in again["attachments"])
    assert len(past.creates) == creates
    assert (await past.closed_books(first.id)).ending == ("succeeded", None, "shown")


async def test_pages_lead_there_and_back(past: Stage):
    other = past.cast.other
    past.play("default", create_terminal=True)
    for number in range(12):
        pressed = await past.imagine(f"prompt number {number} of many", person=other, image_size="square")
        await past.closed_books(pressed.id)
    reader = Reader(past, other)
    page = await reader.look()
    assert [n for n in range(12) if f"number {n} of" in words(page)] == list(range(2, 12))
    older = next(custom_id for custom_id, label in buttons(page).items() if label == "Older")
    second = await reader.press(page, older)
    assert second["id"] == page["id"]
    assert [n for n in range(12) if f"number {n} of" in words(second)] == [0, 1]
    newer = next(custom_id for custom_id, label in buttons(second).items() if label == "Newer")
    assert "Older" not in buttons(second).values()
    assert words(await reader.press(second, newer)) == words(page)


async def test_what_was_withheld_is_not_even_offered(past: Stage):
    past.play("nsfw_flagged")
    answer = await past.imagine("something daring", image_size="square")
    await past.closed_books(answer.id)
    reader = Reader(past)
    page = await reader.look()
    assert "1 picture, kept back by the channel's rules" in words(page)
    assert of(run_id(past, answer)) not in buttons(page)
    assert past.fetches == 0


async def test_covered_pictures_are_not_carried_to_where_children_may_look(past: Stage):
    past.play("nsfw_flagged")
    answer = await past.imagine("after dark", channel=past.cast.after_dark, image_size="square")
    await past.closed_books(answer.id)
    fetches = past.fetches
    in_general = Reader(past)
    refused = await in_general.press(await in_general.look(), of(run_id(past, answer)))
    assert "age-restricted" in words(refused)
    assert past.fetches == fetches
    there = Reader(past, channel=past.cast.after_dark)
    page = await there.look()
    shown = await there.press(page, of(run_id(past, answer)))
    assert [one["filename"].startswith("SPOILER_") for one in shown["attachments"]] == [True]
    await past.discord.change_channel(past.cast.after_dark.id, nsfw=False)
    refused = await there.press(page, of(run_id(past, answer)))
    assert "keep these pictures back" in words(refused)


async def test_a_card_that_was_deleted_leaves_its_pictures_here(past: Stage):
    past.play("default", running_s=1.0)
    async with past.pressing("deleted meanwhile", image_size="square") as press:
        message = await press.drawing()
        await past.discord.people.delete_message(user_id=past.cast.moderator.id, message_id=message["id"])
        books = await past.closed_books(press.id)
    assert books.ending == ("succeeded", None, "undeliverable")
    reader = Reader(past)
    page = await reader.look()
    assert "1 picture, whose card could not be reached" in words(page)
    shown = await reader.press(page, of(str((books.row or {})["id"])))
    assert len(await files(past, shown)) == 1


async def test_pictures_that_runflow_no_longer_has_are_said_to_be_gone(past: Stage):
    answer = await past.imagine("kept for a while", image_size="square")
    await past.closed_books(answer.id)
    reader = Reader(past)
    page = await reader.look()
    object.__setattr__(past.run_of(answer), "switches", replace(AT_ONCE, storage="gone"))
    assert "not kept any more" in words(await reader.press(page, of(run_id(past, answer))))


async def test_runflow_out_of_reach_is_said_and_another_press_helps(past: Stage):
    answer = await past.imagine("in bad weather", image_size="square")
    await past.closed_books(answer.id)
    reader = Reader(past)
    page = await reader.look()
    past.play("default", get_errors=1000)
    assert "Please try again in a few minutes." in words(await reader.press(page, of(run_id(past, answer))))
    past.play("default")
    assert len(await files(past, await reader.press(page, of(run_id(past, answer))))) == 1


async def test_only_moderators_look_at_others(past: Stage):
    answer = await past.imagine("private matters", image_size="square")
    await past.closed_books(answer.id)
    member, other, theo = past.cast.member, past.cast.other, past.cast.moderator
    refused = await Reader(past, other).look(user=str(member.id))
    assert "Manage Messages" in words(refused)
    mine = await Reader(past).look()
    foreign = await Reader(past, other).look()
    assert "private matters" not in words(foreign)
    with pytest.raises(ClientRefusal):
        await Reader(past, other).press(mine, of(run_id(past, answer)))
    moderator = Reader(past, theo)
    page = await moderator.look(user=str(member.id))
    assert "private matters" in words(page)
    assert len(await files(past, await moderator.press(page, of(run_id(past, answer))))) == 1


async def test_privately_only_private_requests_are_listed(past: Stage):
    private = past.cast.dm_of(past.cast.member.id)
    answer = await past.imagine("between us", channel=private, image_size="square")
    await past.closed_books(answer.id)
    reader = Reader(past, channel=private)
    page = await reader.look()
    assert "between us" in words(page)
    assert "a red fox" not in words(page)
    assert len(await files(past, await reader.press(page, of(run_id(past, answer))))) == 1
    assert "between us" not in words(await Reader(past).look())


async def test_buttons_outlive_the_bot(past: Stage):
    answer = await past.imagine("before the restart", image_size="square")
    await past.closed_books(answer.id)
    reader = Reader(past)
    page = await reader.look()
    await past.sandbox.bot.kill()
    await past.sandbox.start_bot()
    assert len(await files(past, await reader.press(page, of(run_id(past, answer))))) == 1
