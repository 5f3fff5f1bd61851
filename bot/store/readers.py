"""The readers of SQLite: a few connections, taken in turns, none of which waits for a writer."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from bot.store.work import Job, NoTurn, Seat

T = TypeVar("T")


class Readers:
    """The connections. `patience_s`: how long a reader waits for one."""

    def __init__(self, seats: Sequence[Seat], *, patience_s: float) -> None:
        self._patience_s = patience_s
        # The one that was used last comes first: it has the pages and the statements of most questions at hand.
        self._free: asyncio.LifoQueue[Seat] = asyncio.LifoQueue()
        for seat in reversed(seats):
            self._free.put_nowait(seat)

    async def run(self, function: Callable[[Connection], T]) -> T:
        """Run a function over one moment of the data. Whoever is cancelled leaves at once.

        Raises NoTurn, and what the function or the database raises.
        """
        try:
            async with asyncio.timeout(self._patience_s):
                seat = await self._free.get()
        except TimeoutError as error:
            raise NoTurn from error
        job = Job(function)
        done = seat.submit(partial(_read, job))
        done.add_done_callback(partial(self._over, seat, job))
        try:
            return await asyncio.shield(job.answer)
        except asyncio.CancelledError:
            if not done.done():
                seat.abandon()
            raise

    def _over(self, seat: Seat, job: Job[Any], done: asyncio.Future[None]) -> None:
        error = done.exception()
        if error is not None:
            job.fail(error)
        job.give()
        self._free.put_nowait(seat)


def _read(job: Job[Any], engine: Engine) -> None:
    """Do the job in a transaction of its own. Raises SQLAlchemyError where that could not begin."""
    with engine.connect() as connection, connection.begin() as transaction:
        job.do(connection)
        transaction.rollback()
