"""The discord.py client and its command tree. The only file of bot/ that imports discord."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import aiohttp
import discord
import structlog
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.errors import SettingsError, Unavailable, UserError
from bot.services import Services

_log = structlog.get_logger(__name__)

_CHECK_TIMEOUT_S = 20.0
_STOPPING = "I am being restarted just now. Please try again in a minute: nothing was started, and nothing was charged."

# Close codes after which Discord says not to reconnect (Gateway: close event codes): token, shards, version, intents.
_HOPELESS = frozenset({4004, 4010, 4011, 4012, 4013, 4014})

ErrorDoor = Callable[[discord.Interaction, BaseException], Awaitable[None]]
PressHandler = Callable[[discord.Interaction, str], Awaitable[None]]


class SyncMemory(Protocol):
    """Remembers which commands Discord was last told of."""

    async def digest_of(self, application_id: int) -> str | None:
        """The digest remembered for an application; None where there is none."""
        ...

    async def remember(self, application_id: int, digest: str) -> None:
        """Remember a digest."""
        ...


def point_discord_at(api_url: str | None, gateway_url: str | None, cdn_url: str | None) -> None:
    """Talk to a stand-in instead of Discord: addresses of REST (with version), gateway and CDN; None keeps Discord's.

    These are discord.py's own class attributes, so this rules for the whole process. Call it before the login.
    """
    # Voice is not what this bot is for: its missing libraries are nothing to warn of.
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    if api_url:
        Route.BASE = api_url.rstrip("/")
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
    if cdn_url:
        setattr(discord.Asset, "BASE", cdn_url.rstrip("/"))  # noqa: B010 - annotated as if it could only be Discord's


class ImagineTree(app_commands.CommandTree["ImagineClient"]):
    """Commands whose errors all reach the client's one error door, and which are closed before the bot stops."""

    async def interaction_check(self, interaction: discord.Interaction["ImagineClient"], /) -> bool:  # noqa: ARG002 - discord.py hands it in
        """Let everybody in until the client stops accepting. Raises Unavailable then."""
        self.client.check_open()
        return True

    async def on_error(self, interaction: discord.Interaction["ImagineClient"], error: BaseException, /) -> None:
        """Say it to the person who asked."""
        await self.client.say_error(interaction, error)

    async def _call(self, interaction: discord.Interaction["ImagineClient"]) -> None:
        """discord.py passes on only its own errors: others, raised in a check, would vanish with their task."""
        with self.client.under_way():
            try:
                await super()._call(interaction)
            except app_commands.AppCommandError:
                raise
            except Exception as error:  # noqa: BLE001 - the door tells faults from refusals, and logs them
                interaction.command_failed = True
                await self.on_error(interaction, error)


