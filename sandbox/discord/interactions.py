"""Interactions from the moment a person acts: told to the bot, acknowledged in time or failed, alive for 15 minutes."""

import asyncio
import base64
import secrets
from dataclasses import dataclass, field
from typing import Any

from sandbox.discord import payloads
from sandbox.discord.cast import DM, Channel, Person
from sandbox.discord.events import Events
from sandbox.discord.gateway import Gateway
from sandbox.discord.messages import Message, Origin
from sandbox.discord.rules.refusals import already_acknowledged, token_expired, unknown_interaction, unknown_webhook
from sandbox.discord.wire import Payload, sid
from sandbox.discord.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5


@dataclass(slots=True)
class Interaction:
    """One interaction. `answer` is the callback type once acknowledged, `original_id` the message `@original`."""

    id: int
    token: str
    kind: int
    person: Person
    channel: Channel
    name: str
    data: Payload
    began_s: float
    limit_bytes: int
    message: Message | None = None
    trigger: "Interaction | None" = None
    state: str = "sent"
    answer: int | None = None
    ack_ms: float | None = None
    original_id: int | None = None
    modal: Payload | None = None
    choices: list[Payload] = field(default_factory=list[Payload])
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def in_guild(self) -> bool:
        """Whether it came from the guild."""
        return self.channel.guild_id is not None


