"""A model in one file is enough: from the command Discord is told of to the card, nothing else knows its fields."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from PIL import Image
from sqlalchemy import select

from bot.catalog.flux_klein import FLUX_KLEIN
from bot.catalog.registry import Registry
from bot.catalog.request import Request
from bot.ledger.values import Defaults
from bot.money import MicroUsd
from bot.runs.run import Delivery, Reason, Run, State
from bot.store.tables import ledger_entries, runs
from cogs.ui.presenter import Presenter
from cogs.usage.prices import price_lines
from sandbox.runflow.switches import PROFILES
from tests.unit.catalog.sketch import SKETCH
from tests.unit.cogs.opened import Opened, opened
from tests.unit.cogs.wire import MESSAGE_ID, Call, interaction
from tests.unit.runflow.scripted_runflow import ScriptedServer, says
from tests.unit.runs.room import RunsRoom, runs_room

MODELS = Registry((FLUX_KLEIN, SKETCH))
SOURCES = {
    "55": {"id": "55", "filename": "cat.png", "size": 12_345, "content_type": "image/png"},
    "56": {"id": "56", "filename": "dog.jpg", "size": 54_321, "content_type": "image/jpeg"},
    "57": {"id": "57", "filename": "tax.pdf", "size": 99, "content_type": "application/pdf"},
}
ADDRESSES = [f"https://cdn.example/{number}?sig=1" for number in ("55", "56")]
INPUT = {
    "text": "only the whiskers",
    "picture_urls": ADDRESSES,
    "count": 3,
    "freedom": 0.25,
    "in_colour": True,
    "stroke": "soft_chalk",
    "filtered": True,
}


def a_png() -> bytes:
    drawn = BytesIO()
    Image.effect_noise((64, 64), 60).convert("RGB").save(drawn, "png")
    return drawn.getvalue()


@asynccontextmanager
async def runflow(made: int, refusal: object = None, **run: Any) -> AsyncGenerator[ScriptedServer]:
    """Runflow at the wire, which knows this model: a run of it ends at the first look, with so many pictures."""
    server, png = ScriptedServer(), a_png()

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/pictures/"):
            return web.Response(body=png, content_type="image/png")
        if request.method == "POST" and refusal is not None:
            return await says(422, refusal)(request)
        if request.method == "POST":
            return await says(201, {"id": "run-9", "status": "queued"})(request)
        outputs = [{"type": "image", "url": f"{server.url}/pictures/{number}"} for number in range(made)]
        output = {"outputs": outputs, "nsfw_detected": False}
        return await says(200, {"id": "run-9", "status": "succeeded", "output": output, **run})(request)

    async with server.then(answer):
        yield server


@dataclass
class Stage:
    """The client at Discord's wire, the runs room behind it, and Runflow at its wire."""

    discord: Opened
    room: RunsRoom
    runflow: ScriptedServer

    async def run(self) -> Run:
        """The run that was asked for, once its card has its last form."""
        (call,) = await self.discord.discord.wait("POST", "/callback")
        assert call.body["type"] == 4, call.data
        (row,) = await self.rows(runs)
        return await self.room.settled(await self.room.runs.load(row.id))

    async def rows(self, table: Any) -> list[Any]:
        return await self.room.store.read(lambda connection: list(connection.execute(select(table))))


@asynccontextmanager
async def stage(directory: Path, *, made: int = 2, **run: Any) -> AsyncGenerator[Stage]:
    async with (
        runflow(made, **run) as server,
        runs_room(directory, PROFILES["default"], models=MODELS, runflow_url=server.url) as room,
        opened(room.services.runs, models=MODELS) as client,
    ):
        room.attachments.files |= dict.fromkeys(ADDRESSES, a_png())
        yield Stage(client, room, server)


def sketch(**options: object) -> dict[str, Any]:
    """The command as Discord sends it: attachments by their ids, and what they are beside the options."""
    payload = interaction(options, command="sketch")
    for option in payload["data"]["options"]:
        if option["name"].startswith("source"):
            option["type"] = 11
    attached = {
        number: {**about, "url": f"https://cdn.example/{number}?sig=1", "proxy_url": f"https://proxy.example/{number}"}
        for number, about in SOURCES.items()
    }
    payload["data"]["resolved"] = {"attachments": attached}
    return payload


ASKED = sketch(text="only the whiskers", source="55", source_2="56", count=3, freedom=0.25, in_colour=True)
ASKED["data"]["options"].append({"name": "stroke", "type": 3, "value": "soft_chalk"})


async def test_discord_is_told_of_its_command_and_options() -> None:
    async with opened(models=MODELS) as open_:
        declared = {one["name"]: one for one in await told(open_)}
    assert {"imagine", "sketch"} <= set(declared)
    assert declared["sketch"]["description"] == "Draw sketches of a picture with Sketch 1"
    told_of = [
        {name: value for name, value in option.items() if name not in {"description", "choices"}}
        for option in declared["sketch"]["options"]
    ]
    assert told_of == [
        {"name": "text", "type": 3, "required": True, "min_length": 1, "max_length": 500},
        {"name": "source", "type": 11, "required": True},
        {"name": "source_2", "type": 11, "required": False},
        {"name": "count", "type": 4, "required": False, "min_value": 1, "max_value": 6},
        {"name": "freedom", "type": 10, "required": False, "min_value": 0, "max_value": 1},
        {"name": "in_colour", "type": 5, "required": False},
        {"name": "stroke", "type": 3, "required": False},
        {"name": "private", "type": 5, "required": False},
    ]
    assert [choice["name"] for choice in declared["sketch"]["options"][-2]["choices"]] == ["Ink", "Soft chalk"]


