"""The table of permissions: everything that can be used has its rule, every rule is of something, and each is kept."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from discord import app_commands

from bot.client.client import ImagineClient
from bot.client.router import Kind
from bot.guilds.permissions import PERMISSIONS, Permission, Rule, Scope
from tests.unit.cogs.opened import opened
from tests.unit.cogs.wire import interaction, pressed_button, sent_form

ROOT = Path(__file__).parents[3]


def names(client: ImagineClient) -> Iterator[str]:
    for command in client.tree.get_commands():
        match command:
            case app_commands.Group():
                yield from (one.qualified_name for one in command.commands)
            case app_commands.Command():
                yield command.name
            case _:
                pass


def menus(client: ImagineClient) -> set[str]:
    return {one.name for one in client.tree.get_commands() if isinstance(one, app_commands.ContextMenu)}


async def test_everything_has_a_rule_and_every_rule_an_owner() -> None:
    async with opened() as open_:
        commands = set(names(open_.client))
        groups = {name.partition(" ")[0] for name in commands}
        for name in commands:
            open_.client.permissions.command(name)
        assert set(PERMISSIONS.commands) <= commands | groups
        assert groups <= set(open_.client.permissions.commands)
        assert set(PERMISSIONS.menus) == menus(open_.client)
        router = open_.client.router
        assert router.actions(Kind.BUTTON) == set(PERMISSIONS.buttons)
        assert router.actions(Kind.SELECT) == set(PERMISSIONS.selects)
        assert router.actions(Kind.FORM) == set(PERMISSIONS.forms)


async def test_discord_is_told_what_the_table_says() -> None:
    bits = {Permission.MANAGE_SERVER: 1 << 5, Permission.MANAGE_MESSAGES: 1 << 13, Permission.MODERATE_MEMBERS: 1 << 40}
    async with opened() as open_:
        (told,) = await open_.discord.wait("PUT", "/commands")
        table = open_.client.permissions
    for command in told.body:
        rule = table.commands[command["name"]] if command["type"] == 1 else table.menus[command["name"]]
        assert command["default_member_permissions"] == (None if rule.permission is None else bits[rule.permission])
        anywhere = rule.scope is Scope.ANYWHERE
        assert command["contexts"] == ([0, 1, 2] if anywhere else [0])
        assert command["integration_types"] == ([0, 1] if anywhere else [0])


def guarded(rules: Any) -> list[tuple[str, Rule]]:
    return [(name, rule) for name, rule in rules.items() if rule.permission is not None]


@pytest.mark.parametrize(("action", "rule"), guarded(PERMISSIONS.buttons))
async def test_no_press_passes_by_the_table(action: str, rule: Rule) -> None:
    async with opened() as open_:
        open_.press(pressed_button(f"{action}:{'0' * 31}1"))
        (answer,) = await open_.discord.wait("POST", "/callback")
    assert rule.permission is not None
    assert f"the permission “{rule.permission.words}”" in answer.data["content"]


@pytest.mark.parametrize(("action", "rule"), guarded(PERMISSIONS.forms))
async def test_no_form_passes_by_the_table(action: str, rule: Rule) -> None:
    async with opened() as open_:
        open_.press(sent_form(f"{action}:1"))
        (answer,) = await open_.discord.wait("POST", "/callback")
    assert rule.permission is not None
    assert f"the permission “{rule.permission.words}”" in answer.data["content"]


@pytest.mark.parametrize(
    ("payload", "hint"),
    [
        (pressed_button("history_page:1"), "Use /history again."),
        (sent_form("stop:nobody"), "There is no such person. Nothing was changed."),
    ],
)
async def test_what_was_never_made_says_what_to_do(payload: dict[str, Any], hint: str) -> None:
    payload["member"]["permissions"] = str(1 << 3)
    async with opened() as open_:
        open_.press(payload)
        (answer,) = await open_.discord.wait("POST", "/callback")
    assert answer.data["content"].endswith(f"leads nowhere any more. {hint}")


@pytest.mark.parametrize("name", ["spend", "limits list", "review list", "review channel", "record appeals"])
@pytest.mark.parametrize("kind", [2, 4])
async def test_no_command_passes_by_the_table(name: str, kind: int) -> None:
    group, _, sub = name.partition(" ")
    payload: dict[str, Any] = interaction({}, command=group) | {"type": kind}
    if sub:
        payload["data"]["options"] = [{"name": sub, "type": 1, "options": []}]
    async with opened() as open_:
        open_.press(payload)
        (answer,) = await open_.discord.wait("POST", "/callback")
    if kind == 4:
        assert answer.body == {"type": 8, "data": {"choices": []}}
        return
    permission = PERMISSIONS.command(name).permission
    assert permission is not None
    assert f"the permission “{permission.words}”" in answer.data["content"]


def test_nothing_else_in_the_cogs_names_a_permission_to_be_held() -> None:
    named = {one.value for one in Permission}
    for path in (ROOT / "cogs").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            found = (
                getattr(node, "value", None)
                if isinstance(node, ast.Constant)
                else getattr(node, "attr", None) or getattr(node, "arg", None)
            )
            assert not (isinstance(found, str) and found in named), f"{path.name}: {found}"
