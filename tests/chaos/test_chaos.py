"""A short storm, and a few of the points of one run's life. `python -m tests.chaos` is the long form of both."""

from pathlib import Path

import pytest

from tests.chaos.arena import open_arena
from tests.chaos.points import COURSE, clean_life, deaths, die
from tests.chaos.storm import Size, storm
from tests.chaos.verdict import judge

SEED = 5
_EVERY = 8
"""Which share of the points is tried here: every eighth, from the first on. `make chaos` tries all."""


async def test_a_storm_breaks_no_promise(tmp_path: Path) -> None:
    verdict = await storm(tmp_path, seed=SEED, size=Size(runs=20, kills=4, stuck=False))
    assert not verdict.wrong, verdict.table()
    assert verdict.kills >= 4
    assert verdict.accepted >= 20
    assert (verdict.doubles, verdict.hanging) == (0, 0)  # what is held for lost runs, and no more, is judged
    assert verdict.settled_micro_usd == verdict.billed_micro_usd > 0
    assert verdict.most_creates == 1


@pytest.mark.timeout(180)
async def test_a_death_at_a_point_breaks_no_promise(tmp_path: Path) -> None:
    async with open_arena(tmp_path, switches=COURSE) as arena:
        every = deaths(await clean_life(arena))
        assert len(every) > 20
        came = [await die(arena, death) for death in every[::_EVERY]]
        verdict = await judge(arena, seed=0)
    assert not verdict.wrong, verdict.table()
    assert sum(came) >= len(came) // 2
    assert verdict.kills == sum(came)
