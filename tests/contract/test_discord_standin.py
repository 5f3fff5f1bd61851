"""The Discord stand-in answers as Discord does; its every answer is judged by Discord's own document."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from sandbox.discord import ClientRefusal, Upload
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
from tests.contract.openapi import DiscordSpec

EPHEMERAL, LOADING, V2 = 64, 128, 32768


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as opened:
        yield opened


def test_the_document_is_at_hand():
    if DiscordSpec.find() is None:
        pytest.skip("Discord's OpenAPI file is not here: name it with IMAGINE_DISCORD_OPENAPI")


async def test_a_command_answered_with_a_message(stage: Stage):
    asked = await stage.slash(options={"prompt": "a kite"})
    reply = await asked.answer(4, {"content": "Here", "components": [row(button())]})
    assert reply.status == 200
    message = reply.body["resource"]["message"]
    assert reply.body["resource"]["type"] == 4
    assert reply.body["interaction"]["response_message_id"] == message["id"]
    assert message["interaction_metadata"]["id"] == asked.id
    assert message["components"][0]["id"] == 1
    assert message["components"][0]["components"][0]["id"] == 2
    assert (await stage.call("GET", asked.original)).body == message
    seen = stage.people.message_of(asked.id)
    assert seen == {**message, "visible_to": None}
    interaction = stage.people.interaction(asked.id)
    assert interaction is not None
    assert interaction["state"] == "answered"
    assert interaction["message_id"] == message["id"]


async def test_without_response_there_is_none(stage: Stage):
    assert (await (await stage.slash()).answer(4, {"content": "x"}, response=False)).status == 204


async def test_a_deferral_becomes_pictures(stage: Stage):
    asked = await stage.slash()
    reply = await asked.answer(5)
    assert "resource" not in reply.body
    assert reply.body["interaction"]["response_message_loading"] is True
    assert (await stage.call("GET", asked.original)).body["flags"] == LOADING
    files = {"a kite.png": PNG, "b.txt": b"words"}
    listed = [{"id": "0", "filename": "a kite.png", "description": "a kite"}, {"id": "1", "filename": "b.txt"}]
    data = card(text("**Done**"), gallery("attachment://a kite.png"), attachments=listed)
    data["components"][1]["items"][0]["media"]["url"] = "attachment://a%20kite.png"
    edited = await asked.edit(data, files=files)
    assert edited.status == 200, edited.body
    message = edited.body
    assert message["flags"] == V2
    assert message["edited_timestamp"] is None, "the first content of a deferral is no edit"
    first, second = message["attachments"]
    assert (first["filename"], first["width"], first["height"], first["content_type"]) == (
        "a_kite.png", 3, 2, "image/png",
    )  # fmt: skip
    assert first["description"] == "a kite"
    assert "width" not in second
    media = message["components"][1]["items"][0]["media"]
    assert media["attachment_id"] == first["id"]
    assert media["url"] == first["url"]
    async with aiohttp.request("GET", first["url"]) as file:
        assert (file.headers["Content-Type"], await file.read()) == ("image/png", PNG)
    request = stage.discord.requests[-1]
    assert [(sent.filename, sent.size_bytes) for sent in request.files] == [("a kite.png", len(PNG)), ("b.txt", 5)]


async def test_an_edit_keeps_what_it_does_not_name(stage: Stage):
    asked = await stage.slash()
    await asked.answer(4, {"content": "one", "attachments": [{"id": "0"}]}, files={"a.png": PNG})
    edited = (await asked.edit({"content": "two"})).body
    assert (edited["content"], len(edited["attachments"])) == ("two", 1)
    assert edited["edited_timestamp"] is not None
    kept = await asked.edit({"attachments": [{"id": edited["attachments"][0]["id"]}]}, files={"b.png": PNG})
    assert [each["filename"] for each in kept.body["attachments"]] == ["a.png", "b.png"]
    gone = edited["attachments"][0]["url"]
    assert (await asked.edit({"attachments": []})).body["attachments"] == []
    async with aiohttp.request("GET", gone) as file:
        assert file.status == 404


async def test_an_ephemeral_answer_is_for_one_person(stage: Stage):
    asked = await stage.slash()
    await asked.answer(5, {"flags": EPHEMERAL})
    message = (await asked.edit({"content": "only you"})).body
    assert message["flags"] == EPHEMERAL
    assert message["id"] in {each["id"] for each in stage.people.snapshot(stage.cast.member.id)["messages"]}
    assert stage.people.snapshot(stage.cast.other.id)["messages"] == []
    path = f"/channels/{stage.cast.general.id}/messages"
    assert (await stage.call("GET", path)).body == []
    assert (await stage.call("GET", f"{path}/{message['id']}")).code == 10008


async def test_followups(stage: Stage):
    asked = await stage.slash()
    await asked.answer(5)
    first = await stage.call("POST", asked.hook, {"content": "first"})
    original = await stage.call("GET", asked.original)
    assert first.body["id"] == original.body["id"], "the first followup takes the place of the deferral"
    second = (await stage.call("POST", asked.hook, {"content": "second", "flags": EPHEMERAL})).body
    assert second["id"] != first.body["id"]
    path = f"{asked.hook}/messages/{second['id']}"
    assert (await stage.call("PATCH", path, {"content": "changed"})).body["content"] == "changed"
    assert (await stage.call("DELETE", path)).status == 204
    assert (await stage.call("GET", path)).code == 10008
    assert (await stage.call("DELETE", asked.original)).status == 204
    assert (await asked.edit({"content": "x"})).code == 10008


async def test_a_button_changes_its_message(stage: Stage):
    asked = await stage.slash()
    message = (await asked.answer(4, {"content": "x", "components": [row(button())]})).body["resource"]["message"]
    pressed = stage.heard(
        await stage.people.press(user_id=stage.cast.other.id, message_id=int(message["id"]), custom_id="again")
    )
    updated = await pressed.answer(7, {"content": "pressed"})
    assert updated.body["resource"]["type"] == 7
    assert updated.body["resource"]["message"]["id"] == message["id"]
    later = stage.heard(
        await stage.people.press(user_id=stage.cast.other.id, message_id=int(message["id"]), custom_id="again")
    )
    assert "resource" not in (await later.answer(6)).body
    assert (await later.edit({"content": "later", "components": []})).body["components"] == []


async def test_selects_and_modals(stage: Stage):
    select = {"type": 3, "custom_id": "style", "options": [{"label": name, "value": name} for name in ("oil", "ink")]}
    asked = await stage.slash()
    message = (await asked.answer(4, {"content": "x", "components": [row(select)]})).body["resource"]["message"]
    person: Json = {"user_id": stage.cast.member.id}
    use: Json = {**person, "message_id": int(message["id"]), "custom_id": "style"}
    with pytest.raises(ClientRefusal):
        await stage.people.press(**use, values=["water"])
    chosen = stage.heard(await stage.people.press(**use, values=["ink"]))
    field = {"type": 4, "custom_id": "why", "style": 1, "min_length": 3}
    label = {"type": 18, "label": "Why?", "component": field}
    assert (await chosen.answer(9, {"custom_id": "form", "title": "Form", "components": [label]})).status == 200
    with pytest.raises(ClientRefusal):
        await stage.people.submit_modal(**person, interaction_id=chosen.id, custom_id="form", values={"why": "no"})
    events = stage.people.subscribe()
    sent = stage.heard(
        await stage.people.submit_modal(**person, interaction_id=chosen.id, custom_id="form", values={"why": "because"})
    )
    reply = await sent.answer(4, {"content": "thanks", "flags": EPHEMERAL})
    metadata = reply.body["resource"]["message"]["interaction_metadata"]
    assert metadata["triggering_interaction_metadata"]["id"] == chosen.id
    assert (await anext(events))["state"] == "sent"


async def test_suggestions(stage: Stage):
    await stage.register(command(option(name="style", autocomplete=True)))
    asking = asyncio.create_task(
        stage.people.autocomplete(
            user_id=stage.cast.member.id, channel_id=stage.cast.general.id, command="imagine", focused="style"
        )
    )
    await settle()
    asked = stage.heard(str(stage.discord.interactions.all()[-1].id))
    await asked.answer(8, {"choices": [{"name": "Oil", "value": "oil"}]})
    assert await asking == [{"name": "Oil", "value": "oil"}]


async def test_messages_with_the_bots_own_token(stage: Stage):
    path = f"/channels/{stage.cast.thread.id}/messages"
    body: Json = {"content": "hello", "nonce": "7", "enforce_nonce": True, "components": []}
    first = await stage.call("POST", path, body)
    assert first.status == 200
    assert (await stage.call("POST", path, body)).body["id"] == first.body["id"]
    mine = f"{path}/{first.body['id']}"
    pictured = card(gallery("attachment://a.png"), content=None, attachments=[{"id": "0"}])
    assert (await stage.call("PATCH", mine, pictured, files={"a.png": PNG})).body["flags"] == V2
    theirs = await stage.people.say(user_id=stage.cast.member.id, channel_id=stage.cast.thread.id, content="hi")
    assert [each["id"] for each in (await stage.call("GET", path)).body] == [theirs, first.body["id"]]
    assert (await stage.call("GET", f"{path}?before={theirs}&limit=1")).body[0]["id"] == first.body["id"]
    assert (await stage.call("GET", f"{path}/{theirs}")).body["content"] == "hi"
    assert (await stage.call("DELETE", mine)).status == 204
    assert (await stage.call("POST", f"/channels/{stage.cast.thread.id}/typing")).status == 204


async def test_replies(stage: Stage):
    path = f"/channels/{stage.cast.general.id}/messages"
    theirs = await stage.people.say(user_id=stage.cast.member.id, channel_id=stage.cast.general.id, content="hi")
    asked: Json = {"content": "Approved", "message_reference": {"message_id": theirs}}
    reply = (await stage.call("POST", path, asked)).body
    assert (reply["type"], reply["message_reference"]["message_id"]) == (19, theirs)
    assert reply["referenced_message"]["content"] == "hi"
    await stage.people.delete_message(user_id=stage.cast.member.id, message_id=theirs)
    assert (await stage.call("GET", f"{path}/{reply['id']}")).body["referenced_message"] is None
    assert (await stage.call("POST", path, asked)).error("message_reference")
    lenient: Json = {"content": "x", "message_reference": {"message_id": theirs, "fail_if_not_exists": False}}
    assert (await stage.call("POST", path, lenient)).body["type"] == 0


async def test_direct_messages(stage: Stage):
    opened = await stage.call("POST", "/users/@me/channels", {"recipient_id": str(stage.cast.member.id)})
    assert opened.body["id"] == str(stage.cast.dm_of(stage.cast.member.id).id)
    sent = await stage.call("POST", f"/channels/{opened.body['id']}/messages", {"content": "hello"})
    assert sent.status == 200
    assert [each["id"] for each in stage.people.snapshot(stage.cast.member.id)["messages"]] == [sent.body["id"]]
    assert stage.people.snapshot(stage.cast.moderator.id)["messages"] == []
    stage.discord.close_dms(stage.cast.member.id)
    refused = await stage.call("POST", f"/channels/{opened.body['id']}/messages", {"content": "again"})
    assert (refused.status, refused.code) == (403, 50007)


async def test_commands_keep_their_ids_and_change_their_versions(stage: Stage):
    base = f"/applications/{stage.cast.application_id}"
    first = (await stage.register(command(option(required=True)), command(name="usage"))).body
    again = (await stage.register(command(option(required=True)), command(name="usage"))).body
    assert again == first
    changed = (await stage.register(command(option(required=False)))).body
    assert [each["id"] for each in changed] == [first[0]["id"]]
    assert changed[0]["version"] != first[0]["version"]
    made = await stage.call("POST", f"{base}/commands", command(name="more"))
    assert made.status == 201
    one = f"{base}/commands/{made.body['id']}"
    assert (await stage.call("PATCH", one, {"description": "Better"})).body["description"] == "Better"
    assert (await stage.call("GET", one)).body["name"] == "more"
    assert (await stage.call("DELETE", one)).status == 204
    assert (await stage.call("GET", one)).code == 10063
    guild = f"{base}/guilds/{stage.cast.guild.id}/commands"
    assert (await stage.call("PUT", guild, [command(name="local")])).body[0]["guild_id"] == str(stage.cast.guild.id)
    assert len((await stage.call("GET", guild)).body) == 1
    assert len((await stage.call("GET", f"{base}/commands")).body) == 1


async def test_everything_a_bot_may_look_up(stage: Stage):
    guild = f"/guilds/{stage.cast.guild.id}"
    for path in (
        "/users/@me",
        "/users/@me/guilds",
        f"/users/{stage.cast.member.id}",
        "/oauth2/applications/@me",
        "/applications/@me",
        "/gateway",
        "/gateway/bot",
        guild,
        f"{guild}?with_counts=true",
        f"{guild}/channels",
        f"{guild}/roles",
        f"{guild}/threads/active",
        f"{guild}/members/{stage.cast.moderator.id}",
        f"/channels/{stage.cast.general.id}",
        f"/channels/{stage.cast.thread.id}",
        f"/channels/{stage.cast.dm_of(stage.cast.member.id).id}",
    ):
        assert (await stage.call("GET", path)).status == 200, path


async def test_what_people_see(stage: Stage):
    names = {
        person.username: [
            channel["name"] for channel in stage.people.snapshot(person.id)["channels"] if channel.get("name")
        ]
        for person in (stage.cast.member, stage.cast.moderator, stage.cast.admin)
    }
    assert names["mira"] == ["general", "after-dark", "poster ideas", "weekend plans"]
    assert "mod-room" in names["theo"]
    assert "mod-room" in names["ada"]
    snapshot = stage.people.snapshot(stage.cast.member.id)
    assert sum(channel["type"] == 1 for channel in snapshot["channels"]) == 1
    assert snapshot["bot_online"] is False


async def test_the_client_checks_what_is_typed(stage: Stage):
    await stage.register(
        command(
            option(required=True, max_length=5),
            option(4, "num_images", min_value=1, max_value=4),
            option(name="size", choices=[{"name": "Square", "value": "square"}]),
            option(11, "image"),
        ),
        command(name="grown", nsfw=True),
        command(name="admin", default_member_permissions=1 << 5),
        command(name="server", contexts=[0]),
    )

    async def use(command: str = "imagine", who: int = stage.cast.member.id, where: int = 0, **options: object) -> str:
        place = where or stage.cast.general.id
        return await stage.people.slash(user_id=who, channel_id=place, command=command, options=options)

    wrongs: list[Json] = [
        {},
        {"prompt": "too long"},
        {"prompt": "a", "num_images": 5},
        {"prompt": "a", "num_images": "2"},
        {"prompt": "a", "num_images": True},
        {"prompt": "a", "size": "round"},
        {"prompt": "a", "image": "words"},
        {"prompt": "a", "other": 1},
    ]
    for wrong in wrongs:
        with pytest.raises(ClientRefusal):
            await use(**wrong)
    assert await use(prompt="a", num_images=4, size="square", image=Upload("a.png", PNG))
    for refused in (
        use("nothing"),
        use("grown"),
        use("admin"),
        use("server", where=stage.cast.dm_of(stage.cast.member.id).id),
        use(prompt="a", where=stage.cast.mod_room.id),
        use(prompt="a", where=stage.cast.dm_of(stage.cast.other.id).id),
        use(prompt="a", where=stage.cast.elsewhere.id),
    ):
        with pytest.raises(ClientRefusal):
            await refused
    assert await use("grown", where=stage.cast.after_dark.id)
    assert await use("admin", who=stage.cast.admin.id)


async def test_people_cannot_press_what_they_cannot_see(stage: Stage):
    asked = await stage.slash()
    reply = await asked.answer(
        4, {"content": "x", "flags": EPHEMERAL, "components": [row(button(), button("off", disabled=True))]}
    )
    message_id = int(reply.body["resource"]["message"]["id"])
    for who, custom_id in ((stage.cast.other, "again"), (stage.cast.member, "off"), (stage.cast.member, "none")):
        with pytest.raises(ClientRefusal):
            await stage.people.press(user_id=who.id, message_id=message_id, custom_id=custom_id)
    forged = await stage.people.press(user_id=stage.cast.other.id, message_id=message_id, custom_id="none", check=False)
    assert forged