class Interactions:
    """All interactions, by id and by token."""

    def __init__(self, world: World, events: Events, gateway: Gateway) -> None:
        self._world = world
        self._events = events
        self._gateway = gateway
        self._by_id: dict[int, Interaction] = {}
        self._by_token: dict[str, Interaction] = {}
        self._watches: set[asyncio.Task[None]] = set()

    def get(self, interaction_id: int) -> Interaction | None:
        """The interaction of this id."""
        return self._by_id.get(interaction_id)

    def all(self) -> list[Interaction]:
        """Every interaction, oldest first."""
        return list(self._by_id.values())

    def begin(
        self,
        kind: int,
        person: Person,
        channel: Channel,
        data: Payload,
        *,
        name: str = "",
        message: Message | None = None,
        trigger: Interaction | None = None,
    ) -> Interaction:
        """Tell the bot that a person acted, and start counting."""
        interaction_id = self._world.ids.next()
        secret = f"interaction:{interaction_id}:{secrets.token_urlsafe(48)}"
        interaction = Interaction(
            id=interaction_id,
            token=base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
            kind=kind,
            person=person,
            channel=channel,
            name=name,
            data=data,
            began_s=self._world.clock.elapsed_s(),
            limit_bytes=self._gateway.switches.attachment_limit_bytes,
            message=message,
            trigger=trigger,
        )
        self._by_id[interaction.id] = interaction
        self._by_token[interaction.token] = interaction
        watch = asyncio.create_task(self._watch(interaction), name=f"acknowledgement of interaction {interaction.id}")
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)
        self.tell(interaction)
        self._gateway.dispatch("INTERACTION_CREATE", self._payload(interaction), guild_id=channel.guild_id)
        return interaction

    async def _watch(self, interaction: Interaction) -> None:
        due_s = interaction.began_s + self._gateway.switches.ack_deadline_s
        deadline = asyncio.create_task(self._until(due_s))
        settled = asyncio.create_task(interaction.settled.wait())
        try:
            await asyncio.wait({deadline, settled}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            deadline.cancel()
            settled.cancel()
            await asyncio.gather(deadline, settled, return_exceptions=True)
        if interaction.answer is None:
            interaction.state = "failed"
            self.tell(interaction)
            interaction.settled.set()

    async def _until(self, due_s: float) -> None:
        # By the moment it began: the clock may have moved before this task ran for the first time.
        while (left_s := due_s - self._world.clock.elapsed_s()) > 0:
            await self._world.clock.sleep(left_s)

    async def close(self) -> None:
        """Stop counting. Whoever waits for suggestions gets none."""
        for watch in tuple(self._watches):
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        for interaction in self._by_id.values():
            interaction.settled.set()

    def claim(self, interaction_id: int | None, token: str) -> Interaction:
        """The interaction a first answer is for. Raises Refused: 10062 when unknown or late, 40060 when answered."""
        interaction = self._by_id.get(interaction_id or 0)
        if interaction is None or interaction.token != token:
            raise unknown_interaction()
        if interaction.answer is not None:
            raise already_acknowledged()
        if self._age_s(interaction) > self._gateway.switches.ack_deadline_s or interaction.state == "failed":
            raise unknown_interaction()
        return interaction

    def by_token(self, application_id: int | None, token: str) -> Interaction:
        """The interaction whose messages a webhook route is about.

        Raises Refused: 10015 when there is none or it was not acknowledged yet, 50027 when its token's life is over.
        """
        interaction = self._by_token.get(token)
        if interaction is None or application_id != self._world.application_id:
            raise unknown_webhook()
        if self._age_s(interaction) > self._gateway.switches.token_life_s:
            raise token_expired()
        if interaction.answer is None or interaction.original_id is None:
            raise unknown_webhook()
        return interaction

    def _age_s(self, interaction: Interaction) -> float:
        return self._world.clock.elapsed_s() - interaction.began_s

    def acknowledge(self, interaction: Interaction, answer: int, state: str) -> None:
        """Note the first answer. `state` is what people see: deferred, answered or modal."""
        interaction.answer = answer
        interaction.ack_ms = round(self._age_s(interaction) * 1000, 3)
        interaction.state = state
        self.tell(interaction)
        interaction.settled.set()

    def answered(self, interaction: Interaction) -> None:
        """Note that a deferred answer has come."""
        if interaction.state == "deferred":
            interaction.state = "answered"
            self.tell(interaction)

    def tell(self, interaction: Interaction) -> None:
        """Tell people how an interaction stands."""
        if interaction.kind != AUTOCOMPLETE:
            self._events.tell({"t": "interaction", **described(interaction)})

    def origin(self, interaction: Interaction) -> Origin:
        """What a message says of the interaction it answers."""
        metadata = self._metadata(interaction)
        legacy: Payload | None = None
        if interaction.kind == COMMAND:
            legacy = {
                "id": sid(interaction.id),
                "type": COMMAND,
                "name": interaction.name,
                "user": payloads.user(interaction.person),
            }
        return Origin(interaction.id, metadata, legacy)

    def _metadata(self, interaction: Interaction) -> Payload:
        metadata: Payload = {
            "id": sid(interaction.id),
            "type": interaction.kind,
            "user": payloads.user(interaction.person),
            "authorizing_integration_owners": self._owners(interaction),
        }
        if interaction.kind == COMMAND and (target := interaction.data.get("target_id")):
            users = interaction.data["resolved"].get("users", {})
            metadata |= {"target_user": users[target]} if target in users else {"target_message_id": target}
        if interaction.kind == COMPONENT and interaction.message is not None:
            metadata["interacted_message_id"] = sid(interaction.message.id)
        if interaction.kind == MODAL_SUBMIT and interaction.trigger is not None:
            metadata["triggering_interaction_metadata"] = self._metadata(interaction.trigger)
        return metadata

    def _owners(self, interaction: Interaction) -> dict[str, str]:
        """By whom the app is installed here: the guild ("0" for the bot's DMs), or in foreign places the person."""
        if interaction.in_guild:
            return {"0": sid(interaction.channel.guild_id or 0)}
        return {"0": "0"} if interaction.channel.type == DM else {"1": sid(interaction.person.id)}

    def _payload(self, interaction: Interaction) -> Payload:
        """INTERACTION_CREATE."""
        world, channel, person = self._world, interaction.channel, interaction.person
        granted = world.permissions_of(person, channel)
        payload: Payload = {
            "id": sid(interaction.id),
            "application_id": sid(world.application_id),
            "type": interaction.kind,
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel_id": sid(channel.id),
            "channel": self._partial_channel(channel, granted),
            "app_permissions": str(world.permissions_of(world.cast.bot, channel)),
            "locale": payloads.LOCALE,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": self._owners(interaction),
            "context": 0 if interaction.in_guild else 1 if channel.type == DM else 2,
            "attachment_size_limit": interaction.limit_bytes,
        }
        if interaction.in_guild:
            guild_id = sid(channel.guild_id or 0)
            payload |= {
                "guild_id": guild_id,
                "guild": {"id": guild_id, "locale": payloads.LOCALE, "features": []},
                "guild_locale": payloads.LOCALE,
                "member": payloads.member(person) | {"permissions": str(granted)},
            }
        else:
            payload["user"] = payloads.user(person)
        if interaction.message is not None:
            payload["message"] = world.render(interaction.message)
        return payload

    def _partial_channel(self, channel: Channel, granted: int) -> Payload:
        payload: dict[str, Any] = self._world.render_channel(channel)
        payload.pop("permission_overwrites", None)
        return payload | ({"permissions": str(granted)} if channel.guild_id is not None else {})


def described(interaction: Interaction) -> Payload:
    """An interaction as people's clients know it."""
    payload: Payload = {
        "id": sid(interaction.id),
        "state": interaction.state,
        "user_id": sid(interaction.person.id),
        "channel_id": sid(interaction.channel.id),
        "name": interaction.name,
        "type": interaction.kind,
    }
    if interaction.kind == COMMAND:
        payload["command_type"] = interaction.data["type"]
    if interaction.message is not None:
        payload["pressed"] = sid(interaction.message.id)
    if interaction.original_id is not None:
        payload["message_id"] = sid(interaction.original_id)
    if interaction.ack_ms is not None:
        payload["ack_ms"] = interaction.ack_ms
    return payload
