"""Leaving the queue and canceling, as Discord sees it: a press is taken at once, a refusal is for one person alone."""

import pytest

from bot.errors import UserError
from bot.guilds.settings import GuildSettings
from tests.unit.cogs.opened import opened
from tests.unit.cogs.rooms import by
from tests.unit.cogs.samples import FakeGuilds, FakeRuns
from tests.unit.cogs.wire import CHANNEL_ID, USER_ID, pressed_button

RUN = "0123456789abcdef" * 2
MANAGE_MESSAGES, ADMINISTRATOR, SEND_MESSAGES = 1 << 13, 1 << 3, 1 << 11


@pytest.mark.parametrize("action", ["leave", "cancel"])
@pytest.mark.parametrize(
    ("held", "moderated"), [(SEND_MESSAGES, None), (MANAGE_MESSAGES, CHANNEL_ID), (ADMINISTRATOR, CHANNEL_ID)]
)
async def test_a_press_says_who_pressed_and_whether_they_moderate(
    held: int, moderated: int | None, action: str
) -> None:
    runs = FakeRuns()
    async with opened(runs) as open_:
        payload = pressed_button(f"{action}:{RUN}")
        payload["member"]["permissions"] = str(held)
        open_.press(payload)
        (answer,) = await open_.discord.wait("POST", "/callback")
        assert answer.body["type"] == 6
        await runs.changed.wait()
        assert (runs.left if action == "leave" else runs.canceled) == [(RUN, USER_ID, moderated)]


class Logged(FakeGuilds):
    async def settings_of(self, guild_id: int) -> GuildSettings:
        return GuildSettings(log_channel_id=4242)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("leave", f"took a request by <@{USER_ID}> in <#{CHANNEL_ID}> out of the queue."),
        ("cancel", f"canceled a request by <@{USER_ID}> in <#{CHANNEL_ID}>."),
    ],
)
@pytest.mark.parametrize(("user_id", "told"), [(USER_ID, False), (USER_ID + 1, True)])
async def test_a_moderators_removal_is_told_in_the_log_channel(
    user_id: int, told: bool, action: str, words: str
) -> None:
    async with opened(FakeRuns(), guild_settings=Logged()) as open_:
        open_.press(by(pressed_button(f"{action}:{RUN}"), held_here=MANAGE_MESSAGES, user_id=user_id))
        await open_.discord.wait("POST", "/callback")
        if told:
            (line,) = await open_.discord.wait("POST", "/channels/4242/messages")
            assert f"<@{user_id}> {words}" in line.data["content"]
        else:
            await open_.client.quiet()
            assert not open_.discord.named("POST", "/channels/4242")


async def test_a_refusal_is_said_to_the_one_who_pressed() -> None:
    async with opened(FakeRuns(refusal=UserError("This request is over already."))) as open_:
        open_.press(pressed_button(f"leave:{RUN}"))
        (said,) = await open_.discord.wait("POST", "/webhooks/")
        assert said.body["content"] == "This request is over already."
        assert said.body["flags"] & 64
