"""Messages reached through an interaction's token: the first answer, followups, and edits of both."""

from sandbox.discord.compose import Body, Draft, Frame, compose
from sandbox.discord.interactions import Interaction, Interactions
from sandbox.discord.messages import EPHEMERAL, REPLY, Message
from sandbox.discord.rest.body import as_form
from sandbox.discord.rest.callbacks import UploadLimit
from sandbox.discord.rest.door import NO_CONTENT, Answer, Call
from sandbox.discord.rules.refusals import unknown_channel, unknown_message
from sandbox.discord.timeline import Timeline
from sandbox.discord.wire import as_int
from sandbox.discord.world import World


class Webhooks:
    """Routes under `/webhooks/{webhook_id}/{webhook_token}`. They need no bot token."""

    def __init__(self, world: World, interactions: Interactions, timeline: Timeline, upload_limit: UploadLimit) -> None:
        self._world = world
        self._interactions = interactions
        self._timeline = timeline
        self._upload_limit = upload_limit

    async def followup(self, call: Call) -> Answer:
        """A further message. After a deferral the first one takes the place of the message that says "thinking"."""
        interaction = self._interaction(call)
        body = as_form(call.payload, call.files)
        original = self._world.message(interaction.original_id or 0)
        if original is not None and original.is_loading:
            message = self._edit(interaction, original, body)
        else:
            message = self._post(interaction, compose(self._world, body, self._frame(interaction)))
        return Answer(200, self._world.render(message))

    async def get(self, call: Call) -> Answer:
        """A message of the interaction."""
        return Answer(200, self._world.render(self._message(self._interaction(call), call)))

    async def edit(self, call: Call) -> Answer:
        """Change a message of the interaction."""
        interaction = self._interaction(call)
        message = self._message(interaction, call)
        edited = self._edit(interaction, message, as_form(call.payload, call.files))
        return Answer(200, self._world.render(edited))

    async def delete(self, call: Call) -> Answer:
        """Take a message of the interaction away."""
        self._timeline.delete(self._message(self._interaction(call), call))
        return NO_CONTENT

    def _interaction(self, call: Call) -> Interaction:
        return self._interactions.by_token(as_int(call.params["webhook_id"]), call.params["webhook_token"])

    def _frame(self, interaction: Interaction) -> Frame:
        return Frame(interaction.channel.id, self._upload_limit(interaction.limit_bytes))

    def _message(self, interaction: Interaction, call: Call) -> Message:
        wanted = call.params.get("message_id", "@original")
        message_id = interaction.original_id if wanted == "@original" else as_int(wanted)
        message = self._world.message(message_id or 0)
        if message is None or not self._belongs(message, interaction):
            raise unknown_message()
        return message

    @staticmethod
    def _belongs(message: Message, interaction: Interaction) -> bool:
        own = message.origin is not None and message.origin.interaction_id == interaction.id
        return own or message.id == interaction.original_id

    def _edit(self, interaction: Interaction, message: Message, body: Body) -> Message:
        edited = self._timeline.edit(message, compose(self._world, body, self._frame(interaction), message))
        if message.id == interaction.original_id:
            self._interactions.answered(interaction)
        return edited

    def _post(self, interaction: Interaction, draft: Draft) -> Message:
        if self._world.channel(interaction.channel.id) is None:
            raise unknown_channel()
        self._interactions.answered(interaction)
        return self._timeline.post(
            draft,
            channel_id=interaction.channel.id,
            author_id=self._world.application_id,
            kind=REPLY,
            visible_to=interaction.person.id if draft.flags & EPHEMERAL else None,
            origin=self._interactions.origin(interaction),
            by_webhook=True,
        )
