"""The composition root and the command line: `python -m bot [run]`, `python -m bot check`.

Everything is made here and handed to whoever needs it; this is the only file that sees every room.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import aiohttp
import structlog
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import text

from bot import logs
from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.model import Model
from bot.client import ImagineClient, point_discord_at
from bot.clock import Clock, SystemClock
from bot.doctor import examine
from bot.errors import BotError, SettingsError
from bot.ledger.values import Limits
from bot.moderation.desk import ModerationDesk
from bot.moderation.sanctions import Thresholds
from bot.runflow.client import RunflowClient
from bot.runflow.download import Downloader
from bot.runs.book import RunBook
from bot.runs.deliver import Deliverer
from bot.runs.driver import Driver
from bot.runs.keeper import Keeper
from bot.runs.moderating import Moderating
from bot.runs.progress import Progress
from bot.runs.service import RunService
from bot.runs.submit import Submitter
from bot.runs.watch import Watcher
from bot.services import Services
from bot.settings import Settings, load_settings
from bot.store.engine import Store
from bot.store.synced import SyncedCommands
from bot.web.app import Check, make_app, serve
from cogs import EXTENSIONS
from cogs.ui.errors import say
from cogs.ui.moderators import ModeratorsFace
from cogs.ui.presenter import Presenter

_log = structlog.get_logger("bot")

_CALLBACK_PATH = "/callbacks/runflow"


async def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT. A background part that dies ends the process with its reason."""
    clock, rng = SystemClock(), random.Random()  # noqa: S311 - jitter needs no secrecy
    models: Mapping[str, Model] = {FLUX_KLEIN.model_id: FLUX_KLEIN}
    point_discord_at(settings.discord_api_url, settings.discord_gateway_url, settings.discord_cdn_url)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store.open(settings.database_url))
        session = await stack.enter_async_context(
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
        )
        downloader = await stack.enter_async_context(
            Downloader(api_url=settings.runflow_api_url, max_bytes=settings.max_picture_bytes)
        )
        runflow = RunflowClient(
            session=session, base_url=settings.runflow_api_url, api_key=settings.runflow_api_key, clock=clock, rng=rng
        )
        book = RunBook(store=store, limits=Limits(user_daily=settings.user_daily_limit), clock=clock)
        bell: asyncio.Queue[str] = asyncio.Queue()
        face, moderators = Presenter(clock=clock, models=models), ModeratorsFace()
        desk = ModerationDesk(store=store, clock=clock, thresholds=_thresholds(settings))
        moderating = Moderating.made(store=store, desk=desk, face=face, moderators=moderators, clock=clock, driver=bell)
        stack.push_async_callback(moderating.gate.close)
        driver, keeper = _driver(
            moderating=moderating,
            settings=settings,
            book=book,
            runflow=runflow,
            downloader=downloader,
            face=face,
            models=models,
            clock=clock,
            rng=rng,
            bell=bell,
        )
        client = ImagineClient(
            services=Services(
                runs=RunService(book=book, bell=bell, gate=moderating.gate),
                reviews=moderating.reviews,
                moderation=desk,
                imagine=FLUX_KLEIN,
            ),
            extensions=EXTENSIONS,
            sync_memory=SyncedCommands(store=store, clock=clock),
            say_error=say,
        )
        face.attach(client)
        moderators.attach(client)
        await stack.enter_async_context(client)
        registry = CollectorRegistry()
        Gauge("imagine_runs_alive", "Runs that are being driven to their end", registry=registry).set_function(
            lambda: driver.alive
        )
        app = make_app(checks=_checks(store, client), registry=registry)
        await stack.enter_async_context(serve(app, host=settings.http_host, port=settings.http_port))
        await _until_stopped(driver, keeper, client, settings)


def _thresholds(settings: Settings) -> Thresholds:
    return Thresholds(
        warn=settings.strikes_to_warn,
        pause=settings.strikes_to_pause,
        stop=settings.strikes_to_stop,
        decay=timedelta(days=settings.strike_days),
        pause_length=timedelta(hours=settings.pause_hours),
    )


def _driver(
    *,
    settings: Settings,
    book: RunBook,
    runflow: RunflowClient,
    downloader: Downloader,
    face: Presenter,
    models: Mapping[str, Model],
    clock: Clock,
    rng: random.Random,
    bell: asyncio.Queue[str],
    moderating: Moderating,
) -> tuple[Driver, Keeper]:
    submitter = Submitter(
        book=book,
        runflow=runflow,
        models=models,
        clock=clock,
        callback_url=f"{settings.public_url}{_CALLBACK_PATH}" if settings.public_url else None,
        lost_after_s=settings.lost_after_s,
    )
    watcher = Watcher(
        book=book, runflow=runflow, models=models, clock=clock, rng=rng, deadline_s=settings.run_deadline_s
    )
    deliverer = Deliverer(
        book=book,
        watcher=watcher,
        downloader=downloader,
        face=face,
        clock=clock,
        judge=moderating.judge,
        holds=moderating.holds,
    )
    driver = Driver(
        book=book,
        submitter=submitter,
        watcher=watcher,
        deliverer=deliverer,
        progress=lambda: Progress(face=face, clock=clock, spacing_s=settings.progress_spacing_s),
        clock=clock,
        bell=bell,
    )
    return driver, moderating.keeper(book, deliverer)


async def _until_stopped(driver: Driver, keeper: Keeper, client: ImagineClient, settings: Settings) -> None:
    """Serve until a signal. When a part ends by itself, so does everything, with that part's reason."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    token = settings.discord_token.get_secret_value()
    parts: set[asyncio.Task[Any]] = {
        asyncio.create_task(driver.serve(), name="driver"),
        asyncio.create_task(keeper.serve(), name="reviews"),
        asyncio.create_task(client.start(token), name="gateway"),
        asyncio.create_task(stop.wait(), name="stop signal"),
    }
    try:
        done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
    for part in done:
        part.result()
        _log.info("stopping", because=part.get_name())


def _checks(store: Store, client: ImagineClient) -> Mapping[str, Check]:
    async def database() -> bool:
        async with store.read() as connection:
            await connection.execute(text("SELECT 1"))
        return True

    async def gateway() -> bool:
        return client.is_ready()

    return {"database": database, "gateway": gateway}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; its exit code: 0 well, 1 a fault or something out of reach, 2 settings that do not hold."""
    parser = argparse.ArgumentParser(prog="python -m bot", description="The Discord image bot.")
    parser.add_argument("command", nargs="?", choices=("run", "check"), default="run")
    command = parser.parse_args(arguments).command
    try:
        settings = load_settings(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    secrets = (settings.discord_token, settings.runflow_api_key, *settings.runflow_callback_secrets)
    logs.set_up(
        level=settings.log_level,
        style=settings.log_format,
        secrets=[secret.get_secret_value() for secret in secrets],
    )
    try:
        if command == "check":
            return asyncio.run(examine(settings, SystemClock(), print))
        asyncio.run(run(settings))
    except BotError as error:
        _log.error("stopped", reason=str(error))
        return 2 if isinstance(error, SettingsError) else 1
    except Exception:  # noqa: BLE001 - whatever ended the bot is logged whole, and the process ends with it
        _log.exception("stopped by a fault")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
