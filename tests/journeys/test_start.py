"""A start with people in line, by the benchmark's own rules: no press is lost, each run is sent once, in turns."""

from pathlib import Path

import pytest

from bench.start import Case, measure

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_start_with_a_queue_is_exact(tmp_path: Path) -> None:
    case = Case(
        waiting=60, unfinished=0, presses=5, press_s=1, running_s=0.1, database_url=None, say=lambda _: None, rest_s=1
    )
    found = await measure(case, tmp_path)
    assert (found["wrong"], found["presses_lost"], found["presses"], found["run_waits_lines"]) == ([], 0, 5, 0)
