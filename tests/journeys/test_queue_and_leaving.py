"""More presses than may run at once: cards say their place, people take turns, and leaving costs nothing."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from sandbox.discord.cast import Person
from tests.journeys.conftest import SETTINGS
from tests.journeys.helpers import EPHEMERAL, PATIENCE_S, Entry, Press, Stage, open_stage

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

    async def press(self, prompt: str, words: str, person: Person | None = None) -> Press:
        """Press, and come back when the card says `words`."""
        press = await self._stack.enter_async_context(self._stage.pressing(prompt, person=person, image_size="square"))
        await press.says(words)
        return press


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
        first = await crowd.press("one", "Drawing")
        others = [
            await crowd.press(prompt, f"Waiting for a free place: {place} in line. Nothing has been sent yet.")
            for prompt, place in (("two", "1st"), ("three", "2nd"), ("four", "3rd"), ("five", "4th"))
        ]
        assert all("Leave the queue" in press.forms[-1] for press in others)
        assert all(len(press.forms) == 1 for press in others)  # right from the first
        next_run(line)
        assert (await first.end()).shows(1)
        await others[0].drawing()
        assert "Leave the queue" not in others[0].forms[-1]
        await others[2].says("2nd in line")
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
        first = await crowd.press("stays", "Drawing")
        mine = await crowd.press("is left", "1st in line")
        taken = await crowd.press("is taken out", "2nd in line")
        async with told_alone(line, NOT_YOURS):
            await leave(line, mine, sam)
        async with told_alone(line, "This request is over already. Nothing was changed."):
            await leave(line, mine, mira, times=2)
        answer = await mine.end()
        assert answer.text.startswith("Canceled")
        assert "You left the queue.\nYou were not charged." in answer.text
        assert "Leave the queue" not in answer.text
        await line.until(lambda: line.books(answer.id).ending == ("canceled", "left_queue", "shown"))
        assert [entry.kind for entry in line.books(answer.id).entries] == ["reserve", "release"]
        assert [entry.kind for entry in line.books(first.id).entries] == ["reserve"]
        await leave(line, taken, theo)
        assert "A moderator took this request out of the queue.\nYou were not charged." in (await taken.end()).text
        next_run(line)
        assert (await first.end()).shows(1)
    await line.closed_books(first.id)
    assert prompts(line) == ["stays"]


async def test_the_queue_outlives_the_bot(line: Stage):
    async with AsyncExitStack() as stack:
        crowd = Crowd(line, stack)
        first = await crowd.press("one", "Drawing")
        others = [
            await crowd.press(prompt, place) for prompt, place in (("two", "1st"), ("three", "2nd"), ("four", "3rd"))
        ]
        await line.sandbox.bot.kill()
        await line.sandbox.start_bot()
        await leave(line, others[1], line.cast.member)
        assert "You left the queue." in (await others[1].end()).text
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
            await crowd.press("mira 1", "Drawing"),
            await crowd.press("mira 2", "1st in line"),
            await crowd.press("mira 3", "2nd in line"),
            await crowd.press("sam 1", "1st in line", stage.cast.other),
            await crowd.press("sam 2", "3rd in line", stage.cast.other),
        ]
        in_turn = [pressed[at] for at in (0, 3, 1, 4, 2)]
        for press in in_turn:
            if press is not pressed[0]:
                await press.drawing()
            next_run(stage)
            assert (await press.end()).shows(1)
        assert prompts(stage) == ["mira 1", "sam 1", "mira 2", "sam 2", "mira 3"]
