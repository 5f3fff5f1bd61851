"""Chance as something that is handed in, so that tests and simulations can repeat it: jitter, run ids, references."""

from dataclasses import dataclass
from random import Random, SystemRandom
from typing import Protocol, Self
from uuid import UUID


class Rng(Protocol):
    """What waits are spread with."""

    def random(self) -> float:
        """A number from 0 to below 1."""
        ...

    def uniform(self, a: float, b: float) -> float:
        """A number from `a` to `b`."""
        ...


@dataclass(frozen=True, slots=True)
class Entropy:
    """The one source of chance of a process. Together with `bot.clock` it is all that is not the same in every run."""

    source: Random

    @classmethod
    def of_system(cls) -> Self:
        """The machine's own, which nobody can foretell."""
        return cls(SystemRandom())

    @classmethod
    def seeded(cls, seed: int | str) -> Self:
        """The same numbers and ids for the same seed. Two processes over one database need two seeds."""
        return cls(Random(seed))  # noqa: S311 - to be repeated is what it is for

    @property
    def rng(self) -> Rng:
        """Numbers to spread waits with."""
        return self.source

    def new_run_id(self) -> str:
        """A run's id: a random UUID (version 4) as 32 hexadecimal digits."""
        return UUID(int=self.source.getrandbits(128), version=4).hex

    def new_reference(self) -> str:
        """What a person can quote of a fault: 8 hexadecimal digits."""
        return f"{self.source.getrandbits(32):08x}"
