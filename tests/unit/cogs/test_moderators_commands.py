"""Commands as Discord is told of them: who is offered which, and where."""

from typing import Any

import pytest

from tests.unit.cogs.opened import opened

MANAGE_GUILD, MODERATE_MEMBERS = 1 << 5, 1 << 40
SLASH, USER, MESSAGE = 1, 2, 3


@pytest.mark.parametrize(
    ("name", "kind", "permission"),
    [
        ("policy", SLASH, MANAGE_GUILD),
        ("rules", SLASH, MANAGE_GUILD),
        ("sanction", SLASH, MODERATE_MEMBERS),
        ("record", SLASH, MODERATE_MEMBERS),
        ("Stop this person", USER, MODERATE_MEMBERS),
        ("Stop this person", MESSAGE, MODERATE_MEMBERS),
        ("appeal", SLASH, None),
        ("Report picture", MESSAGE, None),
    ],
)
async def test_each_is_offered_to_those_it_is_for_and_in_servers_only(name: str, kind: int, permission: int | None):
    async with opened() as open_:
        (told,) = await open_.discord.wait("PUT", "/commands")
        commands: list[dict[str, Any]] = told.body
        command = next(one for one in commands if (one["name"], one["type"]) == (name, kind))
        assert command["default_member_permissions"] == permission
        assert command["contexts"] == [0]
        assert command["integration_types"] == [0]
