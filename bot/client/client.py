"""The discord.py client: what the bot asks of Discord, and where its interactions come in."""

from typing import Any, Protocol

import aiohttp
import discord
import structlog
from discord.ext import commands

from bot.client.intake import Intake, Seen
from bot.client.router import ErrorDoor, Router
from bot.client.sync import SyncMemory, sync_when_changed
from bot.client.tree import ImagineTree
from bot.errors import SettingsError, Unavailable
from bot.guilds.permissions import PERMISSIONS, Permissions
from bot.services import Services


class AdminLog(Protocol):
    """Where lines for servers' log channels wait until they stand."""

    def tell(self, channel_id: int, sentence: str, *, public: str | None = None) -> None:
        """Take a line for a channel; `public` is what it says where everybody can see that channel."""
        ...


_log = structlog.get_logger(__name__)

# Close codes after which Discord says not to reconnect (Gateway: close event codes): token, shards, version, intents.
_HOPELESS = frozenset({4004, 4010, 4011, 4012, 4013, 4014})

# Within this a gateway answers the greeting of a shard, or it is tried again; discord.py would wait 180 s.
_GREETING_S = 15.0


class ImagineClient(commands.AutoShardedBot):
    """The bot on Discord. It asks for the guilds intent alone and reads no messages.

    `extensions` are loaded before the gateway is opened; each finds `services`, `tree` and `router` here. `say_error`
    is the one error door; `admin_log` takes lines for servers' log channels; `seen` is what came already, also through
    earlier clients.
    """

    def __init__(
        self,
        *,
        services: Services,
        extensions: tuple[str, ...],
        sync_memory: SyncMemory,
        say_error: ErrorDoor,
        admin_log: AdminLog,
        seen: Seen,
        permissions: Permissions = PERMISSIONS,
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
            shard_connect_timeout=_GREETING_S,
        )
        self._services, self._extensions, self._sync_memory = services, extensions, sync_memory
        self._say_error, self._admin_log = say_error, admin_log
        self._permissions = permissions.with_models(model.command for model in services.models)
        self._shards_on_gateway: set[int] = set()
        self._intake = Intake(seen)
        self._router = Router(intake=self._intake, permissions=permissions, say_error=say_error)

    @property
    def services(self) -> Services:
        """What extensions hand on to their parts."""
        return self._services

    @property
    def permissions(self) -> Permissions:
        """Who may do what."""
        return self._permissions

    @property
    def admin_log(self) -> AdminLog:
        """Where extensions leave lines for servers' log channels."""
        return self._admin_log

    @property
    def intake(self) -> Intake:
        """Whether interactions are taken, and which are being answered."""
        return self._intake

    @property
    def is_on_gateway(self) -> bool:
        """Whether any shard has a session; discord.py's `is_ready` stays true when the connection is lost."""
        return bool(self._shards_on_gateway)

    @property
    def shards_away(self) -> frozenset[int]:
        """The shards that were started and have no session."""
        return frozenset(self.shards) - self._shards_on_gateway

    async def rejoin(self, shard_id: int) -> None:
        """Connect a shard anew. Raises what discord.py raises where that fails at once."""
        shard = self.get_shard(shard_id)
        if shard is not None:
            await shard.reconnect()

    @property
    def router(self) -> Router:
        """Where extensions say which buttons, selects and forms they answer."""
        return self._router

    async def say_error(self, interaction: discord.Interaction[Any], error: BaseException) -> None:
        """Pass an error to the one error door."""
        await self._say_error(interaction, error)

    def stop_accepting(self) -> None:
        """Answer every further command, press and form with a sentence; what is under way goes on."""
        self._intake.close()

    async def quiet(self) -> None:
        """Wait until no command, no press and no form is being answered."""
        await self._intake.quiet()

    async def on_interaction(self, interaction: discord.Interaction[Any], /) -> None:
        """Answer presses, choices and forms; commands come in through the tree."""
        await self._router.route(interaction)

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
        if self.application_id is None:
            raise RuntimeError("the application is known after the login")
        await sync_when_changed(self.tree, self.application_id, self._sync_memory)

    async def on_message(self, message: discord.Message, /) -> None:
        """Nothing: the bot answers interactions alone."""

    async def on_ready(self) -> None:
        """Note in the log that the bot is connected."""
        _log.info("connected", guilds=len(self.guilds), shards=self.shard_count)

    async def on_shard_connect(self, shard_id: int) -> None:
        """A shard has a new session."""
        self._shards_on_gateway.add(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """A shard has its old session again."""
        self._shards_on_gateway.add(shard_id)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """A shard's connection is over."""
        self._shards_on_gateway.discard(shard_id)
