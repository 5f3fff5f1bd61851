"""The stand-in for Discord: gateway, REST and CDN on one loopback port."""

import asyncio
import base64
import binascii
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from sandbox.clock import SandboxClock
from sandbox.discord.cast import Channel
from sandbox.discord.cdn import Cdn
from sandbox.discord.events import Events
from sandbox.discord.gateway import Gateway
from sandbox.discord.interactions import Interactions
from sandbox.discord.people import People
from sandbox.discord.permissions import Permission
from sandbox.discord.rest.callbacks import Callbacks, UploadLimit
from sandbox.discord.rest.channels import Channels
from sandbox.discord.rest.commands import Commands
from sandbox.discord.rest.door import Door
from sandbox.discord.rest.log import BotRequest
from sandbox.discord.rest.reads import Reads
from sandbox.discord.rest.routes import rest_routes
from sandbox.discord.rest.webhooks import Webhooks
from sandbox.discord.switches import DiscordSwitches
from sandbox.discord.timeline import Timeline
from sandbox.discord.wire import API, sid
from sandbox.discord.world import World
from sandbox.listener import Listener
from sandbox.witness import Tap, Witness

_LARGEST_BODY_BYTES = 512 * 1024 * 1024


class DiscordStandin:
    """Discord on 127.0.0.1, as an async context.

    `port` 0 takes a free one. `token` None makes one for the seeded application; another must be
    `base64(application id).x.y`, and its application is then the bot's. `crowd` is how many people there are beyond the
    cast's four. `witness` is told of every REST request.
    """

    def __init__(
        self,
        *,
        clock: SandboxClock,
        port: int = 0,
        token: str | None = None,
        switches: DiscordSwitches = DiscordSwitches(),  # noqa: B008 - frozen
        crowd: int = 0,
        witness: Witness | None = None,
    ) -> None:
        self.clock = clock
        self.world = World(clock, application_id=None if token is None else application_of(token), crowd=crowd)
        self.token = token or _token_for(self.world.application_id)
        self._port = port
        self._events = Events(clock)
        self._gateway = Gateway(self.world, self._events)
        self._gateway.token = self.token
        self._timeline = Timeline(self.world, self._events, self._gateway)
        self.interactions = Interactions(self.world, self._events, self._gateway)
        self._channels = Channels(self.world, self._timeline)
        self._upload_limit = UploadLimit()
        self._door = Door(clock)
        self._door.token = self.token
        self.people = People(self.world, self._events, self._gateway, self.interactions, self._timeline)
        self._tap = None if witness is None else Tap("discord", witness)
        self._runner: web.AppRunner | None = None
        self._listener: Listener | None = None
        self._switches = switches
        self.switches = switches

    @property
    def switches(self) -> DiscordSwitches:
        """How the stand-in behaves. Assigning another set starts its counters anew."""
        return self._switches

    @switches.setter
    def switches(self, switches: DiscordSwitches) -> None:
        self._switches = switches
        self._gateway.configure(switches)
        self._door.configure(switches)
        self._upload_limit.refused_over_bytes = switches.upload_refused_over_bytes
        refused_over = switches.upload_refused_over_bytes
        limit = switches.attachment_limit_bytes
        self._channels.limit_bytes = limit if refused_over is None else min(limit, refused_over)

    @property
    def requests(self) -> list[BotRequest]:
        """Every REST request the bot sent, oldest first, with what was answered."""
        return self._door.requests

    @property
    def api_url(self) -> str:
        """The base of REST, with the version."""
        return f"http://127.0.0.1:{self._port}{API}"

    @property
    def gateway_url(self) -> str:
        """The gateway's address."""
        return f"ws://127.0.0.1:{self._port}/gw/"

    @property
    def cdn_url(self) -> str:
        """The base of files."""
        return f"http://127.0.0.1:{self._port}/cdn"

    async def __aenter__(self) -> Self:
        told = [] if self._tap is None else self._tap.middlewares()
        app = web.Application(middlewares=told, client_max_size=_LARGEST_BODY_BYTES)
        app.router.add_get("/gw", self._gateway.handle)
        app.router.add_get("/gw/", self._gateway.handle)
        app.add_routes(self._rest())
        app.add_routes(Cdn(self.world).routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0, handle_signals=False)
        await self._runner.setup()
        self._listener = Listener(self._runner, self._port)
        try:
            await self._listener.open()
        except BaseException:
            await self._runner.cleanup()
            raise
        self._port = self._listener.port
        self.world.addresses.cdn_url = self.cdn_url
        self._gateway.url = self.gateway_url
        return self

    def _rest(self) -> list[web.RouteDef]:
        return rest_routes(
            self._door,
            callbacks=Callbacks(self.world, self._events, self.interactions, self._timeline, self._upload_limit),
            webhooks=Webhooks(self.world, self.interactions, self._timeline, self._upload_limit),
            channels=self._channels,
            commands=Commands(self.world, self._events),
            reads=Reads(self.world, self._gateway),
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.interactions.close()
        await self._gateway.close()
        if self._tap is not None:
            await self._tap.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self._events.close()

    async def wait_connected(self, timeout_s: float) -> None:
        """Come back when a bot is identified at the gateway. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            await self._gateway.wait_connected()

    async def wait_commands(self, timeout_s: float) -> None:
        """Come back when the bot has commands. Raises TimeoutError."""
        events = self._events.subscribe()
        try:
            async with asyncio.timeout(timeout_s):
                while not self.world.commands:
                    await anext(events)
        finally:
            events.close()

    @property
    def online(self) -> bool:
        """Whether a bot is identified at this moment."""
        return self._gateway.online

    async def drop_gateway(self, kind: str) -> None:
        """Disturb the bot's connections: `reconnect`, `invalid`, `invalid_resumable`, `close` or `abrupt`."""
        await self._gateway.drop(kind)

    @property
    def gateway_connections(self) -> int:
        """How many websocket connections there have been."""
        return self._gateway.connections_seen

    async def shut(self) -> None:
        """Refuse every new connection until `reopen`; those that stand are left as they are."""
        if self._listener is not None:
            await self._listener.shut()

    async def reopen(self) -> None:
        """Take connections again."""
        if self._listener is not None:
            await self._listener.open()

    async def change_channel(self, channel_id: int, **changes: Any) -> Channel:
        """Give a channel other values (`nsfw`, `name`, `overwrites`, …) and tell the bot.

        One that the bot may see again is a new one to it, as it was gone when it no longer might.
        """
        before = self.world.channel(channel_id)
        saw = before is not None and self.world.may(self.world.cast.bot, before, Permission.VIEW_CHANNEL)
        changed = self.world.change_channel(channel_id, **changes)
        name = "THREAD_UPDATE" if changed.is_thread else "CHANNEL_UPDATE" if saw else "CHANNEL_CREATE"
        self._tell_channel(name, changed)
        return changed

    async def add_channel(self, channel: Channel) -> None:
        """Make a channel or a category of the guild, and tell the bot."""
        self.world.add_channel(channel)
        self._tell_channel("CHANNEL_CREATE", channel)

    async def delete_channel(self, channel_id: int) -> None:
        """Take a channel away with its messages, and tell the bot."""
        gone = self.world.channel(channel_id)
        if gone is None:
            raise KeyError(channel_id)
        payload = self.world.render_channel(gone)
        self.world.remove_channel(channel_id)
        name = "THREAD_DELETE" if gone.is_thread else "CHANNEL_DELETE"
        self._gateway.dispatch(name, payload, intent=1, guild_id=gone.guild_id)

    def close_dms(self, user_id: int) -> None:
        """Let a person take no messages from the bot."""
        self._channels.closed_dms.add(user_id)

    def _tell_channel(self, name: str, channel: Channel) -> None:
        if channel.guild_id is None:
            return
        if self.world.may(self.world.cast.bot, channel, Permission.VIEW_CHANNEL):
            payload = self.world.render_channel(channel)
        else:  # a channel the bot can no longer see has gone, as far as it is told
            payload, name = self.world.render_channel(channel), "CHANNEL_DELETE"
        self._gateway.dispatch(name, payload, intent=1, guild_id=channel.guild_id)


def application_of(token: str) -> int:
    """The application id in a bot token. Raises ValueError where there is none."""
    first = token.split(".", maxsplit=1)[0]
    try:
        return int(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (binascii.Error, ValueError) as error:
        raise ValueError("a bot token begins with the base64 of its application's id") from error


def _token_for(application_id: int) -> str:
    return (
        f"{base64.urlsafe_b64encode(sid(application_id).encode()).decode().rstrip('=')}.Sandbx.not-a-secret-of-anyone"
    )
