"""What becomes of a message's files when it is edited, and edits of what one person sees."""

import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from discord import ui

from sandbox.clock import SandboxClock
from sandbox.discord import DiscordStandin
from tests.contract.discord_library import READY_S, discord_py, judge, running
from tests.contract.discord_raw import PNG, Asked, Json, Stage, button, card, gallery, open_stage, row, text

EPHEMERAL, SPOILER = 64, 8


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as opened:
        yield opened


async def status(url: str) -> int:
    async with aiohttp.request("GET", url) as answer:
        return answer.status


async def shown(stage: Stage, *names: str, **more: Any) -> tuple[Asked, Json]:
    """A card with a gallery of files."""
    asked = await stage.slash()
    listed = [{"id": str(n), "filename": name, "description": f"alt {name}"} for n, name in enumerate(names)]
    data = card(gallery(*[f"attachment://{name}" for name in names]), attachments=listed, **more)
    reply = await asked.answer(4, data, files=dict.fromkeys(names, PNG))
    assert reply.status == 200, reply.body
    return asked, reply.body["resource"]["message"]


def ids(message: Json) -> list[str]:
    return [each["id"] for each in message["attachments"]]


async def test_files_that_are_listed_stay_and_the_others_go(stage: Stage):
    asked, message = await shown(stage, "a.png", "b.png", "c.png")
    first, second, third = message["attachments"]
    edit = card(
        gallery("attachment://a.png", "attachment://c.png"), attachments=[{"id": first["id"]}, {"id": third["id"]}]
    )
    edited = (await asked.edit(edit)).body
    assert ids(edited) == [first["id"], third["id"]]
    items = edited["components"][0]["items"]
    assert [item["media"]["attachment_id"] for item in items] == ids(edited)
    assert [await status(each["url"]) for each in (first, second, third)] == [200, 404, 200]


async def test_without_a_list_all_stay(stage: Stage):
    asked, message = await shown(stage, "a.png", "b.png")
    edited = (await asked.edit({"components": [text("Only words"), gallery("attachment://b.png")]})).body
    assert ids(edited) == ids(message)
    assert edited["components"][1]["items"][0]["media"]["attachment_id"] == ids(message)[1]


async def test_new_files_stand_after_those_that_stay(stage: Stage):
    asked, message = await shown(stage, "a.png", "b.png")
    listed = [{"id": ids(message)[1]}, {"id": "0", "filename": "c.png"}]
    edit = card(gallery("attachment://b.png", "attachment://c.png"), attachments=listed)
    edited = (await asked.edit(edit, files={"c.png": PNG})).body
    assert [each["filename"] for each in edited["attachments"]] == ["b.png", "c.png"]
    assert edited["attachments"][0]["description"] == "alt b.png"


async def test_a_picture_is_described_and_covered_anew_without_a_new_upload(stage: Stage):
    asked, message = await shown(stage, "a.png")
    item: Json = {"media": {"url": "attachment://a.png"}, "description": "a fox at dusk", "spoiler": True}
    described = {"id": ids(message)[0], "description": "a fox"}
    edited = (await asked.edit(card({"type": 12, "items": [item]}, attachments=[described]))).body
    shown_item = edited["components"][0]["items"][0]
    assert (shown_item["description"], shown_item["spoiler"]) == ("a fox at dusk", True)
    assert shown_item["media"]["attachment_id"] == ids(message)[0]
    assert edited["attachments"][0]["description"] == "a fox"
    uncovered = {"media": {"url": "attachment://a.png"}, "description": None, "spoiler": False}
    again = (await asked.edit(card({"type": 12, "items": [uncovered]}))).body
    assert again["components"][0]["items"][0]["spoiler"] is False
    assert again["attachments"][0]["description"] == "a fox"
    assert await status(again["attachments"][0]["url"]) == 200


async def test_a_file_is_marked_as_a_spoiler_and_no_more(stage: Stage):
    asked, message = await shown(stage, "a.png")
    marked = (await asked.edit({"attachments": [{"id": ids(message)[0], "is_spoiler": True}]})).body
    assert marked["attachments"][0]["flags"] == SPOILER
    kept = (await asked.edit({"attachments": [{"id": ids(message)[0], "description": ""}]})).body
    assert kept["attachments"][0]["flags"] == SPOILER
    assert "description" not in kept["attachments"][0]
    plain = (await asked.edit({"attachments": [{"id": ids(message)[0], "is_spoiler": False}]})).body
    assert "flags" not in plain["attachments"][0]


