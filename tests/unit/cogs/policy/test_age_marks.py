"""Age marks that go, came back, or went while the bot was away: what needs them does not come back by itself."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.errors import Unavailable
from bot.guilds.audit import AdminAction
from bot.guilds.settings import GuildSettings
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelContext, ChannelRules, ChannelSetting
from cogs.policy import age_marks
from tests.unit.cogs.opened import opened
from tests.unit.cogs.rooms import ADMIN_ROLE, by, server
from tests.unit.cogs.samples import FakeGuilds
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, interaction

CATEGORY_ID, INSIDE_ID, MARKED_ID, LOG_ID = 61, 62, 63, 4242
ALLOW = ChannelSetting(policy=Policy.ALLOW)


async def until(holds: Callable[[], bool]) -> None:
    """Come back when it holds; events are heard of in tasks of their own."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - fakes ring no bell
            await asyncio.sleep(0.005)


def channel(channel_id: int, *, nsfw: bool, parent: int | None = None) -> dict[str, Any]:
    return {
        "id": str(channel_id),
        "guild_id": str(GUILD_ID),
        "type": 0,
        "name": f"room-{channel_id}",
        "position": 0,
        "nsfw": nsfw,
        "parent_id": None if parent is None else str(parent),
    }


def a_server(*, nsfw: bool = False) -> dict[str, Any]:
    category = {"id": str(CATEGORY_ID), "type": 4, "name": "Late", "position": 0}
    inside = channel(INSIDE_ID, nsfw=False, parent=CATEGORY_ID), channel(MARKED_ID, nsfw=True, parent=CATEGORY_ID)
    return server(channels=[channel(CHANNEL_ID, nsfw=nsfw), category, *inside])


@dataclass
class Policies:
    """Channels' settings as a cog sees them. `away`: how often the database does not answer."""

    settings: dict[int, ChannelSetting] = field(default_factory=dict[int, ChannelSetting])
    removed: list[tuple[int, int | None]] = field(default_factory=list[tuple[int, int | None]])
    doubted: dict[int, int] = field(default_factory=dict[int, int])
    doubts: int = 0
    own: list[bool] = field(default_factory=list[bool])
    away: int = 0
    asked: int = 0

    async def needing_age_mark(self) -> tuple[tuple[int, int], ...]:
        self.asked += 1
        return tuple((GUILD_ID, place) for place, setting in self.settings.items() if setting.needs_age_mark)

    async def channel_settings(self, guild_id: int) -> tuple[tuple[int, ChannelSetting], ...]:
        return tuple(self.settings.items())

    def doubt_age_mark(self, channel_id: int) -> int:
        self.doubted[self.doubts] = channel_id
        self.doubts += 1
        return self.doubts - 1

    def is_doubted(self, channel_id: int, doubt: int | None = None) -> bool:
        return channel_id in self.doubted.values() if doubt is None else doubt in self.doubted

    async def age_mark_removed(
        self,
        act: AdminAction,
        channel_id: int,
        category_id: int | None = None,
        *,
        own: bool = True,
        doubt: int | None = None,
    ) -> bool:
        if self.away:
            self.away -= 1
            raise Unavailable("The database is away.")
        self.removed.append((channel_id, category_id))
        self.doubted = {one: place for one, place in self.doubted.items() if doubt not in {None, one}}
        self.own.append(own)
        return True

    async def set_channel(self, act: AdminAction, channel_id: int, changes: ChannelSetting) -> ChannelSetting:
        self.settings[channel_id] = changes
        return changes

    async def rules_at(self, channel_context: ChannelContext) -> ChannelRules:
        return ChannelRules(Policy.ALLOW if channel_context.age_restricted else Policy.BLOCK)


class Logged(FakeGuilds):
    async def settings_of(self, guild_id: int) -> GuildSettings:
        return GuildSettings(log_channel_id=LOG_ID)


