"""How often a run is polled while callbacks come, and while they do not."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.runs.execution.callbacks import MOST_WAITING, CallbackHint, HeardCallbacks
from bot.runs.execution.pacing import Trust
from bot.runs.run import Delivery, Run, State
from sandbox.runflow.switches import PROFILES, without_waiting
from tests.unit.runs.room import RunsRoom, runs_room, until

TWENTY_S = replace(without_waiting(PROFILES["default"]), running_s=20.0)
NOBODY = "http://127.0.0.1:1/callbacks/runflow"  # the stand-in's own callbacks reach nobody: hints are given by hand
STEP_S = 0.2


def polls(room: RunsRoom) -> int:
    return sum(seen.method == "GET" and seen.path.startswith("/v1/runs/") for seen in room.runflow.requests)


async def made(room: RunsRoom, *, told: bool, takes_s: float = 20.0) -> int:
    """How often a run was polled from its creation to its end; `told`: whether its callback comes then."""
    run, before, known = await room.press(), polls(room), set(room.runflow.runs)
    await room.services.runs.start(run, 11)

    async def has_come() -> bool:
        return len(room.runflow.runs) > len(known)

    await until(has_come)
    (runflow_id,) = room.runflow.runs.keys() - known
    for _ in range(int(takes_s / STEP_S) + 1):
        room.clock.advance(STEP_S)
        await asyncio.sleep(0.006)
    if told:
        room.app.hints.put_nowait(CallbackHint(runflow_id, run.id))
    await _over(room, run, moving=not told)
    return polls(room) - before


async def _over(room: RunsRoom, run: Run, *, moving: bool) -> None:
    async def over() -> bool:
        if moving:
            room.clock.advance(STEP_S)
        await asyncio.sleep(0.006)
        return (await room.runs.load(run.id)).delivery is Delivery.SHOWN

    await until(over)
    assert (await room.runs.load(run.id)).state is State.SUCCEEDED


async def test_six_polls_in_twenty_seconds_while_callbacks_come_and_as_ever_after_one_was_missed(
    tmp_path: Path,
) -> None:
    async with runs_room(tmp_path, TWENTY_S, callback_url=NOBODY) as room:
        hearing = asyncio.create_task(room.app.parts["callback hints"](), name="hints")
        assert await made(room, told=True) <= 6
        assert await made(room, told=False) <= 7  # missed: found a few seconds later
        assert await made(room, told=True) > 15  # not relied on, and yet it came
        assert await made(room, told=True) <= 6
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)


async def test_where_callbacks_have_come_a_run_takes_two_to_four_requests(tmp_path: Path) -> None:
    async with runs_room(tmp_path, TWENTY_S, callback_url=NOBODY) as room:
        hearing = asyncio.create_task(room.app.parts["callback hints"](), name="hints")
        await made(room, told=True)
        assert 1 + await made(room, told=True) <= 4  # with the create
        room.runflow.switches = replace(TWENTY_S, running_s=0.6)
        assert 1 + await made(room, told=True, takes_s=0.6) <= 2
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)


async def test_without_callbacks_nothing_is_waited_for(tmp_path: Path) -> None:
    async with runs_room(tmp_path, TWENTY_S) as room:
        assert await made(room, told=False) > 15


@pytest.mark.parametrize("asked_for", [True, False])
def test_only_callbacks_that_were_asked_for_are_relied_on(*, asked_for: bool) -> None:
    callbacks = HeardCallbacks(asked_for=asked_for)
    assert callbacks.will_come("a") is asked_for
    callbacks.heard("b")
    assert callbacks.will_come("a") is asked_for


def test_callbacks_are_expected_once_one_has_come_and_not_after_one_was_missed() -> None:
    callbacks = HeardCallbacks(asked_for=True)
    assert callbacks.trust("a") is Trust.HOPED
    callbacks.heard("b")
    assert callbacks.trust("a") is Trust.EXPECTED
    assert callbacks.trust("b") is Trust.NONE
    callbacks.ended("a")
    assert callbacks.trust("c") is Trust.NONE


def test_a_run_whose_callback_came_waits_for_no_other() -> None:
    callbacks = HeardCallbacks(asked_for=True)
    callbacks.heard("a")
    assert (callbacks.will_come("a"), callbacks.will_come("b")) == (False, True)
    callbacks.ended("a")
    assert callbacks.will_come("b")


def test_one_that_was_missed_ends_the_reliance_until_the_next_comes() -> None:
    callbacks = HeardCallbacks(asked_for=True)
    callbacks.ended("a")
    assert not callbacks.will_come("b")
    callbacks.heard("a")  # it was only late
    assert callbacks.will_come("b")


def test_callbacks_of_runs_that_are_over_are_not_remembered_for_ever() -> None:
    callbacks = HeardCallbacks(asked_for=True)
    for n in range(MOST_WAITING + 1):
        callbacks.heard(f"r{n}")
    assert callbacks.will_come("r0")
    assert not callbacks.will_come("r1")
