"""The queue as an index: who may start next, and who stands where. Each change costs about the logarithm of its length.

It keeps the rule of `turns.py`; a test plays it against the rule in its plainest form.
"""

from bisect import bisect_left
from collections import Counter
from datetime import datetime
from heapq import heappop, heappush

from bot.runs.scheduling.order import Order, Person, waits
from bot.runs.scheduling.starters import Starters
from bot.runs.scheduling.turns import Caps, Entry, Standing, Turn


class Line:
    """Who waits and who is alive. Nobody is in it twice, and whoever waits starts in `start` alone."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self._waiting: dict[str, Entry] = {}
        self._live: dict[str, Entry] = {}
        self._alive: Counter[int] = Counter()
        self._in_guild: Counter[int] = Counter()
        self._people: dict[int, Person] = {}
        self._order = Order()
        self._starters = Starters(self._has_room)

    @property
    def waiting(self) -> int:
        """How many runs wait for their turn."""
        return len(self._waiting)

    def waits(self, run_id: str) -> bool:
        """Whether this run waits for its turn."""
        return run_id in self._waiting

    def lives(self, run_id: str) -> bool:
        """Whether this run has had its turn and is not over."""
        return run_id in self._live

    def add(self, one: Entry) -> None:
        """A run waits from now on, where it is not known already."""
        if one.run_id in self._waiting or one.run_id in self._live:
            return
        self._waiting[one.run_id] = one
        user_id = one.user_id
        # Somebody who left a moment ago has not left the order yet.
        person = self._people.get(user_id) or self._order.changed(user_id) or Person(user_id)
        self._people[user_id] = person
        person.add(waits(one))
        self._seat(person)

    def remove(self, run_id: str) -> None:
        """A run waits no more and has had no turn; one that does not wait is left as it is."""
        one = self._waiting.get(run_id)
        if one is not None:
            self._seat(self._take(one))

    def begin(self, one: Entry) -> None:
        """A run is alive from now on, whatever the caps say."""
        self.remove(one.run_id)
        if one.run_id not in self._live:
            self._live[one.run_id] = one
            self._count(one, 1)

    def end(self, run_id: str, served_at: datetime | None = None) -> None:
        """A run is alive no more. `served_at`: when its person had had their turn; None where they had none."""
        one = self._live.pop(run_id, None)
        if one is None:
            return
        person = self._people.get(one.user_id)
        if person is not None and served_at is not None:
            # Whoever waits for nothing now counts from their next press, which comes after this.
            person.served = served_at
        self._count(one, -1)

    def start(self) -> list[str]:
        """Let start whoever may, one after the other; the runs in order."""
        started: list[str] = []
        again: list[Turn] = []  # who started one just now and may start another: they count from the same moment
        moved: dict[int, Person] = {}
        while len(self._live) < self._caps.at_once:
            first = self._starters.first()
            if again and (first is None or again[0] < first):
                first = heappop(again)
            if first is None:
                break
            alive, since, oldest, user_id = first
            person = moved.setdefault(user_id, self._people[user_id])
            self._starters.seat(user_id, {})
            one = self._oldest_with_room(person)
            if one is not None:
                self._take(one)
                self._live[one.run_id] = one
                self._step(one, 1)
                started.append(one.run_id)
                if alive + 1 < self._caps.per_user and person.runs:
                    heappush(again, (alive + 1, since, oldest, user_id))
        for person in moved.values():
            self._seat(person)
        return started

    def position(self, run_id: str) -> int:
        """Where a run that waits stands, as `Standing.positions` says it. Raises KeyError for one that does not."""
        one = self._waiting[run_id]
        person, guild_id = self._people[one.user_id], one.guild_id or 0
        is_full = len(self._live) >= self._caps.at_once
        if not is_full and self._has_room(guild_id):
            queues = (there for guild_id, there in person.by_guild.items() if self._has_room(guild_id))
            return 1 + sum(bisect_left(there, waits(one)) for there in queues)
        order = self._order.everybody(self._alive) if is_full else self._order.of_guild(guild_id, self._alive)
        return 1 + bisect_left(order, person.in_order[bisect_left(person.runs, waits(one))])

    def standing(self) -> Standing:
        """All that wait, in the order of turns."""
        full = frozenset(guild_id for guild_id in self._in_guild if not self._has_room(guild_id))
        in_order = tuple(self._waiting[one[4]] for one in self._order.everybody(self._alive))
        return Standing(in_order, len(self._live) >= self._caps.at_once, full)

    def settle(self) -> None:
        """Put in order what has changed since somebody asked; else whoever asks next does."""
        self._order.everybody(self._alive)

    # --- parts

    def _has_room(self, guild_id: int) -> bool:
        """Whether a server has a free slot; 0, which is none, always has."""
        return not guild_id or self._in_guild[guild_id] < self._caps.per_guild

    def _oldest_with_room(self, person: Person) -> Entry | None:
        oldest = [there[0] for guild_id, there in person.by_guild.items() if self._has_room(guild_id)]
        return self._waiting[min(oldest)[1]] if oldest else None

    def _take(self, one: Entry) -> Person:
        """Take a run from those that wait."""
        del self._waiting[one.run_id]
        person = self._people[one.user_id]
        person.remove(waits(one))
        self._order.change(person)
        if not person.runs:
            person.served = None
            del self._people[one.user_id]
        return person

    def _count(self, one: Entry, step: int) -> None:
        self._step(one, step)
        person = self._people.get(one.user_id)
        if person is not None:
            self._seat(person)

    def _step(self, one: Entry, step: int) -> None:
        """Count a run that came to life (1), or that is over (-1)."""
        for counter, key in ((self._alive, one.user_id), (self._in_guild, one.guild_id or 0)):
            counter[key] += step
            if not counter[key]:
                del counter[key]
        self._starters.renew(one.guild_id or 0)

    def _seat(self, person: Person) -> None:
        """Somebody's runs, or what they have alive, have changed: put their turns where they belong."""
        self._order.change(person)
        alive = self._alive[person.user_id]
        turns = {}
        if alive < self._caps.per_user:
            turns = {guild_id: person.turn(there[0], alive) for guild_id, there in person.by_guild.items()}
        self._starters.seat(person.user_id, turns)
