"""Whose turn it is, in plain words; `line.py` keeps the queue in this order. Pure.

People take turns: whoever has the fewest runs alive goes first, then whoever has waited longest since their last run
ended. Each person's runs go oldest first. A run that waits for a free slot in its server does not hold up what the same
person asked for elsewhere, so that no slot stays idle.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Caps:
    """How many runs may be alive at Runflow at once: for the whole bot, in each server, for each person."""

    at_once: int
    per_guild: int
    per_user: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A run that waits or is alive, as far as the queue needs it. `guild_id` is None in private use."""

    run_id: str
    user_id: int
    guild_id: int | None
    since: datetime  # when it was accepted, UTC


Age = tuple[datetime, str]
"""By this a person's own runs are ordered, the oldest first."""

Turn = tuple[int, datetime, str, int]
"""By this people are ordered: how many runs they have alive, waiting since when, for which run, and who."""


def age(one: Entry) -> Age:
    """How old a run is."""
    return one.since, one.run_id


def turn(user_id: int, oldest: Age, alive: int, served: datetime | None) -> Turn:
    """What decides whose turn it is. `served`: when the person's last run ended, where that was lately.

    Whoever never had one counts from their press: newcomers cannot starve others.
    """
    since, run_id = oldest
    return alive, since if served is None else max(served, since), run_id, user_id


@dataclass(frozen=True, slots=True)
class Standing:
    """The queue of one moment, in the order of turns. `full_guilds` are the servers that have no free slot."""

    in_order: tuple[Entry, ...]
    is_full: bool
    full_guilds: frozenset[int]

    def positions(self) -> Iterator[tuple[str, int]]:
        """The position of each run, from 1, in the queue that it really waits in.

        That is the queue of everybody where the bot has no free slot, else that of its server where the server has
        none, else that of the person's own runs: nobody counts those who are not in their way.
        """
        ahead: Counter[tuple[str, int]] = Counter()
        for one in self.in_order:
            queue = ("user", one.user_id)
            if self.is_full:
                queue = ("bot", 0)
            elif one.guild_id in self.full_guilds:
                queue = ("guild", one.guild_id or 0)
            ahead[queue] += 1
            yield one.run_id, ahead[queue]
