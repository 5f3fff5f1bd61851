"""Families, however they come about: no run twice, a cap on all, and a sheet that shows the picture that was used."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.runs.family import IN_A_ROW, MOST_ANCESTORS, MOST_CELLS, MOST_GENERATIONS, Family, family_of, rows_of
from bot.runs.run import PictureRef, Run
from tests.unit.cogs.samples import a_run, done

AT = datetime(2026, 5, 1, tzinfo=UTC)


def the_run(number: int, *parents: tuple[int, int]) -> Run:
    refs = tuple(PictureRef(f"{of:032x}", index) for of, index in parents)
    return replace(done(a_run("x")), id=f"{number:032x}", created_at=AT + timedelta(seconds=number), parents=refs)


def family_in(known: dict[str, Run], run_id: str) -> Family:
    children = [one for one in known.values() if run_id in {ref.run_id for ref in one.parents}]
    return family_of(known[run_id], lambda ids: [known[one] for one in reversed(ids) if one in known], children)


def of(*runs: Run) -> dict[str, Run]:
    return {one.id: one for one in runs}


def test_generations_stand_in_order_and_each_shows_the_picture_that_was_used() -> None:
    known = of(the_run(1), the_run(2, (1, 3)), the_run(3, (2, 1)), the_run(4, (3, 0)), the_run(5, (3, 2)))
    rows = rows_of(family_in(known, f"{3:032x}"))
    assert [(row.generation, [(int(cell.run.id, 16), cell.index) for cell in row.cells]) for row in rows] == [
        (-2, [(1, 3)]),
        (-1, [(2, 1)]),
        (0, [(3, 0)]),
        (1, [(4, 0), (5, 0)]),
    ]


def test_a_blend_has_all_its_sources_in_one_generation_and_one_that_is_gone_is_left_out() -> None:
    family = family_in(of(the_run(1), the_run(2), the_run(4, (2, 0), (1, 1), (3, 0))), f"{4:032x}")
    assert [[int(run.id, 16) for run in one] for one in family.generations] == [[1, 2], [4]]


def test_a_circle_that_cannot_be_ends_all_the_same() -> None:
    known = of(the_run(1, (3, 0)), the_run(2, (1, 0)), the_run(3, (2, 0)), the_run(4, (4, 0)))
    assert len(family_in(known, f"{1:032x}").members) == 3
    assert len(family_in(known, f"{4:032x}").members) == 1


def test_a_long_line_and_many_children_are_cut_and_said_to_be() -> None:
    known = of(the_run(0), *(the_run(n, (n - 1, 0)) for n in range(1, 200)))
    line = family_in(known, f"{199:032x}")
    assert (len(line.members), line.has_more) == (MOST_ANCESTORS + 1, True)
    wide = family_in(of(the_run(0), *(the_run(n, (0, 0)) for n in range(1, 50))), "0" * 32)
    assert (len(wide.members), wide.has_more) == (MOST_CELLS, True)
    assert not family_in(of(the_run(0), the_run(1, (0, 0))), "0" * 32).has_more


class Families(RuleBasedStateMachine):
    """Runs are made from others, and rows go; whatever was done, each family keeps to the rules."""

    def __init__(self) -> None:
        super().__init__()
        self.known = of(the_run(0))
        self.made = 1

    @rule(data=st.data(), count=st.integers(0, 4))
    def make(self, data: st.DataObject, count: int) -> None:
        picked = st.tuples(st.integers(0, self.made - 1), st.integers(0, 3))
        parents = data.draw(st.lists(picked, min_size=count, max_size=count))
        self.known |= of(the_run(self.made, *parents))
        self.made += 1

    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        if len(self.known) > 1:
            del self.known[data.draw(st.sampled_from(sorted(self.known)))]

    @invariant()
    def each_family_keeps_to_the_rules(self) -> None:
        for run_id in self.known:
            family = family_in(self.known, run_id)
            ids = [one.id for one in family.members]
            assert len(ids) == len(set(ids)) <= MOST_CELLS
            assert len(family.above) <= MOST_GENERATIONS
            assert family == family_in(dict(reversed(self.known.items())), run_id), "whatever order rows come in"
            rows = rows_of(family)
            assert [cell.run.id for row in rows for cell in row.cells] == ids
            assert all(1 <= len(row.cells) <= IN_A_ROW for row in rows)
            younger = {run_id: ids.index(run_id)}
            for generation in reversed(family.above):
                for one in generation:
                    assert one.id not in younger
                    assert any(one.id in {ref.run_id for ref in self.known[it].parents} for it in younger)
                younger |= {one.id: 0 for one in generation}
            for child in family.below:
                assert run_id in {ref.run_id for ref in child.parents}


TestFamilies = Families.TestCase
TestFamilies.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
