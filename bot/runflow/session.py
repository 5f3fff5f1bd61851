"""Opening the way to Runflow."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
from pydantic import SecretStr

from bot.clock import Clock
from bot.entropy import Rng
from bot.runflow.client import RunflowClient


@asynccontextmanager
async def open_runflow(api_url: str, api_key: SecretStr, clock: Clock, rng: Rng) -> AsyncGenerator[RunflowClient]:
    """Runflow's API over a session of its own, which keeps no cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as session:
        yield RunflowClient(session=session, base_url=api_url, api_key=api_key, clock=clock, rng=rng)
