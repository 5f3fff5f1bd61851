"""The floor: the shortest honest program that does what a person sees of /imagine.

A card at once, one create, the same rhythm of polls (or a signed callback, whose body it believes), the download, a
gallery with alt text. No store, no limits, no policy, no recovery. It is what the bot is measured against, so it is
never made slower; what it does, it does well.
"""

import asyncio
import hashlib
import hmac
import json
import os
import random
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any

import aiohttp
import discord
import yarl
from aiohttp import web
from discord import app_commands, ui
from discord.gateway import DiscordWebSocket
from discord.http import Route

_PACE_S = ((4.0, 0.25), (20.0, 1.0), (120.0, 3.0))
_SLOWEST_S = 5.0
_OVERTAKEN_S = 1.0  # nobody needs an edit of a card that has its pictures within the first second
_SIZES = ("square_hd", "square", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9")

Run = Mapping[str, Any]


class Card(ui.LayoutView):
    """The one message: title, prompt, words and at last the pictures."""

    def __init__(self, prompt: str, words: str, files: tuple[discord.File, ...] = ()) -> None:
        super().__init__(timeout=None)
        texts = [ui.TextDisplay[Card]("**Your picture** · FLUX.2 [klein] 4B"), ui.TextDisplay[Card](f"> {prompt}")]
        gallery = [
            ui.MediaGallery[Card](*(discord.MediaGalleryItem(one.uri, description=one.description) for one in files))
        ]
        self.add_item(ui.Container(*texts, *(gallery if files else []), ui.TextDisplay(words)))


class Floor(discord.Client):
    """The program. `settings` are the bot's own environment variables."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        super().__init__(intents=discord.Intents(guilds=True), max_messages=None)
        self._tree = app_commands.CommandTree(self)
        self._settings, self._api = settings, settings["RUNFLOW_API_URL"]
        self._http: aiohttp.ClientSession
        self._called: dict[str, asyncio.Future[Run]] = {}

    async def setup_hook(self) -> None:
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

        @self._tree.command(name="imagine", description="Make pictures from words")
        @app_commands.choices(image_size=[app_commands.Choice(name=size, value=size) for size in _SIZES])
        async def imagine(
            interaction: discord.Interaction,
            prompt: app_commands.Range[str, 1, 2000],
            image_size: str = "square_hd",
            num_images: app_commands.Range[int, 1, 4] = 1,
        ) -> None:
            await self._imagine(interaction, {"prompt": prompt, "image_size": image_size, "num_images": num_images})

        _ = imagine
        await self._tree.sync()
        if "PUBLIC_URL" in self._settings:
            app = web.Application()
            app.router.add_post("/callbacks/runflow", self._callback)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, self._settings["HTTP_HOST"], int(self._settings["HTTP_PORT"])).start()

    async def _imagine(self, interaction: discord.Interaction, given: Mapping[str, Any]) -> None:
        await interaction.response.send_message(view=Card(given["prompt"], "Working on it"))
        run = await self._create(given)
        run = await (self._told(run) if "PUBLIC_URL" in self._settings else self._polled(interaction, given, run))
        addresses = [one["url"] for one in run["output"]["outputs"]] if run["status"] == "succeeded" else []
        pictures = await asyncio.gather(*(self._fetch(address) for address in addresses))
        files = [
            discord.File(BytesIO(data), f"imagine-{at + 1}.png", description=f"Picture {at + 1}: {given['prompt']}")
            for at, data in enumerate(pictures)
        ]
        words = f"Finished · {run.get('cost')}" if files else "There are no pictures."
        await interaction.edit_original_response(view=Card(given["prompt"], words, tuple(files)), attachments=files)

    async def _create(self, given: Mapping[str, Any]) -> Run:
        body: dict[str, Any] = {"input": {**given, "output_format": "png", "enable_safety_checker": True}}
        if "PUBLIC_URL" in self._settings:
            body["callback_url"] = self._settings["PUBLIC_URL"] + "/callbacks/runflow"
        url = f"{self._api}/v1/models/black-forest-labs/flux-2-klein-4b/runs"
        async with self._http.post(url, json=body, headers=self._key) as answer:
            return _run(await answer.json())

    async def _polled(self, interaction: discord.Interaction, given: Mapping[str, Any], run: Run) -> Run:
        """Poll to the end, and say once that it runs where that takes longer than a moment."""
        loop = asyncio.get_running_loop()
        began, said = loop.time(), False
        while run["status"] in {"queued", "dispatching", "running"}:
            age_s = loop.time() - began
            if run["status"] == "running" and age_s > _OVERTAKEN_S and not said:
                said = True
                await interaction.edit_original_response(view=Card(given["prompt"], "Running"))
            every_s = next((every for younger_than, every in _PACE_S if age_s < younger_than), _SLOWEST_S)
            await asyncio.sleep(every_s * random.uniform(0.8, 1.2))  # noqa: S311 - out of step with others
            async with self._http.get(f"{self._api}/v1/runs/{run['id']}", headers=self._key) as answer:
                run = _run(await answer.json())
        return run

    async def _told(self, run: Run) -> Run:
        """Wait for the callback, which may have come already."""
        try:
            return await self._called.setdefault(run["id"], asyncio.get_running_loop().create_future())
        finally:
            del self._called[run["id"]]

    async def _callback(self, request: web.Request) -> web.Response:
        body = await request.read()
        secret = self._settings["RUNFLOW_CALLBACK_SECRETS"].encode()
        signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signature, request.headers.get("Runflow-Signature", "")):
            return web.Response(status=401)
        run: Run = json.loads(body)
        waiting = self._called.setdefault(run["run_id"], asyncio.get_running_loop().create_future())
        if not waiting.done():
            waiting.set_result(run)
        return web.Response()

    async def _fetch(self, address: str) -> bytes:
        async with self._http.get(address) as answer:
            return await answer.read()

    @property
    def _key(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._settings['RUNFLOW_API_KEY']}"}


def _run(body: Mapping[str, Any]) -> Run:
    return {**body, "status": body["status_code"]}


async def serve(settings: Mapping[str, str]) -> None:
    """Run until cancelled."""
    Route.BASE = settings["DISCORD_API_URL"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings["DISCORD_GATEWAY_URL"])
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    async with Floor(settings) as floor:
        await floor.start(settings["DISCORD_TOKEN"])


def main() -> None:
    """Run until the process is told to end."""
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(os.environ))


if __name__ == "__main__":
    main()
