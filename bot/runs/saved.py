"""Pictures that people save for themselves: one owner of what is saved, and in which order it is listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from bot.clock import Clock
from bot.errors import UserError
from bot.runs import rows
from bot.runs.past import has_pictures
from bot.runs.run import Run
from bot.store import locks
from bot.store.engine import Store
from bot.store.tables import runs
from bot.store.tables_saved import saved_pictures
from bot.store.upsert import put_row

MOST = 1_000
"""How many pictures one person may have saved."""

ONE_PRESS = timedelta(seconds=3)
"""Presses of one heart by one person closer to each other than this are one, as with every button of a card."""

_FULL = f"You have saved {MOST:,} pictures, and more I cannot keep. Take some out of /history saved first."
_NONE = "There are no pictures of this request to save."


@dataclass(frozen=True, slots=True)
class SavedRun:
    """What somebody saved of one run: the pictures, from 0, and when they last did."""

    run: Run
    pictures: tuple[int, ...]
    at: datetime  # UTC

    @property
    def mark(self) -> "Mark":
        """Where it stands in the list."""
        return self.at, self.run.id


@dataclass(frozen=True, slots=True)
class SavedPage:
    """What somebody saved, the newest first, and whether there is more on either side."""

    saved: tuple[SavedRun, ...]
    has_newer: bool = False
    has_older: bool = False


Mark = tuple[datetime, str]
"""A place in the list: when something was saved, and the run."""


class SavedPictures:
    """What people saved. A heart pressed again takes it out."""

    def __init__(self, *, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def toggle(self, user_id: int, run: Run, picture: int | None = None) -> bool:
        """Save one picture of a run (None: all of them), or take out what is saved; whether it is saved now.

        A second press within `ONE_PRESS` changes nothing. Of a run with nothing to show (any more) something can only
        be taken out. Whether the person may see the run is checked by the cog. Raises UserError where there is nothing
        to save, or too much is saved already, and Unavailable.
        """
        made = range(run.result.num_outputs if run.result and run.made_pictures else 0)
        wanted = [one for one in made if picture in {None, one}]
        if not wanted:
            raise UserError(_NONE)
        return await self._store.write(_toggle, user_id, run, wanted, self._clock.now())

    async def take_out(self, user_id: int, run_id: str) -> bool:
        """Take out all that somebody saved of a run; False where that is nothing. Raises Unavailable."""
        gone = delete(saved_pictures).where(saved_pictures.c.user_id == user_id, saved_pictures.c.run_id == run_id)

        def take_out(connection: Connection) -> bool:
            live = _pictures_of(connection, user_id, run_id)
            connection.execute(gone)
            return bool(live)

        return await self._store.write(take_out)

    async def of_run(self, user_id: int, run_id: str) -> tuple[int, ...]:
        """Which pictures of a run somebody saved, in their order. Raises Unavailable."""
        return await self._store.read(_pictures_of, user_id, run_id)

    async def page(
        self,
        user_id: int,
        guild_id: int | None,
        *,
        before: Mark | None = None,
        after: Mark | None = None,
        most: int = 10,
    ) -> SavedPage:
        """What somebody saved in a server (None: privately), newest first; the newest where neither end is given.

        Raises Unavailable.
        """

        def page(connection: Connection) -> SavedPage:
            return _page(connection, user_id, guild_id, before=before, after=after, most=most)

        return await self._store.read(page)


def _toggle(connection: Connection, user_id: int, run: Run, wanted: Sequence[int], now: datetime) -> bool:
    locks.one_press(connection, user_id)
    found = [one for one in _rows(connection, user_id, run.id) if one.picture in wanted]
    live = [one for one in found if not one.taken_out]
    is_saved = len(live) == len(wanted)
    if _is_same_press(found, len(wanted), now):
        return is_saved
    saves = not is_saved and has_pictures(run)
    if not saves and not live:
        raise UserError(_NONE)
    if saves and _count(connection, user_id) + len(wanted) - len(live) > MOST:
        raise UserError(_FULL)
    connection.execute(delete(saved_pictures).where(saved_pictures.c.user_id == user_id, saved_pictures.c.taken_out))
    for picture in wanted if saves else [one.picture for one in live]:
        key = {"user_id": user_id, "run_id": run.id, "picture": picture}
        put_row(connection, saved_pictures, {**key, "at": now, "taken_out": not saves})
    return saves


def _is_same_press(found: Sequence[Row[Any]], wanted: int, now: datetime) -> bool:
    """Whether this very thing was pressed a moment ago. Clocks of two processes may differ, so it may lie ahead."""
    is_one_act = len(found) == wanted and len({one.taken_out for one in found}) == 1
    return is_one_act and all(abs(now - one.at) < ONE_PRESS for one in found)


def _rows(connection: Connection, user_id: int, run_id: str) -> Sequence[Row[Any]]:
    mine = saved_pictures.c.user_id == user_id, saved_pictures.c.run_id == run_id
    return connection.execute(select(saved_pictures).where(*mine).order_by(saved_pictures.c.picture)).all()


def _pictures_of(connection: Connection, user_id: int, run_id: str) -> tuple[int, ...]:
    return tuple(one.picture for one in _rows(connection, user_id, run_id) if not one.taken_out)


def _count(connection: Connection, user_id: int) -> int:
    live = saved_pictures.c.user_id == user_id, saved_pictures.c.taken_out.is_(False)
    return connection.scalar(select(func.count()).select_from(saved_pictures).where(*live)) or 0


@dataclass(frozen=True, slots=True)
class _Entry:
    mark: Mark
    pictures: tuple[int, ...]


def _page(
    connection: Connection,
    user_id: int,
    guild_id: int | None,
    *,
    before: Mark | None,
    after: Mark | None,
    most: int,
) -> SavedPage:
    entries = _entries(connection, user_id, guild_id)
    start, end = _slice([one.mark for one in entries], before, after, most)
    shown = entries[start:end]
    found = {run.id: run for run in rows.these(connection, [one.mark[1] for one in shown])}
    saved = tuple(SavedRun(found[one.mark[1]], one.pictures, one.mark[0]) for one in shown)
    return SavedPage(saved, has_newer=start > 0, has_older=end < len(entries))


def _slice(marks: Sequence[Mark], before: Mark | None, after: Mark | None, most: int) -> tuple[int, int]:
    """Which part of a list, the newest first, is the page older than `before` or newer than `after`."""
    start = 0
    if before is not None:
        start = sum(1 for one in marks if one >= before)
    elif after is not None:
        start = max(0, sum(1 for one in marks if one > after) - most)
    return start, min(start + most, len(marks))


def _entries(connection: Connection, user_id: int, guild_id: int | None) -> list[_Entry]:
    """All that somebody saved there: at most `MOST` short rows, which are read whole and put in order here."""
    here = runs.c.guild_id.is_(None) if guild_id is None else runs.c.guild_id == guild_id
    wanted = (
        select(saved_pictures.c.run_id, saved_pictures.c.picture, saved_pictures.c.at)
        .join(runs, runs.c.id == saved_pictures.c.run_id)
        .where(saved_pictures.c.user_id == user_id, saved_pictures.c.taken_out.is_(False), here)
        .order_by(saved_pictures.c.run_id, saved_pictures.c.picture)
    )
    found = connection.execute(wanted).all()
    entries = [_entry(run_id, list(of_run)) for run_id, of_run in groupby(found, key=lambda row: str(row.run_id))]
    return sorted(entries, key=lambda one: one.mark, reverse=True)


def _entry(run_id: str, of_run: Sequence[Row[str, int, datetime]]) -> _Entry:
    return _Entry((max(row.at for row in of_run), run_id), tuple(row.picture for row in of_run))
