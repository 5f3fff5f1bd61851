"""When to poll a run next: quick while the model may well be done, slower later, never in step with others."""

import asyncio

from bot.clock import Clock
from bot.entropy import Rng

# (younger than, poll every), seconds. The model is sub-second by its page; Runflow's own clients poll every 2-3 s.
_PACE_S = ((4.0, 0.25), (20.0, 1.0), (120.0, 3.0))
_SLOWEST_S = 5.0
_JITTER = 0.2


def next_poll_s(age_s: float, rng: Rng) -> float:
    """Seconds to wait before the next poll of a run that was submitted `age_s` seconds ago."""
    every_s = next((every for younger_than, every in _PACE_S if age_s < younger_than), _SLOWEST_S)
    return every_s * rng.uniform(1 - _JITTER, 1 + _JITTER)


async def first_of(wake_up: asyncio.Event, clock: Clock, delay_s: float) -> None:
    """Come back after `delay_s` seconds, or when `wake_up` is set; it is clear afterwards."""
    woken = asyncio.create_task(wake_up.wait(), name="wake-up")
    slept = asyncio.create_task(clock.sleep(delay_s), name="time is up")
    try:
        await asyncio.wait((woken, slept), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (woken, slept):
            task.cancel()
        await asyncio.gather(woken, slept, return_exceptions=True)
    wake_up.clear()
