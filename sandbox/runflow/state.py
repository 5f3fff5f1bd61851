"""What the stand-in remembers: its runs, the requests it saw, and how far the switches' counts are used up."""

import random
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from sandbox.clock import SandboxClock
from sandbox.runflow.run import StandinRun, billed_micro_usd, view
from sandbox.runflow.switches import Switches

Count = Literal[
    "lost_creates",
    "reset_creates",
    "create_errors",
    "get_errors",
    "get_resets",
    "limited_creates",
    "limited_gets",
    "list_errors",
]


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that reached the stand-in. `path` is without its query; `body` is parsed JSON, or None."""

    method: str
    path: str
    authorization: bool
    body: object


class State:
    """The stand-in's memory."""

    def __init__(self, *, clock: SandboxClock, switches: Switches, rng_seed: int) -> None:
        self.clock = clock
        self._runs: dict[str, StandinRun] = {}
        self._unsettled: set[str] = set()
        self._settled_micro_usd = 0
        self.requests: list[RecordedRequest] = []
        self.looked_at: set[str] = set()
        self.create_requests = 0
        self._random = random.Random(rng_seed)  # noqa: S311  # the same sandbox twice must give the same pictures
        self._switches = switches
        self._used: Counter[Count] = Counter()

    @property
    def switches(self) -> Switches:
        """How the stand-in behaves from now on."""
        return self._switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self._switches = switches
        self._used.clear()

    def take(self, count: Count) -> bool:
        """Whether one more of a switch's "next N" is due; it is used up by asking."""
        allowed: int = getattr(self._switches, count)
        if self._used[count] >= allowed:
            return False
        self._used[count] += 1
        return True

    @property
    def runs(self) -> Mapping[str, StandinRun]:
        """Every run by its id, oldest first."""
        return MappingProxyType(self._runs)

    def keep(self, run: StandinRun) -> None:
        """Remember a run that is new, or changed before its end."""
        self._runs[run.id] = run
        self._unsettled.add(run.id)

    def now(self) -> datetime:
        """The sandbox's time."""
        return self.clock.now()

    def new_id(self) -> str:
        """A UUIDv7 of the sandbox's time."""
        milliseconds = int(self.now().timestamp() * 1000) & ((1 << 48) - 1)
        number = milliseconds << 80 | 7 << 76 | self._random.getrandbits(12) << 64
        return str(uuid.UUID(int=number | 2 << 62 | self._random.getrandbits(62)))

    def new_seed(self) -> int:
        """A seed for a run that asked for none."""
        return self._random.getrandbits(32)

    def billed_micro_usd(self) -> int:
        """What all runs have cost until now: each in whole micro-dollars, rounded half up."""
        now = self.now()
        # A run that is final costs the same for ever, and is looked at once: a bench makes many of them.
        for run_id in [key for key in self._unsettled if view(self._runs[key], now).is_final]:
            self._settled_micro_usd += billed_micro_usd(self._runs[run_id], now)
            self._unsettled.remove(run_id)
        return self._settled_micro_usd

    def credit_micro_usd(self) -> int:
        """What is left to spend."""
        return self._switches.credit_micro_usd - self.billed_micro_usd()
