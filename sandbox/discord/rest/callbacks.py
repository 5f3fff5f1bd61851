"""First answers to interactions."""

from typing import cast

from sandbox.discord.compose import Body, Draft, Frame, compose
from sandbox.discord.events import Events
from sandbox.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL_SUBMIT, Interaction, Interactions
from sandbox.discord.messages import COMMAND_REPLY, EPHEMERAL, LOADING, REPLY, Message
from sandbox.discord.rest.body import as_form
from sandbox.discord.rest.door import NO_CONTENT, Answer, Call
from sandbox.discord.rules.choices import check_choices
from sandbox.discord.rules.form import Form
from sandbox.discord.rules.modal import check_modal
from sandbox.discord.rules.problems import Path
from sandbox.discord.rules.refusals import refuse_if_any, unknown_channel, unknown_message
from sandbox.discord.timeline import Timeline
from sandbox.discord.wire import Payload, as_int, sid
from sandbox.discord.world import World

MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
_ALLOWED = {
    COMMAND: {MESSAGE, DEFER, MODAL},
    COMPONENT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES},
    MODAL_SUBMIT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE},
}
_DATA: Path = ("data",)


class Callbacks:
    """`POST /interactions/{id}/{token}/callback`."""

    def __init__(
        self, world: World, events: Events, interactions: Interactions, timeline: Timeline, upload_limit: "UploadLimit"
    ) -> None:
        self._world = world
        self._events = events
        self._interactions = interactions
        self._timeline = timeline
        self._upload_limit = upload_limit

    async def callback(self, call: Call) -> Answer:
        """Acknowledge an interaction."""
        interaction = self._interactions.claim(as_int(call.params["interaction_id"]), call.params["interaction_token"])
        form = as_form(call.payload, call.files)
        kind = _checked_kind(form.payload, interaction)
        data = form.payload.get("data")
        body = Body(cast("Payload", data) if isinstance(data, dict) else {}, form.files)
        message = self._do(interaction, kind, body)
        if call.query.get("with_response", "").lower() not in {"1", "true"}:
            return NO_CONTENT
        return Answer(200, self._response(interaction, kind, message))

    def _do(self, interaction: Interaction, kind: int, body: Body) -> Message | None:
        match kind:
            case 4:
                return self._reply(interaction, compose(self._world, body, self._frame(interaction)), kind, "answered")
            case 5:
                flags = as_int(body.payload.get("flags")) or 0
                loading = Draft("", LOADING | (flags & EPHEMERAL), (), (), ())
                return self._reply(interaction, loading, kind, "deferred")
            case 6:
                message = self._of_component(interaction)
                interaction.original_id = message.id
                self._interactions.acknowledge(interaction, kind, "deferred")
                return message
            case 7:
                old = self._of_component(interaction)
                message = self._timeline.edit(old, compose(self._world, body, self._frame(interaction), old))
                interaction.original_id = message.id
                self._interactions.acknowledge(interaction, kind, "answered")
                return message
            case 8:
                self._choices(interaction, body.payload)
            case _:
                self._modal(interaction, body.payload)
        return None

    def _frame(self, interaction: Interaction) -> Frame:
        return Frame(interaction.channel.id, self._upload_limit(interaction.limit_bytes), prefix=_DATA)

    def _reply(self, interaction: Interaction, draft: Draft, kind: int, state: str) -> Message:
        if self._world.channel(interaction.channel.id) is None:
            raise unknown_channel()
        ephemeral = bool(draft.flags & EPHEMERAL)
        message = self._timeline.post(
            draft,
            channel_id=interaction.channel.id,
            author_id=self._world.application_id,
            kind=COMMAND_REPLY if interaction.kind == COMMAND else REPLY,
            visible_to=interaction.person.id if ephemeral else None,
            origin=self._interactions.origin(interaction),
            by_webhook=True,
        )
        interaction.original_id = message.id
        self._interactions.acknowledge(interaction, kind, state)
        return message

    def _of_component(self, interaction: Interaction) -> Message:
        source = interaction.message
        message = None if source is None else self._world.message(source.id)
        if message is None:
            raise unknown_message()
        return message

    def _choices(self, interaction: Interaction, data: Payload) -> None:
        refuse_if_any(check_choices(data), _DATA)
        choices = cast("list[Payload]", data.get("choices") or [])
        interaction.choices = choices
        self._interactions.acknowledge(interaction, CHOICES, "answered")
        self._events.tell(
            {
                "t": "autocomplete",
                "interaction_id": sid(interaction.id),
                "user_id": sid(interaction.person.id),
                "choices": choices,
            }
        )

    def _modal(self, interaction: Interaction, data: Payload) -> None:
        refuse_if_any(check_modal(data), _DATA)
        interaction.modal = {key: data[key] for key in ("custom_id", "title", "components")}
        self._interactions.acknowledge(interaction, MODAL, "modal")
        self._events.tell(
            {
                "t": "modal",
                "interaction_id": sid(interaction.id),
                "user_id": sid(interaction.person.id),
                "modal": {**interaction.modal, "interaction_id": sid(interaction.id)},
            }
        )

    def _response(self, interaction: Interaction, kind: int, message: Message | None) -> Payload:
        about: Payload = {
            "id": sid(interaction.id),
            "type": interaction.kind,
            "channel_id": sid(interaction.channel.id),
        }
        if interaction.channel.guild_id is not None:
            about["guild_id"] = sid(interaction.channel.guild_id)
        if message is not None:
            about |= {
                "response_message_id": sid(message.id),
                "response_message_loading": message.is_loading,
                "response_message_ephemeral": bool(message.flags & EPHEMERAL),
            }
        response: Payload = {"interaction": about}
        if message is not None and kind in {MESSAGE, UPDATE}:
            response["resource"] = {"type": kind, "message": self._world.render(message)}
        return response


class UploadLimit:
    """The largest file an interaction takes: what it was told, or less where a switch says so."""

    def __init__(self) -> None:
        self.refused_over_bytes: int | None = None

    def __call__(self, told_bytes: int) -> int:
        """The limit in bytes for an interaction that was told `told_bytes`."""
        return told_bytes if self.refused_over_bytes is None else min(told_bytes, self.refused_over_bytes)


def _checked_kind(payload: Payload, interaction: Interaction) -> int:
    form = Form(payload, (), [])
    kind = form.choice("type", (1, MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL, 12), required=True)
    if kind is not None and kind not in _ALLOWED[interaction.kind]:
        form.note("type", "INTERACTION_CALLBACK_TYPE_INVALID", "This interaction cannot be answered in this way")
    elif kind in {DEFER_UPDATE, UPDATE} and interaction.message is None:
        form.note("type", "INTERACTION_CALLBACK_TYPE_INVALID", "There is no message to update")
    if kind in {MESSAGE, CHOICES, MODAL}:
        form.form("data", required=True)
    refuse_if_any(form.problems)
    return kind or 0
