"""A run and its money change together: every step of a run is one transaction over its row and the ledger."""

from dataclasses import replace
from datetime import datetime

from bot.clock import Clock
from bot.ledger import ledger
from bot.ledger.values import Account, Limits
from bot.runs import records
from bot.runs.face import Balance
from bot.runs.run import Delivery, Run
from bot.runs.states import Change, Release, Settle
from bot.store.engine import Store


class RunBook:
    """Where runs and their money are kept."""

    def __init__(self, *, store: Store, limits: Limits, clock: Clock) -> None:
        self._store, self._limits, self._clock = store, limits, clock

    async def open(self, run: Run) -> bool:
        """Write a new run and hold its price; False when this press has its run already.

        Raises LimitError, with nothing written, and Unavailable.
        """
        async with self._store.write() as connection:
            if not await records.add(connection, run):
                return False
            await ledger.reserve(
                connection,
                run_id=run.id,
                account=Account(run.user_id, run.place.guild_id, run.place.channel_id),
                amount=run.held,
                limits=self._limits,
                at=run.created_at,
            )
        return True

    async def apply(self, before: Run, change: Change) -> Run:
        """Write a change, books included. Where the row has moved on, nothing is written and the row is what counts."""
        async with self._store.write() as connection:
            if not await records.change(connection, before, change.run):
                return await records.load(connection, before.id)
            match change.books:
                case Settle(cost, estimated):
                    await ledger.settle(connection, run_id=before.id, cost=cost, estimated=estimated, at=self.now())
                case Release():
                    await ledger.release(connection, run_id=before.id, at=self.now())
                case None:
                    pass
        return change.run

    async def delivered(self, run: Run, delivery: Delivery) -> Run:
        """Note what became of the card."""
        return await self.apply(run, Change(replace(run, delivery=delivery)))

    async def load(self, run_id: str) -> Run:
        """The run as it stands. Raises LookupError."""
        async with self._store.read() as connection:
            return await records.load(connection, run_id)

    async def by_message(self, message_id: int) -> Run | None:
        """The run whose card is this message, where there is one."""
        async with self._store.read() as connection:
            return await records.by_message(connection, message_id)

    async def unfinished(self) -> list[Run]:
        """Runs that still owe somebody an end, oldest first."""
        async with self._store.read() as connection:
            return await records.unfinished(connection)

    async def balance(self, user_id: int) -> Balance:
        """What the person has used and has left today."""
        async with self._store.read() as connection:
            usage = await ledger.usage(connection, user_id=user_id, limits=self._limits, at=self.now())
        return Balance(used=usage.used, left=usage.left)

    def now(self) -> datetime:
        """The time, UTC."""
        return self._clock.now()
