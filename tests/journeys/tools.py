"""What admins, moderators and members do with commands, menus, forms and buttons, and what they read."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from sandbox.discord.cast import Channel, Person
from tests.journeys.helpers import EPHEMERAL, PATIENCE_S, Answer, Payload, Stage
from tests.journeys.moderating import text_of

SET_BY_PEOPLE = ("reports", "appeals", "sanctions", "people", "prompt_rules", "channel_settings", "guild_settings")


class Refused(AssertionError):
    """The bot answered where a form was expected; the text is what it said."""


class Tools:
    """The server of a stage, with a log channel and a moderation channel of one: the mod room."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.cast = stage.cast
        self.people = stage.discord.people
        self.last = ""  # the interaction that was answered last

    def forget_everything(self) -> None:
        """Let nothing be set, behind the bot's back; only the channels that moderators and admins read."""
        for table in SET_BY_PEOPLE:
            self.stage.alter(f"DELETE FROM {table}")
        # Removals count towards how often the bot writes to somebody in an hour: those of other scenes were long ago.
        self.stage.alter("UPDATE runs SET removed_at = removed_at - 7200000000 WHERE removed_at IS NOT NULL")
        room = self.cast.mod_room.id
        self.stage.alter(
            "INSERT INTO guild_settings (guild_id, log_channel_id, review_channel_id) VALUES (?, ?, ?)",
            self.cast.guild.id,
            room,
            room,
        )

    # --- doing

    async def use(
        self, person: Person, command: str, /, *, at: Channel | None = None, check: bool = True, **options: Any
    ) -> str:
        """Use a command; the text that only this person sees. With `check` False it is forged."""
        interaction_id = await self.people.slash(
            user_id=person.id,
            channel_id=(at or self.cast.general).id,
            command=command,
            options=options,
            check=check,
        )
        return await self.told(interaction_id)

    async def menu(
        self, person: Person, command: str, target: int | str, *, at: Channel | None = None, check: bool = True
    ) -> str:
        """Use a command of a menu; the interaction's id."""
        return await self.people.use_context_menu(
            user_id=person.id,
            channel_id=(at or self.cast.general).id,
            command=command,
            target_id=target,
            check=check,
        )

    async def press(self, person: Person, message: Payload, label: str, *, check: bool = True) -> str:
        """Press the button with this label; the interaction's id."""
        found = next(one for one in components_of(message) if one.get("label") == label)
        return await self.people.press(
            user_id=person.id, message_id=int(message["id"]), custom_id=found["custom_id"], check=check
        )

    async def fill_in(
        self,
        person: Person,
        interaction_id: str,
        *,
        custom_id: str | None = None,
        check: bool = True,
        **values: object,
    ) -> str:
        """Fill in the form that an interaction opened and send it; the text that only this person sees."""
        return await self.told(await self.send_form(person, interaction_id, custom_id=custom_id, check=check, **values))

    async def send_form(
        self,
        person: Person,
        interaction_id: str,
        *,
        custom_id: str | None = None,
        check: bool = True,
        **values: object,
    ) -> str:
        """As `fill_in`, where what comes of it may be seen elsewhere; the id of the interaction."""
        form = await self.form(interaction_id)
        return await self.people.submit_modal(
            user_id=person.id,
            interaction_id=interaction_id,
            custom_id=custom_id or form["custom_id"],
            values=values,
            check=check,
        )

    async def form(self, interaction_id: str) -> Payload:
        """The form that an interaction opened. Raises Refused with what was said instead."""
        stands = await self.people.wait_interaction(interaction_id, "modal", "answered", timeout_s=PATIENCE_S)
        if stands["state"] != "modal":
            raise Refused(await self.told(interaction_id))
        interaction = self.stage.discord.interactions.get(int(interaction_id))
        assert interaction is not None
        return cast("Payload", interaction.modal)

    async def told(self, interaction_id: str) -> str:
        """The answer to an interaction, which only the person may see."""
        self.last = interaction_id
        message = await self.people.wait_message(interaction_id, lambda one: not one["flags"] & 128, PATIENCE_S)
        assert message["flags"] & EPHEMERAL
        return text_of(message)

    async def answer_says(self, words: str) -> None:
        """Come back when the last answer to somebody's eyes only says `words`."""

        def says() -> bool:
            message = self.people.message_of(self.last)
            return message is not None and words in text_of(message)

        await self.stage.until(says)

    # --- seeing

    def posted(self, channel: Channel) -> list[Payload]:
        """What the bot has posted in a channel in this scene, for everyone there."""
        found: list[Payload] = []
        for call in self.stage.calls:
            if call.method == "POST" and call.path == f"/channels/{channel.id}/messages" and call.status == 200:
                message = self.people.message(cast("Mapping[str, Any]", call.answer)["id"])
                found += [message] if message else []
        return found

    def posts(self, channel: Channel) -> list[str]:
        """The same, as texts."""
        return [text_of(message) for message in self.posted(channel)]

    async def log_says(self, words: str) -> str:
        """The line in the log channel with these words, once it is there."""
        await self.stage.until(lambda: any(words in line for line in self.posts(self.cast.mod_room)))
        return next(line for line in self.posts(self.cast.mod_room) if words in line)

    async def panel(self, words: str) -> Payload:
        """The moderators' message with these words, once it is there."""
        await self.stage.until(lambda: any(words in line for line in self.posts(self.cast.mod_room)))
        return next(one for one in self.posted(self.cast.mod_room) if words in text_of(one))

    async def shown_card(self, **options: Any) -> Answer:
        """A card of a member's with a picture."""
        answer = await self.stage.imagine(image_size="square", **options)
        assert len(answer.attachments) == 1
        await self.stage.closed_books(answer.id)
        return answer

    async def card_says(self, answer: Answer, words: str) -> Payload:
        """A card, once it says `words`."""
        return await self.people.wait_message(answer.id, lambda one: words in text_of(one), PATIENCE_S)

    def count(self, *tables: str) -> tuple[int, ...]:
        """How many rows these tables have."""
        return tuple(self.stage.count(table) for table in tables)


def components_of(message: Payload) -> list[Payload]:
    """All components of a message, however deep."""
    found: list[Payload] = []
    waiting: list[Payload] = list(message["components"])
    while waiting:
        one = waiting.pop(0)
        found.append(one)
        waiting += one.get("components") or ()
    return found


@asynccontextmanager
async def open_tools(stage: Stage) -> AsyncGenerator[Tools]:
    """A scene in which nothing was set yet. Whatever happens in it, the bot meets nothing it was not made for."""
    await stage.new_scene()
    tools = Tools(stage)
    tools.forget_everything()
    yield tools
    assert not [line for line in stage.log if "Traceback" in line or "faulted" in line or "fault in" in line]
