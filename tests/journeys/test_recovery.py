"""The bot killed in each state of a run, and cards that Discord does not take: each run has one end, paid for once."""

from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
import pytest_asyncio

from sandbox.discord.switches import DiscordSwitches, FailNext
from sandbox.runflow.switches import ALWAYS
from tests.journeys.conftest import SETTINGS
from tests.journeys.helpers import AT_ONCE, FAST, PATIENCE_S, Answer, Entry, Payload, Press, Stage, open_stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

CARD = "/messages/"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def graveyard(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A stage whose bot is killed again and again."""
    async with open_stage(tmp_path_factory.mktemp("graveyard"), **SETTINGS) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def mortal(graveyard: Stage) -> AsyncGenerator[Stage]:
    """A new scene there. Nothing faults in it."""
    await graveyard.new_scene()
    yield graveyard
    assert not [line for line in graveyard.log if "Traceback" in line or "faulted" in line]


async def die_and_rise(stage: Stage) -> None:
    """Kill the bot, let everyone behave well, and start it again."""
    await stage.sandbox.bot.kill()
    stage.discord.switches = DiscordSwitches()
    stage.runflow.switches = FAST
    await stage.sandbox.start_bot()


async def assert_shown_once(stage: Stage, answer: Answer) -> None:
    """One create, one card, one price."""
    assert answer.shows(1)
    books = await stage.closed_books(answer.id)
    assert books.ending == ("succeeded", None, "shown")
    assert books.entries[1:] == (Entry("settle", stage.billed(answer)),)
    assert len(stage.creates) == 1
    assert no_messages_of_its_own(stage)


def no_messages_of_its_own(stage: Stage) -> bool:
    """Whether nothing was posted beside the card."""
    return not [
        call
        for call in stage.calls
        if call.method == "POST" and not call.route.endswith("/callback") and "messages" in call.route
    ]


def has_pictures(message: Payload) -> bool:
    return bool(message["attachments"])


async def acknowledged(stage: Stage, press: Press) -> None:
    await stage.until(lambda: (stage.discord.people.interaction(press.id) or {}).get("ack_ms") is not None)


async def test_accepted_and_its_card_stands_unknown_to_the_bot(mortal: Stage):
    mortal.discord.switches = DiscordSwitches(latency_s=2.0)
    async with mortal.pressing(image_size="square") as press:
        await acknowledged(mortal, press)
        assert (mortal.books(press.id).row or {})["message_id"] is None
        await die_and_rise(mortal)
        answer = await press.end()
    await assert_shown_once(mortal, answer)


async def test_accepted_and_no_card_stands(mortal: Stage):
    refused = FailNext("/callback", 503, count=ALWAYS)
    mortal.discord.switches = DiscordSwitches(fail_next=(refused,))
    async with mortal.pressing(image_size="square") as press:
        await mortal.until(lambda: mortal.books(press.id).row is not None)
        await die_and_rise(mortal)
        books = await mortal.closed_books(press.id)
    assert books.ending == ("canceled", "canceled", "undeliverable")
    assert [entry.kind for entry in books.entries] == ["reserve", "release"]
    assert not mortal.creates


async def test_submitting_and_runflow_never_heard_of_it(mortal: Stage):
    mortal.play("default", create_errors=ALWAYS)
    async with mortal.pressing(image_size="square") as press:
        await mortal.until(lambda: bool(mortal.creates))
        await die_and_rise(mortal)
        answer = await press.end()
    assert answer.shows(0)
    books = await mortal.closed_books(answer.id)
    assert books.ending == ("lost", "lost", "shown")
    assert [entry.kind for entry in books.entries] == ["reserve"]  # it may turn up yet
    assert not [run for run in mortal.runflow.runs.values() if run.client_ref == (books.row or {})["id"]]


async def test_lost_and_found_after_the_next_start(mortal: Stage):
    mortal.play(
        "default", lost_creates=1, list_lag_s=4.0
    )  # longer than it is looked for: the lists that are read lack it
    async with mortal.pressing(image_size="square") as press:
        await press.end()
        await mortal.closed_books(press.id)
        await die_and_rise(mortal)
        answer = press.answer(await mortal.discord.people.wait_message(press.id, has_pictures, PATIENCE_S))
    assert answer.shows(1)
    await mortal.until(lambda: mortal.books(answer.id).ending == ("succeeded", None, "shown"))
    billed = mortal.billed(answer)
    entries = mortal.books(answer.id).entries
    assert [entry.kind for entry in entries] == ["reserve", "settle"]
    assert entries[-1].amount == billed
    assert len(mortal.creates) == 1
    assert no_messages_of_its_own(mortal)


@pytest.mark.parametrize("applied", [False, True], ids=["not taken", "taken, unknown to the bot"])
async def test_over_and_its_last_edit_is_under_way(mortal: Stage, *, applied: bool):
    mortal.runflow.switches = AT_ONCE
    refused = FailNext(CARD, 503, method="PATCH", count=ALWAYS, applied=applied)
    mortal.discord.switches = DiscordSwitches(fail_next=(refused,))
    async with mortal.pressing(image_size="square") as press:
        await mortal.until(lambda: any(call.files for call in mortal.calls))
        assert mortal.books(press.id).ending == ("succeeded", None, "pending")
        await die_and_rise(mortal)
        answer = await press.end()
    await assert_shown_once(mortal, answer)
    message = mortal.discord.people.message_of(answer.id)
    assert message is not None
    assert len(message["attachments"]) == 1


async def test_a_last_card_that_discord_rejects_ends_in_plain_words(mortal: Stage):
    mortal.runflow.switches = AT_ONCE
    rejected = FailNext(CARD, 400, method="PATCH", code=50035)
    mortal.discord.switches = DiscordSwitches(fail_next=(rejected,))
    answer = await mortal.imagine("a red fox", image_size="square")
    assert answer.shows(0)
    assert "/history" in answer.text
    books = await mortal.closed_books(answer.id)
    assert books.ending == ("succeeded", None, "shown")
    assert any("a last card was rejected" in line for line in mortal.log)


async def test_a_channel_that_closed_after_the_token_leaves_the_run_paid_and_undeliverable(mortal: Stage):
    mortal.play("default", running_s=0.5)
    hidden = mortal.cast.mod_room.overwrites[:1]
    async with mortal.pressing(image_size="square") as press:
        await press.drawing()
        mortal.discord.switches = replace(mortal.discord.switches, token_life_s=0.0)
        await mortal.discord.change_channel(mortal.cast.general.id, overwrites=hidden)
        books = await mortal.closed_books(press.id)
    assert books.ending == ("succeeded", None, "undeliverable")
    assert books.entries[1:] == (Entry("settle", mortal.billed(press.answer(None))),)
