"""What is given back to a person's own limits, of what a run cost and brought them nothing for. Pure."""

from dataclasses import dataclass

from bot.money import MicroUsd
from bot.runs.run import Run, State

_PAID_FOR = frozenset({State.SUCCEEDED, State.PARTIAL, State.FAILED})
"""Ends that people get pictures of, or should have. Whoever stops a run pays for what was made of it until then."""


@dataclass(frozen=True, slots=True)
class GiveBack:
    """What counts no more against the person's limits: money, and pictures that were counted and never came."""

    amount: MicroUsd
    pictures: int


def owed(run: Run, *, shown: int) -> GiveBack | None:
    """What is given back where `shown` of a run's pictures come to be seen; None: nothing, or something was already.

    The person pays the share of the cost that those have of all that were made, and never more than the dearest price
    of that many: the smaller of `cost * shown / made` and `held * shown / asked for`, rounded up to a micro-dollar. The
    rest comes back, so it is never more than the cost, and all of it where nothing is shown. Who got all that they
    asked for, or has seen the pictures before, gets nothing back.
    """
    made = run.result.num_outputs if run.result else 0
    if run.given_back is not None or run.pictures_shown is not None or run.state not in _PAID_FOR:
        return None
    if shown >= run.images_wanted or run.cost is None:
        return None
    paid = min(_share(run.cost, shown, made), _share(run.held, shown, run.images_wanted))
    back = GiveBack(MicroUsd(max(run.cost - paid, 0)), max(made - shown, 0))
    return back if back.amount or back.pictures else None


def _share(amount: MicroUsd, shown: int, of: int) -> int:
    return -(-amount * min(shown, of) // of) if of else 0
