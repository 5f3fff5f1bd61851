"""ReadGate and the client: a 429 to one read holds up all reads, and no create."""

import asyncio
import random
from datetime import timedelta

import aiohttp
import pytest
from pydantic import SecretStr

from bot.errors import RunflowUnreachable
from bot.runflow.client import RunflowClient
from bot.runflow.gate import ReadGate
from sandbox.clock import SandboxClock
from tests.unit.runflow.scripted_runflow import MovingClock, ScriptedServer, says

RUN = {"id": "r1", "status_code": "queued"}


@pytest.mark.parametrize(
    ("asked_s", "waits_s"), [(30.0, 30), (0.0, 1), (3600.0, 50), (float("inf"), 50), (None, 1), (50.0, 50)]
)
async def test_it_stays_closed_for_as_long_as_was_asked(asked_s: float | None, waits_s: int) -> None:
    clock = MovingClock()
    gate = ReadGate(clock, random.Random(1))
    gate.close(asked_s)
    await gate.passed()
    assert waits_s <= sum(clock.slept_s) <= waits_s + 1


async def test_without_a_time_it_stays_closed_longer_each_time() -> None:
    clock, waits = MovingClock(), list[int]()
    gate = ReadGate(clock, random.Random(1))
    for _ in range(8):
        for _ in range(20):  # those that were under way together
            gate.close(None)
        before = clock.now()
        await gate.passed()
        waits.append(int((clock.now() - before).total_seconds()))
    assert waits == [1, 2, 4, 8, 16, 32, 32, 32]
    gate.answered()
    gate.close(None)
    before = clock.now()
    await gate.passed()
    assert clock.now() - before < timedelta(seconds=2)


async def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    clock = MovingClock()
    gate = ReadGate(clock, random.Random(1))
    gate.close(30)
    gate.close(2)
    await gate.passed()
    assert sum(clock.slept_s) >= 30


async def test_one_limit_holds_up_all_reads_and_no_create() -> None:
    async with ScriptedServer() as server, aiohttp.ClientSession() as session:
        clock = SandboxClock(stopped=True)
        client = RunflowClient(
            session=session, base_url=server.url, api_key=SecretStr("k"), clock=clock, rng=random.Random(1)
        )
        server.then(says(429, {}, retry_after="30"), says(200, RUN))
        reads = [asyncio.create_task(client.read("r1"), name="read")]
        await asyncio.sleep(0.05)
        reads += [asyncio.create_task(client.read("r1"), name="read") for _ in range(20)]
        clock.advance(29)
        await asyncio.sleep(0.02)
        assert len(server.seen) == 1
        await client.create("a/b", {}, job="j", callback_url=None)
        assert [seen.method for seen in server.seen] == ["GET", "POST"]
        while not all(read.done() for read in reads):
            clock.advance(1)
            await asyncio.sleep(0.01)
        assert len(server.seen) == 23


async def test_a_create_that_is_refused_for_the_limit_makes_reads_wait() -> None:
    async with ScriptedServer() as server, aiohttp.ClientSession() as session:
        clock = MovingClock()
        client = RunflowClient(
            session=session, base_url=server.url, api_key=SecretStr("k"), clock=clock, rng=random.Random(1), attempts=1
        )
        server.then(says(429, {}, retry_after="20"), says(200, RUN))
        with pytest.raises(RunflowUnreachable):
            await client.create("a/b", {}, job="j", callback_url=None)
        await client.read("r1")
        assert sum(clock.slept_s) >= 20


async def test_twenty_runs_of_a_limited_server_ask_once_each_and_then_wait() -> None:
    async with ScriptedServer() as server, aiohttp.ClientSession() as session:
        clock = SandboxClock(stopped=True)
        client = RunflowClient(
            session=session, base_url=server.url, api_key=SecretStr("k"), clock=clock, rng=random.Random(1)
        )
        server.then(says(429, {}, retry_after="30"))

        async def follow() -> None:
            while True:
                await asyncio.gather(client.read("r1"), return_exceptions=True)

        following = [asyncio.create_task(follow(), name="follow") for _ in range(20)]
        for _ in range(10):
            await asyncio.sleep(0.01)
            clock.advance(1)
        assert len(server.seen) <= 20
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
