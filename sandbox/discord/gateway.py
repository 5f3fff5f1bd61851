"""Discord's gateway: who is identified, and what each session is told."""

import asyncio
from typing import cast

from aiohttp import web

from sandbox.discord import payloads
from sandbox.discord.connection import Connection
from sandbox.discord.events import Events
from sandbox.discord.permissions import Permission
from sandbox.discord.sessions import GUILD_MEMBERS, GUILDS, Session
from sandbox.discord.switches import DiscordSwitches
from sandbox.discord.wire import Payload, sid
from sandbox.discord.world import World

RESUMABLE_S = 120.0  # how long a session outlives its connection, in real time


class Gateway:
    """Sessions by their id, live connections among them. `url` and `token` are told by the stand-in."""

    def __init__(self, world: World, events: Events) -> None:
        self.world = world
        self.url = ""
        self.token = ""
        self.switches = DiscordSwitches()
        self.sessions: dict[str, Session] = {}
        self.connections_seen = 0
        self._events = events
        self._connections: set[Connection] = set()
        self._refusals_left = 0
        self._ready = asyncio.Event()

    @property
    def online(self) -> bool:
        """Whether a bot is identified at this moment."""
        return self._ready.is_set()

    def configure(self, switches: DiscordSwitches) -> None:
        """Take other switches; connections to refuse are counted anew."""
        self.switches = switches
        self._refusals_left = switches.refuse_gateway

    async def wait_connected(self) -> None:
        """Come back when a bot is identified."""
        await self._ready.wait()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One websocket, from handshake to close."""
        if self._refusals_left > 0:
            self._refusals_left -= 1
            return web.Response(status=503, text="no healthy upstream")
        self.connections_seen += 1
        connection = Connection(self, request.query)
        self._connections.add(connection)
        try:
            return await connection.run(request)
        finally:
            self._connections.discard(connection)
            self.changed()

    def changed(self) -> None:
        """Tell people when the bot came or went."""
        online = any(connection.session is not None and not connection.closing for connection in self._connections)
        if online == self._ready.is_set():
            return
        if online:
            self._ready.set()
        else:
            self._ready.clear()
        self._events.tell({"t": "bot", "online": online})

    def dispatch(self, event: str, data: Payload, *, intent: int | None = None, guild_id: int | None = None) -> None:
        """Send an event to every session it concerns, also to those that are away and may resume."""
        for session in self.sessions.values():
            if session.hears(intent=intent, guild_id=guild_id):
                session.dispatch(event, data)

    def welcome(self, session: Session) -> None:
        """READY, then the guild where its shard and intents say so."""
        self._forget_lost_sessions()
        world, guild = self.world, self.world.cast.guild
        own = session.hears(intent=None, guild_id=guild.id)
        ready: Payload = {
            "v": 10,
            "user": payloads.own_user(world.cast.bot),
            "guilds": [{"id": sid(guild.id), "unavailable": True}] if own else [],
            "private_channels": [],
            "relationships": [],
            "session_type": "normal",
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "application": {"id": sid(world.application_id), "flags": 0, "flags_new": "0"},
            "shard": list(session.shard),
            "user_settings": {},
            "presences": [],
            "_trace": ["sandbox"],
        }
        session.dispatch("READY", ready)
        if own and session.intents & GUILDS:
            session.dispatch("GUILD_CREATE", self._guild_create(session))

    def _forget_lost_sessions(self) -> None:
        lost_before_s = asyncio.get_running_loop().time() - RESUMABLE_S
        for session in tuple(self.sessions.values()):
            if session.send is None and session.left_at_s < lost_before_s:
                del self.sessions[session.id]

    def _guild_create(self, session: Session) -> Payload:
        world, guild = self.world, self.world.cast.guild
        everyone = [person for person in world.cast.people if person.in_guild]
        # Without the members intent Discord names the bot alone, however small the guild.
        known = everyone if session.intents & GUILD_MEMBERS else [world.cast.bot]
        known = sorted(known, key=lambda person: not person.is_bot)
        places = [
            place
            for place in world.channels()
            if place.guild_id == guild.id and world.may(world.cast.bot, place, Permission.VIEW_CHANNEL)
        ]
        return payloads.guild_create(
            guild,
            channels=[world.render_channel(place) for place in places if not place.is_thread],
            threads=[world.render_channel(place) for place in places if place.is_thread],
            members=[payloads.member(person) for person in known],
            member_count=len(everyone),
        )

    def members_chunk(self, session: Session, wanted: Payload) -> None:
        """Answer a request for members (op 8), by ids or by the beginning of a name."""
        people = [person for person in self.world.cast.people if person.in_guild]
        ids: object = wanted.get("user_ids")
        if ids is not None:
            listed = {str(each) for each in (cast("list[object]", ids) if isinstance(ids, list) else [ids])}
            people = [person for person in people if sid(person.id) in listed]
        else:
            start = str(wanted.get("query") or "").lower()
            people = [person for person in people if person.username.startswith(start)]
        chunk: Payload = {
            "guild_id": str(wanted.get("guild_id")),
            "members": [payloads.member(person) for person in people],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        if wanted.get("nonce") is not None:
            chunk["nonce"] = wanted["nonce"]
        session.dispatch("GUILD_MEMBERS_CHUNK", chunk)

    async def drop(self, kind: str) -> None:
        """Disturb every live connection.

        `reconnect` (op 7), `invalid` (op 9, not resumable), `invalid_resumable` (op 9), `close` (websocket close 4000)
        or `abrupt` (the socket is gone). Raises ValueError for anything else.
        """
        if kind not in {"reconnect", "invalid", "invalid_resumable", "close", "abrupt"}:
            raise ValueError(f"there is no such way to drop a connection: {kind}")
        for connection in tuple(self._connections):
            await connection.disturb(kind)

    async def close(self) -> None:
        """Hang up on everyone."""
        for connection in tuple(self._connections):
            await connection.disturb("close")
