"""One sandbox, one browser, and for each journey a new window on a server where nothing was said or set yet."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright, expect

from sandbox.app import Sandbox, SandboxOptions, open_sandbox
from sandbox.runflow.switches import PROFILES
from tests.journeys.helpers import Stage
from tests.journeys.tools import SET_BY_PEOPLE

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NEEDS_CHROMIUM = pytest.mark.skipif(_CHROMIUM is None, reason="there is no chromium on this machine")
PICTURES_MS = 20_000


@dataclass(frozen=True, slots=True)
class Reading:
    """A sandbox with its page, and a browser to read it in."""

    sandbox: Sandbox
    browser: Browser
    stage: Stage

    def begin(self) -> None:
        """Let nothing have been said or set."""
        self.sandbox.runflow.switches = PROFILES["default"]
        world = self.sandbox.discord.world
        for message in list(world.messages()):
            world.remove_message(message.id)
        for table in ("reviews", *SET_BY_PEOPLE):
            self.stage.alter(f"DELETE FROM {table}")


@asynccontextmanager
async def open_reading(directory: Path) -> AsyncGenerator[Reading]:
    """Start the sandbox and the browser."""
    options = SandboxOptions(page_port=0, directory=directory)
    async with open_sandbox(options) as sandbox, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_ARGUMENTS))
        try:
            yield Reading(sandbox, browser, Stage(sandbox, directory / "imagine.db"))
        finally:
            await browser.close()


@asynccontextmanager
async def open_page(reading: Reading, *, phone: bool = False) -> AsyncGenerator[Page]:
    """A new window, of a desk or a `phone`. Fails on console errors and on requests that leave the machine."""
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme != "data" and address.hostname not in {"127.0.0.1", "localhost"}:
            complaints.append(f"left the machine: {request.url}")

    reading.begin()
    width, height = (390, 844) if phone else (1400, 900)
    context = await reading.browser.new_context(viewport={"width": width, "height": height}, has_touch=phone)
    try:
        page = await context.new_page()
        page.on("console", on_console)
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", on_request)
        assert reading.sandbox.page_url is not None
        await page.goto(reading.sandbox.page_url)
        await expect(page.get_by_text("Bot online")).to_be_visible()
        yield page
    finally:
        await context.close()
    assert not complaints
