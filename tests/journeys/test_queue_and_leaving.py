"""More presses than may run at once: cards say their place, people take turns, and leaving costs nothing."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from cogs.ui.card_texts import ordinal
from sandbox.discord.cast import Person
from tests.journeys.conftest import SETTINGS
from tests.journeys.helpers import EPHEMERAL, PATIENCE_S, Entry, Press, Stage, open_stage
from tests.journeys.tools import components_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOT_YOURS = "Only the person who asked for this, or a moderator here, can take it out of the queue."
LONG_S = 30.0  # of Runflow's time, which the scenes move


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def narrow(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    """A stage where each person may have one run at Runflow."""
    async with open_stage(tmp_path_factory.mktemp("narrow"), **SETTINGS, MAX_RUNS_PER_USER="1") as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def line(narrow: Stage) -> AsyncGenerator[Stage]:
    """A new scene there, where runs take long. Nothing faults in it."""
    await narrow.new_scene()
    narrow.play("default", running_s=LONG_S)
    yield narrow
    assert not [line for line in narrow.log if "Traceback" in line or "faulted" in line]


class Crowd:
    """Presses that stand at the same time, named by their prompts."""

    def __init__(self, stage: Stage, stack: AsyncExitStack) -> None:
        self._stage, self._stack = stage, stack

    async def press(self, prompt: str, place: int | None = None, person: Person | None = None) -> Press:
        """Press, and come back when the card names this place in the queue; without one, when it is being drawn."""
        press = await self._stack.enter_async_context(self._stage.pressing(prompt, person=person, image_size="square"))
        await (press.drawing() if place is None else stands_at(press, place))
        return press


async def stands_at(press: Press, place: int) -> None:
    """Come back when a card names this place in the queue."""
    await press.says(f"{ordinal(place)} in line", *(["this one starts next"] if place == 1 else []))


def may_leave(stage: Stage, press: Press) -> bool:
    """Whether a card offers to leave the queue."""
    message = stage.discord.people.message_of(press.id)
    assert message is not None
    return any(str(one.get("custom_id", "")).startswith("leave:") for one in components_of(message))


def prompts(stage: Stage) -> list[str]:
    """What was sent to Runflow, in order."""
    return [str(body["input"]["prompt"]) for body in stage.creates]


def next_run(stage: Stage) -> None:
    """Let the runs that are at Runflow end."""
    stage.sandbox.clock.advance(LONG_S)


async def leave(stage: Stage, press: Press, person: Person, *, times: int = 1) -> None:
    """Press “Leave the queue” on a card, once or several times at once."""
    row: Any = stage.books(press.id).row
    for _ in range(times):
        await stage.discord.people.press(
            user_id=person.id, message_id=row["message_id"], custom_id=f"leave:{row['id']}"
        )


@asynccontextmanager
async def told_alone(stage: Stage, words: str) -> AsyncGenerator[None]:
    """What happens here makes the bot say these words to one person alone."""
    events = stage.discord.people.subscribe()
    try:
        yield
        async with asyncio.timeout(PATIENCE_S):
            async for event in events:
                message: Any = event.get("message") or {}
                if message.get("content") == words and message["flags"] & EPHEMERAL:
                    return
    finally:
        events.close()


async def test_one_at_a_time_in_order_and_each_card_says_its_place(line: Stage):
    async with AsyncExitStack() as stack:
        crowd = Crowd(line, stack)
        first = await crowd.press("one")
        others = [
            await crowd.press(prompt, place) for prompt, place in (("two", 1), ("three", 2), ("four", 3), ("five", 4))
        ]
        assert all(may_leave(line, press) for press in others)
        assert all(len(press.forms) == 1 for press in others)  # right from the first
        next_run(line)
        assert (await first.end()).shows(1)
        await others[0].drawing()
        assert not may_leave(line, others[0])
        await stands_at(others[2], 2)
        assert [len(press.forms) for press in others[2:]] == [2, 1]
        assert prompts(line) == ["one", "two"]
        for press in others:
            if press is not others[0]:
                await press.drawing()
            next_run(line)
            answer = await press.end()
            assert answer.shows(1)
            assert line.books(answer.id).entries[1:] == (Entry("settle", line.billed(answer)),)
    assert prompts(line) == ["one", "two", "three", "four", "five"]


async def test_leaving_frees_the_money_at_once_and_nothing_is_sent(line: Stage):
    mira, sam, theo = line.cast.member, line.cast.other, line.cast.moderator
    async with AsyncExitStack() as stack:
        crowd = Crowd(line, stack)
        first = await crowd.press("stays")
        mine = await crowd.press("is left", 1)
        taken = await crowd.press("is taken out", 2)
        async with told_alone(line, NOT_YOURS):
            await leave(line, mine, sam)
        async with told_alone(line, "This request is over already. Nothing was changed."):
            await leave(line, mine, mira, times=2)
        answer = await mine.end()
        assert answer.shows(0)
        assert not may_leave(line, mine)
        await line.until(lambda: line.books(answer.id).ending == ("canceled", "left_queue", "shown"))
        assert [entry.kind for entry in line.books(answer.id).entries] == ["reserve", "release"]
        assert [entry.kind for entry in line.books(first.id).entries] == ["reserve"]
        await leave(line, taken, theo)
        assert (await taken.end()).shows(0)
        await line.until(lambda: line.books(taken.id).ending == ("canceled", "removed", "shown"))
        next_run(line)
        assert (await first.end()).shows(1)
    await line.closed_books(first.id)
    assert prompts(line) == ["stays"]


async def test_the_queue_outlives_the_bot(line: Stage):
    async with AsyncExitStack() as stack:
        crowd = Crowd(line, stack)
        first = await crowd.press("one")
        others = [await crowd.press(prompt, place) for prompt, place in (("two", 1), ("three", 2), ("four", 3))]
        await line.sandbox.bot.kill()
        await line.sandbox.start_bot()
        await leave(line, others[1], line.cast.member)
        assert (await others[1].end()).shows(0)
        await line.until(lambda: line.books(others[1].id).ending == ("canceled", "left_queue", "shown"))
        assert prompts(line) == ["one"]
        for press in (first, others[0], others[2]):
            if press is not first:
                await press.drawing()
            next_run(line)
            assert (await press.end()).shows(1)
            await line.until(lambda press=press: line.books(press.id).ending[-1:] == ("shown",))
    assert prompts(line) == ["one", "two", "four"]
    await line.closed_books(first.id)


async def test_two_people_take_turns(tmp_path_factory: pytest.TempPathFactory):
    async with (
        open_stage(tmp_path_factory.mktemp("single"), **SETTINGS, MAX_RUNS_AT_ONCE="1") as stage,
        AsyncExitStack() as stack,
    ):
        stage.play("default", running_s=LONG_S)
        crowd = Crowd(stage, stack)
        pressed = [
            await crowd.press("mira 1"),
            await crowd.press("mira 2", 1),
            await crowd.press("mira 3", 2),
            await crowd.press("sam 1", 1, stage.cast.other),
            await crowd.press("sam 2", 3, stage.cast.other),
        ]
        in_turn = [pressed[at] for at in (0, 3, 1, 4, 2)]
        for press in in_turn:
            if press is not pressed[0]:
                await press.drawing()
            next_run(stage)
            assert (await press.end()).shows(1)
        assert prompts(stage) == ["mira 1", "sam 1", "mira 2", "sam 2", "mira 3"]


async def cancel(stage: Stage, press: Press, person: Person, *, times: int = 1) -> None:
    """Press “Cancel” on a card, once or several times at once."""
    row: Any = stage.books(press.id).row
    for _ in range(times):
        await stage.discord.people.press(
            user_id=person.id, message_id=row["message_id"], custom_id=f"cancel:{row['id']}"
        )


def may_cancel(stage: Stage, press: Press) -> bool:
    """Whether a card offers to cancel."""
    message = stage.discord.people.message_of(press.id)
    assert message is not None
    return any(str(one.get("custom_id", "")).startswith("cancel:") for one in components_of(message))


def is_settled(stage: Stage, press: Press) -> bool:
    """Whether it is known what a canceled run cost, and its card says so."""
    books = stage.books(press.id)
    return books.ending == ("canceled", "canceled_by_asker", "shown") and len(books.entries) == 2


async def test_a_stuck_run_is_canceled_and_the_next_one_is_made_at_once(line: Stage):
    mira = line.cast.member
    async with AsyncExitStack() as stack:
        crowd = Crowd(line, stack)
        stuck = await crowd.press("is stuck")
        assert may_cancel(line, stuck)
        waiting = await crowd.press("waits", 1)
        assert "1 of your requests is still being made; this one starts next." in waiting.forms[-1]
        line.play("default")
        async with told_alone(line, "This is canceled already."):
            await cancel(line, stuck, mira, times=3)
        answer = await stuck.end()
        assert answer.shows(0)
        assert "You canceled this." in answer.text
        assert "If the service still bills it, it counts." in answer.text
        assert not may_cancel(line, stuck)
        assert (await waiting.end()).shows(1)
        another = await stack.enter_async_context(line.pressing("one more", image_size="square"))
        assert (await another.end()).shows(1)
        assert line.books(stuck.id).ending == ("lost", "canceled_by_asker", "shown")
        next_run(line)
        await line.until(lambda: is_settled(line, stuck))
        assert line.books(stuck.id).entries[1:] == (Entry("settle", line.billed(answer)),)
    assert prompts(line) == ["is stuck", "waits", "one more"]


async def test_a_canceled_run_is_settled_by_the_next_process(line: Stage):
    async with AsyncExitStack() as stack:
        crowd = Crowd(line, stack)
        stuck = await crowd.press("is stuck")
        await cancel(line, stuck, line.cast.member)
        answer = await stuck.end()
        await line.sandbox.bot.kill()
        await line.sandbox.start_bot()
        next_run(line)
        await line.until(lambda: is_settled(line, stuck))
        assert line.books(stuck.id).entries[1:] == (Entry("settle", line.billed(answer)),)
        assert (await stuck.end()).shows(0)
