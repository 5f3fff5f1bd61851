"""Who may start: in each server the turns of those who wait there, and of the servers with a free slot the first."""

from bisect import bisect_left, insort
from collections.abc import Callable, Mapping

from bot.runs.scheduling.turns import Turn


class Starters:
    """The turns of people in each server (0: privately). `has_room` says whether a server has a free slot."""

    def __init__(self, has_room: Callable[[int], bool]) -> None:
        self._has_room = has_room
        self._seats: dict[int, Mapping[int, Turn]] = {}
        self._turns: dict[int, list[Turn]] = {}
        self._fronts: list[tuple[Turn, int]] = []  # the first turn in each server with room, in order
        self._front_of: dict[int, Turn] = {}

    def first(self) -> Turn | None:
        """Whose turn it is: the first in any server with room."""
        return self._fronts[0][0] if self._fronts else None

    def seat(self, user_id: int, turns: Mapping[int, Turn]) -> None:
        """Somebody's turn in each server where they may start something; whatever they had before is gone."""
        before = self._seats.pop(user_id, {})
        for guild_id, one in before.items():
            there = self._turns[guild_id]
            del there[bisect_left(there, one)]
        if turns:
            self._seats[user_id] = turns
        for guild_id, one in turns.items():
            insort(self._turns.setdefault(guild_id, []), one)
        for guild_id in {**before, **turns}:
            self.renew(guild_id)

    def renew(self, guild_id: int) -> None:
        """A server's first turn, or its room, may have changed."""
        turns, before = self._turns.get(guild_id), self._front_of.get(guild_id)
        if turns is not None and not turns:
            del self._turns[guild_id]
        front = turns[0] if turns and self._has_room(guild_id) else None
        if front == before:
            return
        if before is not None:
            del self._fronts[bisect_left(self._fronts, (before, guild_id))]
            del self._front_of[guild_id]
        if front is not None:
            insort(self._fronts, (front, guild_id))
            self._front_of[guild_id] = front
