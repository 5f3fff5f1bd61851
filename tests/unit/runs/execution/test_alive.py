"""The gauge of runs that are alive counts what is worked on, not what is merely looked for."""

from dataclasses import replace
from pathlib import Path

from bot.runs.run import State
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.room import runs_room, until

ENDLESS = replace(without_waiting(PROFILES["default"]), running_s=10_000.0)


async def test_a_lost_run_that_had_its_end_is_not_alive(tmp_path: Path) -> None:
    async with runs_room(tmp_path, ENDLESS, deadline_s=60) as room:
        run = await room.press()
        await room.services.runs.start(run, 11)
        await room.running(run)
        assert room.app.worker.alive == 1
        room.clock.advance(61)
        assert (await room.settled(run)).state is State.LOST

        async def none_alive() -> bool:
            return room.app.worker.alive == 0

        await until(none_alive, timeout_s=3)
        assert room.app.worker.wake(run.id), "Runflow may still tell of it"
