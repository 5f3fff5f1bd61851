"""The whole way in a browser: the page, the stand-ins, the real bot; everything by keyboard."""

import pytest
from playwright.async_api import Page, expect

from sandbox.runflow.switches import PROFILES
from tests.journeys.browsing import NEEDS_CHROMIUM, PICTURES_MS, Reading

pytestmark = [NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="session")]

# Progress is over within a second: the page's live region is read as a screen reader would, without missing a word.
WATCH_WHAT_IS_SPOKEN = """() => {
    window.spoken = [];
    const live = document.getElementById("live");
    new MutationObserver(() => window.spoken.push(live.textContent)).observe(live, {childList: true});
}"""


async def test_four_pictures_by_keyboard(page: Page):
    await page.evaluate(WATCH_WHAT_IS_SPOKEN)
    await page.get_by_role("combobox", name="Message").focus()
    await page.keyboard.type("/ima")
    await expect(page.get_by_role("option", name="/imagine")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.type("a red fox in snow")
    await page.keyboard.press("Tab")  # the button that takes the option away
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="+ image_size")).to_be_focused()
    await page.get_by_role("button", name="+ num_images").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.type("4")
    await page.keyboard.press("Enter")

    reply = page.locator(".message:not(.pending)").last
    await expect(reply.get_by_text("used /imagine")).to_be_visible()
    pictures = reply.locator(".gallery img")
    await expect(pictures).to_have_count(4, timeout=PICTURES_MS)
    for number in range(4):
        picture = pictures.nth(number)
        assert "fox" in (await picture.get_attribute("alt") or "")
        await expect(picture).to_have_js_property("complete", True)
        assert await picture.evaluate("image => image.naturalWidth") > 0

    spoken = await page.evaluate("window.spoken")
    assert any("Starting" in text or "Drawing" in text for text in spoken[:-1]), spoken
    assert "4 pictures" in spoken[-1], spoken

    badge = reply.get_by_role("button", name="ALT: show the description").first
    await badge.focus()
    await page.keyboard.press("Enter")
    await expect(reply.locator("figcaption").first).to_contain_text("fox")
    await expect(page.get_by_role("combobox", name="Message")).to_be_visible()


async def test_a_spoiler_is_revealed_by_keyboard(page: Page, reading: Reading):
    reading.sandbox.runflow.switches = PROFILES["nsfw_flagged"]
    await page.get_by_role("button", name="after-dark").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="#after-dark", level=2)).to_be_visible()
    await page.keyboard.type("/imagine a moth at midnight")
    await page.keyboard.press("Enter")

    cover = page.get_by_role("button", name="Spoiler, press to reveal")
    await expect(cover).to_be_visible(timeout=PICTURES_MS)
    await expect(page.get_by_role("img", name="moth")).to_have_count(0)
    await cover.focus()
    await page.keyboard.press("Enter")
    await expect(cover).to_have_count(0)
    await expect(page.get_by_role("img", name="moth")).to_be_visible()


async def test_the_client_checks_before_anything_is_sent(page: Page):
    await page.get_by_role("combobox", name="Message").focus()
    await page.keyboard.type("/imagine a fox num_images:9")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("num_images: enter a number (1 to 4)")
    await expect(page.get_by_role("textbox", name="num_images")).to_be_focused()
    await expect(page.locator(".message")).to_have_count(0)


async def test_a_narrow_window_keeps_everything_within_reach(page: Page):
    await page.set_viewport_size({"width": 400, "height": 800})
    assert await page.evaluate("document.documentElement.scrollWidth") <= 400
    await expect(page.get_by_role("button", name="general")).to_be_hidden()
    await page.get_by_role("button", name="Channels and people").press("Enter")
    await page.get_by_label("You are").select_option(label="Theo (moderator)")
    await page.get_by_role("button", name="mod-room").press("Enter")
    await expect(page.get_by_role("heading", name="#mod-room", level=2)).to_be_visible()
