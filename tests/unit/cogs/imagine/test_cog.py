"""/imagine from Discord's payload to the calls it makes: the real client and tree, Discord faked at the wire."""

import asyncio
from dataclasses import replace
from typing import Any

import discord
import pytest

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.prompt_check import with_prompt_checked
from bot.catalog.registry import Registry
from bot.errors import LimitError, Unavailable
from bot.ledger.values import Notice
from bot.moderation.policy import Policy
from bot.runs.run import Place, Run
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.samples import FakeRuns
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, MESSAGE_ID, USER_ID, Call, guild, interaction

V2, EPHEMERAL = 32768, 64


def texts(call: Call) -> str:
    return str(call.data.get("content") or call.data.get("components"))


async def settle(open_: Opened, runs: FakeRuns) -> None:
    """Wait until the press has had its effect on the runs room."""
    async with asyncio.timeout(5):
        await runs.changed.wait()


async def refusal(open_: Opened) -> Call:
    (call,) = await open_.discord.wait("POST", "/callback")
    assert call.data["flags"] == EPHEMERAL
    assert call.data["allowed_mentions"] == {"parse": []}
    return call


async def test_a_press_shows_a_card_and_starts_the_run_with_its_message() -> None:
    runs = FakeRuns()
    async with opened(runs) as open_:
        open_.press(interaction({"prompt": "a red fox", "num_images": 4, "size": "w"}))
        await settle(open_, runs)
        (call,) = open_.discord.named("POST", "/callback")
    assert call.body["type"] == 4
    assert call.data["flags"] & V2
    assert not call.data["flags"] & EPHEMERAL
    assert call.data["allowed_mentions"] == {"parse": []}
    assert "a red fox" in texts(call)
    assert "Sending your request" in texts(call)
    ((run, message_id),) = runs.started
    assert message_id == MESSAGE_ID
    assert run.reply.token == "tok-secret"
    assert run.reply.attachment_limit_bytes == 10_485_760
    assert runs.accepted[0]["options"] == {"prompt": "a red fox", "num_images": 4, "size": "w"}
    assert runs.accepted[0]["user_id"] == USER_ID
    assert not runs.abandoned


async def test_the_first_card_of_a_run_that_must_wait_says_its_place() -> None:
    runs = FakeRuns(waits_at=3)
    async with opened(runs) as open_:
        open_.press(interaction({"prompt": "a red fox"}))
        await settle(open_, runs)
        (call,) = open_.discord.named("POST", "/callback")
    ((run, _),) = runs.started
    assert "3rd in line" in texts(call)
    assert f"leave:{run.id}" in texts(call)


@pytest.mark.parametrize(
    ("payload", "place", "policy"),
    [
        ({}, Place(GUILD_ID, CHANNEL_ID), Policy.BLOCK),
        ({"nsfw": True}, Place(GUILD_ID, CHANNEL_ID), Policy.SPOILER),
        ({"dm": True}, Place(None, CHANNEL_ID), Policy.BLOCK),
        ({"thread_of": 31}, Place(GUILD_ID, CHANNEL_ID, 31), Policy.BLOCK),
    ],
    ids=["server", "age-restricted", "dm", "thread of an unknown channel"],
)
async def test_place_and_policy(payload: dict[str, Any], place: Place, policy: Policy) -> None:
    runs = FakeRuns()
    async with opened(runs) as open_:
        open_.press(interaction({"prompt": "a red fox"}, **payload))
        await settle(open_, runs)
    assert runs.accepted[0]["place"] == place
    assert runs.accepted[0]["policy"] is policy


async def test_a_thread_inherits_its_channels_age_restriction() -> None:
    runs = FakeRuns()
    async with opened(runs) as open_:
        open_.hand_in("GUILD_CREATE", guild(nsfw=True))
        thread = interaction({"prompt": "a red fox"}, thread_of=CHANNEL_ID)
        thread["channel"]["id"] = thread["channel_id"] = str(CHANNEL_ID + 5)
        open_.press(thread)
        await settle(open_, runs)
    assert runs.accepted[0]["place"] == Place(GUILD_ID, CHANNEL_ID + 5, CHANNEL_ID)
    assert runs.accepted[0]["policy"] is Policy.SPOILER


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"prompt": "fox", "num_images": 9}, "num_images"),
        ({"prompt": "fox", "num_images": "four"}, "num_images"),
        ({"prompt": "fox", "num_images": 1.5}, "num_images"),
        ({"prompt": "fox", "size": "huge"}, "size"),
        ({"prompt": "f" * 2001}, "prompt"),
    ],
)
async def test_a_forged_option_is_refused_by_name_and_nothing_is_written(
    options: dict[str, object], named: str
) -> None:
    runs = FakeRuns()
    async with opened(runs) as open_:
        open_.press(interaction(options))
        call = await refusal(open_)
    assert f"`{named}`" in call.data["content"]
    assert "Allowed:" in call.data["content"]
    assert not runs.accepted


@pytest.mark.parametrize(
    "error",
    [
        LimitError("You have $0.01 left today."),
        Unavailable("Try again later."),
    ],
)
async def test_a_refusal_is_said_to_the_person_alone(error: LimitError | Unavailable) -> None:
    runs = FakeRuns(refusal=error)
    async with opened(runs) as open_:
        open_.press(interaction({"prompt": "fox"}))
        call = await refusal(open_)
    assert call.data["content"] == str(error)
    assert not runs.started


