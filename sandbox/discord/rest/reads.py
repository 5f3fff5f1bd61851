"""What a bot may look up: itself, its application, the gateway, the guild with its members, roles and channels."""

from sandbox.discord import payloads
from sandbox.discord.cast import Person
from sandbox.discord.gateway import Gateway
from sandbox.discord.permissions import Permission, in_guild
from sandbox.discord.rest.door import Answer, Call
from sandbox.discord.rules.refusals import missing_access, unknown_member, unknown_user
from sandbox.discord.wire import Payload, as_int, sid
from sandbox.discord.world import World


class Reads:
    """Routes under `/users`, `/oauth2`, `/applications/@me`, `/gateway` and `/guilds`."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway

    async def me(self, _call: Call) -> Answer:
        """The bot's own user."""
        return Answer(200, payloads.own_user(self._world.cast.bot))

    async def user(self, call: Call) -> Answer:
        """Anyone."""
        person = self._world.person(as_int(call.params["user_id"]) or 0)
        if person is None:
            raise unknown_user()
        return Answer(200, payloads.user(person))

    async def my_guilds(self, _call: Call) -> Answer:
        """The guilds the bot is in."""
        guild, bot = self._world.cast.guild, self._world.cast.bot
        entry: Payload = {
            "id": sid(guild.id),
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": str(in_guild(bot, guild)),
            "features": [],
        }
        return Answer(200, [entry])

    async def application(self, _call: Call) -> Answer:
        """The bot's application."""
        cast = self._world.cast
        return Answer(200, payloads.application(cast.bot, cast.admin, 1))

    async def gateway(self, _call: Call) -> Answer:
        """Where the gateway is."""
        return Answer(200, {"url": self._gateway.url})

    async def gateway_bot(self, _call: Call) -> Answer:
        """Where the gateway is, and with how many shards to come."""
        limit: Payload = {"max_concurrency": 1, "remaining": 1000, "reset_after": 86_400_000, "total": 1000}
        shards = self._gateway.switches.shards
        return Answer(200, {"url": self._gateway.url, "session_start_limit": limit, "shards": shards})

    async def guild(self, call: Call) -> Answer:
        """The guild."""
        self._check(call)
        payload = payloads.guild(self._world.cast.guild)
        if call.query.get("with_counts", "").lower() in {"1", "true"}:
            count = len(self._members())
            payload |= {"approximate_member_count": count, "approximate_presence_count": count}
        return Answer(200, payload)

    async def channels(self, call: Call) -> Answer:
        """The guild's channels, threads left out; those the bot cannot see are listed too, as Discord does."""
        self._check(call)
        guild_id = self._world.cast.guild.id
        found = [each for each in self._world.channels() if each.guild_id == guild_id and not each.is_thread]
        return Answer(200, [self._world.render_channel(channel) for channel in found])

    async def threads(self, call: Call) -> Answer:
        """The guild's active threads that the bot can see."""
        self._check(call)
        bot = self._world.cast.bot
        found = [
            channel
            for channel in self._world.channels()
            if channel.is_thread and self._world.may(bot, channel, Permission.VIEW_CHANNEL)
        ]
        rendered = [self._world.render_channel(channel) for channel in found]
        return Answer(200, {"threads": rendered, "members": [], "has_more": False})

    async def roles(self, call: Call) -> Answer:
        """The guild's roles."""
        self._check(call)
        return Answer(200, [payloads.role(role) for role in self._world.cast.guild.roles])

    async def members(self, call: Call) -> Answer:
        """The guild's members, which takes the members intent, page by page in the order of ids."""
        self._check(call)
        if not self._gateway.switches.privileged_intents:
            raise missing_access()
        limit, after = as_int(call.query.get("limit", "1")) or 1, as_int(call.query.get("after", "0")) or 0
        found = sorted((person for person in self._members() if person.id > after), key=lambda person: person.id)
        return Answer(200, [payloads.member(person) for person in found[:limit]])

    async def member(self, call: Call) -> Answer:
        """One member."""
        self._check(call)
        wanted = as_int(call.params["user_id"])
        person = next((each for each in self._members() if each.id == wanted), None)
        if person is None:
            raise unknown_member()
        return Answer(200, payloads.member(person))

    def _members(self) -> list[Person]:
        return [person for person in self._world.cast.people if person.in_guild]

    def _check(self, call: Call) -> None:
        if as_int(call.params["guild_id"]) != self._world.cast.guild.id:
            raise missing_access()
