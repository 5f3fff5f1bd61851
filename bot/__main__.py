"""The composition root and the command line: `python -m bot [run]`, `python -m bot check`, `python -m bot export`.

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
from datetime import date
from pathlib import Path
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
from bot.export import export
from bot.ledger.desk import LedgerDesk
from bot.ledger.values import Defaults
from bot.runflow.client import RunflowClient
from bot.runflow.download import Downloader
from bot.runs.book import RunBook
from bot.runs.deliver import Deliverer
from bot.runs.driver import Driver
from bot.runs.line import Line
from bot.runs.low_balance import LowBalance
from bot.runs.progress import Progress
from bot.runs.queue import Caps
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
        defaults = _defaults(settings)
        book = RunBook(store=store, defaults=defaults, clock=clock)
        bell: asyncio.Queue[str] = asyncio.Queue()
        line = Line(caps=_caps(settings), clock=clock)
        face = Presenter(clock=clock, models=models)
        driver = _driver(
            settings=settings,
            book=book,
            runflow=runflow,
            downloader=downloader,
            face=face,
            models=models,
            clock=clock,
            rng=rng,
            line=line,
            bell=bell,
        )
        client = ImagineClient(
            services=Services(
                runs=RunService(book=book, bell=bell, line=line),
                books=LedgerDesk(store=store, clock=clock, defaults=defaults),
                imagine=FLUX_KLEIN,
            ),
            extensions=EXTENSIONS,
            sync_memory=SyncedCommands(store=store, clock=clock),
            say_error=say,
        )
        face.attach(client)
        await stack.enter_async_context(client)
        registry = CollectorRegistry()
        Gauge("imagine_runs_alive", "Runs that are being driven to their end", registry=registry).set_function(
            lambda: driver.alive
        )
        Gauge("imagine_runs_waiting", "Runs that wait in the bot's own queue", registry=registry).set_function(
            lambda: line.waiting
        )
        app = make_app(checks=_checks(store, client), registry=registry)
        await stack.enter_async_context(serve(app, host=settings.http_host, port=settings.http_port))
        low_balance = LowBalance(store=store, account=runflow, admins=face, clock=clock, below=settings.low_balance)
        await _until_stopped(driver, client, low_balance, settings)


def _defaults(settings: Settings) -> Defaults:
    return Defaults(
        user_daily=settings.user_daily_limit,
        private_daily=settings.private_daily_limit,
        private_use=settings.private_use == "on",
        bot_monthly=settings.bot_monthly_cap,
    )


def _caps(settings: Settings) -> Caps:
    return Caps(
        at_once=settings.max_runs_at_once,
        per_guild=settings.max_runs_per_guild,
        per_user=settings.max_runs_per_user,
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
    line: Line,
    bell: asyncio.Queue[str],
) -> Driver:
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
    deliverer = Deliverer(book=book, watcher=watcher, downloader=downloader, face=face, clock=clock)
    return Driver(
        book=book,
        submitter=submitter,
        watcher=watcher,
        deliverer=deliverer,
        progress=lambda: Progress(face=face, clock=clock, spacing_s=settings.progress_spacing_s),
        line=line,
        clock=clock,
        bell=bell,
    )


async def _until_stopped(driver: Driver, client: ImagineClient, low_balance: LowBalance, settings: Settings) -> None:
    """Serve until a signal. When a part ends by itself, so does everything, with that part's reason."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    token = settings.discord_token.get_secret_value()
    parts: set[asyncio.Task[Any]] = {
        asyncio.create_task(driver.serve(), name="driver"),
        asyncio.create_task(client.start(token), name="gateway"),
        asyncio.create_task(low_balance.serve(), name="low balance"),
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot", description="The Discord image bot.")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("run", help="run the bot (so does no command at all)")
    commands.add_parser("check", help="show the settings, try what can be reached, recompute the books")
    exported = commands.add_parser("export", help="write the entries of the ledger as CSV")
    exported.add_argument("--guild", type=int, metavar="ID", help="one server's entries only")
    exported.add_argument("--since", type=date.fromisoformat, metavar="DATE", help="from this day on (UTC, 2026-01-31)")
    exported.add_argument("--until", type=date.fromisoformat, metavar="DATE", help="until before this day (UTC)")
    exported.add_argument("--out", type=Path, metavar="FILE", help="where to write; standard output without it")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; its exit code: 0 well, 1 a fault or something out of reach, 2 settings that do not hold."""
    given = _parser().parse_args(arguments)
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
        match given.command:
            case "check":
                return asyncio.run(examine(settings, SystemClock(), print))
            case "export":
                wanted = export(settings, guild_id=given.guild, since=given.since, until=given.until, file=given.out)
                print(f"{asyncio.run(wanted)} entries", file=sys.stderr)
            case _:
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
