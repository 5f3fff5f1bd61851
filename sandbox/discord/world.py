"""The state of the little world: places as they are now, messages, commands. It asks nobody and tells nobody."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sandbox.clock import SandboxClock
from sandbox.discord import payloads, permissions
from sandbox.discord.addresses import Addresses
from sandbox.discord.cast import DM, GROUP_DM, Cast, Channel, Person
from sandbox.discord.media import Attachment
from sandbox.discord.messages import Message, render
from sandbox.discord.permissions import SPEAK, Permission
from sandbox.discord.seed import seed_cast
from sandbox.discord.snowflakes import Snowflakes
from sandbox.discord.wire import Payload, sid


class World:
    """Who and what there is."""

    def __init__(self, clock: SandboxClock, *, application_id: int | None = None, crowd: int = 0) -> None:
        self.clock = clock
        self.cast: Cast = seed_cast(clock.now(), application_id=application_id, crowd=crowd)
        self.ids = Snowflakes(clock)
        self.addresses = Addresses(clock)
        self.commands: dict[int, Payload] = {}
        self._messages: dict[int, Message] = {}
        self._by_channel: dict[int, dict[int, Message]] = {}
        self._files: dict[int, Attachment] = {}
        self._people = {person.id: person for person in self.cast.people}
        self._channels = {channel.id: channel for channel in self.cast.channels}

    @property
    def application_id(self) -> int:
        """The bot's application, which is also its user id."""
        return self.cast.application_id

    @property
    def humans(self) -> tuple[Person, ...]:
        """Everyone but the bot."""
        return tuple(person for person in self._people.values() if not person.is_bot)

    def dm_of(self, user_id: int) -> Channel:
        """The direct messages of a person with the bot. Raises KeyError for the bot and for strangers."""
        return self.cast.dm_of(user_id)

    def person(self, user_id: int) -> Person | None:
        """The person of this id, the bot included."""
        return self._people.get(user_id)

    def channel(self, channel_id: int) -> Channel | None:
        """The channel as it is now."""
        return self._channels.get(channel_id)

    def channels(self) -> Iterator[Channel]:
        """Every channel as it is now."""
        yield from self._channels.values()

    def change_channel(self, channel_id: int, **changes: Any) -> Channel:
        """Put other values into a channel. Raises KeyError where there is none."""
        changed = replace(self._channels[channel_id], **changes)
        self._channels[channel_id] = changed
        return changed

    def change_person(self, user_id: int, **changes: Any) -> Person:
        """Put other values into a person (`role_ids`, `in_guild`). Raises KeyError where there is none."""
        changed = replace(self._people[user_id], **changes)
        self._people[user_id] = changed
        return changed

    def add_channel(self, channel: Channel) -> None:
        """Put a new channel beside the others."""
        self._channels[channel.id] = channel

    def remove_channel(self, channel_id: int) -> Channel:
        """Take a channel away with its messages. Raises KeyError where there is none."""
        for message in self.in_channel(channel_id):
            self.remove_message(message.id)
        return self._channels.pop(channel_id)

    def permissions_of(self, person: Person, channel: Channel) -> int:
        """What a person may do in a place; 0 where they cannot see it."""
        if channel.type in {DM, GROUP_DM}:
            present = person.id in channel.recipient_ids or (person.is_bot and channel.type == DM)
            return int(SPEAK) if present else 0
        place = self._channels.get(channel.parent_id or 0, channel) if channel.is_thread else channel
        return permissions.in_channel(person, self.cast.guild, place)

    def may(self, person: Person, channel: Channel, needed: Permission) -> bool:
        """Whether a person has all of `needed` in a place."""
        return self.permissions_of(person, channel) & needed == needed

    def is_age_restricted(self, channel: Channel) -> bool:
        """Whether a channel is for adults; a thread is when its parent is."""
        parent = self._channels.get(channel.parent_id or 0)
        return channel.nsfw or (parent is not None and parent.nsfw)

    def sees_message(self, person: Person, message: Message) -> bool:
        """Whether a person can look at a message."""
        if message.visible_to is not None and message.visible_to != person.id:
            return False
        channel = self._channels.get(message.channel_id)
        return channel is not None and self.may(person, channel, Permission.VIEW_CHANNEL)

    def message(self, message_id: int) -> Message | None:
        """The message of this id."""
        return self._messages.get(message_id)

    def messages(self) -> Iterator[Message]:
        """Every message, in no particular order."""
        yield from self._messages.values()

    def in_channel(self, channel_id: int) -> list[Message]:
        """A channel's messages, oldest first."""
        found = self._by_channel.get(channel_id, {})
        return [found[message_id] for message_id in sorted(found)]

    def put_message(self, message: Message) -> None:
        """Add a message, or take the newer value of one. Files it no longer carries are gone."""
        old = self._messages.get(message.id)
        for file in old.attachments if old else ():
            self._files.pop(file.id, None)
        self._files.update({file.id: file for file in message.attachments})
        self._messages[message.id] = message
        self._by_channel.setdefault(message.channel_id, {})[message.id] = message

    def remove_message(self, message_id: int) -> Message:
        """Take a message away with its files. Raises KeyError where there is none."""
        message = self._messages.pop(message_id)
        self._by_channel[message.channel_id].pop(message_id)
        for file in message.attachments:
            self._files.pop(file.id, None)
        return message

    def attachment(self, attachment_id: int) -> Attachment | None:
        """A file that a message carries or that was uploaded with a command."""
        return self._files.get(attachment_id)

    def keep_upload(self, upload: Attachment) -> None:
        """Keep a file that no message carries: an attachment option of a command."""
        self._files[upload.id] = upload

    def render(self, message: Message) -> Payload:
        """A message as Discord sends it."""
        rendered = self._bare(message)
        if message.answers_id is None:
            return rendered
        channel, answered = self._channels[message.channel_id], self._messages.get(message.answers_id)
        reference: Payload = {"type": 0, "message_id": sid(message.answers_id), "channel_id": sid(message.channel_id)}
        if channel.guild_id is not None:
            reference["guild_id"] = sid(channel.guild_id)
        return rendered | {
            "message_reference": reference,
            "referenced_message": None if answered is None else self._bare(answered),
        }

    def _bare(self, message: Message) -> Payload:
        author = self._people[message.author_id]
        return render(message, author=author, application_id=self.application_id, addresses=self.addresses)

    def render_channel(self, channel: Channel) -> Payload:
        """A channel as Discord sends it to the bot."""
        recipients = [self._people[user_id] for user_id in channel.recipient_ids]
        shown = (each.id for each in self._by_channel.get(channel.id, {}).values() if each.visible_to is None)
        last = max(shown, default=None)
        return payloads.channel(channel, recipients, last)

    def commands_for(self, guild_id: int | None) -> list[Payload]:
        """Registered commands: the global ones and, with a guild, those of the guild, oldest first."""
        return [
            command
            for command in self.commands.values()
            if "guild_id" not in command or (guild_id is not None and command["guild_id"] == sid(guild_id))
        ]
