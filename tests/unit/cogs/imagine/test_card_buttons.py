"""The buttons of a card that is over, from Discord's payload to the calls it makes: whose it is, and who may press."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.errors import RepeatedPress
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelRules
from bot.money import MicroUsd
from bot.runs.run import Delivery, Place, Removal, Run
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.samples import NOW, FakeHistory, FakeRuns, a_run, done
from tests.unit.cogs.wire import APPLICATION_ID, CHANNEL_ID, GUILD_ID, USER_ID, Call, pressed_button, sent_form

EPHEMERAL = 64
HERE = Place(GUILD_ID, CHANNEL_ID)
SOMEBODY = USER_ID + 5
RUN_ID = f"{7:032x}"
ACTIONS = ("again", "change", "details", "picture", "download")
LONG = "a fox " * 300


def subject(action: str, run_id: str = RUN_ID) -> str:
    return f"{action}:{run_id}" + (":1" if action in {"picture", "download"} else "")


def past(**changes: Any) -> Run:
    run = done(a_run("a red fox", user_id=USER_ID, place=HERE, delivery=Delivery.SHOWN))
    return replace(run, id=RUN_ID, input={"prompt": "a red fox", "num_images": 2, "size": "w"}, **changes)


@dataclass
class Scene:
    discord: Opened
    runs: FakeRuns
    history: FakeHistory

    async def press(self, action: str, run_id: str = RUN_ID) -> None:
        self.discord.press(pressed_button(subject(action, run_id)))

    async def callback(self) -> Call:
        (call,) = await self.discord.discord.wait("POST", "/callback")
        return call

    async def shown(self) -> Call:
        """What was shown to one person, after a moment."""
        (call,) = await self.discord.discord.wait("PATCH", "/messages/@original")
        assert (await self.callback()).data["flags"] == EPHEMERAL
        return call

    async def refusal(self) -> str:
        """What was said to one person instead, and that nothing was made."""
        first = await self.callback()
        assert first.data["flags"] == EPHEMERAL
        if first.body["type"] == 4:
            said = first
        else:
            (said,) = await self.discord.discord.wait("POST", f"/webhooks/{APPLICATION_ID}/tok-secret")
        assert not self.runs.accepted
        return str(said.data["content"])


@asynccontextmanager
async def scene(run: Run | None = None, **how: Any) -> AsyncGenerator[Scene]:
    run = run or past()
    runs, history = FakeRuns(**how), FakeHistory(runs={run.id: run})
    async with opened(runs, history=history) as open_:
        yield Scene(open_, runs, history)


def walk(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in components:
        inner = [*one.get("components", []), *([one["component"]] if "component" in one else [])]
        found += [one, *walk(inner)]
    return found


def text(call: Call) -> str:
    return "\n".join(one["content"] for one in walk(call.data["components"]) if "content" in one)


async def test_again_is_the_same_request_as_a_run_of_whoever_pressed() -> None:
    async with scene(past(user_id=SOMEBODY)) as here:
        await here.press("again")
        call = await here.callback()
    (asked,) = here.runs.accepted
    assert asked["options"] == {"prompt": "a red fox", "num_images": 2, "size": "w"}
    assert (asked["user_id"], asked["place"], asked["button"]) == (USER_ID, HERE, f"again:{RUN_ID}")
    assert call.body["type"] == 4
    assert not call.data["flags"] & EPHEMERAL
    assert len(here.runs.started) == 1


async def test_a_second_press_right_after_the_first_is_taken_in_silence() -> None:
    async with scene(refusal=RepeatedPress("pressed a moment ago")) as here:
        await here.press("again")
        call = await here.callback()
    assert call.body == {"type": 6}
    assert not here.runs.started


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_run_of_another_place_is_not_known(action: str) -> None:
    async with scene() as here:
        await here.press(action, f"{8:032x}")
        assert "not known here any more" in await here.refusal()


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_run_from_a_channel_that_the_person_does_not_see_is_not_shown_or_used(action: str) -> None:
    hidden = past(user_id=SOMEBODY, place=Place(GUILD_ID, CHANNEL_ID + 9))
    async with scene(hidden) as here:
        await here.press(action)
        assert "not from a channel that you can see" in await here.refusal()
    assert not here.history.viewings


@pytest.mark.parametrize("action", ["again", "change", "details"])
async def test_words_that_a_channel_hides_are_used_by_their_author_alone(action: str) -> None:
    rules = ChannelRules(policy=Policy.BLOCK, hide_prompt=True)
    kept_back = past(user_id=SOMEBODY, rules=rules, delivery=Delivery.WITHHELD)
    async with scene(kept_back) as here:
        await here.press(action)
        assert "only the one who made it" in await here.refusal()
    async with scene(replace(kept_back, user_id=USER_ID)) as here:
        await here.press(action)
        assert (await here.callback()).body["type"] in {4, 5, 9}


@pytest.mark.parametrize("action", ["again", "change", "details"])
async def test_the_words_of_removed_pictures_are_their_authors_alone(action: str) -> None:
    removed = past(user_id=SOMEBODY, removal=Removal(SOMEBODY, NOW))
    async with scene(removed) as here:
        await here.press(action)
        assert "only the one who made it" in await here.refusal()


@pytest.mark.parametrize("action", ["again", "change"])
async def test_a_press_that_cannot_be_looked_up_is_answered_before_discord_gives_up(action: str) -> None:
    async with scene() as here:
        here.history.hold = asyncio.Event()
        await here.press(action)
        async with asyncio.timeout(2):
            assert "press once more" in await here.refusal()


@pytest.mark.parametrize("forged", [":", ":1:2", "x" * 70, "0" * 80, f"{10:032X}"])
@pytest.mark.parametrize("action", ACTIONS)
async def test_a_subject_that_was_never_made_leads_nowhere(action: str, forged: str) -> None:
    async with scene() as here:
        here.discord.press(pressed_button(f"{action}:{forged}"[:100]))
        assert "leads nowhere" in await here.refusal()


async def test_change_opens_a_form_with_the_words_and_the_price() -> None:
    async with scene() as here:
        await here.press("change")
        call = await here.callback()
    assert call.body["type"] == 9
    fields = {one["custom_id"]: one for one in walk(call.data["components"]) if "custom_id" in one}
    assert fields["prompt"]["value"] == "a red fox"
    assert [one["value"] for one in fields["size"]["options"] if one.get("default")] == ["w"]
    assert [one["value"] for one in fields["num_images"]["options"]] == ["1", "2", "3", "4"]
    assert "at most" in call.data["components"][-1]["description"]


async def test_what_the_form_says_is_made_and_what_it_does_not_ask_for_stays() -> None:
    words = {"type": 18, "id": 1, "component": {"type": 4, "id": 2, "custom_id": "prompt", "value": "a blue fox"}}
    count = {"type": 18, "id": 3, "component": {"type": 21, "id": 4, "custom_id": "num_images", "value": "4"}}
    inner = {"type": 4, "id": 6, "custom_id": "enable_safety_checker", "value": "0"}
    forged = {"type": 18, "id": 5, "component": inner}
    async with scene() as here:
        here.discord.press(sent_form(subject("change"), words, count, forged))
        await here.callback()
    (asked,) = here.runs.accepted
    assert asked["options"] == {"prompt": "a blue fox", "num_images": 4, "size": "w"}


@pytest.mark.parametrize(("is_own", "user_id"), [(True, USER_ID), (False, SOMEBODY)])
async def test_details_are_whole_and_speak_of_money_to_the_one_who_paid(*, is_own: bool, user_id: int) -> None:
    run = past(user_id=user_id, cost=MicroUsd(7_864))
    async with scene(replace(run, request=replace(run.request, prompt=LONG))) as here:
        await here.press("details")
        said = text(await here.shown())
    assert LONG.strip() in said
    assert f"<@{user_id}>" in said
    assert ("This cost 0.79 ¢." in said) is is_own


async def test_a_number_opens_that_picture_for_one_persons_eyes() -> None:
    async with scene(past(user_id=SOMEBODY)) as here:
        await here.press("picture")
        call = await here.shown()
    assert [viewing.only for viewing in here.history.viewings] == [1]
    (name,) = call.files
    (gallery,) = [one for one in walk(call.data["components"]) if one["type"] == 12]
    assert [item["media"]["url"] for item in gallery["items"]] == [f"attachment://{name}"]
    assert gallery["items"][0]["description"].startswith("Picture 2 of 4")
    assert f"download:{RUN_ID}:1" in str(call.data["components"])


async def test_download_gives_the_file_itself() -> None:
    async with scene() as here:
        await here.press("download")
        call = await here.shown()
    (name,) = call.files
    assert [one["file"]["url"] for one in walk(call.data["components"]) if one["type"] == 13] == [
        f"attachment://{name}"
    ]
