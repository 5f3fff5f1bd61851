"""Channels and their messages, with the bot's own token and permissions."""

from dataclasses import replace

from sandbox.discord.cast import DM, GROUP_DM, Channel
from sandbox.discord.compose import Body, Frame, compose
from sandbox.discord.messages import EPHEMERAL, PLAIN, REPLY, Message
from sandbox.discord.permissions import Permission
from sandbox.discord.rest.body import as_form
from sandbox.discord.rest.door import NO_CONTENT, Answer, Call
from sandbox.discord.rules.form import Form
from sandbox.discord.rules.problems import Problem
from sandbox.discord.rules.refusals import (
    cannot_message_user,
    missing_access,
    missing_permissions,
    not_in_private,
    not_the_author,
    refuse_if_any,
    unknown_channel,
    unknown_message,
    unknown_user,
)
from sandbox.discord.switches import MIB
from sandbox.discord.timeline import Timeline
from sandbox.discord.wire import as_int
from sandbox.discord.world import World

LIMIT_BYTES = 10 * MIB


class Channels:
    """Routes under `/channels` and `/users/@me/channels`. `closed_dms` are people who take no messages of the bot."""

    def __init__(self, world: World, timeline: Timeline) -> None:
        self.closed_dms: set[int] = set()
        self.limit_bytes = LIMIT_BYTES
        self._world = world
        self._timeline = timeline
        self._nonces: dict[tuple[int, str], int] = {}

    async def get(self, call: Call) -> Answer:
        """A channel."""
        return Answer(200, self._world.render_channel(self._channel(call)))

    async def open_dm(self, call: Call) -> Answer:
        """The private conversation with a person."""
        wanted = as_form(call.payload, call.files).payload.get("recipient_id")
        person = self._world.person(as_int(wanted) or 0)
        if person is None:
            if wanted is None:
                refuse_if_any([Problem(("recipient_id",), "BASE_TYPE_REQUIRED", "This field is required")])
            raise unknown_user()
        if person.is_bot:
            raise cannot_message_user()
        return Answer(200, self._world.render_channel(self._world.dm_of(person.id)))

    async def typing(self, call: Call) -> Answer:
        """Show that the bot is typing."""
        self._channel(call, Permission.SEND_MESSAGES)
        return NO_CONTENT

    async def list(self, call: Call) -> Answer:
        """Messages, newest first."""
        channel = self._channel(call, Permission.READ_MESSAGE_HISTORY)
        limit = as_int(call.query.get("limit", "50"))
        if limit is None or not 1 <= limit <= 100:
            text = "int value should be less than or equal to 100."
            refuse_if_any([Problem(("limit",), "NUMBER_TYPE_MAX", text)])
        shown = [message for message in self._world.in_channel(channel.id) if message.visible_to is None]
        found = _slice(shown, call.query, limit or 50)
        return Answer(200, [self._world.render(message) for message in found])

    async def read(self, call: Call) -> Answer:
        """One message."""
        return Answer(200, self._world.render(self._message(call)))

    async def create(self, call: Call) -> Answer:
        """Send a message. With `enforce_nonce` the same nonce does not send twice within a few minutes."""
        channel = self._channel(call, _speaking(self._world.channel(as_int(call.params["channel_id"]) or 0)))
        if channel.type == DM and self.closed_dms.intersection(channel.recipient_ids):
            raise cannot_message_user()
        body = as_form(call.payload, call.files)
        if body.files and not self._world.may(self._world.cast.bot, channel, Permission.ATTACH_FILES):
            raise missing_permissions()
        nonce = _nonce(body)
        known = self._world.message(self._nonces.get((channel.id, str(nonce)), 0))
        if nonce is not None and body.payload.get("enforce_nonce") and known is not None:
            return Answer(200, self._world.render(known))
        answers_id = self._answered(body, channel)
        draft = compose(self._world, body, Frame(channel.id, self.limit_bytes))
        message = self._timeline.post(
            replace(draft, flags=draft.flags & ~EPHEMERAL),
            channel_id=channel.id,
            author_id=self._world.application_id,
            kind=PLAIN if answers_id is None else REPLY,
            answers_id=answers_id,
            nonce=nonce,
            tts=body.payload.get("tts") is True,
        )
        if nonce is not None:
            self._nonces[channel.id, str(nonce)] = message.id
        return Answer(200, self._world.render(message))

    def _answered(self, body: Body, channel: Channel) -> int | None:
        """The message of this channel that a new one replies to, if it is still there."""
        form = Form(body.payload, (), [])
        reference = form.form("message_reference")
        refuse_if_any(form.problems)
        if reference is None:
            return None
        wanted = self._world.message(as_int(reference.value.get("message_id")) or 0)
        if wanted is not None and wanted.channel_id == channel.id and wanted.visible_to is None:
            return wanted.id
        if reference.value.get("fail_if_not_exists") is not False:
            reference.note((), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        refuse_if_any(form.problems)
        return None

    async def edit(self, call: Call) -> Answer:
        """Change a message of the bot's own."""
        message = self._message(call)
        if message.author_id != self._world.application_id:
            raise not_the_author()
        draft = compose(
            self._world, as_form(call.payload, call.files), Frame(message.channel_id, self.limit_bytes), message
        )
        return Answer(200, self._world.render(self._timeline.edit(message, draft)))

    async def delete(self, call: Call) -> Answer:
        """Take a message away: the bot's own, or with permission anyone's."""
        message = self._message(call)
        if message.author_id != self._world.application_id:
            if self._channel(call).guild_id is None:
                raise not_in_private()
            self._channel(call, Permission.MANAGE_MESSAGES)
        self._timeline.delete(message)
        return NO_CONTENT

    def _channel(self, call: Call, needed: Permission = Permission.VIEW_CHANNEL) -> Channel:
        channel = self._world.channel(as_int(call.params["channel_id"]) or 0)
        if channel is None:
            raise unknown_channel()
        bot = self._world.cast.bot
        if channel.type == GROUP_DM or not self._world.may(bot, channel, Permission.VIEW_CHANNEL):
            raise missing_access()
        if not self._world.may(bot, channel, needed):
            raise missing_permissions()
        return channel

    def _message(self, call: Call) -> Message:
        channel = self._channel(call)
        message = self._world.message(as_int(call.params["message_id"]) or 0)
        if message is None or message.channel_id != channel.id or message.visible_to is not None:
            raise unknown_message()
        return message


def _speaking(channel: Channel | None) -> Permission:
    threads = channel is not None and channel.is_thread
    return Permission.SEND_MESSAGES_IN_THREADS if threads else Permission.SEND_MESSAGES


def _nonce(body: Body) -> str | int | None:
    nonce = body.payload.get("nonce")
    return nonce if isinstance(nonce, str | int) and not isinstance(nonce, bool) else None


def _slice(messages: "list[Message]", query: dict[str, str], limit: int) -> "list[Message]":
    """The page of a history that `before`, `after` or `around` name; newest first, as Discord answers."""
    before, after, around = (as_int(query.get(name)) for name in ("before", "after", "around"))
    if before is not None:
        messages = [message for message in messages if message.id < before]
    elif after is not None:
        messages = [message for message in messages if message.id > after][:limit]
    elif around is not None:
        messages = sorted(messages, key=lambda message: abs(message.id - around))[:limit]
        messages.sort(key=lambda message: message.id)
    return messages[-limit:][::-1]
