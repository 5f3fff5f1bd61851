"""When to look at a run next: quick while the model may well be done, slower later, never in step with others."""

import asyncio

from bot.clock import Clock
from bot.entropy import Rng

# (younger than, look every), seconds. The model is sub-second by its page; Runflow's own clients poll every 2-3 s.
_PACE_S = ((4.0, 0.25), (20.0, 1.0), (120.0, 3.0))
_SLOWEST_S = 5.0
_JITTER = 0.2


def next_poll_s(age_s: float, rng: Rng) -> float:
    """Seconds to wait before the next look at a run that was submitted `age_s` seconds ago."""
    every_s = next((every for younger_than, every in _PACE_S if age_s < younger_than), _SLOWEST_S)
    return every_s * rng.uniform(1 - _JITTER, 1 + _JITTER)


async def first_of(knock: asyncio.Event, clock: Clock, delay_s: float) -> None:
    """Come back after `delay_s` seconds, or at a knock, which is heard by that."""
    knocked = asyncio.create_task(knock.wait(), name="knock")
    slept = asyncio.create_task(clock.sleep(delay_s), name="next look")
    try:
        await asyncio.wait((knocked, slept), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (knocked, slept):
            task.cancel()
        await asyncio.gather(knocked, slept, return_exceptions=True)
    knock.clear()
