"""A room with Runflow at its wire, where pictures are made and made into others."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import web
from PIL import Image

from bot.catalog.flux_klein_edit import FLUX_KLEIN_EDIT
from bot.catalog.source import SourceImage
from bot.moderation.policy import Policy
from bot.moderation.rules import ChannelContext, ChannelRules
from bot.runs.run import PictureRef, Place, Reply, Run
from sandbox.runflow.switches import PROFILES
from tests.unit.runflow.scripted_runflow import ScriptedServer
from tests.unit.runs.room import RunsRoom, runs_room

HERE = Place(1, 2)
CDN = "https://cdn.example/attachments/1/2/"


def a_picture(kind: str = "png", *, frames: int = 1) -> bytes:
    drawn = BytesIO()
    first, *others = [Image.effect_noise((64, 64), 60 + number).convert("RGB") for number in range(frames)]
    if others:
        first.save(drawn, kind, save_all=True, append_images=others)
    else:
        first.save(drawn, kind)
    return drawn.getvalue()


@dataclass
class Upstream:
    """Runflow: every run ends at the first look, with as many pictures as were asked for, at addresses of that look."""

    server: ScriptedServer
    creates: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    flags: dict[str, bool | None] = field(default_factory=dict[str, "bool | None"])
    gone: set[str] = field(default_factory=set[str])
    broken: set[str] = field(default_factory=set[str])
    unfinished: set[str] = field(default_factory=set[str])
    looks: int = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/pictures/"):
            return web.Response(body=a_picture(), content_type="image/png")
        if request.method == "POST":
            self.creates.append(self.server.seen[-1].body)
            return web.json_response({"id": f"run-{len(self.creates)}", "status": "queued"}, status=201)
        run_id = request.path.rpartition("/")[2]
        if run_id in self.gone:
            return web.json_response({"code": "RUN_NOT_FOUND", "message": "no"}, status=404)
        if run_id in self.broken:
            return web.json_response({"code": "OUT", "message": "no"}, status=503)
        if run_id in self.unfinished or not run_id.startswith("run-"):
            return web.json_response({"id": run_id, "status": "running"})
        self.looks += 1
        asked = self.creates[int(run_id.removeprefix("run-")) - 1]["input"]
        count = asked.get("num_images", 1)
        addresses = [f"{self.server.url}/pictures/{run_id}/{number}?look={self.looks}" for number in range(count)]
        output = {"outputs": [{"type": "image", "url": one} for one in addresses]}
        output |= {"nsfw_detected": self.flags.get(run_id, False), "seed": 7}
        return web.json_response({"id": run_id, "status": "succeeded", "output": output, "cost": "0.005"})


@dataclass
class Studio:
    room: RunsRoom
    upstream: Upstream

    async def source(self, *, images: int = 2, **asked: Any) -> Run:
        """A run that has made its pictures and shows them."""
        return await self.room.to_the_end(await self.room.press(num_images=images, image_size="square", **asked))

    def attach(self, name: str, data: bytes, kind: str = "image/png") -> SourceImage:
        """A file as Discord hands it in."""
        address = f"{CDN}{name}?ex=1&is=2&hm=secret"
        self.room.attachments.files[address] = data
        return SourceImage(address, kind, min(len(data), 10 * 1024 * 1024))

    async def ask(
        self,
        *sources: SourceImage | PictureRef,
        prompt: str = "make it night",
        user_id: int = 7,
        place: Place = HERE,
        rules: ChannelRules | None = None,
        where: ChannelContext | None = None,
        parents: tuple[PictureRef, ...] = (),
    ) -> Run:
        """Ask for an edit as a cog would, without starting it."""
        names = ("image", "image_2", "image_3", "image_4")
        given = [SourceImage.of_run(one.run_id, one.index) if isinstance(one, PictureRef) else one for one in sources]
        self.room.presses += 1
        reply = Reply(self.room.presses, 8, "token-of-the-interaction", self.room.clock.now(), 10 * 1024 * 1024)
        return await self.room.services.runs.accept(
            user_id=user_id,
            place=place,
            reply=reply,
            model=FLUX_KLEIN_EDIT,
            options={"prompt": prompt, **dict(zip(names, given, strict=False))},
            policy=Policy.BLOCK if rules is None else rules.policy,
            rules=rules,
            where=where,
            parents=parents,
        )

    @property
    def sent(self) -> dict[str, Any]:
        """The input of the last create."""
        return self.upstream.creates[-1]["input"]


@asynccontextmanager
async def studio(directory: Path, **how: Any) -> AsyncGenerator[Studio]:
    upstream = Upstream(ScriptedServer())
    async with (
        upstream.server.then(upstream.answer) as server,
        runs_room(directory, PROFILES["default"], runflow_url=server.url, **how) as room,
    ):
        yield Studio(room, upstream)