async def test_a_command_that_is_no_longer_there_is_answered() -> None:
    async with opened() as open_:
        open_.press(interaction({}, command="draw"))
        call = await refusal(open_)
    assert "changed" in call.data["content"]


def unknown_interaction(call: Call) -> tuple[int, dict[str, Any]] | None:
    return (404, {"message": "Unknown interaction", "code": 10062}) if call.path.endswith("/callback") else None


async def test_a_card_that_cannot_be_shown_gives_the_run_back() -> None:
    runs = FakeRuns()
    async with opened(runs) as open_:
        open_.discord.refuse = unknown_interaction
        open_.press(interaction({"prompt": "fox"}))
        await settle(open_, runs)
        await open_.discord.wait("POST", "/callback", 2)  # the card, and the error door's try
    assert len(runs.abandoned) == 1
    assert not runs.started


async def test_a_run_that_cannot_be_started_ends_its_card_in_words() -> None:
    runs = FakeRuns(broken=Unavailable("Please try again in a minute."))
    async with opened(runs) as open_:
        open_.press(interaction({"prompt": "fox"}))
        (edit,) = await open_.discord.wait("PATCH", "@original")
        (note,) = await open_.discord.wait("POST", "/webhooks/")
    assert "You were not charged." in texts(edit)
    assert note.data["flags"] == EPHEMERAL
    assert len(runs.abandoned) == 1


HASTY = ("tests.unit.cogs.hasty",)  # defers at once


@pytest.fixture
def slow() -> FakeRuns:
    """Runs whose checks take their time."""
    return FakeRuns(hold=asyncio.Event())


async def test_slow_checks_are_deferred_and_the_card_comes_as_an_edit(slow: FakeRuns) -> None:
    assert slow.hold is not None
    async with opened(slow, extensions=HASTY) as open_:
        open_.press(interaction({"prompt": "fox"}))
        (call,) = await open_.discord.wait("POST", "/callback")
        slow.hold.set()
        await settle(open_, slow)
        (edit,) = open_.discord.named("PATCH", "@original")
    assert call.body["type"] == 5
    assert "fox" in texts(edit)
    assert edit.data["flags"] & V2
    assert slow.started[0][1] == MESSAGE_ID


async def test_a_late_refusal_takes_the_thinking_message_away(slow: FakeRuns) -> None:
    assert slow.hold is not None
    slow.refusal = Unavailable("Try again later.")
    async with opened(slow, extensions=HASTY) as open_:
        open_.press(interaction({"prompt": "fox"}))
        await open_.discord.wait("POST", "/callback")
        slow.hold.set()
        note = (await open_.discord.wait("POST", "/webhooks/"))[0]
        deleted = open_.discord.named("DELETE", "@original")
    assert deleted
    assert open_.discord.calls.index(deleted[0]) < open_.discord.calls.index(note)
    assert note.data["content"] == "Try again later."
    assert note.data["flags"] == EPHEMERAL


async def test_a_press_that_is_cancelled_while_it_is_checked_gives_the_run_back(slow: FakeRuns) -> None:
    assert slow.hold is not None
    async with opened(slow, extensions=HASTY) as open_:
        open_.press(interaction({"prompt": "fox"}))
        await open_.discord.wait("POST", "/callback")
        (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "CommandTree-invoker"]
        task.cancel()
        slow.hold.set()
        await settle(open_, slow)
        with pytest.raises(asyncio.CancelledError):
            await task
    assert len(slow.abandoned) == 1
    assert not slow.started


async def test_a_command_works_in_servers_dms_and_as_an_installed_app() -> None:
    async with opened() as open_:
        (call,) = open_.discord.named("PUT", "/commands")
    command = next(one for one in call.body if one["name"] == "imagine")
    assert set(command["contexts"]) == {0, 1, 2}
    assert set(command["integration_types"]) == {0, 1}
    assert command["options"][0]["name"] == "prompt"
    assert discord.AppCommandOptionType(command["options"][0]["type"]) is discord.AppCommandOptionType.string


class Typed(FakeRuns):
    """Runs of FLUX.2 [klein], as the runs room accepts them: the row keeps what was typed, the wire what is sent."""

    async def accept(self, **asked: Any) -> Run:
        run = await super().accept(**asked)
        wire = FLUX_KLEIN.parse(with_prompt_checked(FLUX_KLEIN, asked["options"])).wire()
        return replace(run, input=wire)

    async def notices(self, run: Run) -> tuple[Notice, ...]:
        raise Unavailable("The database does not answer.")


async def test_what_became_of_a_prompt_is_said_in_one_message_whatever_else_fails() -> None:
    runs = Typed()
    async with opened(runs, models=Registry((FLUX_KLEIN,))) as open_:
        open_.press(interaction({"prompt": "a (red:1.2) fox --ar 16:9 --no cats"}))
        (note,) = await open_.discord.wait("POST", "/webhooks/")
    assert note.data["flags"] == EPHEMERAL
    assert note.data["allowed_mentions"] == {"parse": []}
    lines = note.data["content"].split("\n")
    assert [line.count("left out") for line in lines] == [0, 0, 1, 0]


async def test_of_a_plain_prompt_nothing_is_said() -> None:
    runs = Typed()
    async with opened(runs, models=Registry((FLUX_KLEIN,))) as open_:
        open_.press(interaction({"prompt": "a fox"}))
        await settle(open_, runs)
        await asyncio.sleep(0.05)
        assert not open_.discord.named("POST", "/webhooks/")
