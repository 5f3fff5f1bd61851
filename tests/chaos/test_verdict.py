"""The verdict itself: a promise that is broken on purpose is found."""

import sqlite3
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing
from dataclasses import replace

import pytest
import pytest_asyncio

from tests.chaos.arena import Arena, open_arena
from tests.chaos.points import one_press
from tests.chaos.verdict import judge

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lived(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Arena]:
    """An arena in which one run has come to its end, and whose bot is gone."""
    async with open_arena(tmp_path_factory.mktemp("verdict")) as arena:
        await one_press(arena, "a red fox")
        assert await arena.quiet(20)
        await arena.kill()
        yield arena


@pytest.fixture
def arena(lived: Arena) -> Generator[Arena]:
    """The same, and all that is broken in it is mended afterwards."""
    world = lived.sandbox.discord.world
    messages = list(world.messages())
    interaction = lived.sandbox.discord.interactions.get(lived.presses[0].id)
    assert interaction is not None
    with closing(sqlite3.connect(":memory:")) as kept, closing(sqlite3.connect(lived.database)) as database:
        database.backup(kept)
        yield lived
        kept.backup(database)
    interaction.state = "answered"
    for message in list(world.messages()):
        world.remove_message(message.id)
    for message in messages:
        world.put_message(message)


def sql(*statements: str) -> Callable[[Arena], None]:
    def breaks(arena: Arena) -> None:
        with closing(sqlite3.connect(arena.database)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    return breaks


def posts_twice(arena: Arena) -> None:
    world = arena.sandbox.discord.world
    card = next(message for message in world.messages() if message.origin is not None)
    world.put_message(replace(card, id=world.ids.next()))


def hangs(arena: Arena) -> None:
    world = arena.sandbox.discord.world
    card = next(message for message in world.messages() if message.origin is not None)
    button = {"type": 2, "id": 9, "style": 2, "label": "Cancel", "custom_id": f"cancel:{'0' * 32}"}
    row = {"type": 1, "id": 8, "components": [button]}
    world.put_message(replace(card, components=(row,), attachments=()))


def fails_the_interaction(arena: Arena) -> None:
    found = arena.sandbox.discord.interactions.get(arena.presses[0].id)
    assert found is not None
    found.state = "failed"


CASES = {
    "a card twice": (posts_twice, "messages more"),
    "a card that hangs": (hangs, "a card hangs"),
    "made for nobody": (fails_the_interaction, "was created at Runflow"),
    "no end": (sql("UPDATE runs SET state = 'running'"), "has no end"),
    "not shown": (sql("UPDATE runs SET delivery = 'pending'"), "has no end"),
    "other words": (sql("UPDATE runs SET state = 'failed', reason = 'lost'"), "pictures or none"),
    "another cost": (sql("UPDATE runs SET cost_micro_usd = 7"), "says it cost 7"),
    "an entry lost": (sql("DELETE FROM ledger_entries WHERE kind = 'settle'"), "a total disagrees"),
    "money held": (sql("UPDATE ledger_totals SET held_micro_usd = 5"), "something is held"),
    "not as billed": (sql("UPDATE ledger_entries SET amount_micro_usd = 5 WHERE kind = 'settle'"), "5 settled"),
    "unknown to the bot": (sql("UPDATE runs SET id = 'x'"), "the bot knows nothing"),
}


@pytest.mark.parametrize("case", CASES)
async def test_a_broken_promise_is_found(arena: Arena, case: str) -> None:
    breaks, words = CASES[case]
    assert not (await judge(arena, seed=0)).wrong
    breaks(arena)
    wrong = (await judge(arena, seed=0)).wrong
    assert any(words in sentence for sentence in wrong), wrong
