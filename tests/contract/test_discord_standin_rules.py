"""Where Discord refuses, so does the stand-in: for time, size, form, permission and rate."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.discord import DiscordSwitches, FailNext, RateLimit
from sandbox.discord.cast import Overwrite
from tests.contract.discord_raw import (
    PNG,
    Json,
    Stage,
    button,
    card,
    command,
    gallery,
    open_stage,
    option,
    row,
    settle,
    text,
)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as opened:
        yield opened


# --- time


async def test_three_seconds_to_acknowledge(stage: Stage):
    asked = await stage.slash()
    events = stage.people.subscribe()
    stage.clock.advance(2.9)
    await settle()
    interaction = stage.people.interaction(asked.id)
    assert interaction is not None
    assert interaction["state"] == "sent"
    stage.clock.advance(0.2)
    event = await anext(events)
    assert (event["t"], event["state"], event["id"]) == ("interaction", "failed", asked.id)
    late = await asked.answer(5)
    assert (late.status, late.code) == (404, 10062)
    assert (await asked.edit({"content": "x"})).code == 10015


async def test_one_first_answer(stage: Stage):
    asked = await stage.slash()
    await asked.answer(5)
    again = await asked.answer(4, {"content": "x"})
    assert (again.status, again.code) == (400, 40060)


async def test_a_refused_answer_is_no_answer(stage: Stage):
    asked = await stage.slash()
    assert (await asked.answer(4, {"content": ""})).code == 50006
    assert (await asked.answer(4)).error("data") == "BASE_TYPE_REQUIRED"
    assert (await asked.answer(7, {"content": "x"})).error("type")
    assert (await asked.answer(4, {"content": "x"})).status == 200


async def test_nothing_before_the_first_answer(stage: Stage):
    asked = await stage.slash()
    for method in ("GET", "DELETE"):
        assert (await stage.call(method, asked.original)).code == 10015
    assert (await stage.call("POST", asked.hook, {"content": "x"})).code == 10015
    assert (await stage.call("PATCH", asked.original + "x", {})).code == 10015


async def test_tokens_live_for_fifteen_minutes(stage: Stage):
    asked = await stage.slash()
    await asked.answer(5)
    stage.clock.advance(899)
    assert (await asked.edit({"content": "in time"})).status == 200
    stage.clock.advance(2)
    late = await asked.edit({"content": "late"})
    assert (late.status, late.code) == (401, 50027)
    message = stage.people.message_of(asked.id)
    assert message is not None
    path = f"/channels/{stage.cast.general.id}/messages/{message['id']}"
    assert (await stage.call("PATCH", path, {"content": "by channel"})).body["content"] == "by channel"


async def test_wrong_tokens(stage: Stage):
    refused = await stage.call("GET", "/users/@me", token="nonsense")
    assert (refused.status, refused.body["message"]) == (401, "401: Unauthorized")
    asked = await stage.slash()
    assert (await stage.call("POST", f"/interactions/{asked.id}/nonsense/callback", {"type": 5})).code == 10062
    assert (await stage.call("GET", "/nothing/here")).status == 404


# --- size


async def test_files_of_any_size_up_to_the_limit():
    switches = DiscordSwitches(attachment_limit_bytes=1000)
    async with open_stage(switches) as stage:
        asked = await stage.slash()
        await asked.answer(5)
        assert (await asked.edit({}, files={"a.bin": bytes(1000)})).status == 200
        refused = await asked.edit({}, files={"a.bin": bytes(1001)})
        assert (refused.status, refused.code) == (413, 40005)
        stage.discord.switches = DiscordSwitches(upload_refused_over_bytes=10)
        assert (await asked.edit({}, files={"a.bin": bytes(11)})).code == 40005
        channel = f"/channels/{stage.cast.general.id}/messages"
        assert (await stage.call("POST", channel, {}, files={"a.bin": bytes(11)})).code == 40005


# --- form

FORMS: dict[str, tuple[Json, tuple[str | int, ...]]] = {
    "custom ids twice": (card(row(button(), button())), ("components", 0, "components", 1, "custom_id")),
    "more than 40 components": (card(*[text() for _ in range(41)]), ("components",)),
    "nested more than 40": (card(*[{"type": 17, "components": [text()] * 20} for _ in range(2)]), ("components",)),
    "more than 4000 characters": (card(text("x" * 2001), text("x" * 2000)), ("components",)),
    "content with components v2": (card(content="x"), ("content",)),
    "components v2 without the flag": ({"components": [text()]}, ("components", 0, "type")),
    "no such file": (card(gallery("attachment://none.png")), ("components", 0, "items", 0, "media", "url")),
    "eleven pictures": (card(gallery(*["https://example.com/a.png"] * 11)), ("components", 0, "items")),
    "an empty gallery": (card(gallery()), ("components", 0, "items")),
    "button without id": (card(row(button(custom_id=None))), ("components", 0, "components", 0, "custom_id")),
    "link with custom id": (card(row(button(style=5, url="https://example.com"))), ("components", 0, "components", 0)),
    "long label": (card(row(button(label="x" * 81))), ("components", 0, "components", 0, "label")),
    "six buttons": (card(row(*[button(str(n)) for n in range(6)])), ("components", 0, "components")),
    "long content": ({"content": "x" * 2001}, ("content",)),
    "long alt text": (
        card(gallery("attachment://a.png"), attachments=[{"id": "0", "description": "x" * 1025}]),
        ("attachments", 0, "description"),
    ),
    "attachment that is not there": ({"content": "x", "attachments": [{"id": "3"}]}, ("attachments", 0, "id")),
    "embeds of more than 6000": ({"embeds": [{"description": "x" * 4000}] * 2}, ("embeds",)),
    "nonsense for components": ({"content": "x", "components": "nonsense"}, ("components",)),
    "nonsense for a component": (card({"type": "x"}), ("components", 0, "type")),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
async def test_forms_are_refused_with_the_place(stage: Stage, name: str):
    payload, path = FORMS[name]
    asked = await stage.slash()
    reply = await asked.answer(4, payload)
    assert (reply.status, reply.code) == (400, 50035)
    assert reply.error("data", *path)
    request = stage.discord.requests[-1]
    assert request.violation is not None
    assert request.violation.startswith("50035 Invalid Form Body")
    await asked.answer(5)
    assert (await asked.edit(payload)).error(*path)


async def test_components_v2_cannot_be_taken_back(stage: Stage):
    asked = await stage.slash()
    await asked.answer(4, card())
    assert (await asked.edit({"content": "x"})).error("content")
    assert (await asked.edit({"components": [text("more")]})).body["flags"] == 1 << 15


async def test_what_was_written_before_must_be_cleared_for_components_v2(stage: Stage):
    asked = await stage.slash()
    await asked.answer(4, {"content": "x"})
    assert (await asked.edit(card())).error("content")
    assert (await asked.edit(card(content=None))).status == 200


async def test_nonsense_is_refused_and_breaks_nothing(stage: Stage):
    asked = await stage.slash()
    nonsenses: list[Any] = [[], "x", 7, {"type": "x"}, {"type": True}, {}]
    for nonsense in nonsenses:
        reply = await stage.call("POST", f"/interactions/{asked.id}/x/callback", nonsense)
        assert reply.status in {400, 404}
    bodies: list[Any] = [[], {"flags": "x"}, {"attachments": {}}, {"embeds": 1}, {"components": [1]}, {"content": 5}]
    for body in bodies:
        await stage.call("POST", f"/channels/{stage.cast.general.id}/messages", body)
    assert all(request.status < 500 for request in stage.discord.requests)


COMMANDS: dict[str, tuple[Json, tuple[str | int, ...]]] = {
    "required after optional": (command(option(), option(name="b", required=True)), (0, "options", 1)),
    "autocomplete with choices": (
        command(option(autocomplete=True, choices=[{"name": "a", "value": "a"}])), (0, "options", 0, "autocomplete"),
    ),
    "option names twice": (command(option(), option()), (0, "options", 1, "name")),
    "upper case": (command(name="Imagine"), (0, "name")),
    "33 characters": (command(name="x" * 33), (0, "name")),
    "long description": (command(description="x" * 101), (0, "description")),
    "no description": (command(description=""), (0, "description")),
    "26 options": (command(*[option(name=f"o{n}") for n in range(26)]), (0, "options")),
    "26 choices": (
        command(option(choices=[{"name": str(n), "value": str(n)} for n in range(26)])), (0, "options", 0, "choices"),
    ),
    "choice of another type": (
        command(option(4, choices=[{"name": "a", "value": "a"}])), (0, "options", 0, "choices", 0, "value"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
async def test_command_definitions_are_refused_with_the_place(stage: Stage, name: str):
    payload, path = COMMANDS[name]
    reply = await stage.register(payload)
    assert (reply.status, reply.code) == (400, 50035)
    assert reply.error(*path)
    assert stage.discord.world.commands == {}
    one = await stage.call("POST", f"/applications/{stage.cast.application_id}/commands", payload)
    assert one.error(*path[1:])


async def test_command_names_twice(stage: Stage):
    assert (await stage.register(command(), command())).error(1)
    foreign = await stage.call("PUT", "/applications/1/commands", [])
    assert foreign.status == 403


# --- permission


async def test_places_the_bot_may_not_enter(stage: Stage):
    general, bot = stage.cast.general, stage.cast.bot
    path = f"/channels/{general.id}/messages"
    sent = (await stage.call("POST", path, {"content": "x"})).body
    await stage.discord.change_channel(general.id, overwrites=(Overwrite(bot.id, is_role=False, deny=1 << 11),))
    refused = await stage.call("POST", path, {"content": "y"})
    assert (refused.status, refused.code) == (403, 50013)
    assert (await stage.call("PATCH", f"{path}/{sent['id']}", {"content": "y"})).status == 200
    await stage.discord.change_channel(general.id, overwrites=(Overwrite(bot.id, is_role=False, deny=1 << 10),))
    for method, where in (("GET", path), ("POST", path), ("PATCH", f"{path}/{sent['id']}")):
        reply = await stage.call(method, where, None if method == "GET" else {"content": "y"})
        assert (reply.status, reply.code) == (403, 50001)
    asked = await stage.slash()
    assert (await asked.answer(4, {"content": "by token"})).status == 200, "a token needs no permission"
    elsewhere = f"/channels/{stage.cast.elsewhere.id}/messages"
    assert (await stage.call("POST", elsewhere, {"content": "y"})).code == 50001
    assert (await stage.call("GET", "/channels/5")).code == 10003


async def test_messages_of_others(stage: Stage):
    path = f"/channels/{stage.cast.general.id}/messages"
    theirs = await stage.people.say(user_id=stage.cast.member.id, channel_id=stage.cast.general.id, content="hi")
    assert (await stage.call("PATCH", f"{path}/{theirs}", {"content": "x"})).code == 50005
    assert (await stage.call("DELETE", f"{path}/{theirs}")).code == 50013
    asked = await stage.slash()
    message = (await asked.answer(4, {"content": "x"})).body["resource"]["message"]
    await stage.people.delete_message(user_id=stage.cast.moderator.id, message_id=message["id"])
    assert (await asked.edit({"content": "y"})).code == 10008
    assert (await stage.call("PATCH", f"{path}/{message['id']}", {"content": "y"})).code == 10008


# --- rate


async def test_five_edits_in_five_seconds(stage: Stage):
    asked = await stage.slash()
    await asked.answer(5)
    for left in (4, 3, 2, 1, 0):
        reply = await asked.edit({"content": str(left)})
        assert reply.headers["X-RateLimit-Remaining"] == str(left)
        assert reply.headers["X-RateLimit-Limit"] == "5"
        assert float(reply.headers["X-RateLimit-Reset-After"]) == 5
    refused = await asked.edit({"content": "x"})
    assert refused.status == 429
    assert refused.headers["Via"]
    assert refused.headers["X-RateLimit-Scope"] == "user"
    assert refused.body["retry_after"] == 5
    assert refused.body["global"] is False
    other = await stage.slash()
    await other.answer(5)
    assert (await other.edit({"content": "another bucket"})).status == 200
    stage.clock.advance(5)
    assert (await asked.edit({"content": "y"})).status == 200


async def test_the_global_limit():
    async with open_stage(DiscordSwitches(global_limit=RateLimit(2, 1.0))) as stage:
        replies = [await stage.call("GET", "/users/@me") for _ in range(3)]
        assert [reply.status for reply in replies] == [200, 200, 429]
        assert replies[2].headers["X-RateLimit-Global"] == "true"
        assert replies[2].body["global"] is True


# --- switches


async def test_failures_on_demand(stage: Stage):
    failures: Any = (FailNext("@original", 503, method="PATCH"), FailNext("/callback", 500, applied=True))
    stage.discord.switches = DiscordSwitches(fail_next=failures)
    asked = await stage.slash()
    assert (await asked.answer(5)).status == 500
    assert (await asked.answer(5)).code == 40060, "it was applied, only the answer got lost"
    assert (await asked.edit({"content": "x"})).status == 503
    assert (await asked.edit({"content": "x"})).status == 200
    stage.discord.switches = DiscordSwitches(fail_next=(FailNext("@original", 429, retry_after_s=2.5),))
    limited = await asked.edit({"content": "x"})
    assert (limited.status, limited.body["retry_after"]) == (429, 2.5)


async def test_a_file_is_what_its_name_says(stage: Stage):
    asked = await stage.slash()
    reply = await asked.answer(4, {}, files={"a.txt": PNG, "b.png": b"no picture", "c.jpg": PNG, "d.bin": PNG})
    text_file, broken, misnamed, unknown = reply.body["resource"]["message"]["attachments"]
    assert (text_file["content_type"], "width" in text_file) == ("text/plain; charset=utf-8", False)
    assert (broken["content_type"], "width" in broken) == ("image/png", False)
    assert (misnamed["content_type"], misnamed["width"], misnamed["height"]) == ("image/jpeg", 3, 2)
    assert "content_type" not in unknown
    assert "width" not in unknown
