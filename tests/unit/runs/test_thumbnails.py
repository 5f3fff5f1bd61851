"""The pictures of a sheet: fetched anew, small, and each only where it may be seen by whoever asks, there and now."""

import asyncio
from pathlib import Path

from bot.errors import UserError
from bot.images.image import check
from bot.moderation.rules import ChannelContext
from bot.runs.family import Cell, rows_of
from bot.runs.past import NoThumbnail, Thumbnail, Viewing
from bot.runs.run import PictureRef, Run
from tests.unit.runs.editing import HERE, Studio, studio


def viewing(channel_id: int = 2, user_id: int = 7) -> Viewing:
    return Viewing(user_id, ChannelContext(HERE.guild_id, channel_id, None), 10 * 1024 * 1024)


async def a_line(at: Studio) -> tuple[Run, Run, Run]:
    """A run, an edit of its second picture, and an edit of that."""
    first = await at.source()
    second = await at.room.to_the_end(await at.ask(PictureRef(first.id, 1)))
    third = await at.room.to_the_end(await at.ask(PictureRef(second.id, 0)))
    return first, second, third


async def sheet_of(at: Studio, run: Run, seen: Viewing | None = None) -> dict[str, Thumbnail]:
    family = await at.room.services.families.family(run)
    cells = [cell for row in rows_of(family) for cell in row.cells]
    found = await at.room.services.history.thumbnails(cells, seen or viewing())
    return {cell.run.id: one for cell, one in zip(cells, found, strict=True)}


async def test_a_family_is_shown_small(tmp_path: Path) -> None:
    async with studio(tmp_path) as at:
        line = await a_line(at)
        shown = await sheet_of(at, line[1])
        assert list(shown) == [one.id for one in line]
        for one in shown.values():
            small = check(0, one.data)
            assert (one.why, max(small.width_px, small.height_px) <= 220) == (None, True)


async def test_what_was_removed_takes_all_that_was_made_from_it_with_it(tmp_path: Path) -> None:
    async with studio(tmp_path) as at:
        first, second, third = await a_line(at)
        await at.room.services.removals.remove(await at.room.runs.load(second.id), by=7)
        shown = await sheet_of(at, await at.room.runs.load(second.id))
        assert shown[first.id].why is None
        assert [shown[one.id] for one in (second, third)] == [Thumbnail(why=NoThumbnail.NOT_SHOWN)] * 2


async def test_each_cell_says_what_the_pictures_of_its_run_would(tmp_path: Path) -> None:
    async with studio(tmp_path) as at:
        at.upstream.flags = {"run-3": None}  # nobody checked it
        line = await a_line(at)
        for where in (viewing(), viewing(9)):
            shown = await sheet_of(at, line[1], where)
            for run in line:
                try:
                    await at.room.services.history.pictures(run, where)
                    seen = True
                except UserError:
                    seen = False
                assert (shown[run.id].why is None) is seen


async def test_what_cannot_be_fetched_is_a_cell_that_says_so_and_others_stand(tmp_path: Path) -> None:
    async with studio(tmp_path) as at:
        first, second, third = await a_line(at)
        at.upstream.broken = {"run-2"}
        shown = await sheet_of(at, first)
        assert (shown[first.id].why, shown[second.id].why) == (None, NoThumbnail.UNREACHABLE)
        assert third.id not in shown, "a family shows children, and not theirs"


async def test_one_sheet_at_a_time_for_each_person(tmp_path: Path) -> None:
    async with studio(tmp_path) as at:
        run = await at.source()
        history = at.room.services.history
        both = await asyncio.gather(
            *(history.thumbnails([Cell(run, 0)], viewing()) for _ in range(2)), return_exceptions=True
        )
        assert {type(one) for one in both} == {tuple, UserError}
        assert (await history.thumbnails([Cell(run, 0)], viewing()))[0].why is None
