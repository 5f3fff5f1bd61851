"""The judge of Discord's wire bites: what is right passes, and each small fault is found and named by its place."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.openapi import DiscordSpec

EDIT = "/webhooks/1/tok/messages/@original"
CALLBACK = "/interactions/1/tok/callback?with_response=1"
COMMANDS = "/applications/1/commands"

Json = dict[str, Any]
Change = Callable[[Json], object]


@pytest.fixture(scope="module")
def spec() -> DiscordSpec:
    found = DiscordSpec.find()
    if found is None:
        pytest.skip("Discord's OpenAPI file is not here: name it with IMAGINE_DISCORD_OPENAPI")
    return found


def card() -> Json:
    """A Components V2 message with a gallery and a button, as discord.py sends it."""
    button = {"type": 2, "style": 1, "custom_id": "again", "label": "Again", "disabled": False}
    picture = {"media": {"url": "attachment://a.png"}, "description": "a red kite", "spoiler": False}
    inner = [
        {"type": 10, "content": "A red kite"},
        {"type": 12, "items": [picture]},
        {"type": 9, "components": [{"type": 10, "content": "x"}], "accessory": button | {"custom_id": "more"}},
        {"type": 1, "components": [button]},
    ]
    return {
        "flags": 32768,
        "components": [{"type": 17, "accent_color": 255, "spoiler": False, "components": inner}],
        "attachments": [{"id": 0, "filename": "a.png", "description": "a red kite"}],
        "tts": False,
    }


def command() -> Json:
    options = [{"type": 3, "name": "prompt", "description": "What to draw", "required": True, "max_length": 1500}]
    unset = {"contexts": None, "integration_types": None, "default_member_permissions": None, "dm_permission": True}
    return {"type": 1, "name": "imagine", "description": "Draw", "nsfw": False, "options": options, **unset}


def inside(message: Json) -> list[Json]:
    return message["components"][0]["components"]


def button_of(message: Json) -> Json:
    return inside(message)[3]["components"][0]


def test_what_discord_py_sends_passes(spec: DiscordSpec) -> None:
    assert spec.check_request("PATCH", EDIT, card()) == []
    assert spec.check_request("POST", CALLBACK, {"type": 4, "data": card()}) == []
    assert spec.check_request("POST", CALLBACK, {"type": 7, "data": card()}) == []
    assert spec.check_request("POST", CALLBACK, {"type": 5, "data": {"flags": 64}}) == []
    assert spec.check_request("POST", "/users/@me/channels", {"recipient_id": 80351110224678912}) == []
    assert spec.check_request("PUT", COMMANDS, [command()]) == []


MESSAGE_FAULTS: list[tuple[Change, str]] = [
    (lambda m: button_of(m).update(label="x" * 81), "components/0/components/3/components/0/label"),
    (lambda m: button_of(m).update(lable="x"), "components/0/components/3/components/0"),
    (lambda m: button_of(m).update(style=9), "components/0/components/3/components/0/style"),
    (lambda m: button_of(m).update(custom_id="x" * 101), "components/0/components/3/components/0/custom_id"),
    (lambda m: button_of(m).update(url="no address"), "components/0/components/3/components/0/url"),
    (lambda m: inside(m)[1].update(items=inside(m)[1]["items"] * 11), "components/0/components/1/items"),
    (lambda m: inside(m)[1].update(items=[]), "components/0/components/1/items"),
    (lambda m: inside(m)[1]["items"][0].update(description="x" * 1025), "components/0/components/1/items/0"),
    (lambda m: inside(m)[0].update(content=""), "components/0/components/0/content"),
    (lambda m: inside(m)[2].pop("accessory"), "components/0/components/2"),
    (lambda m: inside(m)[2].update(components=[inside(m)[0]] * 4), "components/0/components/2/components"),
    (lambda m: inside(m)[3].update(components=[button_of(m)] * 6), "components/0/components/3/components"),
    (lambda m: inside(m).append(card()["components"][0]), "components/0/components/4"),
    (lambda m: m["components"][0].update(accent_color=0x1000000), "components/0/accent_color"),
    (lambda m: m["components"][0].update(type=99), "components/0"),
    (lambda m: m.update(content="x" * 2001), "content"),
    (lambda m: m.update(attachments=m["attachments"] * 11), "attachments"),
    (lambda m: m["attachments"][0].update(id="zero"), "attachments/0/id"),
    (lambda m: m.update(embeds=[{}] * 11), "embeds"),
    (lambda m: m.update(contnt="x"), "(top)"),
]


@pytest.mark.parametrize(
    ("change", "place"),
    MESSAGE_FAULTS,
)
def test_each_fault_of_a_message_is_found_at_its_place(spec: DiscordSpec, change: Change, place: str) -> None:
    message = card()
    change(message)
    found = spec.check_request("PATCH", EDIT, message)
    assert found, "the fault went through"
    assert all(entry.startswith(place) for entry in found), found
    assert all(len(entry) < 300 for entry in found)


COMMAND_FAULTS: list[Change] = [
    lambda c: c.update(name="x" * 33),
    lambda c: c.update(description="x" * 101),
    lambda c: c.update(descripton="x"),
    lambda c: c["options"][0].update(description=""),
    lambda c: c["options"][0].update(max_length=6001),
    lambda c: c["options"][0].update(type=12),
    lambda c: c["options"][0].update(choices=[{"name": "a", "value": "a"}] * 26),
    lambda c: c["options"][0].update(choices=[{"name": "a", "value": 5}]),
    lambda c: c.update(options=c["options"] * 26),
    lambda c: c.update(contexts=[3]),
]


@pytest.mark.parametrize(
    "change",
    COMMAND_FAULTS,
)
def test_each_fault_of_a_command_is_found(spec: DiscordSpec, change: Change) -> None:
    changed = command()
    change(changed)
    assert spec.check_request("PUT", COMMANDS, [command(), changed])


def test_a_union_names_the_branch_that_was_meant(spec: DiscordSpec) -> None:
    found = spec.check_request("POST", CALLBACK, {"type": 4, "data": {"content": "x" * 2001}})
    assert len(found) == 1
    assert found[0].startswith("data/content: 'xxx")
    assert found[0].endswith("is too long (maxLength: 2000)")
    assert spec.check_request("POST", CALLBACK, {"type": 99}) == ["(top): fits no member of the union (type 99)"]


def test_responses_are_held_to_their_status(spec: DiscordSpec) -> None:
    assert spec.check_response("DELETE", EDIT, 204, None) == []
    assert spec.check_response("DELETE", EDIT, 204, {}) == [f"DELETE {EDIT}: 204 has no body"]
    assert "status 201 is not one of" in spec.check_response("DELETE", EDIT, 201, None)[0]
    assert any("'channel_id' is a required" in entry for entry in spec.check_response("PATCH", EDIT, 200, {"id": "1"}))


def test_errors_are_known_as_discord_sends_them(spec: DiscordSpec) -> None:
    one = {"code": "BASE_TYPE_BAD_LENGTH", "message": "Must be between 1 and 80 in length."}
    body: Json = {"code": 50035, "message": "Invalid Form Body", "errors": {"components": {"0": {"_errors": [one]}}}}
    assert spec.check_response("PATCH", EDIT, 400, body) == []
    assert spec.check_response("PATCH", EDIT, 404, {"code": 10008, "message": "Unknown Message"}) == []
    assert spec.check_response("PATCH", EDIT, 404, {"message": "Unknown Message"})
    limited = {"code": 0, "message": "You are being rate limited.", "retry_after": 0.5, "global": False}
    assert spec.check_response("PATCH", EDIT, 429, limited) == []
    assert spec.check_response("PATCH", EDIT, 429, {"code": 0, "message": "slow"})


def test_unknown_operations_and_missing_bodies_are_told(spec: DiscordSpec) -> None:
    assert spec.check_request("POST", "/no/such/thing", {}) == ["POST /no/such/thing: no such operation"]
    assert spec.check_request("PATCH", EDIT, None) == [f"PATCH {EDIT}: needs a body"]
    assert spec.check_request("GET", "/users/@me", {"a": 1}) == ["GET /users/@me: takes no body"]
    assert spec.check_response("GET", "/users/@me", 200, None)


def test_a_named_segment_goes_before_a_placeholder(spec: DiscordSpec) -> None:
    # The bot's own account is answered with more than anybody else's.
    assert spec.check_response("GET", "/users/@me", 200, {"id": "1"}) != spec.check_response(
        "GET", "/users/5", 200, {"id": "1"}
    )


def test_a_named_file_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGINE_DISCORD_OPENAPI", "no-such-file.json")
    with pytest.raises(FileNotFoundError):
        DiscordSpec.find()


def test_what_is_not_discords_file_is_read_as_it_is() -> None:
    """A small document: strictness, the split of unions and the paths do not rest on the real file."""
    member = {"type": "object", "properties": {"type": {"enum": [1]}, "a": {"type": "string", "maxLength": 3}}}
    other = {"type": "object", "properties": {"type": {"enum": [2]}}}
    union = {"oneOf": [{"$ref": "#/components/schemas/One"}, {"$ref": "#/components/schemas/Two"}]}
    body = {"required": True, "content": {"application/json": {"schema": union}}}
    operation = {"requestBody": body, "responses": {"204": {"description": "done"}}}
    spec = DiscordSpec(
        {"paths": {"/x/{y}": {"post": operation}}, "components": {"schemas": {"One": member, "Two": other}}}
    )
    assert spec.check_request("POST", "/x/1", {"type": 1, "a": "abc"}) == []
    assert spec.check_request("POST", "/x/1", {"type": 1, "a": "abcd"}) == ["a: 'abcd' is too long"]
    assert spec.check_request("POST", "/x/1", {"type": 2, "a": "abc"})
    assert spec.check_response("POST", "/x/1", 204, None) == []
