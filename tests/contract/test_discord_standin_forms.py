"""Forms with every field that Discord has: what a bot may ask, what the client sends, what discord.py reads of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import ui

from sandbox.clock import SandboxClock
from sandbox.discord import ClientRefusal, DiscordStandin, DiscordSwitches, Upload
from tests.contract.discord_library import READY_S, discord_py, judge, running
from tests.contract.discord_raw import PNG, Asked, Json, Stage, open_stage, text


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage() as opened:
        yield opened


def field(kind: int, **more: object) -> Json:
    return {"type": kind, "custom_id": "field", **more}


def labelled(component: Json, **more: object) -> Json:
    return {"type": 18, "label": "Field", "component": component, **more}


def form(*components: Json) -> Json:
    return {"custom_id": "form", "title": "Form", "components": list(components)}


def choices(*values: str, default: tuple[str, ...] = ()) -> list[Json]:
    return [{"label": value, "value": value, "default": value in default} for value in values]


TEXT, STRINGS, USERS, ROLES, ANYONE, CHANNELS, FILES, RADIO, BOXES, BOX = 4, 3, 5, 6, 7, 8, 19, 21, 22, 23
_HERE = ("components", 0, "component")

REFUSED: dict[str, tuple[Json, tuple[str | int, ...]]] = {
    "six parts": (form(*[labelled({**field(BOX), "custom_id": str(n)}) for n in range(6)]), ("components",)),
    "no parts": (form(), ("components",)),
    "a button": (form(labelled({"type": 2, "style": 1, "label": "x", "custom_id": "b"})), (*_HERE, "type")),
    "a field without a label": (form(field(FILES)), ("components", 0, "type")),
    "eleven files": (form(labelled(field(FILES, max_values=11))), (*_HERE, "max_values")),
    "no file though required": (form(labelled(field(FILES, min_values=0))), (*_HERE, "min_values")),
    "more files at least than at most": (
        form(labelled(field(FILES, min_values=3, max_values=2))), (*_HERE, "max_values"),
    ),
    "one thing to choose from": (form(labelled(field(RADIO, options=choices("a")))), (*_HERE, "options")),
    "eleven to choose from": (
        form(labelled(field(RADIO, options=choices(*"abcdefghijk")))), (*_HERE, "options"),
    ),
    "two chosen of which one can be": (
        form(labelled(field(RADIO, options=choices("a", "b", default=("a", "b"))))), (*_HERE, "options"),
    ),
    "the same value twice": (form(labelled(field(BOXES, options=choices("a", "a")))), (*_HERE, "options", 1)),
    "no boxes": (form(labelled(field(BOXES, options=[]))), (*_HERE, "options")),
    "more boxes to tick than there are": (
        form(labelled(field(BOXES, options=choices("a"), max_values=2))), (*_HERE, "options"),
    ),
    "no box though required": (
        form(labelled(field(BOXES, options=choices("a"), min_values=0))), (*_HERE, "min_values"),
    ),
    "a select that is off": (form(labelled(field(USERS, disabled=True))), (*_HERE, "disabled")),
    "nobody though required": (form(labelled(field(ROLES, min_values=0))), (*_HERE, "min_values")),
    "4001 characters": (form(labelled(field(TEXT, style=2, max_length=4001))), (*_HERE, "max_length")),
    "a long value": (form(labelled(field(TEXT, style=2, value="x" * 4001))), (*_HERE, "value")),
    "a label of its own": (form(labelled(field(TEXT, style=1, label="Mine"))), (*_HERE, "label")),
    "no style": (form(labelled(field(TEXT))), (*_HERE, "style")),
    "a long label": (form(labelled(field(BOX), label="x" * 46)), ("components", 0, "label")),
    "a long description": (form(labelled(field(BOX), description="x" * 101)), ("components", 0, "description")),
    "custom ids twice": (
        form(labelled(field(BOX)), labelled(field(FILES))), ("components", 1, "component", "custom_id"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_forms_that_discord_refuses(stage: Stage, name: str):
    payload, path = REFUSED[name]
    asked = await stage.slash()
    reply = await asked.answer(9, payload)
    assert (reply.status, reply.code) == (400, 50035)
    assert reply.error("data", *path)
    assert (await asked.answer(5)).status == 200, "what was refused is no answer"


async def opened(stage: Stage, component: Json) -> Asked:
    """A form with one field, open before the member."""
    asked = await stage.slash()
    reply = await asked.answer(9, form(labelled(component)))
    assert reply.status == 200, reply.body
    return asked


async def submitted(stage: Stage, asked: Asked, *values: object, check: bool = True) -> Json:
    """The data of the interaction after the form was sent; without a value the field was left alone."""
    given = {"field": values[0]} if values else {}
    sent = await stage.people.submit_modal(
        user_id=stage.cast.member.id, interaction_id=asked.id, custom_id="form", values=given, check=check
    )
    interaction = stage.discord.interactions.get(int(sent))
    assert interaction is not None
    return interaction.data


def the_field(data: Json) -> Json:
    return data["components"][0]["component"]


WRONG: dict[str, tuple[Json, list[Any]]] = {
    "text": (field(TEXT, style=1, min_length=2), ["", "a", "x" * 4001, 5, None]),
    "files": (
        field(FILES, min_values=2, max_values=3),
        [[], [Upload("a.png", PNG)], [Upload("a.png", PNG)] * 4, "a.png", [Upload("a.png", PNG), 5]],
    ),
    "radio": (field(RADIO, options=choices("a", "b")), [None, "c", ["a"], True]),
    "boxes": (field(BOXES, options=choices("a", "b"), max_values=1), [[], ["c"], ["a", "b"], ["a", "a"]]),
    "box": (field(BOX), ["yes", None, 1]),
    "the same box twice": (field(BOXES, options=choices("a", "b")), [["a", "a"]]),
    "the same option twice": (field(STRINGS, options=choices("a", "b"), max_values=2), [["a", "a"]]),
    "strings": (field(STRINGS, options=choices("a", "b")), [[], ["c"], ["a", "b"], ["a", "a"]]),
    "users": (field(USERS), [[], ["5"], ["words"]]),
    "roles": (field(ROLES), [[], ["5"]]),
    "anyone": (field(ANYONE), [[], ["5"]]),
    "channels": (field(CHANNELS, channel_types=[0]), [[], ["5"]]),
}


@pytest.mark.parametrize("name", WRONG)
async def test_fields_that_the_client_does_not_send(stage: Stage, name: str):
    component, values = WRONG[name]
    asked = await opened(stage, component)
    for value in values:
        with pytest.raises(ClientRefusal):
            await submitted(stage, asked, value)
    assert not [each for each in stage.discord.interactions.all() if each.kind == 5]


@pytest.mark.parametrize("kind", [TEXT, STRINGS, USERS, ROLES, ANYONE, CHANNELS, FILES, RADIO, BOXES])
async def test_what_is_not_required_may_stay_empty(stage: Stage, kind: int):
    more: Json = (
        {"style": 1} if kind == TEXT else {"options": choices("a", "b")} if kind in {STRINGS, RADIO, BOXES} else {}
    )
    data = await submitted(stage, await opened(stage, field(kind, required=False, **more)))
    filled = the_field(data)
    key = "value" if kind in {TEXT, RADIO} else "values"
    assert filled[key] == {TEXT: "", RADIO: None}.get(kind, [])
    assert set(filled) == {"type", "id", "custom_id", key}
    assert data["resolved"] == {}


async def test_what_is_left_alone_stays_as_proposed(stage: Stage):
    for component, value in (
        (field(TEXT, style=2, value="x" * 4000), "x" * 4000),
        (field(RADIO, options=choices("a", "b", default=("b",))), "b"),
        (field(BOX, default=True), True),
        (field(BOX), False),
    ):
        assert the_field(await submitted(stage, await opened(stage, component)))["value"] == value
    for component in (
        field(STRINGS, options=choices("a", "b", default=("b",))),
        field(BOXES, options=choices("a", "b", default=("b",))),
    ):
        assert the_field(await submitted(stage, await opened(stage, component)))["values"] == ["b"]


async def test_files_too_large_are_not_sent():
    async with open_stage(DiscordSwitches(attachment_limit_bytes=len(PNG))) as stage:
        asked = await opened(stage, field(FILES))
        with pytest.raises(ClientRefusal):
            await submitted(stage, asked, [Upload("a.png", PNG + b"\0")])
        assert len(the_field(await submitted(stage, asked, [Upload("a.png", PNG)]))["values"]) == 1


async def test_a_forged_form_gets_through(stage: Stage):
    data = await submitted(stage, await opened(stage, field(RADIO, options=choices("a", "b"))), "no such", check=False)
    assert the_field(data)["value"] == "no such"


async def test_channels_of_the_kinds_asked_for(stage: Stage):
    asked = await opened(stage, field(CHANNELS, channel_types=[0]))
    with pytest.raises(ClientRefusal):
        await submitted(stage, asked, [str(stage.cast.thread.id)])
    data = await submitted(stage, asked, [str(stage.cast.general.id)])
    assert data["resolved"]["channels"][str(stage.cast.general.id)]["name"] == "general"


async def test_a_text_in_a_form_is_only_read(stage: Stage):
    asked = await stage.slash()
    assert (await asked.answer(9, form(text("Read this"), labelled(field(BOX))))).status == 200
    data = await submitted(stage, asked, True)
    assert data["components"][0] == {"type": 10, "id": 1}
    assert data["components"][1]["component"] == {"type": 23, "id": 3, "custom_id": "field", "value": True}


def _users() -> "ui.MentionableSelect[Any]":
    return ui.MentionableSelect(custom_id="people", max_values=25)


def _channels() -> "ui.ChannelSelect[Any]":
    return ui.ChannelSelect(custom_id="places", max_values=2, required=True)


def _shapes() -> "ui.RadioGroup[Any]":
    options = [discord.RadioGroupOption(label=name.title(), value=name) for name in ("tall", "wide")]
    return ui.RadioGroup(custom_id="shape", options=options)


def _marks() -> "ui.CheckboxGroup[Any]":
    options = [discord.CheckboxGroupOption(label=name.title(), value=name) for name in ("grid", "frame", "date")]
    return ui.CheckboxGroup(custom_id="marks", options=options)


class Everything(ui.Modal, title="Everything"):
    """A form with what discord.py 2.7 has for forms."""

    people: "ui.Label[Any]" = ui.Label(text="Who?", component=_users())
    places: "ui.Label[Any]" = ui.Label(text="Where?", component=_channels())
    files: "ui.Label[Any]" = ui.Label(text="Pictures", component=ui.FileUpload(custom_id="files", max_values=10))
    shape: "ui.Label[Any]" = ui.Label(text="Shape", component=_shapes())
    marks: "ui.Label[Any]" = ui.Label(text="Marks", component=_marks())

    def __init__(self, heard: "asyncio.Queue[Everything]") -> None:
        super().__init__(custom_id="everything")
        self._heard = heard

    async def on_submit(self, interaction: discord.Interaction, /) -> None:
        self._heard.put_nowait(self)
        await interaction.response.send_message("thanks", ephemeral=True)


async def test_discord_py_reads_every_field_of_a_form():
    async with DiscordStandin(clock=SandboxClock()) as standin, discord_py(standin) as tree:
        heard: asyncio.Queue[Everything] = asyncio.Queue()

        @tree.command(name="form", description="Ask")
        async def ask(interaction: discord.Interaction) -> None:  # pyright: ignore[reportUnusedFunction]
            await interaction.response.send_modal(Everything(heard))

        cast, people = standin.world.cast, standin.people
        async with running(standin, tree):
            asked = await people.slash(user_id=cast.member.id, channel_id=cast.general.id, command="form")
            await people.wait_interaction(asked, "modal", timeout_s=READY_S)
            values: dict[str, Any] = {
                "people": [str(cast.moderator.id), str(cast.moderator_role.id)],
                "places": [str(cast.general.id), str(cast.thread.id)],
                "files": [Upload("a kite.png", PNG), Upload("words.txt", b"words")],
                "shape": "wide",
                "marks": ["grid", "frame"],
            }
            sent = await people.submit_modal(
                user_id=cast.member.id, interaction_id=asked, custom_id="everything", values=values
            )
            form = await asyncio.wait_for(heard.get(), READY_S)
            assert (await people.wait_message(sent, timeout_s=READY_S))["content"] == "thanks"
            await _read(form, standin)
        judge(standin)


async def _read(form: Any, standin: DiscordStandin) -> None:
    cast = standin.world.cast
    assert {each.id for each in form.people.component.values} == {cast.moderator.id, cast.moderator_role.id}
    assert {each.name for each in form.places.component.values} == {"general", "poster ideas"}
    assert form.shape.component.value == "wide"
    assert form.marks.component.values == ["grid", "frame"]
    first, second = form.files.component.values
    assert isinstance(first, discord.Attachment)
    assert (first.filename, first.content_type, first.size) == ("a_kite.png", "image/png", len(PNG))
    assert (first.width, first.height, first.ephemeral) == (3, 2, True)
    assert await first.read() == PNG
    assert (second.filename, second.width) == ("words.txt", None)
