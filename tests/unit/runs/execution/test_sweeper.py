"""Many runs in flight against the stand-in of Runflow: whether each is seen, and what is asked for that."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.runflow.client import RunflowClient
from bot.runflow.reading import RunflowStatus
from bot.runs.execution.callbacks import HeardCallbacks
from bot.runs.execution.overdue import OverduePolls
from bot.runs.execution.pacing import next_poll_s
from bot.runs.execution.sweeper import Sweeper
from bot.runs.execution.sweeps import MANY, Waiting
from bot.runs.run import State
from sandbox.clock import SandboxClock
from sandbox.runflow import RunflowStandin
from sandbox.runflow.switches import PROFILES, Switches, without_waiting
from tests.unit.runflow.scripted_runflow import ScriptedServer
from tests.unit.runs.room import runs_room, until

LONG = replace(without_waiting(PROFILES["default"]), running_s=1_000.0)
MODEL = "black-forest-labs/flux-2-klein-4b"
STEP_S = 0.25


@dataclass
class Crowd:
    """Runs that are followed as the poller does it. `reads`: when each was read by itself; `ended`: those at an end."""

    clock: SandboxClock
    client: RunflowClient
    overdue: OverduePolls
    sweeper: Sweeper
    reads: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    ended: dict[str, float] = field(default_factory=dict[str, float])
    wake_ups: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])

    async def follow(self, runflow_id: str, *, deadline_s: float = 10_000.0) -> None:
        rng, sent_s = random.Random(runflow_id), self.clock.now().timestamp()
        wake_up = self.wake_ups[runflow_id] = asyncio.Event()
        with self.sweeper.following():
            await asyncio.sleep(0)
            while True:
                now_s = self.clock.now().timestamp()
                due_s = now_s + next_poll_s(now_s - sent_s, rng)
                one = Waiting(runflow_id, runflow_id, State.RUNNING, sent_s, now_s, due_s, sent_s + deadline_s)
                self.overdue.set(runflow_id, self.clock.now() + timedelta(seconds=due_s - now_s))
                await self.sweeper.wait(one, wake_up)
                self.reads.append((self.clock.elapsed_s(), runflow_id))
                status = (await self.client.read(runflow_id)).status
                self.overdue.done(runflow_id)
                if status is not RunflowStatus.RUNNING:
                    break
        self.ended[runflow_id] = self.clock.elapsed_s()

    async def pass_s(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        for _ in range(int(seconds / STEP_S)):
            self.clock.advance(STEP_S)
            for _ in range(4):
                await asyncio.sleep(0.001)
            if until():
                return

    def reads_in_any_s(self, seconds: float) -> int:
        """The most reads that lie within so many seconds."""
        times = [at for at, _ in self.reads]
        return max((sum(first <= at < first + seconds for at in times) for first in times), default=0)


@asynccontextmanager
async def crowd_at(url: str, clock: SandboxClock, key: str) -> AsyncGenerator[Crowd]:
    async with aiohttp.ClientSession() as session:
        rng = random.Random(1)
        client = RunflowClient(session=session, base_url=url, api_key=SecretStr(key), clock=clock, rng=rng)
        overdue, callbacks = OverduePolls(clock), HeardCallbacks(asked_for=False)
        sweeper = Sweeper(runflow=client, clock=clock, overdue=overdue, callbacks=callbacks)
        serving = asyncio.create_task(sweeper.serve(), name="sweeps")
        crowd = Crowd(clock, client, overdue, sweeper)
        try:
            yield crowd
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)


async def made(client: RunflowClient, number: int) -> str:
    return (await client.create(MODEL, {"prompt": "a fox"}, job=f"j{number}", callback_url=None)).runflow_id


@dataclass
class AtStandin:
    runflow: RunflowStandin
    crowd: Crowd
    ids: list[str]

    def lists(self) -> int:
        return sum(one.path == "/v1/runs" for one in self.runflow.requests)


@asynccontextmanager
async def at_standin(
    count: int, switches: Switches = LONG, *, behind: int = 0, **following: float
) -> AsyncGenerator[AtStandin]:
    """`behind`: so many of the runs are older than a great many of others'."""
    clock = SandboxClock(stopped=True)
    async with (
        RunflowStandin(clock=clock, switches=switches) as runflow,
        crowd_at(runflow.url, clock, runflow.api_key) as crowd,
    ):
        ids = [await made(crowd.client, number) for number in range(behind)]
        if behind:
            clock.advance(5)
            runflow.fill(1_700, every_s=0.001)
        ids += [await made(crowd.client, number) for number in range(behind, count)]
        tasks = [asyncio.create_task(crowd.follow(one, **following), name=one) for one in ids]
        await asyncio.sleep(0)
        try:
            yield AtStandin(runflow, crowd, ids)
        finally:
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                assert outcome is None or isinstance(outcome, asyncio.CancelledError), outcome


