"""One side of a comparison: a program (ours or the floor) in a process of its own, and a world of its own for it."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import aiohttp

from bench.launch import CHECKOUT, FAST, PROBE_FILE, PROFILE_FILE
from bench.probe import REPORT_SIGNAL
from bench.process import cpu_s, resident_bytes
from bench.world.runflow import KEY, SECRET
from bench.world.shapes import TOKEN
from sandbox.botprocess import bot_environment, free_port

Program = Literal["ours", "floor"]

OPEN: Mapping[str, str] = {
    "USER_DAILY_LIMIT_USD": "none",
    "MAX_RUNS_AT_ONCE": "10000",
    "MAX_RUNS_PER_GUILD": "10000",
    "MAX_RUNS_PER_USER": "10000",
}
"""Settings under which nobody waits for a turn or a limit: the floor knows neither."""

DEFAULTS: Mapping[str, str] = {}
"""Settings as they are where an operator sets nothing."""

_READY_TIMEOUT_S, _LOAD_TIMEOUT_S, _END_TIMEOUT_S = 60.0, 900.0, 15.0
_ROOT = Path(__file__).parents[1]


class DidNotStart(Exception):
    """The program ended, or did not connect in time. Its text is the end of its log."""


@dataclass(slots=True)
class Side:
    """A program that is connected to its world."""

    program: Program
    folder: Path
    address: str
    started_s: float
    world_pid: int
    _process: asyncio.subprocess.Process
    _http: aiohttp.ClientSession

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._process.pid

    async def load(self, **wanted: Any) -> dict[str, Any]:
        """Have people press, as `bench.world.loads.Load` has it; its records."""
        return await self.ask("POST", "load", wanted)

    async def measured(self, **wanted: Any) -> dict[str, Any]:
        """A load, and beside its records `cpu_s` of the program and `world_cpu_s` for it, and what the `probe` saw."""
        await self.blocks()
        before_s, world_before_s = cpu_s(self.pid), cpu_s(self.world_pid)
        found = await self.load(**wanted)
        took = {"cpu_s": cpu_s(self.pid) - before_s, "world_cpu_s": cpu_s(self.world_pid) - world_before_s}
        return found | took | {"probe": await self.blocks()}

    async def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Ask the world's door for the measuring process."""
        async with self._http.request(method, f"http://{self.address}/bench/{path}", json=body) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def blocks(self) -> dict[str, Any]:
        """What the probe saw since the last time."""
        file = self.folder / "probe.json"
        file.unlink(missing_ok=True)
        os.kill(self.pid, REPORT_SIGNAL)
        for _ in range(500):
            if file.exists():
                return json.loads(file.read_text("utf-8"))
            await asyncio.sleep(0.01)
        return {"callbacks": 0, "longest_s": 0.0, "longest_collection_s": 0.0, "blocks": []}

    def memory_bytes(self) -> int:
        """What of the program is in memory."""
        return resident_bytes(self.pid)

    def log(self) -> str:
        """What the program has said."""
        return (self.folder / "log.txt").read_text("utf-8", "replace")


@asynccontextmanager
async def open_side(
    program: Program,
    folder: Path,
    *,
    callbacks: bool,
    settings: Mapping[str, str] = OPEN,
    checkout: Path | None = None,
    profile: Path | None = None,
    adopted: Mapping[str, Any] | None = None,
) -> AsyncGenerator[Side]:
    """A world, and the program in `folder`, connected to it. `adopted`: runs that are at Runflow before the start.

    `checkout`: where the bot is taken from, if not from here; `profile`: where cProfile's figures of it are to go.
    Raises DidNotStart.
    """
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nothing else runs yet
    world = await _python("-m", "bench.world", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    timeout = aiohttp.ClientTimeout(total=_LOAD_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as http:
        try:
            if world.stdout is None or world.stdin is None:
                raise RuntimeError("pipes were asked for")
            address = json.loads(await world.stdout.readline())["address"]
            environment = bot_settings(address, folder, callbacks=callbacks) | dict(settings)
            environment[PROBE_FILE] = str(folder / "probe.json")
            if program == "ours" and FAST in os.environ:
                environment[FAST] = os.environ[FAST]
            if checkout is not None:
                environment[CHECKOUT] = str(checkout)
            if profile is not None:
                environment[PROFILE_FILE] = str(profile)
            if adopted is not None:
                told = environment.get("PUBLIC_URL", "") + "/callbacks/runflow" if callbacks else None
                body = {**adopted, "callback_url": told}
                (await http.post(f"http://{address}/bench/adopt", json=body)).raise_for_status()
            async with _started(program, folder, address, environment, http=http, world_pid=world.pid) as side:
                yield side
        finally:
            if world.stdin is not None:
                world.stdin.close()
            await _ended(world)


@asynccontextmanager
async def _started(
    program: Program,
    folder: Path,
    address: str,
    environment: Mapping[str, str],
    *,
    http: aiohttp.ClientSession,
    world_pid: int,
) -> AsyncGenerator[Side]:
    began = time.monotonic()
    with (folder / "log.txt").open("wb") as log:
        process = await _python("-m", "bench.launch", program, env=bot_environment(environment, os.environ), stdout=log)
    try:
        side = Side(program, folder, address, 0.0, world_pid, process, http)
        await _ready(side, process)
        side.started_s = time.monotonic() - began
        yield side
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await _ended(process)


async def _ready(side: Side, process: asyncio.subprocess.Process) -> None:
    ready, ended = asyncio.create_task(side.ask("GET", "ready")), asyncio.create_task(process.wait())
    try:
        await asyncio.wait({ready, ended}, timeout=_READY_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            raise DidNotStart(side.log()[-2000:])
    finally:
        ready.cancel()
        ended.cancel()
        await asyncio.gather(ready, ended, return_exceptions=True)


def bot_settings(address: str, folder: Path, *, callbacks: bool) -> dict[str, str]:
    """The environment of a program in `folder` whose world is at `address`; the floor reads the same variables."""
    port = free_port()
    settings = {
        "DISCORD_TOKEN": TOKEN,
        "DISCORD_API_URL": f"http://{address}/api/v10",
        "DISCORD_GATEWAY_URL": f"ws://{address}/gateway",
        "DISCORD_CDN_URL": f"http://{address}",
        "RUNFLOW_API_KEY": KEY,
        "RUNFLOW_API_URL": f"http://{address}",
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'imagine.db'}",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(port),
        "LOG_LEVEL": "warning",
    }
    if callbacks:
        settings |= {"PUBLIC_URL": f"http://127.0.0.1:{port}", "RUNFLOW_CALLBACK_SECRETS": SECRET}
    return settings


async def _python(*words: str, stdout: Any, **more: Any) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        cwd=_ROOT,
        stdout=stdout,
        stderr=asyncio.subprocess.STDOUT if stdout != -1 else None,
        **more,
    )


async def _ended(process: asyncio.subprocess.Process) -> None:
    try:
        await asyncio.wait_for(process.wait(), _END_TIMEOUT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
