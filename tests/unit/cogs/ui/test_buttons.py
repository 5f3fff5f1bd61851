"""Buttons: they work from their custom_id alone, and their errors are said."""

from typing import Any

import discord
import pytest

from bot.errors import UserError
from cogs.ui.buttons import Press, answer_presses
from tests.unit.cogs.opened import opened
from tests.unit.cogs.wire import pressed_button


async def test_a_press_reaches_its_handler_though_this_process_never_sent_the_button() -> None:
    async with opened() as open_:
        seen: list[str] = []

        async def handler(interaction: discord.Interaction, subject: str) -> None:
            seen.append(subject)
            await interaction.response.send_message("Done.", ephemeral=True)

        answer_presses(open_.client, "test_wave", handler)
        open_.press(pressed_button("test_wave:a1-B2"))
        (answer,) = await open_.discord.wait("POST", "/callback")
        assert seen == ["a1-B2"]
        assert answer.body["data"]["content"] == "Done."


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (UserError("Only moderators may do this."), "Only moderators may do this."),
        (RuntimeError("secret"), "reference"),
    ],
)
async def test_an_error_is_said_to_the_one_who_pressed(raised: Exception, said: str) -> None:
    async with opened() as open_:

        async def handler(interaction: discord.Interaction, subject: str) -> None:
            raise raised

        answer_presses(open_.client, "test_wave", handler)
        open_.press(pressed_button("test_wave:1"))
        (answer,) = await open_.discord.wait("POST", "/callback")
        assert said in answer.body["data"]["content"]
        assert "secret" not in answer.body["data"]["content"]
        assert answer.body["data"]["flags"] & 64


async def test_a_button_of_an_action_nobody_knows_says_so() -> None:
    async with opened() as open_:
        open_.client.add_dynamic_items(Press)
        open_.press(pressed_button("gone_since:1"))
        (answer,) = await open_.discord.wait("POST", "/callback")
        assert "no longer in use" in answer.body["data"]["content"]


async def test_an_action_is_answered_once() -> None:
    async with opened() as open_:

        async def handler(interaction: discord.Interaction, subject: str) -> None: ...

        answer_presses(open_.client, "test_wave", handler)
        with pytest.raises(ValueError, match="test_wave"):
            answer_presses(open_.client, "test_wave", handler)


def forged(custom_id: str) -> dict[str, Any]:
    payload = pressed_button("another:2")
    payload["data"]["custom_id"] = custom_id
    return payload


async def test_a_button_that_its_message_does_not_have_is_answered_all_the_same() -> None:
    async with opened() as open_:
        seen: list[str] = []

        async def handler(interaction: discord.Interaction, subject: str) -> None:
            seen.append(subject)
            raise UserError("Only moderators may do this.")

        answer_presses(open_.client, "test_wave", handler)
        for custom_id in ("nobody_knows:1", "test_wave", "test_wave:a1"):
            open_.press(forged(custom_id))
        (answer,) = await open_.discord.wait("POST", "/callback")
        assert answer.body["data"]["content"] == "Only moderators may do this."
        open_.press(pressed_button("test_wave:b2"))
        await open_.discord.wait("POST", "/callback", count=2)
        assert seen == ["a1", "b2"]
