"""The writers of SQLite, one connection for all: they queue in the order in which they came, behind those that are to
go first, and whoever waits at the same time is committed together, since it is the commit that takes long.

Each keeps its own outcome. One that fails is undone alone, to its savepoint. All are answered after the commit, and
where that fails, nothing of any of them was kept and all are told so.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bot.store.work import Job, NoTurn, Seat, over

T = TypeVar("T")

_TOGETHER_MOST = 32  # so that the first of them does not wait for long
_FIRST_MOST = 24  # so that the others move on however many go first


class Writers:
    """The queue. `patience_s`: how long a writer waits for its turn."""

    def __init__(self, seat: Seat, *, patience_s: float) -> None:
        self._seat, self._patience_s = seat, patience_s
        self._waiting: deque[Job[Any]] = deque()
        self._first: deque[Job[Any]] = deque()
        self._now: list[Job[Any]] = []

    async def run(self, function: Callable[[Connection], T], *, first: bool = False) -> T:
        """Run a function in a transaction and keep what it wrote, unless it raises.

        Whoever is cancelled leaves at once where the function did not begin yet, and else when it is known how it
        ended: undone, except that a commit may have been under way. Raises NoTurn, and what the function or the
        database raises.
        """
        job = Job(function)
        (self._first if first else self._waiting).append(job)
        self._go_on()
        try:
            done, _ = await asyncio.wait([job.answer], timeout=self._patience_s)
            if not done and job not in self._now and job.claim():  # what is in work has the patience of its statements
                raise NoTurn
            return await asyncio.shield(job.answer)
        except asyncio.CancelledError:
            job.left = True
            if not job.claim():
                if self._now == [job]:  # nobody else's work would be broken off
                    self._seat.abandon()
                await over(job.answer)
            raise

    def _go_on(self) -> None:
        if self._now:
            return
        most_first = _FIRST_MOST if self._waiting else _TOGETHER_MOST
        for waiting, most in ((self._first, most_first), (self._waiting, _TOGETHER_MOST)):
            while waiting and len(self._now) < most:
                job = waiting.popleft()
                if job.is_open:
                    self._now.append(job)
        if self._now:
            self._seat.submit(partial(write_together, tuple(self._now))).add_done_callback(self._over)

    def _over(self, done: asyncio.Future[None]) -> None:
        jobs, self._now = self._now, []
        error = done.exception()
        for job in reversed(jobs):
            if error is not None and job.claim():
                job.fail(error)
            if job.is_open:
                self._waiting.appendleft(job)
            else:
                job.give()
        self._go_on()


def write_together(jobs: Sequence[Job[Any]], engine: Engine) -> None:
    """Do the jobs in one transaction. Those that come after a failure that undid it all are left open.

    Raises SQLAlchemyError where the transaction could not begin; every job is open then.
    """
    with engine.connect() as connection:
        transaction = connection.begin()
        begun: list[Job[Any]] = []
        try:
            keeps = [_write(connection, job, begun, alone=len(jobs) == 1) for job in jobs]
            if any(keeps):
                transaction.commit()
            else:
                transaction.rollback()
        except BaseException as error:  # noqa: BLE001 - it is the answer of each that counted on this transaction
            with suppress(sqlite3.Error):  # after a commit that failed, SQLAlchemy takes the transaction for ended
                connection.connection.rollback()
            for job in begun:
                job.fail(error)


def _write(connection: Connection, job: Job[Any], begun: list[Job[Any]], *, alone: bool) -> bool:
    """Whether there is something of the job's to keep. Raises where what the others wrote was undone with it."""
    if not job.claim():
        return False
    begun.append(job)
    if alone:
        return job.do(connection)
    connection.exec_driver_sql("SAVEPOINT writer")
    keeps = job.do(connection)
    if not keeps:
        try:
            connection.exec_driver_sql("ROLLBACK TO writer")
        except DBAPIError as error:  # a full disk, or a broken one, may have undone the whole transaction
            raise job.error or error from error
    connection.exec_driver_sql("RELEASE writer")
    return keeps
