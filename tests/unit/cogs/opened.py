"""The real client, logged in to a Discord at the wire; interactions enter where the gateway would hand them in."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.catalog.registry import Registry
from bot.client.client import ImagineClient
from bot.client.intake import Seen
from bot.client.probe import point_discord_at
from bot.clock import SystemClock
from bot.entropy import Entropy
from bot.guilds.permissions import PERMISSIONS, Permissions
from bot.services import Guilds, Policies, Posts, PromptRules, Removals, Reviews, Runs, Sanctions, Services
from cogs import EXTENSIONS
from cogs.ui.errors import ErrorReplies
from cogs.ui.log_channel import LogOutbox
from tests.unit.cogs.samples import (
    FakeDrafts,
    FakeFamilies,
    FakeGuilds,
    FakeHistory,
    FakeLedger,
    FakePolicies,
    FakeRuns,
    FakeSaved,
    SampleModel,
)
from tests.unit.cogs.wire import FakeDiscord

_QUIET_S = 10.0


@dataclass
class Memory:
    digests: dict[int, str] = field(default_factory=dict[int, str])

    async def digest_of(self, application_id: int) -> str | None:
        return self.digests.get(application_id)

    async def remember(self, application_id: int, digest: str) -> None:
        self.digests[application_id] = digest


@dataclass
class Opened:
    discord: FakeDiscord
    client: ImagineClient

    def hand_in(self, event: str, payload: dict[str, Any]) -> None:
        """What the gateway does with a dispatch."""
        connection = self.client._connection  # pyright: ignore[reportPrivateUsage]
        connection.parsers[event](payload)

    def press(self, payload: dict[str, Any]) -> None:
        self.hand_in("INTERACTION_CREATE", payload)

    def become_ready(self) -> None:
        """What the gateway does when every guild has come."""
        ready = self.client._ready  # pyright: ignore[reportPrivateUsage]
        ready.set()


@asynccontextmanager
async def opened(
    runs: Runs | None = None,
    memory: Memory | None = None,
    *,
    extensions: tuple[str, ...] = EXTENSIONS,
    history: FakeHistory | None = None,
    drafts: FakeDrafts | None = None,
    saved: FakeSaved | None = None,
    ledger: FakeLedger | None = None,
    policies: object = None,
    sanctions: object = None,
    guild_settings: object = None,
    reviews: object = None,
    removals: object = None,
    posts: object = None,
    models: Registry | None = None,
    permissions: Permissions = PERMISSIONS,
    server: dict[str, Any] | None = None,
    seen: Seen | None = None,
) -> AsyncGenerator[Opened]:
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE
    services = Services(
        runs=runs or FakeRuns(),
        drafts=drafts or FakeDrafts(),
        history=history or FakeHistory(),
        saved=saved or FakeSaved(),
        families=FakeFamilies(history or FakeHistory()),
        ledger=ledger or FakeLedger(),
        reviews=cast("Reviews", reviews),
        removals=cast("Removals", removals),
        posts=cast("Posts", posts),
        policies=cast("Policies", policies or FakePolicies()),
        prompt_rules=cast("PromptRules", None),
        sanctions=cast("Sanctions", sanctions),
        guild_settings=cast("Guilds", guild_settings or FakeGuilds()),
        models=models or Registry((SampleModel(),)),
    )
    replies = ErrorReplies(Entropy.seeded(1).new_reference)
    outbox = LogOutbox(clock=SystemClock(), new_nonce=Entropy.seeded(2).new_reference)
    client = ImagineClient(
        services=services,
        extensions=extensions,
        sync_memory=memory or Memory(),
        say_error=replies.say,
        admin_log=outbox,
        seen=seen or Seen(),
        permissions=permissions,
    )
    try:
        async with FakeDiscord() as fake:
            point_discord_at(fake.url, None, None)
            outbox.attach(client)
            async with client:
                await client.login("token")
                open_ = Opened(fake, client)
                if server is not None:
                    open_.hand_in("GUILD_CREATE", server)
                yield open_
                # What a press goes on with after its answer is part of it, and would fail at a closed client.
                async with asyncio.timeout(_QUIET_S):
                    await client.intake.quiet()
                await outbox.close()
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before[:2]
        setattr(discord.Asset, "BASE", before[2])  # noqa: B010
