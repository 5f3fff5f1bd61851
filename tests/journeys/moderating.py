"""What moderators do and see: commands, the message that asks them, its buttons and its form."""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from sandbox.discord.cast import Channel, Person
from sandbox.once import flatten
from tests.journeys.helpers import PATIENCE_S, Answer, Payload, Stage

FLAGS_EPHEMERAL = 64


class Desk:
    """Moderators of a stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    @property
    def _people(self):
        return self.stage.discord.people

    async def command(
        self,
        command: str,
        *,
        person: Person | None = None,
        channel: Channel | None = None,
        check: bool = True,
        **options: object,
    ) -> str:
        """Use a command as an admin (or another) and read the answer."""
        cast_ = self.stage.cast
        interaction_id = await self._people.slash(
            user_id=(person or cast_.admin).id,
            channel_id=(channel or cast_.mod_room).id,
            command=command,
            options=options,
            check=check,
        )
        return await self.answer_to(interaction_id)

    async def answer_to(self, interaction_id: str) -> str:
        """The text of the first answer to an interaction."""
        message = await self._people.wait_message(interaction_id, lambda one: not one["flags"] & 128, PATIENCE_S)
        assert message["flags"] & FLAGS_EPHEMERAL
        return text_of(message)

    async def set_up(self, *, channel: bool = True, reasons: Sequence[str] = (), **policy: object) -> None:
        """A moderation channel, reasons, and rules of the general channel."""
        cast_ = self.stage.cast
        if channel:
            await self.set_channel(cast_.mod_room)
        for reason in reasons:
            await self.command("review reasons", change="add", reason=reason)
        if policy:
            await self.policy(cast_.general, **policy)

    async def set_channel(self, channel: Channel | None) -> str:
        """Choose the moderation channel, or none."""
        interaction_id = await self._people.slash(
            user_id=self.stage.cast.admin.id,
            channel_id=self.stage.cast.mod_room.id,
            command="review channel",
            options={} if channel is None else {"channel": channel.id},
        )
        said = await self.answer_to(interaction_id)
        if channel is not None:
            return said
        looked = cast("Payload", self._people.message_of(interaction_id))
        (off,) = looked["components"][0]["components"]
        pressed = await self._people.press(
            user_id=self.stage.cast.admin.id, message_id=int(looked["id"]), custom_id=off["custom_id"]
        )
        return await self.answer_to(pressed)

    async def policy(self, place: Channel, **rules: object) -> str:
        """Set rules of a channel, and read what members will see."""
        interaction_id = await self._people.slash(
            user_id=self.stage.cast.admin.id,
            channel_id=self.stage.cast.mod_room.id,
            command="policy set",
            options={"channel": place.id, **rules},
        )
        return await self.answer_to(interaction_id)

    def said_in(self, place: Channel) -> list[str]:
        """The ordinary messages of a channel, as an admin reads them."""
        snapshot = self._people.snapshot(self.stage.cast.admin.id)
        return [text_of(one) for one in snapshot["messages"] if int(one["channel_id"]) == place.id]

    def panel_of(self, answer: Answer) -> Payload | None:
        """The message that asks about a press; None while there is none."""
        row = self.stage.review(answer.id)
        if row is None or row["message_id"] is None:
            return None
        return self._people.message(row["message_id"])

    async def asked(self, answer: Answer) -> Payload:
        """The message that asks about a press, once it stands."""
        await self.stage.until(lambda: self.panel_of(answer) is not None)
        return cast("Payload", self.panel_of(answer))

    async def press(
        self,
        answer: Answer,
        action: str,
        *,
        person: Person | None = None,
        check: bool = True,
        before: Callable[[str], None] | None = None,
    ) -> str:
        """Press a button of the message that asks; the interaction's id. `before` is called with the run's first."""
        panel = await self.asked(answer)
        run_id = cast("Payload", self.stage.books(answer.id).row)["id"]
        if before is not None:
            before(run_id)
        return await self._people.press(
            user_id=(person or self.stage.cast.moderator).id,
            message_id=int(panel["id"]),
            custom_id=f"{action}:{run_id}",
            check=check,
        )

    async def reject(self, answer: Answer, values: Mapping[str, object], *, person: Person | None = None) -> str:
        """Press reject, fill in the form, and send it; the interaction of the form."""
        moderator = person or self.stage.cast.moderator
        opened = await self.press(answer, "reject", person=moderator)
        await self._people.wait_interaction(opened, "modal", timeout_s=PATIENCE_S)
        return await self.send_form(answer, opened, moderator, values)

    async def send_form(
        self, answer: Answer, opened: str, person: Person, values: Mapping[str, object], *, check: bool = True
    ) -> str:
        """Send the form that a press opened."""
        run_id = cast("Payload", self.stage.books(answer.id).row)["id"]
        return await self._people.submit_modal(
            user_id=person.id, interaction_id=opened, custom_id=f"reject:{run_id}", values=values, check=check
        )

    async def card_says(self, answer: Answer, words: str) -> Payload:
        """The person's card, once it says `words`."""
        return await self._people.wait_message(answer.id, lambda one: words in text_of(one), PATIENCE_S)

    async def card_shows(self, answer: Answer) -> Payload:
        """A card, once it shows its pictures."""
        return await self._people.wait_message(answer.id, lambda one: bool(one["attachments"]), PATIENCE_S)

    async def panel_says(self, answer: Answer, words: str) -> Payload:
        """The moderators' message, once it says `words`."""
        await self.stage.until(lambda: words in text_of(self.panel_of(answer) or {}))
        return cast("Payload", self.panel_of(answer))


def text_of(message: Payload) -> str:
    """A message, as a screen reader would read it."""
    return "\n".join(flatten(message)) if message else ""


def buttons_of(message: Payload) -> list[str]:
    """The labels of a message's buttons."""
    found: list[str] = []
    waiting: list[Payload] = list(message["components"])
    while waiting:
        one = waiting.pop(0)
        if one["type"] == 2:
            found.append(one["label"])
        waiting += one.get("components") or ()
    return found
