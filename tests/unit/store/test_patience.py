"""A start waits for a database that does not answer, for a minute, and for nothing else."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta

import pytest

from bot.errors import SettingsError, Unavailable
from bot.store.patience import entered
from bot.store.sole import InUse
from tests.unit.runs.made import NOON


class Clock:
    """Time that passes in sleeps, and by `took_s` with each try."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time

    async def sleep(self, delay_s: float) -> None:
        self.time += timedelta(seconds=delay_s)


class Database:
    """Raises `error` for so many tries."""

    def __init__(self, clock: Clock, error: Exception, failures: int = 1000, took_s: float = 5.0) -> None:
        self._clock, self._error, self._failures, self._took_s = clock, error, failures, took_s
        self.tries, self.closed = 0, 0

    def open(self) -> AbstractAsyncContextManager[str]:
        @asynccontextmanager
        async def opened() -> AsyncGenerator[str]:
            self.tries += 1
            self._clock.time += timedelta(seconds=self._took_s)
            if self.tries <= self._failures:
                raise self._error
            yield "there"
            self.closed += 1

        return opened()


async def test_a_start_waits_for_a_database_that_is_locked_or_starting() -> None:
    clock = Clock()
    database = Database(clock, Unavailable("locked"), failures=9)
    async with AsyncExitStack() as stack:
        assert await entered(stack, database.open, clock) == "there"
        assert not database.closed
    assert (database.tries, database.closed) == (10, 1)


async def test_it_ends_after_a_minute_so_that_somebody_sees_it() -> None:
    clock = Clock()
    async with AsyncExitStack() as stack:
        with pytest.raises(Unavailable, match="locked"):
            await entered(stack, Database(clock, Unavailable("locked")).open, clock)
    assert timedelta(seconds=60) <= clock.now() - NOON <= timedelta(seconds=70)


@pytest.mark.parametrize("error", [InUse("another bot"), SettingsError("no such database")])
async def test_what_no_waiting_could_help_ends_it_at_once(error: Exception) -> None:
    database = Database(clock := Clock(), error)
    async with AsyncExitStack() as stack:
        with pytest.raises(type(error)):
            await entered(stack, database.open, clock)
    assert database.tries == 1
