"""Runs that a button asked for, on SQLite and on PostgreSQL: an impatient finger makes one; families are kept."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.errors import RepeatedPress
from bot.runs import rows
from bot.runs.run import PictureRef, Run
from bot.store.engine import Store
from tests.contract.pressing import Room

BUTTON = f"again:{'0' * 32}"


@pytest.fixture
def room(store: Store) -> Room:
    return Room(store)


def ends_of(ends: Sequence[object]) -> list[str]:
    return sorted({type(end).__name__: 0 for end in ends if not isinstance(end, Run)}) + [
        "Run" for end in ends if isinstance(end, Run)
    ]


async def test_ten_presses_of_one_button_in_two_processes_are_one_run(room: Room, database_url: str) -> None:
    async with Store.open(database_url) as other:
        rooms = room, Room(other)
        presses = (rooms[number % 2].press(number, button=BUTTON) for number in range(1, 11))
        ends = await asyncio.gather(*presses, return_exceptions=True)
    assert ends_of(ends) == [RepeatedPress.__name__, "Run"]


async def test_another_person_and_another_button_are_other_presses(room: Room) -> None:
    first = await room.press(1, button=BUTTON)
    assert (await room.press(2, button=BUTTON, user_id=8)).id != first.id
    assert (await room.press(3, button=f"again:{'1' * 32}")).id != first.id
    with pytest.raises(RepeatedPress):
        await room.press(4, button=BUTTON)


async def test_a_while_later_the_same_press_is_another_wish(room: Room) -> None:
    await room.press(1, button=BUTTON)
    room.clock.advance(4)
    assert (await room.press(2, button=BUTTON)).button == BUTTON


async def test_a_family_is_kept_as_it_was_written(room: Room) -> None:
    first = await room.press(1)
    refs = (PictureRef(first.id, 2), PictureRef(first.id, 0))
    child = await room.press(2, parents=refs, button=BUTTON)
    kept = await room.store.read(rows.load, child.id)
    assert (kept.parents, kept.button) == (refs, BUTTON)
    assert [one.id for one in await room.store.read(rows.children, first.id, 10)] == [child.id]
    changed = replace(kept, review_why=None)
    assert await room.store.write(rows.change, kept, changed)
    assert (await room.store.read(rows.load, child.id)).parents == refs
