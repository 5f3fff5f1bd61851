"""The composition root and the command line: `python -m bot [run]`, `python -m bot check`, `python -m bot export`.

Everything is made here and handed to whoever needs it; this is the only file that sees every room.
"""

import argparse
import asyncio
import os
import random
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import date, timedelta
from pathlib import Path

import aiohttp
import structlog
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import text

from bot import logs
from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.model import Model
from bot.check import examine
from bot.client.client import ImagineClient
from bot.client.connection import Connection
from bot.client.probe import point_discord_at
from bot.clock import Clock, SystemClock
from bot.errors import BotError, SettingsError
from bot.export import export
from bot.guilds.settings import GuildSettingsService
from bot.images.download import Downloader
from bot.ledger.balance_alert import LowBalance
from bot.ledger.service import LedgerService
from bot.ledger.values import Defaults
from bot.moderation.policy_service import PolicyService
from bot.moderation.prompt_rules_service import PromptRulesService
from bot.moderation.sanctions import Thresholds
from bot.moderation.sanctions_service import SanctionsService
from bot.runflow.client import RunflowClient
from bot.runs.delivery.deliver import Deliverer
from bot.runs.delivery.progress import Progress
from bot.runs.execution.callbacks import MOST_WAITING, CallbackHint, CallbackHints
from bot.runs.execution.overdue import OverduePolls
from bot.runs.execution.poll import Poller
from bot.runs.execution.recovery import CardFinder
from bot.runs.execution.submit import Submitter
from bot.runs.execution.worker import Worker
from bot.runs.history import RunHistory
from bot.runs.moderating import Moderating
from bot.runs.scheduling.scheduler import Scheduler
from bot.runs.scheduling.turns import Caps
from bot.runs.service import RunService
from bot.runs.store import RunStore
from bot.services import Services
from bot.settings import Settings, load_settings
from bot.shutdown import until_stopped
from bot.store.engine import Store
from bot.store.synced import SyncedCommands
from bot.web.app import Check, make_app, serve
from bot.web.callbacks import CALLBACK_PATH, CallbackReceiver
from cogs import EXTENSIONS
from cogs.review.channel import DiscordReviewChannel
from cogs.ui.errors import say
from cogs.ui.presenter import Presenter

_log = structlog.get_logger("bot")

_LOOK_OVERDUE_S = 60.0


async def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT. A background part that dies ends the process with its reason."""
    clock, rng = SystemClock(), random.Random()  # noqa: S311 - jitter needs no secrecy
    models: Mapping[str, Model] = {FLUX_KLEIN.model_id: FLUX_KLEIN}
    point_discord_at(settings.discord_api_url, settings.discord_gateway_url, settings.discord_cdn_url)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store.open(settings.database_url))
        runflow, downloader = await _runflow(settings, stack, clock, rng)
        book = RunStore(store=store, defaults=_defaults(settings), clock=clock)
        bell: asyncio.Queue[str] = asyncio.Queue()
        dues, line = OverduePolls(clock), Scheduler(caps=_caps(settings), clock=clock)
        face, moderators = Presenter(clock=clock, models=models), DiscordReviewChannel()
        policies, prompt_rules = PolicyService(store=store, clock=clock), PromptRulesService(store=store, clock=clock)
        sanctions = SanctionsService(store=store, clock=clock, thresholds=_thresholds(settings))
        guild_settings = GuildSettingsService(store=store, clock=clock)
        moderating = Moderating.made(
            store=store,
            policies=policies,
            prompt_rules=prompt_rules,
            sanctions=sanctions,
            guild_settings=guild_settings,
            face=face,
            moderators=moderators,
            clock=clock,
            driver=bell,
        )
        stack.push_async_callback(moderating.gate.close)
        deadline_s = settings.run_deadline_s
        watcher = Poller(
            book=book, runflow=runflow, models=models, clock=clock, rng=rng, deadline_s=deadline_s, dues=dues
        )
        judge, holds = moderating.judge, moderating.holds
        deliverer = Deliverer(
            book=book, watcher=watcher, downloader=downloader, face=face, clock=clock, judge=judge, holds=holds
        )
        driver = _driver(
            settings=settings,
            book=book,
            runflow=runflow,
            watcher=watcher,
            deliverer=deliverer,
            face=face,
            models=models,
            clock=clock,
            line=line,
            bell=bell,
        )
        services = Services(
            runs=RunService(book=book, bell=bell, line=line, gate=moderating.gate),
            history=RunHistory(store=store, runflow=runflow, downloader=downloader, deliverer=deliverer),
            ledger=LedgerService(store=store, clock=clock, defaults=_defaults(settings)),
            reviews=moderating.reviews,
            policies=policies,
            prompt_rules=prompt_rules,
            sanctions=sanctions,
            guild_settings=guild_settings,
            imagine=FLUX_KLEIN,
        )
        memory = SyncedCommands(store=store, clock=clock)
        gateway = _gateway(settings, services, memory, faces=(face, moderators), clock=clock, rng=rng)
        registry = _registry(driver, line)
        waiting: asyncio.Queue[CallbackHint] = asyncio.Queue(MOST_WAITING)
        knocks = CallbackHints(book=book, waiting=waiting, wake=bell.put_nowait, clock=clock)
        low_balance = LowBalance(store=store, account=runflow, admins=face, clock=clock, below=settings.low_balance)
        app = make_app(checks=_checks(store, gateway, dues), registry=registry)
        CallbackReceiver(secrets=settings.runflow_callback_secrets, knocks=waiting, registry=registry).add_to(app)
        await stack.enter_async_context(serve(app, host=settings.http_host, port=settings.http_port))
        parts = {
            "driver": driver.serve,
            "reviews": moderating.keeper(book, deliverer).serve,
            "knocks": knocks.serve,
            "gateway": gateway.serve,
            "low balance": low_balance.serve,
        }
        await until_stopped(parts, wind_down=gateway.stop_accepting)


async def _runflow(
    settings: Settings, stack: AsyncExitStack, clock: Clock, rng: random.Random
) -> tuple[RunflowClient, Downloader]:
    """Runflow's API and its storage, open as long as the stack."""
    session = await stack.enter_async_context(
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
    )
    downloader = await stack.enter_async_context(
        Downloader(api_url=settings.runflow_api_url, max_bytes=settings.max_picture_bytes)
    )
    runflow = RunflowClient(
        session=session, base_url=settings.runflow_api_url, api_key=settings.runflow_api_key, clock=clock, rng=rng
    )
    return runflow, downloader


