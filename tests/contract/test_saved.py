"""Saved pictures on SQLite and on PostgreSQL: a heart toggles once, lists are one's own and have an end."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert

from bot.errors import UserError
from bot.runs import rows
from bot.runs.run import Delivery, Place, Removal, Result, Run, State
from bot.runs.saved import MOST, ONE_PRESS, SavedPage, SavedPictures
from bot.store.engine import Store
from bot.store.tables_saved import saved_pictures
from tests.contract.pressing import HERE, PRIVATE, THERE, Room

MIA, NOOR = 7, 8
LATER_S = ONE_PRESS.total_seconds()


class Album:
    """Finished runs, and what people save of them."""

    def __init__(self, store: Store) -> None:
        self.room = Room(store)
        self.store, self.clock = store, self.room.clock
        self.saved = SavedPictures(store=store, clock=self.clock)

    async def run(self, number: int, place: Place = HERE, *, pictures: int = 4) -> Run:
        run = await self.room.press(number, place, pictures=pictures)
        result = Result(seed=1, nsfw_detected=False, num_outputs=pictures, duration_ms=1)
        after = replace(run, state=State.SUCCEEDED, delivery=Delivery.SHOWN, result=result, ended_at=self.clock.now())
        assert await self.store.write(rows.change, run, after)
        return after

    async def remove(self, run: Run) -> Run:
        assert await self.store.write(rows.remove, run.id, Removal(9, self.clock.now(), "no"))
        return await self.store.read(rows.load, run.id)

    async def listed(
        self, user_id: int = MIA, guild_id: int | None = HERE.guild_id
    ) -> list[tuple[str, tuple[int, ...]]]:
        page = await self.saved.page(user_id, guild_id)
        return [(one.run.id, one.pictures) for one in page.saved]


@pytest.fixture
def album(store: Store) -> Album:
    return Album(store)


async def test_a_heart_saves_and_pressed_again_takes_out(album: Album) -> None:
    run = await album.run(1)
    assert await album.saved.toggle(MIA, run, 2)
    album.clock.advance(LATER_S)
    assert await album.saved.toggle(MIA, run), "the rest of the card is saved beside it"
    assert await album.listed() == [(run.id, (0, 1, 2, 3))]
    album.clock.advance(LATER_S)
    assert not await album.saved.toggle(MIA, run, 1)
    assert await album.saved.of_run(MIA, run.id) == (0, 2, 3)
    album.clock.advance(LATER_S)
    assert await album.saved.toggle(MIA, run)
    album.clock.advance(LATER_S)
    assert not await album.saved.toggle(MIA, run)
    assert await album.listed() == []
    album.clock.advance(LATER_S)
    assert await album.saved.toggle(MIA, run)


@pytest.mark.parametrize("picture", [None, 3])
async def test_ten_presses_in_two_processes_toggle_once(album: Album, database_url: str, picture: int | None) -> None:
    run = await album.run(1)
    async with Store.open(database_url) as other:
        beside = SavedPictures(store=other, clock=album.clock)
        for is_saved in (True, False):
            album.clock.advance(LATER_S)
            presses = ((album.saved, beside)[one % 2].toggle(MIA, run, picture) for one in range(10))
            assert await asyncio.gather(*presses) == [is_saved] * 10
    assert await album.listed() == []


async def test_what_somebody_saved_is_theirs_and_their_servers(album: Album) -> None:
    here, there, private = [await album.run(1 + at, place) for at, place in enumerate((HERE, THERE, PRIVATE))]
    for run in (here, there, private):
        await album.saved.toggle(MIA, run)
    await album.saved.toggle(NOOR, here, 0)
    for place, run in ((HERE, here), (THERE, there), (PRIVATE, private)):
        assert await album.listed(MIA, place.guild_id) == [(run.id, (0, 1, 2, 3))]
    assert await album.listed(NOOR) == [(here.id, (0,))]
    assert await album.saved.take_out(MIA, here.id)
    assert not await album.saved.take_out(MIA, here.id)
    assert await album.listed(NOOR) == [(here.id, (0,))]


async def test_pages_lead_there_and_back(album: Album) -> None:
    runs = [await album.run(1 + at, pictures=1) for at in range(5)]
    for run in runs:
        album.clock.advance(0 if run is runs[3] else 1)  # two at the same moment
        await album.saved.toggle(MIA, run)
    whole = (await album.saved.page(MIA, 1)).saved
    assert {one.run.id for one in whole[:1]} == {runs[4].id}
    first = await album.saved.page(MIA, 1, most=2)
    second = await album.saved.page(MIA, 1, most=2, before=first.saved[-1].mark)
    third = await album.saved.page(MIA, 1, most=2, before=second.saved[-1].mark)
    assert first.saved + second.saved + third.saved == whole
    assert [(one.has_newer, one.has_older) for one in (first, second, third)] == [
        (False, True),
        (True, True),
        (True, False),
    ]
    assert await album.saved.page(MIA, 1, most=2, after=third.saved[0].mark) == second
    assert await album.saved.page(MIA, 1, most=2, after=first.saved[0].mark) == first
    none = await album.saved.page(MIA, 1, most=2, before=whole[-1].mark)
    assert none == SavedPage((), has_newer=True)


async def test_what_was_removed_is_listed_can_be_taken_out_and_not_saved(album: Album) -> None:
    run = await album.run(1)
    await album.saved.toggle(MIA, run, 0)
    run = await album.remove(run)
    album.clock.advance(LATER_S)
    with pytest.raises(UserError, match="no pictures of this request"):
        await album.saved.toggle(NOOR, run)
    (listed,) = (await album.saved.page(MIA, 1)).saved
    assert listed.run.is_removed
    assert not await album.saved.toggle(MIA, run)
    assert await album.listed() == []


@pytest.mark.parametrize("picture", [4, 9, -1])
async def test_a_picture_that_was_never_made_is_not_saved(album: Album, picture: int) -> None:
    run = await album.run(1)
    with pytest.raises(UserError, match="no pictures of this request"):
        await album.saved.toggle(MIA, run, picture)


async def test_there_is_an_end_to_what_one_person_saves(album: Album) -> None:
    first, second = await album.run(1, pictures=2), await album.run(2, pictures=2)

    def fill(connection: Connection) -> None:
        at = album.clock.now() - timedelta(days=1)
        few = {"user_id": MIA, "run_id": first.id, "at": at, "taken_out": False}
        connection.execute(insert(saved_pictures), [few | {"picture": one} for one in range(MOST - 1)])

    await album.store.write(fill)
    with pytest.raises(UserError, match="1,000 pictures"):
        await album.saved.toggle(MIA, second)
    assert await album.saved.of_run(MIA, second.id) == ()
    assert await album.saved.toggle(NOOR, second)
    assert await album.saved.toggle(MIA, second, 0)
    album.clock.advance(LATER_S)
    assert not await album.saved.toggle(MIA, second, 0)
    album.clock.advance(LATER_S)
    assert await album.saved.toggle(MIA, second, 1), "what was taken out does not count"
