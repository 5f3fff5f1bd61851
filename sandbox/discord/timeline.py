"""Messages as they come, change and go: the world is changed, people and the bot are told."""

from dataclasses import replace

from sandbox.discord.compose import Draft
from sandbox.discord.events import Events
from sandbox.discord.gateway import Gateway
from sandbox.discord.messages import PLAIN, Message, Origin
from sandbox.discord.sessions import DIRECT_MESSAGES, GUILD_MESSAGES, MESSAGE_CONTENT
from sandbox.discord.wire import Payload, sid
from sandbox.discord.world import World


class Timeline:
    """Every change to a message goes through here."""

    def __init__(self, world: World, events: Events, gateway: Gateway) -> None:
        self._world = world
        self._events = events
        self._gateway = gateway

    def post(
        self,
        draft: Draft,
        *,
        channel_id: int,
        author_id: int,
        kind: int = PLAIN,
        visible_to: int | None = None,
        origin: Origin | None = None,
        by_webhook: bool = False,
        nonce: str | int | None = None,
        tts: bool = False,
        answers_id: int | None = None,
    ) -> Message:
        """Put a new message into a channel."""
        message = Message(
            id=self._world.ids.next(),
            channel_id=channel_id,
            author_id=author_id,
            type=kind,
            created_at=self._world.clock.now(),
            content=draft.content,
            flags=draft.flags,
            components=draft.components,
            embeds=draft.embeds,
            attachments=draft.attachments,
            visible_to=visible_to,
            origin=origin,
            by_webhook=by_webhook,
            nonce=nonce,
            tts=tts,
            answers_id=answers_id,
        )
        self._world.put_message(message)
        self._tell("create", message)
        return message

    def edit(self, message: Message, draft: Draft) -> Message:
        """Give a message other content. The first content of a deferred answer is no edit in people's eyes."""
        edited = replace(
            message,
            content=draft.content,
            flags=draft.flags,
            components=draft.components,
            embeds=draft.embeds,
            attachments=draft.attachments,
            edited_at=None if message.is_loading else self._world.clock.now(),
        )
        self._world.put_message(edited)
        self._tell("update", edited)
        return edited

    def delete(self, message: Message) -> None:
        """Take a message away."""
        self._world.remove_message(message.id)
        self._tell("delete", message)

    def shown(self, message: Message) -> Payload:
        """A message with `visible_to`: the one person who sees it, or None for everyone in the channel."""
        return {
            **self._world.render(message),
            "visible_to": None if message.visible_to is None else sid(message.visible_to),
        }

    def _tell(self, what: str, message: Message) -> None:
        self._events.tell({"t": f"message_{what}", "message": self.shown(message)})
        channel = self._world.channel(message.channel_id)
        if message.visible_to is not None or channel is None:
            return  # ephemeral messages never reach the gateway
        intent = DIRECT_MESSAGES if channel.guild_id is None else GUILD_MESSAGES
        place = {} if channel.guild_id is None else {"guild_id": sid(channel.guild_id)}
        if what == "delete":
            data: Payload = {"id": sid(message.id), "channel_id": sid(message.channel_id), **place}
            self._gateway.dispatch("MESSAGE_DELETE", data, intent=intent, guild_id=channel.guild_id)
            return
        for session in self._gateway.sessions.values():
            if session.hears(intent=intent, guild_id=channel.guild_id):
                readable = bool(session.intents & MESSAGE_CONTENT) or channel.guild_id is None
                session.dispatch(f"MESSAGE_{what.upper()}", {**self._for_bot(message, readable=readable), **place})

    def _for_bot(self, message: Message, *, readable: bool) -> Payload:
        payload = self._world.render(message)
        author = self._world.person(message.author_id)
        if readable or (author is not None and author.is_bot):
            return payload
        return payload | {"content": "", "embeds": [], "attachments": [], "components": []}
