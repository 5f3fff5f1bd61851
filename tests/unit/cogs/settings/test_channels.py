"""Choosing the log channel and the moderation channel: who sees them is looked at, and every change is told."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.guilds.audit import AdminAction
from bot.guilds.settings import GuildSettings
from bot.runs.review.service import Status
from tests.unit.cogs.opened import opened
from tests.unit.cogs.rooms import ADMIN_ROLE, by, server
from tests.unit.cogs.samples import FakeGuilds
from tests.unit.cogs.wire import APPLICATION_ID, CHANNEL_ID, GUILD_ID, USER_ID, interaction, pressed_button

OLD_LOG, VIEW, SEND = 4242, 1 << 10, 1 << 11


@dataclass
class Guilds(FakeGuilds):
    """A server whose settings change."""

    now: GuildSettings = field(default_factory=lambda: GuildSettings(log_channel_id=OLD_LOG))
    done: list[object] = field(default_factory=list[object])

    async def settings_of(self, guild_id: int) -> GuildSettings:
        return self.now

    async def set_log_channel(self, act: AdminAction, channel_id: int | None) -> None:
        self.done.append(channel_id)
        self.now = GuildSettings(log_channel_id=channel_id)

    async def set_review_channel(self, act: AdminAction, channel_id: int | None) -> None:
        self.done.append(channel_id)

    async def set_reasons(self, act: AdminAction, reasons: tuple[str, ...]) -> tuple[str, ...]:
        self.done.append(reasons)
        return reasons


class Reviews:
    async def retry(self, guild_id: int) -> None:
        """Nothing waits."""

    async def status(self, guild_id: int) -> Status:
        return Status(CHANNEL_ID, None, ())


def a_server(*, seen: bool) -> dict[str, Any]:
    known = server()
    known["roles"][0]["permissions"] = str((VIEW | SEND) if seen else SEND)
    mine = {"id": str(APPLICATION_ID), "username": "imagine", "discriminator": "0", "avatar": None}
    joined: dict[str, Any] = {
        "roles": [],
        "joined_at": "2026-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
    }
    allow = {"id": str(APPLICATION_ID), "type": 1, "allow": str(VIEW | SEND), "deny": "0"}
    known["channels"][0]["permission_overwrites"] = [allow]
    return known | {"members": [joined | {"user": mine}]}


def asked(group: str, sub: str, **options: str) -> dict[str, Any]:
    payload = interaction({}, command=group)
    given = [{"name": name, "type": 7 if name == "channel" else 3, "value": each} for name, each in options.items()]
    payload["data"]["options"] = [{"name": sub, "type": 1, "options": given}]
    return by(payload, ADMIN_ROLE)


async def test_a_log_that_everyone_would_read_is_asked_about_first() -> None:
    guilds = Guilds()
    async with opened(guild_settings=guilds, server=a_server(seen=True)) as open_:
        open_.press(asked("settings", "log-channel", channel=str(CHANNEL_ID)))
        (answer,) = await open_.discord.wait("POST", "/callback")
        assert answer.data["content"].startswith(f"Everyone in this server can see <#{CHANNEL_ID}>")
        assert answer.data["components"][0]["components"][0]["custom_id"] == f"log_anyway:{CHANNEL_ID}"
        await open_.client.quiet()
        assert not open_.discord.named("POST", "/messages")
    assert guilds.done == []


@pytest.mark.parametrize("seen", [True, False])
async def test_a_moved_log_tells_both_channels(seen: bool) -> None:
    payload = asked("settings", "log-channel", channel=str(CHANNEL_ID))
    if seen:
        payload = by(pressed_button(f"log_anyway:{CHANNEL_ID}"), ADMIN_ROLE)
    async with opened(guild_settings=Guilds(), server=a_server(seen=seen)) as open_:
        open_.press(payload)
        (old,) = await open_.discord.wait("POST", f"/channels/{OLD_LOG}/messages")
        assert f"<@{USER_ID}> moved the log: from now on <#{CHANNEL_ID}> is told" in old.data["content"]
        (new,) = await open_.discord.wait("POST", f"/channels/{CHANNEL_ID}/messages")
        assert "chose this channel" in new.data["content"]


async def test_a_log_that_stays_tells_of_no_move() -> None:
    guilds = Guilds(now=GuildSettings(log_channel_id=CHANNEL_ID))
    async with opened(guild_settings=guilds, server=a_server(seen=False)) as open_:
        open_.press(asked("settings", "log-channel", channel=str(CHANNEL_ID)))
        (line,) = await open_.discord.wait("POST", f"/channels/{CHANNEL_ID}/messages")
        assert "moved" not in line.data["content"]


async def test_a_channel_that_everyone_sees_is_no_moderation_channel() -> None:
    guilds = Guilds()
    async with opened(guild_settings=guilds, reviews=Reviews(), server=a_server(seen=True)) as open_:
        open_.press(asked("review", "channel", channel=str(CHANNEL_ID)))
        (answer,) = await open_.discord.wait("POST", "/callback")
    assert "only moderators see" in answer.data["content"]
    assert guilds.done == []


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (asked("review", "channel", channel=str(CHANNEL_ID)), f"chose <#{CHANNEL_ID}>"),
        (by(pressed_button(f"review_off:{GUILD_ID}"), ADMIN_ROLE), "ended asking moderators"),
        (by(pressed_button(f"log_off:{GUILD_ID}"), ADMIN_ROLE), "ended the log in this channel"),
        (asked("review", "reasons", change="add", reason="gore [x](y)"), "added a reason for rejecting: gore \\[x"),
    ],
    ids=["chosen", "ended", "log ended", "reason"],
)
async def test_what_is_set_up_for_reviews_is_told_in_the_log(payload: dict[str, Any], words: str) -> None:
    guilds = Guilds()
    async with opened(guild_settings=guilds, reviews=Reviews(), server=a_server(seen=False)) as open_:
        open_.press(payload)
        (line,) = await open_.discord.wait("POST", f"/channels/{OLD_LOG}/messages")
        assert words in line.data["content"]
    assert len(guilds.done) == 1


@pytest.mark.parametrize(
    ("payload", "words", "action"),
    [
        (asked("review", "channel"), f"Moderators are asked in <#{CHANNEL_ID}>.", "review_off"),
        (asked("settings", "log-channel"), f"<#{OLD_LOG}> is told", "log_off"),
    ],
)
async def test_only_looking_switches_nothing_off(payload: dict[str, Any], words: str, action: str) -> None:
    guilds = Guilds()
    async with opened(guild_settings=guilds, reviews=Reviews(), server=a_server(seen=False)) as open_:
        open_.press(payload)
        (answer,) = await open_.discord.wait("POST", "/callback")
    assert words in answer.data["content"]
    (row,) = answer.data["components"]
    assert row["components"][0]["custom_id"] == f"{action}:{GUILD_ID}"
    assert guilds.done == []
