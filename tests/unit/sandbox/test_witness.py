"""The witness of a stand-in: told in order, able to stop the world at a point, and to lose what has arrived."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from sandbox.witness import Moment, Point, Tap, Unheard, Witness


@dataclass
class Served:
    url: str = ""
    did: list[str] = field(default_factory=list[str])


@asynccontextmanager
async def served(witness: Witness) -> AsyncGenerator[Served]:
    here = Served()

    async def handle(request: web.Request) -> web.Response:
        here.did.append(await request.text())
        await asyncio.sleep(0)
        return web.Response(text="done")

    tap = Tap("runflow", witness)
    app = web.Application(middlewares=tap.middlewares())
    app.router.add_post("/runs/{id}", handle)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.url = f"http://127.0.0.1:{runner.addresses[0][1]}/runs/7"
    try:
        yield here
    finally:
        await tap.close()
        await runner.cleanup()


async def test_it_is_told_in_order_by_the_template_of_the_path():
    told: list[str] = []
    finished = asyncio.Event()

    async def witness(point: Point) -> None:
        told.append(str(point))
        if point.moment is Moment.ANSWERED:
            finished.set()

    async with served(witness) as here, aiohttp.ClientSession() as session:
        async with session.post(here.url, data=b"x") as answer:
            assert await answer.text() == "done"
        await asyncio.wait_for(finished.wait(), 5)
    assert told == [f"runflow POST /runs/{{id}} {moment}" for moment in ("arrived", "done", "answered")]


async def test_what_is_unheard_is_not_done_and_the_connection_is_gone():
    async def witness(point: Point) -> None:
        raise Unheard

    async with served(witness) as here, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.post(here.url, data=b"x")
        assert not here.did


async def test_what_has_arrived_is_done_although_its_sender_is_gone():
    arrived, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def witness(point: Point) -> None:
        if point.moment is Moment.ARRIVED:
            arrived.set()
            await go_on.wait()
        if point.moment is Moment.DONE:
            done.set()

    async with served(witness) as here:
        async with aiohttp.ClientSession() as session:
            post = asyncio.create_task(session.post(here.url, data=b"x"))
            await asyncio.wait_for(arrived.wait(), 5)
            post.cancel()
            await asyncio.gather(post, return_exceptions=True)
        assert not here.did
        go_on.set()
        await asyncio.wait_for(done.wait(), 5)
        assert here.did == ["x"]


async def test_the_answer_waits_for_the_witness():
    go_on = asyncio.Event()

    async def witness(point: Point) -> None:
        if point.moment is Moment.DONE:
            await go_on.wait()

    async with served(witness) as here, aiohttp.ClientSession() as session:
        post = asyncio.create_task(session.post(here.url, data=b"x"))
        done, _ = await asyncio.wait({post}, timeout=0.05)
        assert not done
        assert here.did == ["x"]
        go_on.set()
        assert (await asyncio.wait_for(post, 5)).status == 200
