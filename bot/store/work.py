"""What is done in one transaction: a function over its connection, who waits for the answer, and what came of it."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")


class NoTurn(Exception):
    """No transaction could be begun in time. The cause says why, where the database said anything."""


class Transactions(Protocol):
    """Where functions are run, each in a transaction."""

    async def run(self, function: Callable[[Connection], T]) -> T:
        """Run a function in a transaction. Raises NoTurn, and what the function or the database raises."""
        ...


class Writes(Protocol):
    """Where functions that write are run."""

    async def run(self, function: Callable[[Connection], T], *, first: bool = False) -> T:
        """As `Transactions`. With `first`, before most of those that have waited longer."""
        ...


class Seat(Protocol):
    """One connection of SQLite's and the place where its statements run: a thread of its own, or the event loop."""

    def submit(self, work: Callable[[Engine], None]) -> asyncio.Future[None]:
        """Run work there, after whatever was submitted before. The future is done when it is over.

        It is never cancelled, and has the error where the work raised one.
        """
        ...

    def abandon(self) -> None:
        """Nobody waits for what runs there now: its statement is broken off, and no other begins."""
        ...

    async def close(self) -> None:
        """Close the connection once what was submitted is over."""
        ...


class Job(Generic[T]):
    """A function that waits for a transaction. Its values come back to the loop by `give`, its errors as well."""

    def __init__(self, function: Callable[[Connection], T]) -> None:
        self._function, self._context = function, copy_context()  # what it logs names the same run and the same press
        self._claim = threading.Lock()
        self._value: tuple[T] | None = None
        self.error: BaseException | None = None
        self.answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.left = False
        """Whether whoever asked has gone: what is not kept yet shall not be."""

    def claim(self) -> bool:
        """Take the job, to do it or to let it be: True once, for the first who asks, from whatever thread."""
        return self._claim.acquire(blocking=False)

    @property
    def is_open(self) -> bool:
        """Whether nobody has claimed it."""
        return not self._claim.locked()

    def do(self, connection: Connection) -> bool:
        """Run the function; whether what it wrote shall be kept."""
        try:
            self._value = (self._context.run(self._function, connection),)
        except StopIteration as error:  # no future takes it
            self.fail(RuntimeError("the function of a transaction raised StopIteration"), error)
            return False
        except BaseException as error:  # noqa: BLE001 - it is raised where the answer is awaited
            self.fail(error)
            return False
        return not self.left

    def fail(self, error: BaseException, cause: BaseException | None = None) -> None:
        """Nothing of it was kept, whatever the function said: this error is the answer."""
        error.__cause__ = cause or error.__cause__
        self._value, self.error = None, error

    def give(self) -> None:
        """Let whoever waits have what came of it. In the loop."""
        if self.error is not None:
            self.answer.set_exception(self.error)
            self.answer.exception()  # seen: where nobody waits any more, it is no loss
        elif self._value is not None:
            self.answer.set_result(self._value[0])


async def over(answer: asyncio.Future[T]) -> None:
    """Come back when the future is done, and not before: being cancelled meanwhile is the caller's to remember."""
    while not answer.done():
        try:
            await asyncio.wait([answer])
        except asyncio.CancelledError:  # the caller is being cancelled already, and says so itself
            continue
