"""How long shards have been off the gateway."""

from collections.abc import Iterable


class Absences:
    """How long each shard has been away, counted in steps of equal length."""

    def __init__(self, *, most_steps: int) -> None:
        self._most_steps = most_steps
        self._steps: dict[int, int] = {}

    def step(self, away: Iterable[int]) -> frozenset[int]:
        """Count one step more for those that are away. Those that reached `most_steps` now; they begin anew."""
        self._steps = {shard_id: self._steps.get(shard_id, 0) + 1 for shard_id in away}
        long = frozenset(shard_id for shard_id, steps in self._steps.items() if steps >= self._most_steps)
        for shard_id in long:
            del self._steps[shard_id]
        return long
