"""The whole way in a browser: the page, the stand-ins, the real bot; everything by keyboard."""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from playwright.async_api import ConsoleMessage, Page, Request, async_playwright, expect

from sandbox.app import SandboxOptions, open_sandbox

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PICTURES_S = 20_000  # playwright counts in milliseconds

# Progress is over within a second: the page's live region is read as a screen reader would, without missing a word.
WATCH_WHAT_IS_SPOKEN = """() => {
    window.spoken = [];
    const live = document.getElementById("live");
    new MutationObserver(() => window.spoken.push(live.textContent)).observe(live, {childList: true});
}"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


@asynccontextmanager
async def browsing(profile: str = "default") -> AsyncGenerator[Page]:
    """The page of a sandbox in a browser. Fails on console errors and on any request that leaves the machine."""
    complaints: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme != "data" and address.hostname not in {"127.0.0.1", "localhost"}:
            complaints.append(f"left the machine: {request.url}")

    async with open_sandbox(SandboxOptions(page_port=0, profile=profile)) as sandbox, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            page = await browser.new_page(viewport={"width": 1400, "height": 900})
            page.on("console", on_console)
            page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
            page.on("request", on_request)
            assert sandbox.page_url is not None
            await page.goto(sandbox.page_url)
            await expect(page.get_by_text("Bot online")).to_be_visible()
            yield page
        finally:
            await browser.close()
    assert not complaints


async def test_four_pictures_by_keyboard():
    async with browsing() as page:
        await page.evaluate(WATCH_WHAT_IS_SPOKEN)
        await page.get_by_role("combobox", name="Message").focus()
        await page.keyboard.type("/ima")
        await expect(page.get_by_role("option", name="/imagine")).to_be_visible()
        await page.keyboard.press("Tab")
        await page.keyboard.type("a red fox in snow")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="+ image_size")).to_be_focused()
        await page.get_by_role("button", name="+ num_images").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.type("4")
        await page.keyboard.press("Enter")

        reply = page.locator(".message:not(.pending)").last
        await expect(reply.get_by_text("used /imagine")).to_be_visible()
        pictures = reply.locator(".gallery img")
        await expect(pictures).to_have_count(4, timeout=PICTURES_S)
        for number in range(4):
            picture = pictures.nth(number)
            assert "fox" in (await picture.get_attribute("alt") or "")
            await expect(picture).to_have_js_property("complete", True)
            assert await picture.evaluate("image => image.naturalWidth") > 0

        spoken = await page.evaluate("window.spoken")
        assert any("In progress" in text for text in spoken[:-1]), spoken
        assert "4 pictures" in spoken[-1], spoken

        badge = reply.get_by_role("button", name="ALT: show the description").first
        await badge.focus()
        await page.keyboard.press("Enter")
        await expect(reply.locator("figcaption").first).to_contain_text("fox")
        await expect(page.get_by_role("combobox", name="Message")).to_be_visible()


async def test_a_spoiler_is_revealed_by_keyboard():
    async with browsing("nsfw_flagged") as page:
        await page.get_by_role("button", name="after-dark").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="#after-dark", level=2)).to_be_visible()
        await page.keyboard.type("/imagine a moth at midnight")
        await page.keyboard.press("Enter")

        cover = page.get_by_role("button", name="Spoiler, press to reveal")
        await expect(cover).to_be_visible(timeout=PICTURES_S)
        await expect(page.get_by_role("img", name="moth")).to_have_count(0)
        await cover.focus()
        await page.keyboard.press("Enter")
        await expect(cover).to_have_count(0)
        await expect(page.get_by_role("img", name="moth")).to_be_visible()


async def test_the_client_checks_before_anything_is_sent():
    async with browsing() as page:
        await page.get_by_role("combobox", name="Message").focus()
        await page.keyboard.type("/imagine a fox num_images:9")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("num_images: enter a number (1 to 4)")
        await expect(page.get_by_role("textbox", name="num_images")).to_be_focused()
        await expect(page.locator(".message")).to_have_count(0)


async def test_a_narrow_window_keeps_everything_within_reach():
    async with browsing() as page:
        await page.set_viewport_size({"width": 400, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 400
        await expect(page.get_by_role("button", name="general")).to_be_hidden()
        await page.get_by_role("button", name="Channels and people").press("Enter")
        await page.get_by_label("You are").select_option(label="Theo (moderator)")
        await page.get_by_role("button", name="mod-room").press("Enter")
        await expect(page.get_by_role("heading", name="#mod-room", level=2)).to_be_visible()
