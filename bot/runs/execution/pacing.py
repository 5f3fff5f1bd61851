"""When to poll a run next: quick while the model may well be done, slower later, never in step with others."""

import asyncio
from collections.abc import Iterator, Mapping
from enum import Enum

from bot.clock import Clock
from bot.entropy import Rng

# (younger than, poll every), seconds. The model is sub-second by its page; Runflow's own clients poll every 2-3 s.
_PACE_S = ((4.0, 0.25), (20.0, 1.0), (120.0, 3.0))
_SLOWEST_S = 5.0
_JITTER = 0.2
# While a callback is hoped for: at most five polls in any 20 s, and the one that the callback makes due.
_SPARSE_PACE_S = ((1.0, 1.5), (3.0, 2.5), (7.0, 4.0))
_SPARSE_SLOWEST_S = 6.0
# While one is expected, because others have come: at most two in the first 20 s.
_RARE_PACE_S = ((2.0, 6.0),)
_RARE_SLOWEST_S = 10.0
_SPARSE_JITTER = 0.1
_LOOK_AGAIN_S = (1.0, 2.0, 4.0, 8.0, 15.0)


class Trust(Enum):
    """How sure it is that the end of a run will be told by a callback."""

    NONE = "none"
    HOPED = "hoped"  # callbacks are asked for, and none was missed
    EXPECTED = "expected"  # and others have come


_PACES: Mapping[Trust, tuple[tuple[tuple[float, float], ...], float, float]] = {
    Trust.NONE: (_PACE_S, _SLOWEST_S, _JITTER),
    Trust.HOPED: (_SPARSE_PACE_S, _SPARSE_SLOWEST_S, _SPARSE_JITTER),
    Trust.EXPECTED: (_RARE_PACE_S, _RARE_SLOWEST_S, _SPARSE_JITTER),
}


def next_poll_s(age_s: float, rng: Rng, *, callback: Trust = Trust.NONE) -> float:
    """Seconds to wait before the next poll of a run that was submitted `age_s` seconds ago.

    `callback`: the surer its end is to be told, the less polling has to find.
    """
    jitter = _PACES[callback][2]
    return pace_s(age_s, callback) * rng.uniform(1 - jitter, 1 + jitter)


def pace_s(age_s: float, callback: Trust) -> float:
    """The same, for those that are looked at together and need not keep out of step."""
    paces_s, slowest_s, _ = _PACES[callback]
    return next((every_s for younger_than_s, every_s in paces_s if age_s < younger_than_s), slowest_s)


def look_again_s() -> Iterator[float]:
    """Seconds between tries to find something out that is owed to somebody: later each time, never by much."""
    yield from _LOOK_AGAIN_S
    while True:
        yield _LOOK_AGAIN_S[-1]


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
