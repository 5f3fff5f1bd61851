"""The warning of a low balance, on both engines: once a day for each, and never when nothing is known."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from sqlalchemy import Connection, insert
from structlog.testing import LogCapture

from bot.ledger.balance_alert import LowBalance
from bot.money import MicroUsd
from bot.store.engine import Store
from bot.store.tables import guild_settings
from sandbox.clock import SandboxClock

FIVE = MicroUsd(5_000_000)
DAY_S = 24 * 3600


class Runflow:
    def __init__(self, *answers: int | None) -> None:
        self.answers = [None if answer is None else MicroUsd(answer) for answer in answers]

    async def balance(self) -> MicroUsd | None:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Admins:
    def __init__(self) -> None:
        self.connected = True
        self.told: list[int] = []

    async def can_tell(self) -> bool:
        return self.connected

    async def low_balance(self, channel_id: int) -> bool:
        self.told.append(channel_id)
        return True


@pytest.fixture
def log() -> Iterator[LogCapture]:
    """What is logged."""
    capture = LogCapture()
    before = structlog.get_config()["processors"]
    processors = [capture]
    structlog.configure(processors=processors)
    yield capture
    structlog.configure(processors=before)


def a_clock() -> SandboxClock:
    return SandboxClock(stopped=True, start=datetime(2026, 7, 1, 23, 30, tzinfo=UTC))


async def open_log_channels(store: Store) -> None:

    def change(connection: Connection) -> None:
        rows = [(2**62, 20), (3, 30), (4, None)]
        connection.execute(
            insert(guild_settings), [{"guild_id": guild, "log_channel_id": channel} for guild, channel in rows]
        )

    await store.write(change)


async def test_each_is_warned_once_a_day_over_restarts(store: Store, log: LogCapture):
    await open_log_channels(store)
    clock, admins = a_clock(), Admins()

    async def look_after_a_start() -> None:
        await LowBalance(store=store, account=Runflow(4_999_999), admins=admins, clock=clock, below=FIVE).look()

    await look_after_a_start()
    clock.advance(3600)  # another day by the calendar, yet not a day later
    await look_after_a_start()
    assert sorted(admins.told) == [20, 30]
    assert [(one["event"], one["balance"], one["below"]) for one in log.entries] == [
        ("the balance at Runflow is low", "$4.999999", "$5.00")
    ]
    clock.advance(DAY_S - 3600)
    await look_after_a_start()
    assert sorted(admins.told) == [20, 20, 30, 30]
    assert len(log.entries) == 2


async def test_admins_are_told_as_soon_as_the_bot_is_connected(store: Store):
    await open_log_channels(store)
    admins = Admins()
    admins.connected = False
    low = LowBalance(store=store, account=Runflow(-1), admins=admins, clock=a_clock(), below=FIVE)
    await low.look()
    assert not admins.told
    admins.connected = True
    await low.look()
    assert sorted(admins.told) == [20, 30]


@pytest.mark.parametrize("below", [FIVE, None])
async def test_an_unknown_balance_warns_of_nothing_and_is_said_once(
    store: Store, log: LogCapture, below: MicroUsd | None
):
    await open_log_channels(store)
    admins = Admins()
    low = LowBalance(store=store, account=Runflow(None), admins=admins, clock=a_clock(), below=below)
    for _ in range(3):
        await low.look()
    assert not admins.told
    assert [one["log_level"] for one in log.entries] == (["info"] if below else [])


async def test_enough_is_nothing_to_speak_of(store: Store, log: LogCapture):
    admins = Admins()
    await LowBalance(store=store, account=Runflow(5_000_000), admins=admins, clock=a_clock(), below=FIVE).look()
    assert not admins.told
    assert not log.entries
