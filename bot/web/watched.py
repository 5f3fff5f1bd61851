"""What operators watch: the gauges of `/metrics` and the checks of `/readyz`."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import text

from bot.store.engine import Store
from bot.web.app import Check

_POLL_OVERDUE_S = 60.0


def make_registry(*, alive: Callable[[], int], waiting: Callable[[], int]) -> CollectorRegistry:
    """The gauges: how many runs are being worked on, and how many wait in the bot's own queue."""
    registry = CollectorRegistry()
    Gauge("imagine_runs_alive", "Runs that are being worked on until their end", registry=registry).set_function(alive)
    Gauge("imagine_runs_waiting", "Runs that wait in the bot's own queue", registry=registry).set_function(waiting)
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