async def test_many_are_seen_by_list_and_no_single_read_is_needed() -> None:
    async with at_standin(60) as room:
        await room.crowd.pass_s(30)
        assert room.crowd.reads == []
        assert 10 <= room.lists() <= 60  # 60 single reads would be made in six seconds
        assert room.crowd.overdue.oldest_s() == 0


async def test_few_are_read_by_themselves_although_they_wait_for_sweeps() -> None:
    async with at_standin(MANY) as room:
        await room.crowd.pass_s(10)
        assert room.lists() == 0
        assert {one for _, one in room.crowd.reads} == set(room.ids)


async def test_every_end_is_found_within_the_pace_and_read_by_itself() -> None:
    async with at_standin(60, replace(LONG, running_s=30.0)) as room:
        await room.crowd.pass_s(40, until=lambda: len(room.crowd.ended) == 60)
        assert set(room.crowd.ended) == set(room.ids)
        assert max(room.crowd.ended.values()) <= 30.0 + 3.0 + 2.0
        assert len(room.crowd.reads) == 60


async def test_a_minute_without_a_read_is_followed_by_one() -> None:
    async with at_standin(33) as room:
        await room.crowd.pass_s(85)
        assert {one for _, one in room.crowd.reads} == set(room.ids)
        assert min(at for at, _ in room.crowd.reads) >= 60
        assert room.crowd.reads_in_any_s(0.9) <= 10


async def test_runs_behind_those_of_others_are_read_by_themselves_fifty_at_a_time() -> None:
    async with at_standin(80) as room:
        room.runflow.fill(1_700, every_s=0.001)
        await room.crowd.pass_s(8)
        assert {one for _, one in room.crowd.reads} == set(room.ids)
        assert room.crowd.reads_in_any_s(0.9) <= 50
        assert room.crowd.overdue.oldest_s() <= 5


async def test_those_that_a_list_does_not_reach_are_read_by_themselves_and_the_others_are_not() -> None:
    async with at_standin(80, behind=40) as room:
        await room.crowd.pass_s(8)
        assert {one for _, one in room.crowd.reads} == set(room.ids[:40])


async def test_lists_that_fail_are_made_up_for_by_single_reads_and_asked_again_later() -> None:
    async with at_standin(60, replace(LONG, list_errors=4)) as room:
        await room.crowd.pass_s(5)
        assert {one for _, one in room.crowd.reads} == set(room.ids)
        assert room.crowd.reads_in_any_s(0.9) <= 50
        assert room.lists() <= 4  # each is tried twice
        await room.crowd.pass_s(4)
        read, lists = len(room.crowd.reads), room.lists()
        await room.crowd.pass_s(10)
        assert len(room.crowd.reads) == read
        assert room.lists() > lists


async def test_a_callback_wakes_one_at_once_and_a_deadline_wakes_all() -> None:
    async with at_standin(50, deadline_s=20.0) as room:
        room.crowd.wake_ups[room.ids[7]].set()
        await asyncio.sleep(0.05)
        assert [one for _, one in room.crowd.reads] == [room.ids[7]]
        await room.crowd.pass_s(19)
        assert len(room.crowd.reads) == 1
        await room.crowd.pass_s(1.5)
        assert {one for _, one in room.crowd.reads} == set(room.ids)


# --- lists of other kinds


@asynccontextmanager
async def at_list(
    count: int,
    row: Callable[[str], Mapping[str, Any]],
    refusals: int = 0,
    takes_s: float = 0.0,
    deadline_s: float = 10_000.0,
) -> AsyncGenerator[tuple[Crowd, ScriptedServer, list[str]]]:
    """A Runflow whose lists have such rows, the first few being refused for half a minute. Each `takes_s` to come."""
    refused = [web.Response(status=429, headers={"Retry-After": "30"}) for _ in range(refusals)]
    ids, clock = [f"run-{number}" for number in range(count)], SandboxClock(stopped=True)

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path != "/v1/runs":
            return web.json_response({"id": request.path.rpartition("/")[2], "status_code": "running"})
        if refused:
            return refused.pop()
        clock.advance(takes_s)
        start, limit = int(request.query.get("pq", "0")), int(request.query["limit"])
        items = [row(one) for one in ids[start : start + limit]]
        return web.json_response({"items": items, "next": str(start + limit) if start + limit < count else None})

    async with ScriptedServer().then(answer) as server, crowd_at(server.url, clock, "k") as crowd:
        tasks = [asyncio.create_task(crowd.follow(one, deadline_s=deadline_s), name=one) for one in ids]
        await asyncio.sleep(0)
        try:
            yield crowd, server, ids
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def test_lists_that_ignore_the_fields_are_read_in_small_pages() -> None:
    row: dict[str, Any] = {"status_code": "running", "input": {"prompt": "x" * 3_000}}
    async with at_list(400, lambda one: {"id": one, **row}) as (crowd, server, _):
        await crowd.pass_s(4)
        assert crowd.reads == []
        limits = [int(seen.query["limit"]) for seen in server.seen]
        assert limits.count(500) == 1
        assert limits.count(50) >= 8


