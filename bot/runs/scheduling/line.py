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
    """Who waits and who is alive. Nobody is in it twice, and whoever waits starts in `start` alone.

    Left behind are those that were canceled and may still be at Runflow: they count there as any other, for their
    server and for the bot. Their person has the place back; but whoever leaves more behind than `per_user`
    waits until one of these is over.
    """

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self._waiting: dict[str, Entry] = {}
        self._live: dict[str, Entry] = {}  # those left behind included
        self._behind: dict[str, Entry] = {}
        self._behind_of: Counter[int] = Counter()
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
        """Whether this run has had its turn and is not over: it may be left behind."""
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
            self._count(one, 1, alive=1)

    def end(self, run_id: str, served_at: datetime | None = None) -> None:
        """A run is alive no more. `served_at`: when its person had had their turn; None where they had none."""
        one = self._live.pop(run_id, None)
        if one is None:
            return
        was_given_back = self._behind.pop(run_id, None) is not None and self._is_given_back(one, -1)
        self._serve(one, served_at)
        self._count(one, -1, alive=0 if was_given_back else -1)

    def leave_behind(self, run_id: str, served_at: datetime | None = None) -> None:
        """A run that is alive was canceled, and may be at Runflow until `end`. `served_at`: as in `end`."""
        one = self._live.get(run_id)
        if one is None or run_id in self._behind:
            return
        self._behind[run_id] = one
        self._serve(one, served_at)
        self._count(one, 0, alive=-1 if self._is_given_back(one, 1) else 0)

    def is_left_behind(self, run_id: str) -> bool:
        """Whether this run was left behind and is not over."""
        return run_id in self._behind

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
                self._step(one, 1, alive=1)
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

    def held_up_by(self, run_id: str) -> tuple[int, int]:
        """How many slots there are where a run waits, and how many of them its own person has: 0 where others do.

        Raises KeyError for one that does not wait.
        """
        one = self._waiting[run_id]
        if len(self._live) >= self._caps.at_once:
            return self._caps.at_once, 0
        if not self._has_room(one.guild_id or 0):
            return self._caps.per_guild, 0
        return self._caps.per_user, self._alive[one.user_id]

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

    def _is_given_back(self, one: Entry, step: int) -> bool:
        """Count one more that its person has left behind (1), or one less (-1): whether its place is theirs again."""
        more = max(self._behind_of[one.user_id], self._behind_of[one.user_id] + step)
        _add(self._behind_of, one.user_id, step)
        return more <= self._caps.per_user

    def _serve(self, one: Entry, at: datetime | None) -> None:
        """Note when a person had had their turn."""
        person = self._people.get(one.user_id)
        if person is not None and at is not None:
            # Whoever waits for nothing now counts from their next press, which comes after this.
            person.served = at

    def _count(self, one: Entry, step: int, *, alive: int) -> None:
        self._step(one, step, alive=alive)
        person = self._people.get(one.user_id)
        if person is not None:
            self._seat(person)

    def _step(self, one: Entry, step: int, *, alive: int) -> None:
        """Count a run that came to life (1), or that is over (-1); `alive`: as much for its person."""
        _add(self._alive, one.user_id, alive)
        _add(self._in_guild, one.guild_id or 0, step)
        self._starters.renew(one.guild_id or 0)

    def _seat(self, person: Person) -> None:
        """Somebody's runs, or what they have alive, have changed: put their turns where they belong."""
        self._order.change(person)
        alive = self._alive[person.user_id]
        turns = {}
        if alive < self._caps.per_user:
            turns = {guild_id: person.turn(there[0], alive) for guild_id, there in person.by_guild.items()}
        self._starters.seat(person.user_id, turns)


def _add(counter: Counter[int], key: int, step: int) -> None:
    """Count, and keep no zeros."""
    counter[key] += step
    if not counter[key]:
        del counter[key]
