"""Everybody who waits, in the order of turns: kept sorted, and put right when somebody asks for it."""

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.runs.scheduling.turns import Entry, Turn, turn

Waits = tuple[datetime, str, int]
"""A run that waits: since when, its id, and its server's id, 0 for none. A person's oldest comes first."""

InOrder = tuple[int, datetime, str, int, str, int]
"""A run's turn, were nothing full: its person's, later by as many runs as come before it; its id and its server's."""

_FEW = 64  # up to here, changing a sorted list one by one is cheaper than sorting it anew


def waits(one: Entry) -> Waits:
    """A run among its person's."""
    return one.since, one.run_id, one.guild_id or 0


class Person:
    """Somebody who waits: their runs, the oldest first, all of them and those in each server (0: privately).

    `served` is when their last run ended, where that was lately.
    """

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id
        self.served: datetime | None = None
        self.runs: list[Waits] = []
        self.by_guild: dict[int, list[Waits]] = {}
        self.in_order: list[InOrder] = []  # as they stand in the order
        self.base: Turn | None = None  # what that was made of; None where it must be made anew

    def add(self, one: Waits) -> None:
        """One more of their runs waits."""
        if self.runs and one < self.runs[-1]:
            self.base = None
        insort(self.runs, one)
        insort(self.by_guild.setdefault(one[2], []), one)

    def remove(self, one: Waits) -> None:
        """One of their runs waits no more."""
        self.base = None
        del self.runs[bisect_left(self.runs, one)]
        there = self.by_guild[one[2]]
        del there[bisect_left(there, one)]
        if not there:
            del self.by_guild[one[2]]

    def turn(self, oldest: Waits, alive: int) -> Turn:
        """When it is their turn, going by this run of theirs."""
        return turn(self.user_id, oldest[:2], alive, self.served)


class Order:
    """The runs that wait, all of them and those of each server.

    People are moved in it when somebody asks: whose runs came and went twenty times since is moved once.
    """

    def __init__(self) -> None:
        self._everybody: list[InOrder] = []
        self._of_guild: dict[int, list[InOrder]] = {}
        self._changed: dict[int, Person] = {}

    def change(self, person: Person) -> None:
        """Something about a person has changed."""
        self._changed[person.user_id] = person

    def changed(self, user_id: int) -> Person | None:
        """The person, where they have changed since somebody asked last."""
        return self._changed.get(user_id)

    def everybody(self, alive: Mapping[int, int]) -> Sequence[InOrder]:
        """All runs that wait. `alive`: how many runs each person has alive."""
        self._settle(alive)
        return self._everybody

    def of_guild(self, guild_id: int, alive: Mapping[int, int]) -> Sequence[InOrder]:
        """The runs that wait in a server."""
        self._settle(alive)
        return self._of_guild.get(guild_id, [])

    def _settle(self, alive: Mapping[int, int]) -> None:
        gone: list[InOrder] = []
        come: list[InOrder] = []
        for user_id, person in self._changed.items():
            _renew(person, alive.get(user_id, 0), gone, come)
        self._changed.clear()
        self._everybody = _replaced(self._everybody, gone, come)
        by_guild: dict[int, tuple[list[InOrder], list[InOrder]]] = {}
        for which, ones in enumerate((gone, come)):
            for one in ones:
                by_guild.setdefault(one[5], ([], []))[which].append(one)
        for guild_id, (left, came) in by_guild.items():
            now = _replaced(self._of_guild.pop(guild_id, []), left, came)
            if now:
                self._of_guild[guild_id] = now


def _renew(person: Person, alive: int, gone: list[InOrder], come: list[InOrder]) -> None:
    """Make a person's turns anew, or only those of the runs that came last."""
    base = person.turn(person.runs[0], alive) if person.runs else None
    if base is None or base != person.base:
        gone += person.in_order
        person.in_order = []
    person.base = base
    if base is None:
        return
    count, since, first, user_id = base
    known = len(person.in_order)
    later = enumerate(person.runs[known:], known)
    added = [(count + at, since, first, user_id, run_id, guild_id) for at, (_, run_id, guild_id) in later]
    come += added
    person.in_order += added


def _replaced(items: list[InOrder], gone: Sequence[InOrder], come: Sequence[InOrder]) -> list[InOrder]:
    if len(gone) + len(come) > _FEW:
        out = frozenset(gone)
        return sorted((*(one for one in items if one not in out), *come))
    for one in gone:
        del items[bisect_left(items, one)]
    for one in come:
        insort(items, one)
    return items