def _gateway(
    settings: Settings,
    services: Services,
    memory: SyncedCommands,
    *,
    faces: tuple[Presenter, DiscordReviewChannel],
    clock: Clock,
    rng: random.Random,
) -> Connection:
    """The way to Discord; the faces show things through whatever client it has."""

    def attach(client: ImagineClient) -> None:
        for face in faces:
            face.attach(client)

    return Connection(
        make=lambda: ImagineClient(services=services, extensions=EXTENSIONS, sync_memory=memory, say_error=say),
        attach=attach,
        token=settings.discord_token.get_secret_value(),
        clock=clock,
        rng=rng,
    )


def _registry(driver: Worker, line: Scheduler) -> CollectorRegistry:
    registry = CollectorRegistry()
    Gauge("imagine_runs_alive", "Runs that are being driven to their end", registry=registry).set_function(
        lambda: driver.alive
    )
    Gauge("imagine_runs_waiting", "Runs that wait in the bot's own queue", registry=registry).set_function(
        lambda: line.waiting
    )
    return registry


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
    book: RunStore,
    runflow: RunflowClient,
    watcher: Poller,
    deliverer: Deliverer,
    face: Presenter,
    models: Mapping[str, Model],
    clock: Clock,
    line: Scheduler,
    bell: asyncio.Queue[str],
) -> Worker:
    submitter = Submitter(
        book=book,
        runflow=runflow,
        models=models,
        clock=clock,
        callback_url=f"{settings.public_url}{CALLBACK_PATH}" if settings.public_url else None,
        lost_after_s=settings.lost_after_s,
    )
    return Worker(
        book=book,
        submitter=submitter,
        watcher=watcher,
        deliverer=deliverer,
        progress=lambda: Progress(face=face, clock=clock, spacing_s=settings.progress_spacing_s),
        line=line,
        cards=CardFinder(book=book, face=face, clock=clock),
        clock=clock,
        bell=bell,
    )


def _checks(store: Store, gateway: Connection, dues: OverduePolls) -> Mapping[str, Check]:
    async def database() -> bool:
        async with store.read() as connection:
            await connection.execute(text("SELECT 1"))
        return True

    async def connected() -> bool:
        return gateway.connected

    async def looks() -> bool:
        return dues.oldest_s() < _LOOK_OVERDUE_S

    return {"database": database, "gateway": connected, "looks": looks}


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
