"""The page before a bot that says exactly what a test wants: whatever Discord can show, without the real bot."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, expect

from sandbox.clock import SandboxClock
from sandbox.discord import DiscordStandin
from sandbox.discord.interactions import Interaction
from sandbox.page.server import PageServer
from sandbox.runflow import RunflowStandin
from sandbox.runflow.switches import PROFILES
from tests.contract.discord_raw import PATIENCE_S, Asked, Json, Stage

_LOOK_AGAIN_S = 0.02
WIDE, PHONE = (1400, 900), (390, 844)


@dataclass(frozen=True, slots=True)
class Booth:
    """A page of its own, and the bot behind it. `seen` are the interactions that a test has asked for already."""

    page: Page
    stage: Stage
    seen: set[int] = field(default_factory=set[int])

    async def asked(self, kind: int) -> tuple[Interaction, Asked]:
        """The next interaction of a kind, as the bot hears it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for each in self.stage.discord.interactions.all():
                    if each.kind == kind and each.id not in self.seen:
                        self.seen.add(each.id)
                        return each, self.stage.heard(str(each.id))
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def resize(self, size: tuple[int, int]) -> None:
        """Look at the page on another screen."""
        await self.page.set_viewport_size({"width": size[0], "height": size[1]})

    async def register(self, *commands: Json) -> None:
        """Give the bot its commands, and wait until the page knows them."""
        assert (await self.stage.register(*commands)).status == 200
        await expect(self.page.locator("#presence")).to_contain_text(f"· {len(commands)} command")

    async def command(self, name: str) -> None:
        """Choose a command in the message box."""
        await self.page.get_by_role("combobox", name="Message").focus()
        await self.page.keyboard.type(f"/{name} ")

    async def says(self, data: Json, **more: Any) -> Json:
        """The bot's message to everyone in the channel."""
        asked = await self.stage.slash()
        reply = await asked.answer(4, data, **more)
        assert reply.status == 200, reply.body
        return reply.body["resource"]["message"]


@asynccontextmanager
async def open_booth(browser: Browser, *, phone: bool = False) -> AsyncGenerator[Booth]:
    """Open the page, in a window of its own. Fails on errors of the page."""
    clock = SandboxClock()
    complaints: list[str] = []
    width, height = PHONE if phone else WIDE

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    async with (
        DiscordStandin(clock=clock) as discord,
        RunflowStandin(clock=clock, switches=PROFILES["default"], api_key="key") as runflow,
        PageServer(discord=discord, runflow=runflow) as server,
        aiohttp.ClientSession() as session,
    ):
        stage = Stage(discord, clock, session)
        context = await browser.new_context(viewport={"width": width, "height": height}, has_touch=phone)
        try:
            page = await context.new_page()
            page.on("console", on_console)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto(server.url)
            await page.locator("body[data-listening]").wait_for()
            yield Booth(page, stage)
        finally:
            await context.close()
    assert not complaints


# A box within a label counts with it, as a finger may hit either; what reaches beyond its text counts with its reach.
_SMALL = """(root, least) => [...root.querySelectorAll("button, a[href], input, select, textarea")].map((node) => {
    const box = (node.closest(".choice") ?? node).getBoundingClientRect();
    if (!box.width || !box.height) return "";
    const reach = getComputedStyle(node, "::after");
    const more = reach.position === "absolute" ? -2 * parseFloat(reach.top) || 0 : 0;
    const name = node.getAttribute("aria-label") ?? (node.textContent || node.id);
    return box.width < least || box.height + more < least ? `${name}: ${box.width} x ${box.height + more}` : "";
}).filter(Boolean)"""


async def too_small(within: Locator, least_px: float = 43.5) -> list[str]:
    """What a finger would miss: everything to press that is smaller than 44 pixels either way."""
    return await within.evaluate(_SMALL, least_px)
