"""About whom moderators may act, whom the bot writes to, and what a stop takes back: driven as Discord would."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.errors import Unavailable
from bot.guilds.audit import AdminAction
from bot.moderation.sanctions import SanctionKind, SanctionStatus
from bot.moderation.sanctions_service import Appeal, AppealDecision
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.rooms import (
    ADMIN_ROLE,
    ADMINISTRATOR,
    MEMBER_ROLE,
    MODERATOR_ROLE,
    OWNER_ID,
    by,
    server,
)
from tests.unit.cogs.samples import NOW, FakeRuns
from tests.unit.cogs.wire import APPLICATION_ID, GUILD_ID, USER_ID, Call, interaction, pressed_button, sent_form

SOMEBODY = USER_ID + 5
STOPPED = SanctionStatus(SanctionKind.STOP, reason="rude")


class Sanctions:
    """Sanctions of a server as a cog sees them; `user_id` is who appealed."""

    def __init__(self, *, used: bool = True, writes: bool = True, user_id: int = SOMEBODY) -> None:
        self.used, self.writes = used, writes
        self.done: list[tuple[int, SanctionKind]] = []
        self.appeal = Appeal(1, GUILD_ID, user_id, "sorry", NOW)
        self.lifted: list[bool] = []

    async def sanction(
        self, act: AdminAction, user_id: int, kind: SanctionKind, reason: str, *, length_s: int | None = None
    ) -> SanctionStatus:
        self.done.append((user_id, kind))
        return SanctionStatus() if kind is SanctionKind.LIFT else STOPPED

    async def used_here(self, guild_id: int, user_id: int) -> bool:
        return self.used

    async def may_write_to(self, guild_id: int, user_id: int) -> bool:
        return self.writes

    async def find_appeal(self, guild_id: int, appeal_id: int) -> Appeal:
        return self.appeal

    async def decide_appeal(self, act: AdminAction, appeal_id: int, *, lift: bool, reason: str = "") -> AppealDecision:
        self.lifted.append(lift)
        return AppealDecision(self.appeal, True, SanctionStatus())

    async def unheard(self, guild_id: int, user_id: int) -> None:
        return None


def members(**who: Any) -> Callable[[Call], tuple[int, dict[str, Any]] | None]:
    """Discord's answer to who a member is: `roles`, `bot`; nobody where `gone`, and no answer where `broken`."""

    def answer(call: Call) -> tuple[int, dict[str, Any]] | None:
        if call.method != "GET" or "/members/" not in call.path:
            return None
        if who.get("gone"):
            return 404, {"code": 10007, "message": "Unknown Member"}
        if who.get("broken"):
            return 403, {"code": 50001, "message": "Missing Access"}
        user = {"id": call.path.rpartition("/")[2], "username": "sam", "discriminator": "0", "avatar": None}
        roles = [str(role) for role in who.get("roles", (MEMBER_ROLE,))]
        joined = {"roles": roles, "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False, "flags": 0}
        return 200, joined | {"user": user | {"bot": who.get("bot", False)}}

    return answer


def sanction(kind: str, user_id: int = SOMEBODY) -> dict[str, Any]:
    payload = interaction({}, command="sanction")
    options = [{"name": "person", "type": 6, "value": str(user_id)}, {"name": "reason", "type": 3, "value": "rude"}]
    payload["data"]["options"] = [{"name": kind, "type": 1, "options": options}]
    return payload


def form(user_id: int = SOMEBODY) -> dict[str, Any]:
    return sent_form(f"stop:{user_id}", {"type": 4, "custom_id": "words", "value": "rude"})


async def said(open_: Opened) -> str:
    """What the moderator read at first."""
    (call,) = await open_.discord.wait("POST", "/webhooks/")
    return str(call.data["content"])


@pytest.mark.parametrize(
    ("user_id", "who", "words"),
    [
        (SOMEBODY, {"roles": (ADMIN_ROLE,)}, "people who manage the server"),
        (SOMEBODY, {"roles": (MODERATOR_ROLE,)}, "at or above their own"),
        (SOMEBODY, {"roles": (MEMBER_ROLE, MODERATOR_ROLE)}, "at or above their own"),
        (OWNER_ID, {"roles": ()}, "about the owner"),
        (USER_ID, {"roles": (MODERATOR_ROLE,)}, "at or above their own"),
        (SOMEBODY, {"bot": True}, "This is a bot"),
        (SOMEBODY, {"broken": True}, "try again in a minute"),
    ],
    ids=["who manages", "an equal", "an equal with more roles", "the owner", "themselves", "a bot", "not told"],
)
@pytest.mark.parametrize("how", ["strike", "pause", "stop", "form"])
async def test_nobody_acts_about_people_above_them(how: str, user_id: int, who: dict[str, Any], words: str) -> None:
    sanctions = Sanctions()
    async with opened(sanctions=sanctions, server=server()) as open_:
        open_.discord.refuse = members(**who)
        open_.press(by(form(user_id) if how == "form" else sanction(how, user_id), MODERATOR_ROLE))
        assert words in await said(open_)
    assert sanctions.done == []


@pytest.mark.parametrize(("actor_id", "roles"), [(USER_ID, (MODERATOR_ROLE,)), (OWNER_ID, (MODERATOR_ROLE,))])
async def test_people_below_can_be_acted_about(actor_id: int, roles: tuple[int, ...]) -> None:
    sanctions = Sanctions()
    async with opened(sanctions=sanctions, server=server()) as open_:
        open_.discord.refuse = members(roles=roles if actor_id == OWNER_ID else (MEMBER_ROLE,))
        held_here = ADMINISTRATOR if actor_id == OWNER_ID else 0
        open_.press(by(sanction("stop"), MODERATOR_ROLE, held_here=held_here, user_id=actor_id))
        assert "was stopped" in await said(open_)
    assert sanctions.done == [(SOMEBODY, SanctionKind.STOP)]


@pytest.mark.parametrize("used", [True, False])
async def test_of_those_who_are_not_here_only_who_used_the_bot_can_be_acted_about(used: bool) -> None:
    sanctions = Sanctions(used=used)
    async with opened(sanctions=sanctions, server=server()) as open_:
        open_.discord.refuse = members(gone=True)
        open_.press(by(sanction("stop"), MODERATOR_ROLE))
        assert ("was stopped" in await said(open_)) is used
    assert bool(sanctions.done) is used


@pytest.mark.parametrize("writes", [True, False])
async def test_people_are_written_to_only_where_they_may_be(writes: bool) -> None:
    async with opened(sanctions=Sanctions(writes=writes), server=server()) as open_:
        open_.discord.refuse = members()
        open_.press(by(sanction("strike"), MODERATOR_ROLE))
        (changed,) = await open_.discord.wait("PATCH", "/messages/@original")
        assert ("only a few times an hour" in changed.data["content"]) is not writes
        assert bool(open_.discord.named("POST", "/users/@me/channels")) is writes


async def test_what_a_moderator_wrote_shows_no_page_in_a_direct_message() -> None:
    async with opened(sanctions=Sanctions(writes=True), server=server()) as open_:
        open_.discord.refuse = members()
        open_.press(by(sanction("strike"), MODERATOR_ROLE))
        await open_.discord.wait("PATCH", "/messages/@original")
        calls = [call.data for call in open_.discord.named("POST", "/messages") if "flags" in call.data]
    assert [data["flags"] & 4 for data in calls] == [4]  # SUPPRESS_EMBEDS
    assert [data["allowed_mentions"] for data in calls] == [{"parse": []}]


@pytest.mark.parametrize(("waiting", "words"), [(0, None), (1, "1 of their requests was"), (3, "3 of their requests")])
async def test_a_stop_takes_back_what_waits(waiting: int, words: str | None) -> None:
    runs = FakeRuns(waiting=waiting)
    async with opened(runs, sanctions=Sanctions(), server=server()) as open_:
        open_.discord.refuse = members()
        open_.press(by(sanction("stop"), MODERATOR_ROLE))
        told = await said(open_)
        assert words in told if words else "queue" not in told
    assert runs.taken_back == [(SOMEBODY, AdminAction(GUILD_ID, USER_ID))]


async def test_a_stop_holds_where_the_queue_cannot_be_read() -> None:
    class Away(FakeRuns):
        async def leave_all(self, user_id: int, act: AdminAction) -> int:
            raise Unavailable("The database is away.")

    sanctions = Sanctions()
    async with opened(Away(), sanctions=sanctions, server=server()) as open_:
        open_.discord.refuse = members()
        open_.press(by(sanction("stop"), MODERATOR_ROLE))
        assert "could not be taken out just now" in await said(open_)
    assert sanctions.done


@pytest.mark.parametrize(("held_here", "may"), [(0, False), (ADMINISTRATOR, True)])
async def test_nobody_lifts_what_holds_for_themselves(held_here: int, may: bool) -> None:
    sanctions = Sanctions()
    async with opened(sanctions=sanctions, server=server()) as open_:
        open_.press(by(sanction("lift", USER_ID), MODERATOR_ROLE, held_here=held_here))
        (call,) = await open_.discord.wait("POST", "/callback")
        assert ("another moderator must decide" in call.data["content"]) is not may
    assert bool(sanctions.done) is may


@pytest.mark.parametrize(("held_here", "may"), [(0, False), (ADMINISTRATOR, True)])
@pytest.mark.parametrize("action", ["appeal_lift", "appeal_keep"])
async def test_nobody_decides_their_own_appeal(action: str, held_here: int, may: bool) -> None:
    sanctions = Sanctions(user_id=USER_ID)
    async with opened(sanctions=sanctions, server=server()) as open_:
        open_.press(by(pressed_button(f"{action}:1"), MODERATOR_ROLE, held_here=held_here))
        (call,) = await open_.discord.wait("POST", "/callback")
        assert ("another moderator must decide" in call.data.get("content", "")) is not may
        if action == "appeal_keep" and may:  # it is kept with the form's answer
            assert call.data["custom_id"] == "appeal_keep:1"
    assert bool(sanctions.lifted) is (may and action == "appeal_lift")


@pytest.mark.parametrize(
    ("of", "reason", "kept"), [(USER_ID, "no", False), (SOMEBODY, "no", True), (SOMEBODY, " \u200b", False)]
)
async def test_a_forged_form_keeps_nothing_of_ones_own_nor_without_a_reason(of: int, reason: str, kept: bool) -> None:
    sanctions = Sanctions(user_id=of)
    async with opened(sanctions=sanctions, server=server()) as open_:
        open_.press(by(sent_form("appeal_keep:1", {"type": 4, "custom_id": "words", "value": reason}), MODERATOR_ROLE))
        await open_.discord.wait("POST", "/callback")
    assert sanctions.lifted == ([False] if kept else [])


async def test_the_bot_itself_cannot_be_acted_about() -> None:
    sanctions = Sanctions()
    async with opened(sanctions=sanctions, server=server()) as open_:
        open_.press(by(sanction("stop", APPLICATION_ID), MODERATOR_ROLE))
        (call,) = await open_.discord.wait("POST", "/callback")
        assert "own account" in call.data["content"]
    assert sanctions.done == []
