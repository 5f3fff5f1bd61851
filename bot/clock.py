"""Time as something that is handed in, so that tests can move it."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The time of day, and waiting."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...

    async def sleep(self, delay_s: float) -> None:
        """Come back after `delay_s` seconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, delay_s: float) -> None:
        """Come back after `delay_s` seconds."""
        await asyncio.sleep(delay_s)
