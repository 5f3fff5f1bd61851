"""What operators watch: the gauges of `/metrics` and the checks of `/readyz`."""

from collections.abc import Callable, Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import text

from bot.store.engine import Store
from bot.web.app import Check

_POLL_OVERDUE_S = 60.0


class Alive(Protocol):
    """Whoever works on runs."""

    @property
    def alive(self) -> int:
        """How many have no end yet."""
        ...


class Waiting(Protocol):
    """The bot's own queue."""

    @property
    def waiting(self) -> int:
        """How many runs wait in it."""
        ...


class Held(Protocol):
    """Whoever watches the event loop."""

    def longest_s(self) -> float:
        """The longest it was held lately, in seconds."""
        ...


def make_registry(*, worker: Alive, scheduler: Waiting, pauses: Held) -> CollectorRegistry:
    """The gauges."""
    registry = CollectorRegistry()
    for name, what, value in (
        ("imagine_runs_alive", "Runs that have no end yet, those in the queue included", lambda: worker.alive),
        ("imagine_runs_waiting", "Runs that wait in the bot's own queue", lambda: scheduler.waiting),
        ("imagine_loop_lag_seconds", "The longest the event loop was held in the last minute", pauses.longest_s),
    ):
        Gauge(name, what, registry=registry).set_function(value)
    return registry


def make_checks(*, store: Store, connected: Callable[[], bool], overdue_s: Callable[[], float]) -> Mapping[str, Check]:
    """What must hold for the bot to be ready: the database answers, Discord is there, no poll is long overdue."""

    async def database() -> bool:
        await store.read(lambda connection: connection.scalar(text("SELECT 1")))
        return True

    async def gateway() -> bool:
        return connected()

    async def polls() -> bool:
        return overdue_s() < _POLL_OVERDUE_S

    return {"database": database, "gateway": gateway, "polls": polls}
