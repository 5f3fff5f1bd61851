"""The whole sandbox in one process: both stand-ins and the page, and the real bot beside them."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.botprocess import BotDied, BotProcess, free_port
from sandbox.clock import SandboxClock
from sandbox.discord import DiscordStandin
from sandbox.page.server import PageServer
from sandbox.runflow import RunflowStandin
from sandbox.runflow.switches import PROFILES, Switches
from sandbox.witness import Witness

RUNFLOW_KEY = "rf_sandbox_key"
CALLBACK_SECRET = "whsec_sandbox_callback_secret"  # noqa: S105  # nothing outside this machine knows or accepts it


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How a sandbox is set up.

    `profile` names a set of switches of the Runflow stand-in; `switches`, where given, rules instead. `page_port`
    None leaves the page out, 0 takes any free port. `settings` are further environment variables for the bot.
    `callbacks` gives the bot a public address that Runflow's stand-in can reach, so that runs are pushed as well as
    polled. `directory` keeps the bot's data where it is given; otherwise it is temporary. `on_bot_line` hears the bot's
    log as it is written. With `bot` False nothing is started until `Sandbox.start_bot`. `crowd` is how many people
    there are beyond the cast's four; `witness` is told of every request and answer between bot and stand-ins.
    """

    page_port: int | None = 8000
    seed: int = 0
    profile: str = "default"
    switches: Switches | None = None
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    callbacks: bool = False
    directory: Path | None = None
    log_level: str = "info"
    bot: bool = True
    on_bot_line: Callable[[str], None] | None = None
    ready_timeout_s: float = 30.0
    crowd: int = 0
    witness: Witness | None = None


@dataclass(slots=True)
class Sandbox:
    """A running sandbox. `bot` can be killed and started again: its data stays."""

    clock: SandboxClock
    discord: DiscordStandin
    runflow: RunflowStandin
    bot: BotProcess
    page_url: str | None
    _ready_timeout_s: float

    async def start_bot(self) -> None:
        """Start the bot and come back when it is connected and its commands are known.

        Raises BotDied when it ends before that, TimeoutError when it takes too long.
        """
        await self.bot.start()
        ended = asyncio.create_task(self.bot.wait(), name="bot end")
        ready = asyncio.create_task(self._ready(), name="bot readiness")
        try:
            done, _ = await asyncio.wait({ended, ready}, return_when=asyncio.FIRST_COMPLETED)
            if ended in done:
                raise BotDied(ended.result(), self.bot.tail())
            await ready
        except TimeoutError as late:
            raise TimeoutError("\n".join(("The bot did not connect. Its last lines:", *self.bot.tail()))) from late
        finally:
            for task in (ended, ready):
                task.cancel()
            await asyncio.gather(ended, ready, return_exceptions=True)

    async def _ready(self) -> None:
        await self.discord.wait_connected(self._ready_timeout_s)
        await self.discord.wait_commands(self._ready_timeout_s)


@asynccontextmanager
async def open_sandbox(
    options: SandboxOptions | None = None, *, clock: SandboxClock | None = None
) -> AsyncGenerator[Sandbox]:
    """Open stand-ins, page and bot, in this order, and close them in reverse.

    Raises KeyError for an unknown profile, OSError for a taken port, BotDied or TimeoutError when the bot does not
    come up.
    """
    options = options or SandboxOptions()
    clock = clock or SandboxClock()
    switches = options.switches if options.switches is not None else PROFILES[options.profile]
    async with AsyncExitStack() as stack:
        directory = options.directory or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="imagine-", ignore_cleanup_errors=True))
        )
        secret = CALLBACK_SECRET if options.callbacks else None
        runflow = await stack.enter_async_context(
            RunflowStandin(
                clock=clock,
                switches=switches,
                api_key=RUNFLOW_KEY,
                callback_secret=secret,
                rng_seed=options.seed,
                witness=options.witness,
            )
        )
        discord = await stack.enter_async_context(
            DiscordStandin(clock=clock, crowd=options.crowd, witness=options.witness)
        )
        runflow.take_sources_from(discord.cdn_url)
        page_url = None
        if options.page_port is not None:
            page = await stack.enter_async_context(
                PageServer(discord=discord, runflow=runflow, profile=options.profile, port=options.page_port)
            )
            page_url = page.url
        bot = BotProcess(
            settings=_bot_settings(options, discord, runflow, directory),
            directory=directory,
            on_line=options.on_bot_line,
        )
        stack.push_async_callback(bot.terminate)
        sandbox = Sandbox(clock, discord, runflow, bot, page_url, options.ready_timeout_s)
        if options.bot:
            await sandbox.start_bot()
        yield sandbox


def _bot_settings(
    options: SandboxOptions, discord: DiscordStandin, runflow: RunflowStandin, directory: Path
) -> dict[str, str]:
    port = free_port()
    settings = {
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
        "DISCORD_CDN_URL": discord.cdn_url,
        "RUNFLOW_API_KEY": RUNFLOW_KEY,
        "RUNFLOW_API_URL": runflow.url,
        "DATABASE_URL": f"sqlite+aiosqlite:///{directory / 'imagine.db'}",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_PORT": str(port),
        "LOG_LEVEL": options.log_level,
    }
    if options.callbacks:
        settings |= {"PUBLIC_URL": f"http://127.0.0.1:{port}", "RUNFLOW_CALLBACK_SECRETS": CALLBACK_SECRET}
    return settings | dict(options.settings)
