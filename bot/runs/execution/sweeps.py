"""Which of many runs in flight are looked at by list, which are read by themselves, and when. Pure.

Times are seconds of one clock. A list tells only that there is something to read: it ends no run.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from math import ceil, inf

from bot.runs.execution.pacing import Trust, pace_s
from bot.runs.run import State

MANY = 32
"""While no more than so many runs are followed, each is read by itself."""

PAGE, SMALL_PAGE = 500, 50
"""Runs on a page: the documented most; and where a server ignores `fields`, so that a page gets too long."""

_MOST_SINGLY = 50  # in one sweep
_PAGES_OF_OTHERS = 2
# A list may lag. Whoever was only seen in lists for so long is read, a few in each sweep.
_READ_AFTER_S, _MOST_TO_MAKE_SURE = 60.0, 10
# The further down the list, the more pages have to be read to get there.
_EACH_PAGE_S, _DEEPEST_S = 0.25, 5.0
_GAP_S, _GAP_AFTER_READS_S = 0.25, 1.0
_MOST_REST_S = 30.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that waits for its next look. `latest_s`: its deadline, when it is read by itself whatever lists say.

    `is_hidden`: a list that should have shown it did not.
    """

    run_id: str
    runflow_id: str
    state: State
    sent_s: float
    read_s: float
    due_s: float
    latest_s: float
    is_hidden: bool = False

    @property
    def next_s(self) -> float:
        """When something is to be done for it."""
        return min(self.due_s, self.latest_s)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One look at all that is due: what is read by itself, what is sought in lists, and on how many pages at most."""

    singly: tuple[Waiting, ...] = ()
    by_list: tuple[Waiting, ...] = ()
    most_pages: int = 0

    def missed(self, is_left: Callable[[Waiting], bool]) -> tuple[Sequence[Waiting], Sequence[Waiting]]:
        """Those that were sought in vain: as many as may be read now, longest due first, and those left for later."""
        left = sorted((one for one in self.by_list if is_left(one)), key=lambda one: one.due_s)
        room = max(_MOST_SINGLY - len(self.singly), 0)
        return left[:room], left[room:]

    def gap_s(self, *, reads: int, followed: int) -> float:
        """The least time until the next sweep after one that let so many be read."""
        return _GAP_AFTER_READS_S if reads and followed > MANY else _GAP_S


def plan(waiting: Iterable[Waiting], now_s: float, *, followed: int, page: int, has_list: bool) -> Sweep:
    """What is done now. `followed`: how many runs are; `page`: runs on a page; `has_list`: lists can be had."""
    due = [one for one in waiting if one.due_s <= now_s or one.latest_s <= now_s]
    ending = ending_of(due, now_s)
    others = [one for one in due if one.latest_s > now_s]
    if followed <= MANY or not has_list:
        return Sweep((*ending, *_longest_due(others, _MOST_SINGLY)))
    hidden = [one for one in others if one.is_hidden]
    listed = [one for one in others if not one.is_hidden]
    unsure = (one for one in listed if now_s - one.read_s >= _READ_AFTER_S)
    to_make_sure = nsmallest(_MOST_TO_MAKE_SURE, unsure, key=lambda one: one.read_s)
    singly = [*_longest_due(hidden, _MOST_SINGLY), *to_make_sure][:_MOST_SINGLY]
    read = {one.run_id for one in singly}
    by_list = tuple(one for one in listed if one.run_id not in read)
    most_pages = ceil(followed / page) + _PAGES_OF_OTHERS if by_list else 0
    return Sweep((*ending, *singly), by_list, most_pages)


def ending_of(waiting: Iterable[Waiting], now_s: float) -> list[Waiting]:
    """Those whose deadline has come."""
    return [one for one in waiting if one.latest_s <= now_s]


def _longest_due(runs: Iterable[Waiting], most: int) -> list[Waiting]:
    return nsmallest(most, runs, key=lambda one: one.due_s)


def next_s(waiting: Iterable[Waiting]) -> float:
    """When the first of them is due; infinite where none is."""
    return min((one.due_s if one.due_s < one.latest_s else one.latest_s for one in waiting), default=inf)


def due_again_s(seen: Waiting, now_s: float, *, page: int, callback: Trust) -> float:
    """When a run that was seen on that page, the first being 1, is due again. `callback`: see `pacing`."""
    return now_s + max(pace_s(now_s - seen.sent_s, callback), min(page * _EACH_PAGE_S, _DEEPEST_S))


def rest_s(faults: int) -> float:
    """For how long no list is asked for after so many faults in a row."""
    return min(2.0**faults, _MOST_REST_S)
