"""The table of permissions: everything that can be used has its rule, every rule is of something, and each is kept."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from discord import app_commands

from bot.client.client import ImagineClient
from bot.client.router import Kind
from bot.errors import UserError
from bot.guilds.audit import AdminAction
from bot.guilds.permissions import PERMISSIONS, Permission, Rule, Scope
from bot.runs.review.review import Decision, Review
from bot.runs.review.service import Decided
from bot.runs.run import Place, ReviewCause, Run
from tests.unit.cogs.opened import opened
from tests.unit.cogs.rooms import (
    ADMIN_ROLE,
    ADMINISTRATOR,
    EVERYTHING_BUT_ADMINISTRATOR,
    MEMBER_ROLE,
    MODERATOR_ROLE,
    OWNER_ID,
    by,
    server,
)
from tests.unit.cogs.samples import NOW, a_run
from tests.unit.cogs.wire import CHANNEL_ID, GUILD_ID, USER_ID, chosen, interaction, pressed_button, sent_form

MANAGE_MESSAGES = 1 << 13


class NothingWaits:
    """Reviews of a server in which nothing waits."""

    SENTENCE = "nothing waits"

    def __getattr__(self, _name: str) -> Any:
        async def refuse(*_: object, **__: object) -> None:
            raise UserError(self.SENTENCE)

        return refuse


class OneWaits:
    """Reviews of a server in which the pictures of one run wait."""

    def __init__(self, run: Run, channel_id: int | None) -> None:
        self.run = run
        self.review = Review(run.id, GUILD_ID, ReviewCause.FLAGGED, NOW, channel_id=channel_id, message_id=1)
        self.decided: list[str] = []

    async def find(self, guild_id: int, run_id: str) -> Decided:
        return Decided(self.run, self.review, first=True)

    async def approve(self, act: AdminAction, run_id: str) -> Decided:
        return self._decide(act, Decision.APPROVED)

    async def reject(self, act: AdminAction, run_id: str, reason: str | None) -> Decided:
        return self._decide(act, Decision.REJECTED)

    def _decide(self, act: AdminAction, outcome: Decision) -> Decided:
        self.decided.append(outcome)
        decided = replace(self.review, outcome=outcome, decided_by=act.actor_id, decided_at=NOW)
        return Decided(self.run, decided, first=True)


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


def forged(kind: str, name: str) -> dict[str, Any]:
    """What Discord hands in for something that may not be there for this person at all."""
    if kind == "button":
        return pressed_button(f"{name}:{'0' * 31}1")
    if kind == "select":
        return chosen(f"{name}:1", "1")
    if kind == "form":
        return sent_form(f"{name}:1")
    if kind == "menu":
        payload = interaction({}, command=name)
        target = str(USER_ID)
        payload["data"] |= {"type": 2, "target_id": target, "options": [], "resolved": {"users": {}, "members": {}}}
        payload["data"]["resolved"]["users"][target] = payload["member"]["user"]
        return payload
    group, _, sub = name.partition(" ")
    payload = interaction({}, command=group)
    if sub:
        payload["data"]["options"] = [{"name": sub, "type": 1, "options": []}]
    return payload


COMMANDS = [
    *("spend", "grant", "limits set", "limits remove", "limits list", "limits explain", "settings log-channel"),
    *("settings audit", "policy set", "policy clear", "policy show", "policy list", "rules add", "rules remove"),
    *("rules list", "rules test", "review channel", "review reasons", "review list", "review status", "review retry"),
    *("sanction strike", "sanction pause", "sanction stop", "sanction lift", "record user", "record appeals"),
]
GUARDED = [
    *(("command", name, PERMISSIONS.command(name)) for name in COMMANDS),
    *(("menu", name, rule) for name, rule in guarded(PERMISSIONS.menus)),
    *(("button", name, rule) for name, rule in guarded(PERMISSIONS.buttons)),
    *(("form", name, rule) for name, rule in guarded(PERMISSIONS.forms)),
]
IDS = [f"{kind} {name}" for kind, name, _ in GUARDED]


STRANGER, AUTHOR, IN_THE_ROOM, MODERATOR, ADMIN, OWNER, ADMINISTRATES = (
    "a stranger",
    "who asked",
    "who may do everything in this room",
    "a moderator",
    "who manages the server",
    "the owner",
    "an administrator",
)
ACTORS: dict[str, tuple[tuple[int, ...], int, int]] = {
    # roles, what is held in the channel, the person
    STRANGER: ((MEMBER_ROLE,), 0, USER_ID + 9),
    AUTHOR: ((MEMBER_ROLE,), 0, USER_ID),
    IN_THE_ROOM: ((MEMBER_ROLE,), EVERYTHING_BUT_ADMINISTRATOR, USER_ID + 9),
    MODERATOR: ((MODERATOR_ROLE,), 0, USER_ID + 9),
    ADMIN: ((ADMIN_ROLE,), 0, USER_ID + 9),
    OWNER: ((), ADMINISTRATOR, OWNER_ID),  # Discord computes every permission for the owner
    ADMINISTRATES: ((MEMBER_ROLE,), ADMINISTRATOR, USER_ID + 9),
}
HELD = {MODERATOR: {Permission.MANAGE_MESSAGES, Permission.MODERATE_MEMBERS}, ADMIN: {Permission.MANAGE_SERVER}}


def passes(actor: str, rule: Rule) -> bool:
    """Whether the table lets somebody through to whoever answers; what is theirs alone is checked there."""
    if rule.permission is None or actor in {OWNER, ADMINISTRATES}:
        return True
    return rule.permission in HELD.get(actor, set()) or (actor == IN_THE_ROOM and rule.scope is Scope.CHANNEL)


async def registered() -> list[tuple[str, str, Rule]]:
    """Everything that can be used, as the tree and the router have it: a new one is in here by itself."""
    async with opened() as open_:
        table, router = open_.client.permissions, open_.client.router
        return [
            *(("command", name, table.command(name)) for name in sorted(names(open_.client))),
            *(("menu", name, table.menus[name]) for name in sorted(menus(open_.client))),
            *(("button", name, table.buttons[name]) for name in sorted(router.actions(Kind.BUTTON))),
            *(("form", name, table.forms[name]) for name in sorted(router.actions(Kind.FORM))),
            *(("select", name, table.selects[name]) for name in sorted(router.actions(Kind.SELECT))),
        ]


@pytest.mark.parametrize("actor", ACTORS)
async def test_everything_registered_lets_in_whom_the_table_says_and_nobody_else(actor: str) -> None:
    """Forged: Discord would not offer most of these to this person. What comes after the check is not asked here."""
    roles, held_here, user_id = ACTORS[actor]
    everything = await registered()
    assert len(everything) > 40
    async with opened(reviews=NothingWaits(), server=server()) as open_:
        for kind, name, rule in everything:
            before = len(open_.discord.calls)
            open_.press(by(forged(kind, name), *roles, held_here=held_here, user_id=user_id))
            await open_.discord.wait("POST", "/callback", len(open_.discord.named("POST", "/callback")) + 1)
            await open_.client.quiet()
            said = str([call.body for call in open_.discord.calls[before:]])
            refused = "Only people with the permission" in said
            assert refused is not passes(actor, rule), f"{actor}: {kind} {name}"


async def test_the_forged_ones_are_all_there_are() -> None:
    async with opened() as open_:
        assert {name for name in names(open_.client) if open_.client.permissions.command(name).permission} == set(
            COMMANDS
        )


@pytest.mark.parametrize(("kind", "name", "rule"), GUARDED, ids=IDS)
async def test_what_a_channel_gives_is_nothing_in_the_server(kind: str, name: str, rule: Rule) -> None:
    """Somebody with every permission in this one channel, and with none in the server."""
    async with opened(reviews=NothingWaits()) as open_:
        open_.hand_in("GUILD_CREATE", server())
        open_.press(by(forged(kind, name), MEMBER_ROLE, held_here=EVERYTHING_BUT_ADMINISTRATOR))
        (answer,) = await open_.discord.wait("POST", "/callback")
    assert rule.permission is not None
    if rule.scope is Scope.CHANNEL and (kind, name) != ("form", "reject"):
        assert answer.data["content"] == NothingWaits.SENTENCE  # the service says whose channel it is
    elif rule.scope is not Scope.CHANNEL:
        assert f"the permission “{rule.permission.words}”" in answer.data["content"]


@pytest.mark.parametrize(("kind", "name", "rule"), GUARDED, ids=IDS)
async def test_until_the_roles_are_known_only_administrators_pass(kind: str, name: str, rule: Rule) -> None:
    async with opened(reviews=NothingWaits()) as open_:
        open_.press(by(forged(kind, name), MODERATOR_ROLE, held_here=EVERYTHING_BUT_ADMINISTRATOR))
        (answer,) = await open_.discord.wait("POST", "/callback")
    if rule.scope is not Scope.CHANNEL:
        assert "try again in a minute" in answer.data["content"]


@pytest.mark.parametrize(("roles", "held_here"), [((MODERATOR_ROLE,), 0), ((), ADMINISTRATOR)])
async def test_what_the_whole_server_gives_holds_in_every_channel(roles: tuple[int, ...], held_here: int) -> None:
    async with opened(reviews=NothingWaits()) as open_:
        open_.hand_in("GUILD_CREATE", server())
        open_.press(by(forged("command", "review list"), *roles, held_here=held_here))
        (answer,) = await open_.discord.wait("POST", "/callback")
    assert answer.data["content"] == NothingWaits.SENTENCE


@pytest.mark.parametrize(
    ("channel_id", "review_channel_id", "passes"),
    [(CHANNEL_ID, 7, True), (7, CHANNEL_ID, True), (7, 8, False), (7, None, False)],
    ids=["the run's own channel", "where moderators were asked", "another channel", "asked nowhere"],
)
@pytest.mark.parametrize("action", ["approve", "reject"])
async def test_who_moderates_one_channel_decides_what_is_from_there(
    action: str, channel_id: int, review_channel_id: int | None, passes: bool
) -> None:
    reviews = OneWaits(a_run(user_id=5, place=Place(GUILD_ID, channel_id)), review_channel_id)
    async with opened(reviews=reviews) as open_:
        open_.hand_in("GUILD_CREATE", server())
        open_.press(by(pressed_button(f"{action}:{reviews.run.id}"), MEMBER_ROLE, held_here=MANAGE_MESSAGES))
        (answer,) = await open_.discord.wait("POST", "/callback")
        assert ("the permission" in answer.data.get("content", "")) is not passes
        form = sent_form(f"reject:{reviews.run.id}", {"type": 4, "custom_id": "words", "value": "no"})
        open_.press(by(form, MEMBER_ROLE, held_here=MANAGE_MESSAGES))
        _, answer = await open_.discord.wait("POST", "/callback", 2)
    assert ("the permission" in answer.data.get("content", "")) is not passes
    assert bool(reviews.decided) is passes


@pytest.mark.parametrize(("held_here", "passes"), [(MANAGE_MESSAGES, False), (ADMINISTRATOR, True)])
@pytest.mark.parametrize("action", ["approve", "reject"])
async def test_nobody_decides_about_their_own_pictures(action: str, held_here: int, passes: bool) -> None:
    reviews = OneWaits(a_run(user_id=USER_ID, place=Place(GUILD_ID, CHANNEL_ID)), CHANNEL_ID)
    async with opened(reviews=reviews) as open_:
        open_.hand_in("GUILD_CREATE", server())
        open_.press(by(pressed_button(f"{action}:{reviews.run.id}"), MODERATOR_ROLE, held_here=held_here))
        await open_.discord.wait("POST", "/callback")
        form = sent_form(f"reject:{reviews.run.id}", {"type": 4, "custom_id": "words", "value": "no"})
        open_.press(by(form, MODERATOR_ROLE, held_here=held_here))
        await open_.discord.wait("POST", "/callback", 2)
    assert bool(reviews.decided) is passes


@pytest.mark.parametrize("subject", ["9" * 80, "9" * 19, "0", "1" * 20, "-1", "9" * 40 + ":before:" + "9" * 19])
@pytest.mark.parametrize(
    ("kind", "action"),
    [
        *(("button", action) for action in PERMISSIONS.buttons),
        *(("form", action) for action in PERMISSIONS.forms),
    ],
)
async def test_ids_of_any_length_are_a_sentence(kind: str, action: str, subject: str) -> None:
    make = pressed_button if kind == "button" else sent_form
    async with opened(reviews=NothingWaits()) as open_:
        open_.hand_in("GUILD_CREATE", server())
        open_.press(by(make(f"{action}:{subject}"), ADMIN_ROLE, MODERATOR_ROLE, held_here=ADMINISTRATOR))
        (answer,) = await open_.discord.wait("POST", "/callback")
    assert "went wrong" not in str(answer.data)


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