@pytest.mark.parametrize(("before", "after", "words"), [(True, False, "no longer"), (False, True, "set anew")])
async def test_a_mark_that_goes_or_comes_takes_what_needs_it_away(
    monkeypatch: pytest.MonkeyPatch, before: bool, after: bool, words: str
) -> None:
    monkeypatch.setattr(age_marks, "WAITS_S", (0.0, 0.0))
    policies = Policies(away=7)  # longer than there are waits: it is tried until it is written down
    async with opened(policies=policies, guild_settings=Logged(), server=a_server(nsfw=before)) as open_:
        open_.hand_in("CHANNEL_UPDATE", channel(CHANNEL_ID, nsfw=after))
        (line,) = await open_.discord.wait("POST", f"/channels/{LOG_ID}/messages")
        assert words in line.data["content"]
    assert policies.removed == [(CHANNEL_ID, None)]


@pytest.mark.parametrize("event", ["ready", "guild_available", "guild_join"])
async def test_marks_that_went_while_the_bot_was_away_are_found(event: str) -> None:
    policies = Policies({CHANNEL_ID: ALLOW, CATEGORY_ID: ChannelSetting(safety_checker=False), 9: ALLOW})
    async with opened(policies=policies, guild_settings=Logged(), server=a_server()) as open_:
        guild = open_.client.get_guild(GUILD_ID)
        assert guild is not None
        policies.removed.clear()
        policies.asked = 0
        open_.client.dispatch(event, *(() if event == "ready" else (guild,)))
        open_.client.dispatch("guild_available", guild)
        await open_.discord.wait("POST", f"/channels/{LOG_ID}/messages")
    assert {(CHANNEL_ID, None), (INSIDE_ID, CATEGORY_ID)} == set(policies.removed)
    assert policies.asked == 1


async def test_a_category_that_allows_says_so_and_gives_it_to_no_later_mark() -> None:
    policies = Policies()
    payload = interaction({}, command="policy")
    options = [
        {"name": "channel", "type": 7, "value": str(CATEGORY_ID)},
        {"name": "policy", "type": 3, "value": "allow"},
    ]
    payload["data"]["options"] = [{"name": "set", "type": 1, "options": options}]
    async with opened(policies=policies, guild_settings=Logged(), server=a_server()) as open_:
        open_.press(by(payload, ADMIN_ROLE))
        (answer,) = await open_.discord.wait("POST", "/callback")
        marked, others, *_ = answer.data["content"].split("\n")
        assert "the age-restricted channels of" in marked
        assert "are shown like any other" in marked
        assert "are never shown" in others
        (line, *_) = await open_.discord.wait("POST", f"/channels/{LOG_ID}/messages")
        assert "are shown like any other" in line.data["content"]
        await open_.client.quiet()
    assert policies.removed == [(INSIDE_ID, CATEGORY_ID)]


@pytest.mark.parametrize("event", ["CHANNEL_UPDATE", "CHANNEL_CREATE"])
async def test_a_category_gives_what_needs_the_mark_to_no_channel_that_comes_into_it(event: str) -> None:
    policies = Policies()
    async with opened(policies=policies, guild_settings=Logged(), server=a_server(nsfw=True)) as open_:
        new_id = CHANNEL_ID if event == "CHANNEL_UPDATE" else 64
        open_.hand_in(event, channel(new_id, nsfw=True, parent=CATEGORY_ID))
        (line,) = await open_.discord.wait("POST", f"/channels/{LOG_ID}/messages")
        moved = event == "CHANNEL_UPDATE"
        assert ("came into a category" if moved else "set anew") in line.data["content"]
    assert (policies.removed, policies.own) == ([(new_id, CATEGORY_ID)], [not moved])


async def test_a_mark_that_goes_after_a_move_takes_what_is_set_for_the_channel_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(age_marks, "WAITS_S", (0.002,))
    policies = Policies(away=1_000_000)  # at both events
    async with opened(policies=policies, guild_settings=Logged(), server=a_server(nsfw=True)) as open_:
        open_.hand_in("CHANNEL_UPDATE", channel(CHANNEL_ID, nsfw=True, parent=CATEGORY_ID))
        await until(lambda: policies.doubts == 1)
        open_.hand_in("CHANNEL_UPDATE", channel(CHANNEL_ID, nsfw=False, parent=CATEGORY_ID))
        await until(lambda: policies.doubts == 2)
        policies.away = 0
        await until(lambda: not policies.doubted)
    assert sorted(policies.own) == [False, True]