async def test_while_a_long_list_is_read_the_newest_keep_being_looked_at() -> None:
    row: dict[str, Any] = {"status_code": "running", "input": {"prompt": "x" * 3_000}}
    async with at_list(500, lambda one: {"id": one, **row}, takes_s=0.5) as (crowd, server, _):
        await crowd.pass_s(5)  # and what the lists take
        pages = [seen.query.get("pq", "0") for seen in server.seen if seen.query["limit"] == "50"]
        assert "450" in pages
        firsts = [at for at, start in enumerate(pages) if start == "0"]
        assert max(after - before for before, after in pairwise(firsts)) <= 3  # pages, so a second and a half


async def test_no_deadline_waits_for_the_end_of_a_long_list() -> None:
    row: dict[str, Any] = {"status_code": "running", "input": {"prompt": "x" * 3_000}}
    async with at_list(500, lambda one: {"id": one, **row}, takes_s=5.0, deadline_s=10.0) as (crowd, _, _):
        await crowd.pass_s(80, until=lambda: bool(crowd.reads))
        assert 10 <= crowd.reads[0][0] <= 25  # the whole list takes 50


@pytest.mark.parametrize("row", [{}, {"status_code": "pondering"}, {"status_code": 7}])
async def test_a_list_that_does_not_tell_how_a_run_stands_has_not_shown_it(row: dict[str, Any]) -> None:
    async with at_list(60, lambda one: {"id": one, **row}) as (crowd, server, ids):
        await crowd.pass_s(8)
        assert {one for _, one in crowd.reads} == set(ids)
        assert crowd.reads_in_any_s(0.9) <= 50
        assert sum(seen.raw_path.startswith("/v1/runs?") for seen in server.seen) <= 4  # it is no use


async def test_an_old_list_ends_and_wakes_nobody() -> None:
    async with at_list(60, lambda one: {"id": one, "status_code": "queued"}) as (crowd, _, _):
        await crowd.pass_s(10)
        assert crowd.reads == []


async def test_while_a_pause_is_asked_for_nobody_is_woken_to_read() -> None:
    async with at_list(60, lambda one: {"id": one, "status_code": "running"}, refusals=1) as (crowd, server, _):
        await crowd.pass_s(29)
        assert (len(server.seen), crowd.reads) == (1, [])
        await crowd.pass_s(6)
        assert len(server.seen) > 1
        assert crowd.reads == []


async def test_a_pause_that_outlasts_the_patience_with_a_list_wakes_nobody_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.runs.execution.sweeper._PATIENCE_S", 0.02)
    async with at_list(60, lambda one: {"id": one, "status_code": "running"}, refusals=1) as (crowd, server, _):
        await crowd.pass_s(5)
        await asyncio.sleep(0.1)
        await crowd.pass_s(20)
        assert (len(server.seen), crowd.reads) == (1, [])


async def test_a_list_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.runs.execution.sweeper._PATIENCE_S", 0.05)
    ids = [f"run-{number}" for number in range(40)]

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/v1/runs":
            await asyncio.Event().wait()
        return web.Response(body=json.dumps({"id": "x", "status_code": "running"}))

    clock = SandboxClock(stopped=True)
    async with ScriptedServer().then(answer) as server, crowd_at(server.url, clock, "k") as crowd:
        tasks = [asyncio.create_task(crowd.follow(one), name=one) for one in ids]
        await asyncio.sleep(0)
        await crowd.pass_s(1)
        await asyncio.sleep(0.1)
        await crowd.pass_s(3)
        assert {one for _, one in crowd.reads} == set(ids)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# --- in the bot


async def test_forty_runs_end_as_runflow_says_each_read_before_it_is_shown(tmp_path: Path) -> None:
    async with runs_room(tmp_path, replace(LONG, running_s=15.0, pictures="plain")) as room:
        runs = [await room.press(image_size="square") for _ in range(MANY + 8)]
        shown_unread = list[str]()

        async def before_end(_: object) -> None:
            read = {one.path for one in room.runflow.requests if one.method == "GET"}
            ended = [await room.runs.load(run.id) for run in runs]
            shown_unread.extend(
                one.id for one in ended if one.state is State.SUCCEEDED and f"/v1/runs/{one.runflow_id}" not in read
            )

        room.card.before_end = before_end
        for number, run in enumerate(runs):
            await room.services.runs.start(run, 100 + number)
        for run in runs:
            await room.running(run)
        before = len(room.runflow.requests)

        async def all_shown() -> bool:
            room.clock.advance(0.5)
            return len(room.card.ends) == len(runs)

        await until(all_shown, 60)
        asked = [one.path for one in room.runflow.requests[before:] if one.method == "GET"]
        assert {(await room.settled(run)).state for run in runs} == {State.SUCCEEDED}
    assert shown_unread == []
    assert asked.count("/v1/runs") >= 3
    assert sum(path.startswith("/v1/runs/") for path in asked) <= 3 * len(runs)  # 15 each without lists
