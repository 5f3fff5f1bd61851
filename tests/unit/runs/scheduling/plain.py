"""The rule of the queue in its plainest form: all are gone through each time. The line is played against it."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from heapq import heapify, heappop, heapreplace

from bot.runs.scheduling.turns import Caps, Entry


def next_to_start(
    waiting: Iterable[Entry],
    live: Collection[Entry],
    caps: Caps,
    served: Mapping[int, datetime],
    behind: Collection[str] = (),
) -> tuple[str, ...]:
    """The runs that start now, in order. `served`: when each person's last run ended, where that was lately."""
    free = caps.at_once - len(live)
    if free <= 0:
        return ()
    alive, in_guild = _counts(live, behind, caps)

    def has_room(guild_id: int | None) -> bool:
        return guild_id is None or in_guild[guild_id] < caps.per_guild

    started: list[str] = []
    able = (one for one in waiting if alive[one.user_id] < caps.per_user and has_room(one.guild_id))
    for one in _in_turn(able, alive, served, has_room, caps.per_user):
        started.append(one.run_id)
        if one.guild_id is not None:
            in_guild[one.guild_id] += 1
        if len(started) == free:
            break
    return tuple(started)


def positions(
    waiting: Iterable[Entry],
    live: Collection[Entry],
    caps: Caps,
    served: Mapping[int, datetime],
    behind: Collection[str] = (),
) -> dict[str, int]:
    """The position of each run, from 1, in the queue that it really waits in.

    That is the queue of everybody where the bot has no free slot, else that of its server where the server has none,
    else that of the person's own runs: nobody counts those who are not in their way.
    """
    alive, in_guild = _counts(live, behind, caps)
    is_full = len(live) >= caps.at_once
    ahead: Counter[tuple[str, int]] = Counter()
    found: dict[str, int] = {}
    for one in _in_turn(waiting, alive, served, lambda _: True, None):
        if is_full:
            queue = ("bot", 0)
        elif one.guild_id is not None and in_guild[one.guild_id] >= caps.per_guild:
            queue = ("guild", one.guild_id)
        else:
            queue = ("user", one.user_id)
        ahead[queue] += 1
        found[one.run_id] = ahead[queue]
    return found


def _counts(live: Collection[Entry], behind: Collection[str], caps: Caps) -> tuple[Counter[int], Counter[int]]:
    """How many runs each person has alive, and each server. Up to `per_user` left behind count for no person."""
    alive = Counter(one.user_id for one in live if one.run_id not in behind)
    for user_id, count in Counter(one.user_id for one in live if one.run_id in behind).items():
        alive[user_id] += max(count - caps.per_user, 0)
    return alive, Counter(one.guild_id for one in live if one.guild_id is not None)


class _Person:
    """The runs that one person waits for: for each server, oldest first."""

    def __init__(self) -> None:
        self._by_guild: dict[int | None, deque[Entry]] = {}

    def add(self, one: Entry) -> None:
        self._by_guild.setdefault(one.guild_id, deque()).append(one)

    def oldest(self) -> Entry:
        return min((queue[0] for queue in self._by_guild.values()), key=_age)

    def take(self, has_room: Callable[[int | None], bool]) -> Entry | None:
        """The oldest run in a server with room; None where there is none, or none left."""
        heads = [queue[0] for guild_id, queue in self._by_guild.items() if has_room(guild_id)]
        if not heads:
            return None
        one = min(heads, key=_age)
        queue = self._by_guild[one.guild_id]
        queue.popleft()
        if not queue:
            del self._by_guild[one.guild_id]
        return one


def _age(one: Entry) -> tuple[datetime, str]:
    return one.since, one.run_id


def _in_turn(
    waiting: Iterable[Entry],
    alive: Mapping[int, int],
    served: Mapping[int, datetime],
    has_room: Callable[[int | None], bool],
    per_user: int | None,
) -> Iterator[Entry]:
    """The runs in the order of their turns; `has_room` is asked at each turn. A person's turns end at `per_user`."""
    people: dict[int, _Person] = {}
    for one in sorted(waiting, key=_age):
        people.setdefault(one.user_id, _Person()).add(one)
    turns = [_turn(user_id, person, alive, served) for user_id, person in people.items()]
    heapify(turns)
    while turns:
        count, since, run_id, user_id = turns[0]
        one = people[user_id].take(has_room)
        if one is None:
            heappop(turns)
            continue
        yield one
        if per_user is not None and count + 1 >= per_user:
            heappop(turns)
        else:
            heapreplace(turns, (count + 1, since, run_id, user_id))


def _turn(
    user_id: int, person: _Person, alive: Mapping[int, int], served: Mapping[int, datetime]
) -> tuple[int, datetime, str, int]:
    """What decides whose turn it is. Whoever never had one counts from their press: newcomers cannot starve others."""
    oldest = person.oldest()
    last = served.get(user_id)
    since = oldest.since if last is None else max(last, oldest.since)
    return alive.get(user_id, 0), since, oldest.run_id, user_id
