"""What holds everybody up is seen, and the collector is no part of it."""

import asyncio
import gc
import time
import weakref
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.pauses import Longest, Pauses, short_collections
from bot.web.watched import make_registry
from sandbox.clock import SandboxClock
from tests.unit.runs.made import NOON


class Ring:
    """Refers to itself."""

    def __init__(self) -> None:
        self.self = self


class Counts:
    alive = 3
    waiting = 2


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


async def serving(pauses: Pauses, seconds: float) -> None:
    task = asyncio.create_task(pauses.serve(), name="pauses")
    await asyncio.sleep(0.05)
    time.sleep(seconds)  # noqa: ASYNC251 - this is what is to be seen
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_loop_that_is_held_is_seen_in_the_metrics() -> None:
    pauses = Pauses(SandboxClock(), alive=lambda: 0)
    await serving(pauses, 0.2)
    assert 0.15 < pauses.longest_s() < 5
    registry = make_registry(worker=Counts(), scheduler=Counts(), pauses=pauses)
    assert registry.get_sample_value("imagine_loop_lag_seconds") == pauses.longest_s()
    assert registry.get_sample_value("imagine_runs_alive") == 3
    assert registry.get_sample_value("imagine_runs_waiting") == 2


def test_what_was_long_ago_is_not_lately() -> None:
    now = [0.0]
    longest = Longest(lambda: NOON + timedelta(seconds=now[0]))
    longest.note(0.5)
    longest.note(0.1)
    assert longest.seconds() == 0.5
    now[0] = 31.0
    longest.note(0.2)
    assert longest.seconds() == 0.5
    now[0] = 61.0
    assert longest.seconds() == 0.2
    now[0] = 200.0
    assert longest.seconds() == 0.0


def test_what_survives_a_collection_is_not_gone_through_again(collector: None) -> None:
    seen: list[int] = []

    def note(phase: str, about: dict[str, int]) -> None:
        if phase == "stop" and about["generation"] == 2:
            seen.append(len(gc.get_objects(2)))

    with short_collections():
        gc.callbacks.append(note)
        try:
            kept = [[{"run": number}] for number in range(300_000)]
        finally:
            gc.callbacks.remove(note)
        assert len(seen) >= 2
        # `gc.freeze` was called before: nothing is left in the oldest generation for the next collection.
        assert max(seen) == 0
        assert gc.get_freeze_count() > len(kept) // 2
    assert gc.get_freeze_count() == 0


async def test_rings_that_were_set_aside_are_looked_for_once_a_day_when_nothing_is_under_way(collector: None) -> None:
    clock, alive = SandboxClock(stopped=True), [1]
    task = asyncio.create_task(Pauses(clock, alive=lambda: alive[0]).serve(), name="pauses")
    ring = Ring()
    seen = weakref.ref(ring)
    gc.freeze()
    del ring
    await asyncio.sleep(0)
    clock.advance(25 * 3600)
    await asyncio.sleep(0.01)
    assert seen() is not None, "somebody's run is under way"
    alive[0] = 0
    clock.advance(61)
    await asyncio.sleep(0.01)
    assert seen() is None
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
