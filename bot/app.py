"""The composition root, at the edges: `run` opens the real ones and serves until the process is told to stop."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from bot.catalog.registry import every_model
from bot.catalog.source import MOST_BYTES
from bot.choices import Choices
from bot.client.client import ImagineClient
from bot.client.connection import Connection
from bot.client.probe import point_discord_at
from bot.clock import Clock, SystemClock
from bot.entropy import Entropy
from bot.images.download import Downloader
from bot.ledger.reports import latest_entry_at
from bot.pauses import Pauses, short_collections
from bot.runflow.session import open_runflow
from bot.services import Services
from bot.settings import Settings
from bot.shutdown import exit_whatever_happens, stop_on_signals, until_stopped
from bot.store.engine import Store
from bot.store.patience import entered
from bot.store.sole import sole_use
from bot.store.synced import SyncedCommands
from bot.web.app import make_app, serve
from bot.web.callbacks import CallbackReceiver
from bot.web.watched import make_checks, make_registry
from bot.wiring import App, Edges, wire
from cogs import EXTENSIONS
from cogs.review.channel import DiscordReviewChannel
from cogs.ui.errors import ErrorReplies
from cogs.ui.log_channel import LogOutbox
from cogs.ui.presenter import Presenter

# Somebody waits for the answer, and each file may be 10 MB of memory.
_ATTACHMENT_TIMEOUT_S = 20.0
_ATTACHMENTS_AT_ONCE = 8


async def run(settings: Settings) -> None:
    """Run the bot until SIGTERM or SIGINT. A background part that dies ends the process with its reason.

    Raises Unavailable where another process runs the bot on the same database.
    """
    point_discord_at(settings.discord_api_url, settings.discord_gateway_url, settings.discord_cdn_url)
    models = every_model()
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        watch_database = await entered(stack, lambda: sole_use(settings.database_url, clock), clock)
        views = _views(clock, Entropy.of_system())
        edges = await _open_edges(settings, stack, views, clock)
        app = wire(edges, Choices.of(settings), models)
        stack.push_async_callback(views.admin_log.close)
        stack.push_async_callback(app.admission.close)
        connection = _connection(settings, app.services, edges, views)
        pauses = Pauses(edges.clock, alive=lambda: app.worker.alive)
        registry = make_registry(worker=app.worker, scheduler=app.scheduler, pauses=pauses)
        checks = make_checks(store=edges.store, connected=lambda: connection.connected, overdue_s=app.overdue.oldest_s)
        web = make_app(checks=checks, registry=registry)
        CallbackReceiver(secrets=settings.runflow_callback_secrets, hints=app.hints, registry=registry).add_to(web)
        await stack.enter_async_context(serve(web, host=settings.http_host, port=settings.http_port, clock=edges.clock))
        stack.enter_context(short_collections())
        beside = {"sole use of the database": watch_database, "pauses": pauses.serve}
        await until_stopped(
            {**app.parts, "gateway": connection.serve, **beside},
            stop=stop_on_signals(),
            wind_down=lambda: _wind_down(connection, app, views.admin_log),
            last_resort=exit_whatever_happens,
        )


@dataclass(frozen=True, slots=True)
class DiscordViews:
    """What people and moderators see on Discord, through whatever client is connected."""

    presenter: Presenter
    review_channel: DiscordReviewChannel
    admin_log: LogOutbox

    def attach(self, client: ImagineClient) -> None:
        """Show everything through this client from now on."""
        self.presenter.attach(client)
        self.review_channel.attach(client)
        self.admin_log.attach(client)


def _views(clock: Clock, entropy: Entropy) -> DiscordViews:
    return DiscordViews(
        Presenter(clock=clock),
        DiscordReviewChannel(clock),
        LogOutbox(clock=clock, new_nonce=entropy.new_reference),
    )


async def _wind_down(connection: Connection, app: App, admin_log: LogOutbox) -> None:
    """Finish what people wait for, then what admins are to read of it, while Discord is still connected."""
    await connection.stop_accepting()
    await app.admission.close()
    await admin_log.flush()


async def _open_edges(settings: Settings, stack: AsyncExitStack, views: DiscordViews, clock: SystemClock) -> Edges:
    """The real edges, open as long as the stack. Raises SettingsError and Unavailable."""
    entropy = Entropy.of_system()
    api_url = settings.runflow_api_url
    store = await entered(stack, lambda: Store.open(settings.database_url), clock)
    clock.remember(await store.read(latest_entry_at))
    runflow = await stack.enter_async_context(open_runflow(api_url, settings.runflow_api_key, clock, entropy.rng))
    downloader = await stack.enter_async_context(Downloader(api_url=api_url, max_bytes=settings.max_picture_bytes))
    attachments = await stack.enter_async_context(
        Downloader(
            api_url=settings.discord_cdn_url,
            only_there=True,
            max_bytes=MOST_BYTES,
            timeout_s=_ATTACHMENT_TIMEOUT_S,
            at_once=_ATTACHMENTS_AT_ONCE,
        )
    )
    return Edges(
        store=store,
        runflow=runflow,
        downloader=downloader,
        attachments=attachments,
        card=views.presenter,
        review_channel=views.review_channel,
        admins=views.presenter,
        clock=clock,
        entropy=entropy,
    )


def _connection(settings: Settings, services: Services, edges: Edges, views: DiscordViews) -> Connection:
    """The way to Discord; cards and reviews are shown through whatever client it has."""
    errors = ErrorReplies(edges.entropy.new_reference)
    memory = SyncedCommands(store=edges.store, clock=edges.clock)

    return Connection(
        make=lambda seen: ImagineClient(
            services=services,
            extensions=EXTENSIONS,
            sync_memory=memory,
            say_error=errors.say,
            admin_log=views.admin_log,
            seen=seen,
        ),
        attach=views.attach,
        token=settings.discord_token.get_secret_value(),
        clock=edges.clock,
        rng=edges.entropy.rng,
    )
