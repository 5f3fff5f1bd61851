"""Warns while the balance at Runflow is low: the operator's log and each server's log channel, once a day each."""

from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection, update

from bot.clock import Clock
from bot.errors import Unavailable
from bot.guilds.settings import log_channels
from bot.money import MicroUsd, format_usd
from bot.store.engine import Store
from bot.store.tables import warnings
from bot.store.upsert import insert_if_absent

_log = structlog.get_logger(__name__)

_EVERY_S = 900.0
_AGAIN_AFTER = timedelta(days=1)
_OPERATOR = "low_balance"


class Account(Protocol):
    """Where the balance is read. bot/runflow/client.py answers it."""

    async def balance(self) -> MicroUsd | None:
        """The credit that is left; None where it cannot be known. Never raises."""
        ...


class Admins(Protocol):
    """How servers' admins are reached. cogs/ui/presenter.py answers it. Neither method raises."""

    async def can_tell(self) -> bool:
        """Whether anybody can be told anything by now."""
        ...

    async def low_balance(self, channel_id: int) -> bool:
        """Tell a server's admins, in their log channel; whether it stands there."""
        ...


class LowBalance:
    """Reads the balance at start and every so often. A balance that cannot be read warns of nothing.

    `below`: what counts as low; None warns of nothing. When each was warned stands in the table `warnings`, so that
    neither a start nor another process warns again within a day.
    """

    def __init__(
        self,
        *,
        store: Store,
        account: Account,
        admins: Admins,
        clock: Clock,
        below: MicroUsd | None,
        every_s: float = _EVERY_S,
    ) -> None:
        self._store, self._account, self._admins, self._clock = store, account, admins, clock
        self._below, self._every_s = below, every_s
        self._was_unknown = False

    async def serve(self) -> None:
        """Look and warn until cancelled."""
        while True:
            try:
                await self.look()
            except Unavailable as error:
                _log.warning("the balance could not be looked after", why=str(error))
            await self._clock.sleep(self._every_s)

    async def look(self) -> None:
        """Read the balance once, and warn where it is low. Raises Unavailable, from the database."""
        if self._below is None:
            return
        balance = await self._account.balance()
        if balance is None:
            if not self._was_unknown:
                _log.info("the balance at Runflow is unknown: nobody is warned when it is low")
            self._was_unknown = True
            return
        self._was_unknown = False
        if balance < self._below:
            await self._warn(balance, self._below)

    async def _warn(self, balance: MicroUsd, below: MicroUsd) -> None:
        if await self._may_tell(_OPERATOR):
            _log.warning("the balance at Runflow is low", balance=_usd(balance), below=_usd(below))
        if not await self._admins.can_tell():
            return  # next time
        channels = await self._store.read(log_channels)
        for guild_id, channel_id in channels:
            if await self._may_tell(f"{_OPERATOR}:{guild_id}"):
                await self._admins.low_balance(channel_id)

    async def _may_tell(self, name: str) -> bool:
        """Whether this was not told within a day. It counts as told from now on: twice is worse than a lost one."""
        return await self._store.write(_claim, name, self._clock.now())


def _claim(connection: Connection, name: str, at: datetime) -> bool:
    if insert_if_absent(connection, warnings, {"name": name, "told_at": at}):
        return True
    claimed = connection.execute(
        update(warnings).where(warnings.c.name == name, warnings.c.told_at <= at - _AGAIN_AFTER).values(told_at=at)
    )
    return claimed.rowcount == 1


def _usd(amount: MicroUsd) -> str:
    return format_usd(amount) if amount >= 0 else f"-{format_usd(MicroUsd(-amount))}"
