"""How long a run waits for its turn, as far as the last runs tell. Pure."""

from collections.abc import Sequence
from statistics import median

LEAST_KNOWN = 3
"""Of fewer runs than these nothing is concluded."""


def wait_s(position: int, slots: int, took_s: Sequence[float]) -> float | None:
    """Seconds until the turn of whoever stands at `position`, from 1; None where too little is known to say.

    `slots`: how many runs there may be at once where it waits; `took_s`: how long the last runs had theirs. A slot
    comes free about as often as `slots` of them fit into the usual time.
    """
    if len(took_s) < LEAST_KNOWN or position < 1 or slots < 1:
        return None
    return position * median(took_s) / slots