async def told(open_: Opened) -> list[dict[str, Any]]:
    tree = open_.client.tree
    return [command.to_dict(tree) for command in tree.get_commands()]


async def test_from_the_command_to_the_card(tmp_path: Path) -> None:
    async with stage(tmp_path, made=2) as on:
        on.discord.press(ASKED)
        run = await on.run()
        (first,) = on.discord.discord.named("POST", "/callback")
        (row,) = await on.rows(runs)
        booked = [(entry.kind, entry.amount_micro_usd, entry.estimated) for entry in await on.rows(ledger_entries)]
        last = await shown(on, run)
    assert "only the whiskers" in str(first.data["components"])
    create = next(seen for seen in on.runflow.seen if seen.method == "POST")
    assert create.raw_path == "/v1/models/atelier/sketch-1/runs"
    assert create.body["input"] == INPUT == row.input
    assert run.request == Request("only the whiskers", 3, ("drawn in soft chalk",))
    assert Request.from_json(row.request) == run.request
    assert (run.held, run.cost, run.cost_estimated) == (60_000, 40_000, True)
    assert booked == [("reserve", 60_000, False), ("settle", 40_000, True)]
    assert (run.state, run.delivery, run.reply.message_id) == (State.SUCCEEDED, Delivery.SHOWN, MESSAGE_ID)
    said = json.dumps(last.body["components"], ensure_ascii=False)
    for words in ("2 pictures", "PNG · took", "You asked for 3"):
        assert words in said
    assert "seed" not in said
    assert "cdn.example" not in said
    alternatives = [file["description"] for file in last.body["attachments"]]
    assert alternatives == [f"Picture {number} of 3: only the whiskers" for number in (1, 2)]


async def shown(on: Stage, run: Run) -> Call:
    """The last card as Discord gets it."""
    presenter = Presenter(clock=on.room.clock)
    presenter.attach(on.discord.client)
    await presenter.end(run, on.room.card.ends[-1][1])
    return (await on.discord.discord.wait("PATCH", "/messages/"))[-1]


async def test_a_cost_that_runflow_names_is_booked_as_it_is(tmp_path: Path) -> None:
    async with stage(tmp_path, made=3, cost="0.05") as on:
        on.discord.press(ASKED)
        run = await on.run()
        assert (run.cost, run.cost_estimated, await on.room.held()) == (50_000, False, 0)


async def test_more_pictures_than_were_asked_for_cost_no_more_than_was_held(tmp_path: Path) -> None:
    async with stage(tmp_path, made=5) as on:
        on.discord.press(ASKED)
        run = await on.run()
        assert (run.held, run.cost) == (60_000, 60_000)


async def test_an_option_that_does_not_hold_is_refused_by_name_and_nothing_is_written(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        for number, (given, refused) in enumerate(
            (
                ({"text": "x", "source": "57"}, "source"),
                ({"text": "x", "source": "55", "source_2": "57"}, "source_2"),
                ({"text": "x", "source": "404"}, "source"),  # attached nowhere
                ({"text": "x"}, "source"),
                ({"source": "55"}, "text"),
                ({"text": "x", "source": "55", "freedom": 1.5}, "freedom"),
                ({"text": "x", "source": "55", "count": 7}, "count"),
            ),
            1,
        ):
            on.discord.press(sketch(**given))
            call = (await on.discord.discord.wait("POST", "/callback", number))[-1]
            assert call.data["content"].startswith(f"`{refused}` cannot be"), given
            assert "cdn.example" not in call.data["content"]
        assert await on.rows(runs) == []
        assert on.runflow.seen == []


@pytest.mark.parametrize(
    ("made", "how"),
    [
        (0, {"refusal": {"errors": [{"loc": ["input", "picture_urls", 1], "msg": "no", "type": "url"}]}}),
        (0, {"status": "failed", "failure_code": "VALIDATION", "errors": [{"loc": ["input", "picture_urls"]}]}),
    ],
    ids=["at once", "late"],
)
async def test_what_runflow_refuses_is_named_as_people_know_it(tmp_path: Path, made: int, how: dict[str, Any]) -> None:
    async with stage(tmp_path, made=made, **how) as on:
        on.discord.press(ASKED)
        run = await on.run()
        assert (run.state, run.reason, run.reason_fields) == (State.FAILED, Reason.INPUT_REFUSED, ("source",))
        assert await on.room.held() == 0


async def test_a_limit_counts_its_price_and_its_pictures(tmp_path: Path) -> None:
    async with (
        runflow(2) as server,
        runs_room(
            tmp_path,
            PROFILES["default"],
            models=MODELS,
            runflow_url=server.url,
            defaults=Defaults(user_daily=MicroUsd(59_999)),
        ) as room,
        opened(room.services.runs, models=MODELS) as client,
    ):
        room.attachments.files |= dict.fromkeys(ADDRESSES, a_png())
        client.press(ASKED)
        (call,) = await client.discord.wait("POST", "/callback")
    assert "6 ¢" in call.data["content"]
    assert server.seen == []


def test_its_sources_are_never_printed() -> None:
    checked = SKETCH.read(INPUT)
    assert checked.wire() == INPUT
    assert "cdn.example" not in repr(checked)


def test_a_flat_price_is_told_as_one_amount() -> None:
    assert price_lines(SKETCH) == ["**What a picture costs** with Sketch 1", "Each picture: 2 ¢"]
