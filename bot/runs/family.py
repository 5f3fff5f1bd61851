"""A family: a run, the runs that it was made from, and those made from it, as rows of small cells. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.runs.run import PictureRef, Run

MOST_GENERATIONS = 64
"""How many generations back a family goes. Nothing lets a circle be written, and one would end here."""

MOST_CELLS = 12
MOST_ANCESTORS = 7
IN_A_ROW = 3
"""So many that what stands under them can still be read on a phone."""

These = Callable[[Sequence[str]], Iterable[Run]]
"""Reads the runs with these ids, in any order; those that are gone are left out."""


@dataclass(frozen=True, slots=True)
class Family:
    """Generations, each in the order of time: `above` from the oldest on, the run itself, `below` its children.

    Each run is in it once, an ancestor at its nearest. `has_more`: there are others, which are left out.
    """

    run: Run
    above: tuple[tuple[Run, ...], ...] = ()
    below: tuple[Run, ...] = ()
    has_more: bool = False

    @property
    def generations(self) -> tuple[tuple[Run, ...], ...]:
        """All of them, the oldest first."""
        return tuple(one for one in (*self.above, (self.run,), self.below) if one)

    @property
    def members(self) -> tuple[Run, ...]:
        """Every run of it, generation after generation."""
        return tuple(run for generation in self.generations for run in generation)


@dataclass(frozen=True, slots=True)
class Cell:
    """A place on the sheet: a run, and which of its pictures stands for it (from 0)."""

    run: Run
    index: int

    @property
    def ref(self) -> PictureRef:
        """The picture that stands there."""
        return PictureRef(self.run.id, self.index)


@dataclass(frozen=True, slots=True)
class Row:
    """Up to four cells side by side. `generation`: below 0 it is made from these, 0 is the run itself, 1 its children.

    `goes_on`: it is the rest of the generation that the row before begins.
    """

    generation: int
    cells: tuple[Cell, ...]
    goes_on: bool = False


def family_of(run: Run, these: These, children: Sequence[Run]) -> Family:
    """The family of a run. `children`: those made from it, of which one more than fits is enough."""
    seen, above, youngest, room, has_more = {run.id}, list[tuple[Run, ...]](), (run,), MOST_ANCESTORS, False
    for _ in range(MOST_GENERATIONS):
        wanted = [one.run_id for each in youngest for one in each.parents if one.run_id not in seen]
        wanted = list(dict.fromkeys(wanted))
        if not wanted or room <= 0:
            has_more = bool(wanted)
            break
        has_more = has_more or len(wanted) > room
        found = {one.id: one for one in these(wanted[:room]) if one.id in wanted}
        youngest = _in_time(found.values())
        if not youngest:
            break
        above.insert(0, youngest)
        seen |= found.keys()
        room -= len(youngest)
    below = [one for one in _in_time(children) if one.id not in seen]
    space = MOST_CELLS - len(seen)
    return Family(run, tuple(above), tuple(below[:space]), has_more or len(below) > space)


def rows_of(family: Family) -> tuple[Row, ...]:
    """How a family stands on a sheet: a row or more for each generation, the oldest at the top."""
    found = list[Row]()
    for number, generation in enumerate(family.generations, -len(family.above)):
        cells = [Cell(run, _shown_of(run, family)) for run in generation]
        for at in range(0, len(cells), IN_A_ROW):
            found.append(Row(number, tuple(cells[at : at + IN_A_ROW]), goes_on=at > 0))
    return tuple(found)


def _shown_of(run: Run, family: Family) -> int:
    """The picture that stands for a run: the one that another was made from, on the way to the run itself."""
    if run.id == family.run.id or run in family.below:
        return 0
    younger = (one for generation in reversed((*family.above, (family.run,))) for one in generation)
    return next((ref.index for one in younger for ref in one.parents if ref.run_id == run.id), 0)


def _in_time(runs: Iterable[Run]) -> tuple[Run, ...]:
    once = {one.id: one for one in runs}
    return tuple(sorted(once.values(), key=lambda one: (one.created_at, one.id)))