class ImagineClient(commands.AutoShardedBot):
    """The bot on Discord. It asks for the guilds intent alone and reads no messages.

    `extensions` are loaded before the gateway is opened; each finds `services` here. `say_error` is the one error door.
    """

    def __init__(
        self,
        *,
        services: Services,
        extensions: tuple[str, ...],
        sync_memory: SyncMemory,
        say_error: ErrorDoor,
        guild_ready_timeout_s: float = 2.0,
    ) -> None:
        super().__init__(
            command_prefix=(),
            help_command=None,
            tree_cls=ImagineTree,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            guild_ready_timeout=guild_ready_timeout_s,
        )
        self._services, self._extensions, self._sync_memory = services, extensions, sync_memory
        self._say_error = say_error
        self._press_handlers: dict[str, PressHandler] = {}
        self._is_open = True
        self._under_way = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def services(self) -> Services:
        """What extensions hand on to their parts."""
        return self._services

    async def say_error(self, interaction: discord.Interaction[Any], error: BaseException) -> None:
        """Pass an error to the one error door."""
        await self._say_error(interaction, error)

    def on_press(self, action: str, handler: PressHandler) -> None:
        """Let `handler` answer presses of buttons with this action. Raises ValueError for an action that has one."""
        if action in self._press_handlers:
            raise ValueError(f"presses of {action} are answered already")
        self._press_handlers[action] = handler

    async def pressed(self, interaction: discord.Interaction[Any], action: str, subject: str) -> None:
        """Pass a press on to its handler. discord.py would swallow errors here: they go to the one error door."""
        with self.under_way():
            try:
                self.check_open()
                handler = self._press_handlers.get(action)
                if handler is None:
                    raise UserError("This button is no longer in use.")
                await handler(interaction, subject)
            except Exception as error:  # noqa: BLE001 - the door tells faults from refusals, and logs them
                await self.say_error(interaction, error)

    def stop_accepting(self) -> None:
        """Answer every further command and press with a sentence; what is under way goes on."""
        self._is_open = False

    def check_open(self) -> None:
        """Raises Unavailable, whose sentence people read, once the client has stopped accepting."""
        if not self._is_open:
            raise Unavailable(_STOPPING)

    @contextmanager
    def under_way(self) -> Generator[None]:
        """Count an interaction as being answered while the block runs."""
        self._under_way += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._quiet.set()

    async def quiet(self) -> None:
        """Wait until no command and no press is being answered."""
        await self._quiet.wait()

    async def on_interaction(self, interaction: discord.Interaction[Any], /) -> None:
        """Answer a press of a button that its message does not have (any more): forged, or from before an edit.

        discord.py finds no item for it and drops it. Handlers check who presses and what still holds, as always.
        """
        if interaction.type is not discord.InteractionType.component or interaction.message is None:
            return
        custom_id = str((interaction.data or {}).get("custom_id", ""))
        action, colon, subject = custom_id.partition(":")
        if (
            colon
            and action in self._press_handlers
            and custom_id not in set(_custom_ids(interaction.message.components))
        ):
            await self.pressed(interaction, action, subject)

    async def login(self, token: str) -> None:
        """Log in. Raises SettingsError when Discord does not take the token, Unavailable when it cannot be reached."""
        try:
            await super().login(token)
        except discord.LoginFailure as error:
            raise SettingsError("DISCORD_TOKEN: Discord does not take this token") from error
        except discord.HTTPException as error:
            if error.status < 500 and error.status != 429:
                raise
            raise Unavailable("Discord has trouble and does not answer") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable("Discord cannot be reached") from error

    async def connect(self, *, reconnect: bool = True) -> None:
        """Be on the gateway until it is over. Raises SettingsError for what no new connection could mend."""
        try:
            await super().connect(reconnect=reconnect)
        except discord.PrivilegedIntentsRequired as error:
            raise SettingsError("Discord does not grant this bot the intents it asks for") from error
        except discord.ConnectionClosed as error:
            if error.code in _HOPELESS:
                raise SettingsError(f"Discord closed the gateway for good (code {error.code})") from error
            raise

    async def setup_hook(self) -> None:
        """Load the extensions, then tell Discord of the commands where they changed."""
        for extension in self._extensions:
            await self.load_extension(extension)
        await self._sync_when_changed()

    async def on_message(self, message: discord.Message, /) -> None:
        """Nothing: the bot answers interactions alone."""

    async def on_ready(self) -> None:
        """Note in the log that the bot is connected."""
        _log.info("connected", guilds=len(self.guilds), shards=self.shard_count)

    async def _sync_when_changed(self) -> None:
        if self.application_id is None:
            raise RuntimeError("the application is known after the login")
        digest = commands_digest([command.to_dict(self.tree) for command in self.tree.get_commands()])
        if await self._sync_memory.digest_of(self.application_id) == digest:
            return
        await self.tree.sync()
        await self._sync_memory.remember(self.application_id, digest)
        _log.info("commands synced", count=len(self.tree.get_commands()))


def _custom_ids(components: Iterable[object]) -> Iterator[str]:
    """Every custom_id among components, however deep they lie."""
    for component in components:
        custom_id = getattr(component, "custom_id", None)
        if isinstance(custom_id, str):
            yield custom_id
        for name in ("children", "components"):
            yield from _custom_ids(getattr(component, name, ()))
        yield from _custom_ids([one for one in (getattr(component, "accessory", None),) if one is not None])


def commands_digest(payloads: list[dict[str, Any]]) -> str:
    """A digest of command definitions, the same in whatever order they and their keys come."""
    texts = sorted(json.dumps(payload, sort_keys=True, ensure_ascii=True) for payload in payloads)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


async def name_behind(token: str) -> str:
    """The name of the bot that a token belongs to. Raises Unavailable when Discord does not take it or answer."""
    client = discord.Client(intents=discord.Intents(guilds=True))
    try:
        async with asyncio.timeout(_CHECK_TIMEOUT_S):
            await client.login(token)
        return str(client.user)
    except discord.LoginFailure as error:
        raise Unavailable("Discord does not take this token") from error
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Unavailable("Discord does not answer") from error
    finally:
        await client.close()
