"""What people do with Discord's client, and what they see."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from sandbox.discord import payloads
from sandbox.discord.cast import DM, GROUP_DM, Channel, Person
from sandbox.discord.clientchecks import ClientRefusal, Known, check_upload, check_values, find_leaf
from sandbox.discord.clientdata import ClientData
from sandbox.discord.clientforms import check_form, check_selection
from sandbox.discord.compose import Draft
from sandbox.discord.events import Events, Subscription
from sandbox.discord.gateway import Gateway
from sandbox.discord.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
    Interactions,
    described,
)
from sandbox.discord.media import Upload, take_in
from sandbox.discord.messages import Message, find_component
from sandbox.discord.permissions import Permission, in_guild
from sandbox.discord.rules.commands import CHAT_INPUT, MESSAGE_MENU, USER_MENU
from sandbox.discord.timeline import Timeline
from sandbox.discord.wire import Payload, sid, sids
from sandbox.discord.world import World

Predicate = Callable[[Payload], bool]


class People:
    """Everyone who is not the bot.

    With `check` True an action is refused with ClientRefusal where Discord's client (or its server, for permissions)
    would not let it through; with False it is forged, as a hostile client would.
    """

    def __init__(
        self, world: World, events: Events, gateway: Gateway, interactions: Interactions, timeline: Timeline
    ) -> None:
        self._world = world
        self._events = events
        self._gateway = gateway
        self._interactions = interactions
        self._timeline = timeline
        self._data = ClientData(world)

    # --- acting

    async def slash(
        self,
        *,
        user_id: int,
        channel_id: int,
        command: str,
        options: Mapping[str, object] | None = None,
        check: bool = True,
    ) -> str:
        """Use a slash command; a subcommand as "name sub". Gives the interaction's id. Raises ClientRefusal."""
        person, channel = self._actor(user_id), self._place(channel_id)
        values = dict(options or {})
        way = self._find(command, channel)
        if check:
            if way is None:
                raise ClientRefusal(f"There is no command /{command}.")
            self._check_use(person, channel, way[0])
            check_values(way[-1], values, known=self._known(person))
        data = self._data.command(way or (_made_up(command),), values)
        return sid(self._interactions.begin(COMMAND, person, channel, data, name=command).id)

    async def use_context_menu(
        self, *, user_id: int, channel_id: int, command: str, target_id: int | str, check: bool = True
    ) -> str:
        """Use a command from the menu of a message or of a person (`target_id`). Gives the interaction's id.

        Which of the two is meant is read from the id: a message's, else a person's. Raises ClientRefusal.
        """
        person, channel = self._actor(user_id), self._place(channel_id)
        target = self._world.message(int(target_id)) or self._world.person(int(target_id))
        if target is None:
            raise ClientRefusal("This is no longer there.")
        kind = MESSAGE_MENU if isinstance(target, Message) else USER_MENU
        registered = self._registered(kind, command, channel)
        if check:
            if registered is None:
                raise ClientRefusal(f"There is no {command} in this menu.")
            self._check_use(person, channel, registered)
            if isinstance(target, Message):
                self._check_target(person, channel, target)
        data = self._data.menu(registered or _made_up(command) | {"name": command, "type": kind}, target)
        return sid(self._interactions.begin(COMMAND, person, channel, data, name=command).id)

    async def press(
        self, *, user_id: int, message_id: int, custom_id: str, values: Sequence[str] = (), check: bool = True
    ) -> str:
        """Press a button or use a select of a message. Gives the interaction's id. Raises ClientRefusal."""
        person = self._actor(user_id)
        message = self._world.message(int(message_id))
        if message is None:
            raise ClientRefusal("This message is no longer there.")
        channel = self._place(message.channel_id)
        component = find_component(message.components, lambda each: each.get("custom_id") == custom_id)
        if check:
            if not self._world.sees_message(person, message):
                raise ClientRefusal("You cannot see this message.")
            if component is None:
                raise ClientRefusal("This message has no such button.")
            if component.get("disabled"):
                raise ClientRefusal("This button is disabled.")
            if component["type"] != 2:
                check_selection(component, values, known=self._known(person))
        pressed = component or {"type": 3 if values else 2, "custom_id": custom_id}
        data = self._data.component(pressed, values)
        return sid(self._interactions.begin(COMPONENT, person, channel, data, message=message).id)

    async def submit_modal(
        self,
        *,
        user_id: int,
        interaction_id: int | str,
        custom_id: str,
        values: Mapping[str, object],
        check: bool = True,
    ) -> str:
        """Fill in and send the modal that answered an interaction. Gives the new interaction's id.

        `values` are by custom id, as `check_form` has them; a field that is not named stays as the form proposes it.
        Raises ClientRefusal.
        """
        person = self._actor(user_id)
        asked = self._interactions.get(int(interaction_id))
        if asked is None or asked.modal is None:
            raise ClientRefusal("There is no such form.")
        if check:
            if asked.person.id != person.id or asked.modal["custom_id"] != custom_id:
                raise ClientRefusal("This form is somebody else's.")
            check_form(asked.modal, values, known=self._known(person))
        data = self._data.modal(custom_id, asked.modal["components"], values)
        message = None if asked.message is None else self._world.message(asked.message.id)
        begun = self._interactions.begin(MODAL_SUBMIT, person, asked.channel, data, message=message, trigger=asked)
        return sid(begun.id)

    async def autocomplete(
        self,
        *,
        user_id: int,
        channel_id: int,
        command: str,
        options: Mapping[str, object] | None = None,
        focused: str,
    ) -> list[Payload]:
        """What the bot suggests for the option a person is typing; nothing when it does not answer in time."""
        person, channel = self._actor(user_id), self._place(channel_id)
        way = self._find(command, channel)
        if way is None:
            raise ClientRefusal(f"There is no command /{command}.")
        self._check_use(person, channel, way[0])
        option = next((each for each in way[-1].get("options") or () if each["name"] == focused), None)
        if option is None or not option.get("autocomplete"):
            raise ClientRefusal(f"{focused}: this option has no suggestions.")
        values = {focused: "", **(options or {})}
        data = self._data.command(way, values, focused=focused)
        interaction = self._interactions.begin(AUTOCOMPLETE, person, channel, data, name=command)
        await interaction.settled.wait()
        return interaction.choices

    async def say(self, *, user_id: int, channel_id: int, content: str, files: Sequence[Upload] = ()) -> str:
        """Write an ordinary message, with files if there are any. Gives its id. Raises ClientRefusal."""
        person, channel = self._actor(user_id), self._place(channel_id)
        needed = Permission.SEND_MESSAGES | (Permission.ATTACH_FILES if files else Permission(0))
        if not self._world.may(person, channel, needed):
            raise ClientRefusal("You do not have permission to send messages in this channel.")
        for file in files:
            check_upload(file.filename, file, self._known(person))
        kept = [
            take_in(
                file, attachment_id=self._world.ids.next(), channel_id=channel.id, description=None, ephemeral=False
            )
            for file in files
        ]
        draft = Draft(content, 0, (), (), tuple(kept))
        return sid(self._timeline.post(draft, channel_id=channel.id, author_id=person.id).id)

    async def delete_message(self, *, user_id: int, message_id: int | str) -> None:
        """Take a message away: one's own, or as a moderator anyone's; ephemeral ones are dismissed."""
        person, message = self._actor(user_id), self._world.message(int(message_id))
        if message is None or not self._world.sees_message(person, message):
            raise ClientRefusal("You cannot see this message.")
        moderates = self._world.may(person, self._place(message.channel_id), Permission.MANAGE_MESSAGES)
        if not (moderates or person.id in (message.author_id, message.visible_to)):
            raise ClientRefusal("You do not have permission to delete this message.")
        self._timeline.delete(message)

    # --- seeing

    def subscribe(self) -> Subscription:
        """Everything that happens from now on, for everyone's eyes."""
        return self._events.subscribe()

    def snapshot(self, user_id: int) -> Payload:
        """What a person's client shows at this moment. Raises ClientRefusal for strangers."""
        person, world = self._actor(user_id), self._world
        channels = [each for each in world.channels() if world.may(person, each, Permission.VIEW_CHANNEL)]
        messages = [message for message in world.messages() if world.sees_message(person, message)]
        guild = payloads.guild(world.cast.guild)
        return {
            "guild": guild,
            "channels": [self._shown_channel(channel, person) for channel in channels],
            "messages": [self._timeline.shown(each) for each in sorted(messages, key=lambda each: each.id)],
            "commands": world.commands_for(world.cast.guild.id),
            "people": [_shown_person(each) for each in world.cast.people],
            "interactions": [
                described(each)
                for each in self._interactions.all()
                if each.person.id == person.id and each.kind != AUTOCOMPLETE
            ],
            "bot_online": self._gateway.online,
        }

    def message(self, message_id: int | str) -> Payload | None:
        """A message as everyone who may see it sees it, with `visible_to`; None where there is none."""
        message = self._world.message(int(message_id))
        return None if message is None else self._timeline.shown(message)

    def message_of(self, interaction_id: int | str) -> Payload | None:
        """The first answer to an interaction; None while there is none, and when it is gone."""
        interaction = self._interactions.get(int(interaction_id))
        if interaction is None or interaction.original_id is None:
            return None
        return self.message(interaction.original_id)

    def interaction(self, interaction_id: int | str) -> Payload | None:
        """How an interaction stands: its state, and `ack_ms` once it was acknowledged."""
        interaction = self._interactions.get(int(interaction_id))
        return None if interaction is None else described(interaction)

    async def wait_message(
        self, interaction_id: int | str, predicate: Predicate = lambda _: True, timeout_s: float = 10.0
    ) -> Payload:
        """The first answer to an interaction, once it is as `predicate` wants. Raises TimeoutError (real seconds)."""
        events = self._events.subscribe()
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    message = self.message_of(interaction_id)
                    if message is not None and predicate(message):
                        return message
                    await anext(events)
        finally:
            events.close()

    async def wait_interaction(self, interaction_id: int | str, *states: str, timeout_s: float = 10.0) -> Payload:
        """An interaction, once its state is one of `states`. Raises TimeoutError (real seconds)."""
        events = self._events.subscribe()
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    interaction = self.interaction(interaction_id)
                    if interaction is not None and interaction["state"] in states:
                        return interaction
                    await anext(events)
        finally:
            events.close()

    # --- parts

    def _actor(self, user_id: int) -> Person:
        person = self._world.person(int(user_id))
        if person is None or person.is_bot:
            raise ClientRefusal("There is nobody of this id.")
        return person

    def _place(self, channel_id: int) -> Channel:
        channel = self._world.channel(int(channel_id))
        if channel is None:
            raise ClientRefusal("There is no such channel.")
        return channel

    def _find(self, command: str, channel: Channel) -> tuple[Payload, ...] | None:
        name, *rest = command.split()
        registered = self._registered(CHAT_INPUT, name, channel)
        return None if registered is None else find_leaf(registered, rest)

    def _registered(self, kind: int, name: str, channel: Channel) -> Payload | None:
        # A command of the guild hides the global one of its name.
        commands = reversed(self._world.commands_for(channel.guild_id))
        return next((each for each in commands if each["type"] == kind and each["name"] == name), None)

    def _check_target(self, person: Person, channel: Channel, message: Message) -> None:
        if not self._world.sees_message(person, message) or message.channel_id != channel.id:
            raise ClientRefusal("You cannot see this message.")
        if message.visible_to is not None or message.is_loading:
            raise ClientRefusal("Apps cannot be used on this message.")

    def _check_use(self, person: Person, channel: Channel, command: Payload) -> None:
        needed = Permission.VIEW_CHANNEL | Permission.USE_APPLICATION_COMMANDS
        if not self._world.may(person, channel, needed):
            raise ClientRefusal("You do not have permission to use commands in this channel.")
        context = {DM: 1, GROUP_DM: 2}.get(channel.type, 0)
        contexts = command["contexts"]
        if contexts is None:
            contexts = [0, 1] if command["dm_permission"] else [0]
        installs = command["integration_types"]
        if context not in contexts or (context == 2 and 1 not in installs):
            raise ClientRefusal(f"{_called(command)} cannot be used here.")
        if command["nsfw"] and context == 0 and not self._world.is_age_restricted(channel):
            raise ClientRefusal(f"{_called(command)} can only be used in age-restricted channels.")
        wanted = command["default_member_permissions"]
        if wanted is not None and context == 0:
            held = in_guild(person, self._world.cast.guild)
            admin = bool(held & Permission.ADMINISTRATOR)
            if not admin and (int(wanted) == 0 or held & int(wanted) != int(wanted)):
                raise ClientRefusal(f"You do not have permission to use {_called(command)}.")

    def _known(self, person: Person) -> Known:
        seen = [each for each in self._world.channels() if self._world.may(person, each, Permission.VIEW_CHANNEL)]
        return Known(
            users=[each.id for each in self._world.cast.people],
            channels={each.id: each.type for each in seen},
            roles=[each.id for each in self._world.cast.guild.roles],
            upload_limit_bytes=self._gateway.switches.attachment_limit_bytes,
        )

    def _shown_channel(self, channel: Channel, person: Person) -> Payload:
        return {
            **self._world.render_channel(channel),
            "permissions": str(self._world.permissions_of(person, channel)),
            "nsfw": self._world.is_age_restricted(channel),
        }


def _shown_person(person: Person) -> Payload:
    return {**payloads.user(person), "bot": person.is_bot, "role": person.part, "roles": sids(person.role_ids)}


def _called(command: Payload) -> str:
    return f"/{command['name']}" if command["type"] == CHAT_INPUT else str(command["name"])


def _made_up(command: str) -> Payload:
    return {"id": "1", "name": command.split(maxsplit=1)[0], "type": 1}