async def test_what_is_gone_cannot_be_shown_or_kept(stage: Stage):
    asked, message = await shown(stage, "a.png", "b.png")
    gone = ids(message)[0]
    shows_it = card(gallery("attachment://a.png"), attachments=[{"id": ids(message)[1]}])
    refused = await asked.edit(shows_it)
    assert refused.error("components", 0, "items", 0, "media", "url")
    assert ids((await stage.call("GET", asked.original)).body) == ids(message), "a refused edit changes nothing"
    left = {**card(gallery("attachment://b.png")), "attachments": [{"id": ids(message)[1]}]}
    assert (await asked.edit(left)).status == 200
    assert (await asked.edit({"attachments": [{"id": gone}]})).error("attachments", 0, "id")
    _, other = await shown(stage, "c.png")
    assert (await asked.edit({"attachments": [{"id": ids(other)[0]}]})).error("attachments", 0, "id")


async def test_ten_files_with_those_that_stay(stage: Stage):
    names = [f"{n}.png" for n in range(9)]
    asked, message = await shown(stage, *names)
    listed = [{"id": each} for each in ids(message)]
    new = [{"id": "0"}, {"id": "1"}]
    two = dict.fromkeys(("x.png", "y.png"), PNG)
    assert (await asked.edit({"attachments": [*listed, *new]}, files=two)).error("attachments")
    assert len((await asked.edit({"attachments": [*listed[1:], *new]}, files=two)).body["attachments"]) == 10


async def test_the_channel_edits_as_the_token_does(stage: Stage):
    _, message = await shown(stage, "a.png", "b.png")
    path = f"/channels/{stage.cast.general.id}/messages/{message['id']}"
    stage.clock.advance(1000)
    edit = card(gallery("attachment://b.png"), attachments=[{"id": ids(message)[1]}])
    edited = await stage.call("PATCH", path, edit)
    assert ids(edited.body) == ids(message)[1:]


async def test_an_ephemeral_answer_is_edited_by_its_token(stage: Stage):
    asked, message = await shown(stage, "a.png", flags=(1 << 15) | EPHEMERAL)
    edited = (await asked.edit(card(text("Only you"), gallery("attachment://a.png"), row(button())))).body
    assert (edited["flags"], ids(edited)) == ((1 << 15) | EPHEMERAL, ids(message))
    assert edited["attachments"][0]["ephemeral"] is True
    by_id = card(text("By id"), gallery("attachment://a.png"), row(button()))
    assert ids((await stage.call("PATCH", f"{asked.hook}/messages/{message['id']}", by_id)).body) == ids(message)
    seen = stage.people.message(message["id"])
    assert seen is not None
    assert seen["visible_to"] == str(stage.cast.member.id)
    pressed = stage.heard(
        await stage.people.press(user_id=stage.cast.member.id, message_id=int(message["id"]), custom_id="again")
    )
    assert (await pressed.answer(6)).status == 200
    changed = await pressed.edit(card(text("Pressed"), gallery("attachment://a.png")))
    assert (changed.body["id"], changed.body["flags"] & EPHEMERAL) == (message["id"], EPHEMERAL)
    path = f"/channels/{stage.cast.general.id}/messages/{message['id']}"
    assert (await stage.call("PATCH", path, card())).code == 10008
    stage.clock.advance(901)
    assert (await pressed.edit(card())).code == 50027


async def test_discord_py_keeps_describes_and_drops():
    async with DiscordStandin(clock=SandboxClock()) as standin, discord_py(standin) as tree:

        @tree.command(name="draw", description="Draw")
        async def draw(interaction: discord.Interaction) -> None:  # pyright: ignore[reportUnusedFunction]
            files = [discord.File(io.BytesIO(PNG), f"{name}.png") for name in ("a", "b")]
            await interaction.response.send_message(view=_view("a", "b"), files=files)
            message = await interaction.original_response()
            kept = [each for each in message.attachments if each.filename == "b.png"]
            await message.edit(view=_view("b", spoiler=True), attachments=kept)

        cast, people = standin.world.cast, standin.people
        async with running(standin, tree):
            asked = await people.slash(user_id=cast.member.id, channel_id=cast.general.id, command="draw")
            message = await people.wait_message(asked, lambda each: len(each["attachments"]) == 1, READY_S)
            item = message["components"][0]["items"][0]
            assert (item["spoiler"], item["description"]) == (True, "about b")
            assert item["media"]["attachment_id"] == message["attachments"][0]["id"]
            assert await status(item["media"]["url"]) == 200
        judge(standin)


def _view(*names: str, spoiler: bool = False) -> ui.LayoutView:
    view = ui.LayoutView()
    items = [
        discord.MediaGalleryItem(f"attachment://{name}.png", description=f"about {name}", spoiler=spoiler)
        for name in names
    ]
    view.add_item(ui.MediaGallery(*items))
    return view
