"""`python -m bench.world`: says where it is reached in one line of JSON, and ends when its standard input does."""

import asyncio
import json
import sys
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bench.world.book import Book, Press
from bench.world.discord import Discord
from bench.world.gateway import Gateway
from bench.world.loads import Load, Loads
from bench.world.pictures import Pictures
from bench.world.runflow import Run, Runflow
from bench.world.shapes import dumped

_BODY_MOST_BYTES = 64 * 1024 * 1024


class World:
    """Both stand-ins, and the door for the process that measures."""

    def __init__(self) -> None:
        self._book, pictures, self._gateway = Book(), Pictures(), Gateway()
        self._adopted: list[Run] = []
        self._discord = Discord(book=self._book, gateway=self._gateway, pictures=pictures)
        self._runflow = Runflow(book=self._book, pictures=pictures)
        self._loads = Loads(book=self._book, gateway=self._gateway, discord=self._discord, pictures=pictures)

    async def serve(self) -> None:
        """Serve until standard input ends."""
        app = web.Application(client_max_size=_BODY_MOST_BYTES)
        app.add_routes([*self._discord.routes(), *self._runflow.routes(), *self._control()])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        address = f"127.0.0.1:{runner.addresses[0][1]}"
        self._gateway.url = f"ws://{address}/gateway"
        self._discord.base_url = self._runflow.base_url = f"http://{address}"
        print(json.dumps({"address": address}), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await self._runflow.close()
        await runner.cleanup()

    def _control(self) -> list[web.RouteDef]:
        return [
            web.get("/bench/ready", self._ready),
            web.post("/bench/load", self._load),
            web.post("/bench/adopt", self._adopt),
            web.get("/bench/looks", self._looks),
            web.get("/bench/strays", self._strays),
        ]

    async def _ready(self, _: web.Request) -> web.Response:
        await self._gateway.identified()
        return web.json_response({})

    async def _load(self, request: web.Request) -> web.Response:
        asked: dict[str, Any] = await request.json()
        known = {one.name for one in fields(Load)}
        load = Load(**{name: value for name, value in asked.items() if name in known})
        return web.Response(body=dumped(await self._loads.run(load)), content_type="application/json")

    async def _adopt(self, request: web.Request) -> web.Response:
        """Take runs in that an earlier bot has created: of each its id, the bot's own, the press's, and a token."""
        asked: dict[str, Any] = await request.json()
        now, lasts_s = asyncio.get_running_loop().time(), float(asked["run_s"])
        for run_id, job, interaction_id, token in asked["runs"]:
            press = Press(len(self._book.presses), interaction_id, token, 0, "imagine", lasts_s, 512, now)
            press.ack, press.acked_s, press.card_s = "card", now, now
            self._book.add(press)
            run = Run(run_id, now, datetime.now(UTC), 1, 512, press, {"job": job}, job, asked["callback_url"])
            self._adopted.append(run)
            self._runflow.adopt(run, lasts_s)
        return web.json_response({})

    async def _looks(self, request: web.Request) -> web.Response:
        """Of the runs that were taken in: how many were looked at in the last `over_s` seconds, and how often."""
        over_s = float(request.query["over_s"])
        since = asyncio.get_running_loop().time() - over_s
        looks = [sum(1 for at in run.looks if at >= since) for run in self._adopted]
        return web.json_response({"runs": len(looks), "seen": sum(1 for count in looks if count), "looks": sum(looks)})

    async def _strays(self, _: web.Request) -> web.Response:
        """Requests that nothing answered, and how many lists of runs were read."""
        return web.json_response({"strays": self._book.strays[:20], "lists": self._book.lists})


if __name__ == "__main__":
    asyncio.run(World().serve())
