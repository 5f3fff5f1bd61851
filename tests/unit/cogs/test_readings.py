"""Who reads about others leaves a row of the audit and a line in the log; who reads about themselves leaves none."""

from typing import Any

import pytest

from bot.errors import Unavailable
from bot.guilds.audit import AdminAction, AuditKind
from bot.moderation.sanctions import RecordLine, SanctionStatus
from bot.runs.run import Place
from tests.unit.cogs.opened import opened
from tests.unit.cogs.rooms import ADMIN_ROLE, MODERATOR_ROLE, by, server
from tests.unit.cogs.samples import FakeGuilds, FakeHistory, a_run, done
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, USER_ID, interaction, pressed_button

LOG, SOMEBODY = 4242, USER_ID + 5
ACT = AdminAction(GUILD_ID, USER_ID)
RUN = done(a_run(user_id=SOMEBODY, place=Place(GUILD_ID, CHANNEL_ID)))


class Records:
    async def standing(self, guild_id: int, user_id: int) -> SanctionStatus:
        return SanctionStatus()

    async def record(self, guild_id: int, user_id: int) -> tuple[RecordLine, ...]:
        return ()

    async def unheard(self, guild_id: int, user_id: int) -> None:
        return None


def asked(command: str, name: str | None = None, value: str = str(SOMEBODY), *, kind: int = 6) -> dict[str, Any]:
    group, _, sub = command.partition(" ")
    payload: dict[str, Any] = interaction({}, command=group)
    options = [] if name is None else [{"name": name, "type": kind, "value": value}]
    payload["data"]["options"] = [{"name": sub, "type": 1, "options": options}] if sub else options
    return by(payload, MODERATOR_ROLE, ADMIN_ROLE)


READINGS = {
    "history": (asked("history", "user"), AuditKind.HISTORY_READ, {"user": str(SOMEBODY)}),
    "page": (
        by(pressed_button(f"history_page:{SOMEBODY}:before:7"), MODERATOR_ROLE),
        AuditKind.HISTORY_READ,
        {"user": str(SOMEBODY)},
    ),
    "pictures": (
        by(pressed_button(f"history_pictures:{RUN.id}"), MODERATOR_ROLE),
        AuditKind.HISTORY_READ,
        {"user": str(SOMEBODY), "pictures": True},
    ),
    "record": (asked("record user", "person"), AuditKind.RECORD_READ, {"user": str(SOMEBODY)}),
    "spend": (asked("spend", "period", "7 days", kind=3), AuditKind.SPEND_READ, {"period": "7 days"}),
}


@pytest.mark.parametrize(("payload", "kind", "about"), READINGS.values(), ids=READINGS)
async def test_reading_about_others_leaves_a_row_and_a_line(
    payload: dict[str, Any], kind: AuditKind, about: dict[str, object]
) -> None:
    guilds, history = FakeGuilds(log=LOG), FakeHistory(runs={RUN.id: RUN})
    async with opened(guild_settings=guilds, history=history, sanctions=Records(), server=server()) as open_:
        open_.press(payload)
        (line,) = await open_.discord.wait("POST", f"/channels/{LOG}/messages")
        await open_.client.quiet()
    assert guilds.readings == [(ACT, kind, about)]
    assert line.data["content"].startswith(f"<@{USER_ID}> looked at ")
    assert ("user" in about) is (f"<@{SOMEBODY}>" in line.data["content"])


@pytest.mark.parametrize(
    "payload", [asked("history"), asked("history", "user", str(USER_ID))], ids=["nobody named", "themselves"]
)
async def test_reading_about_oneself_leaves_nothing(payload: dict[str, Any]) -> None:
    guilds = FakeGuilds(log=LOG)
    async with opened(guild_settings=guilds, sanctions=Records(), server=server()) as open_:
        open_.press(payload)
        await open_.discord.wait("PATCH", "@original")
        await open_.client.quiet()
        assert not open_.discord.named("POST", f"/channels/{LOG}/")
    assert guilds.readings == []


@pytest.mark.parametrize("payload", [each[0] for each in READINGS.values()], ids=READINGS)
async def test_what_cannot_be_noted_is_not_read(payload: dict[str, Any]) -> None:
    class Broken(FakeGuilds):
        async def note_reading(self, act: AdminAction, kind: AuditKind, about: object) -> None:
            raise Unavailable("Please try again in a minute.")

    history = FakeHistory(runs={RUN.id: RUN})
    async with opened(guild_settings=Broken(), history=history, sanctions=Records(), server=server()) as open_:
        open_.press(payload)
        await open_.discord.wait("POST", "/callback")
        await open_.client.quiet()
        shown = [call.data for call in open_.discord.calls if call.method in {"POST", "PATCH"}]
    assert "try again in a minute" in str(shown)
    assert not history.asked
    assert not history.viewings
