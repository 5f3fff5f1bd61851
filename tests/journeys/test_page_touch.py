"""The bot on a phone, by touch alone: make pictures, open one, change it with words."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.journeys.browsing import NEEDS_CHROMIUM, PICTURES_MS, Reading, open_page

pytestmark = [NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="session")]
LEAST_PX = 44


@pytest_asyncio.fixture(loop_scope="session")
async def phone(reading: Reading) -> AsyncGenerator[Page]:
    async with open_page(reading, phone=True) as page:
        yield page


async def tap(button: Locator) -> None:
    """Tap what is large enough for a finger."""
    await button.scroll_into_view_if_needed()
    box = await button.bounding_box()
    assert box is not None
    assert box["height"] >= LEAST_PX
    await button.tap()


async def test_made_opened_and_edited_by_touch(phone: Page):
    await phone.get_by_role("combobox", name="Message").tap()
    await phone.keyboard.type("/imagine ")
    await phone.keyboard.type("a red fox in snow")
    await tap(phone.get_by_role("button", name="+ num_images"))
    await phone.keyboard.type("4")
    await tap(phone.get_by_role("button", name="Send"))
    card = phone.locator(".message:not(.pending)").last
    await expect(card.locator(".gallery img")).to_have_count(4, timeout=PICTURES_MS)
    await tap(card.get_by_role("button", name="3", exact=True))

    bench = phone.locator(".message").filter(has_text="Picture 3").last
    await expect(bench.locator(".gallery img")).to_have_count(1, timeout=PICTURES_MS)
    await tap(bench.get_by_role("button", name="Edit with words…"))
    form = phone.get_by_role("dialog")
    await form.get_by_role("textbox").tap()
    await phone.keyboard.type("make it night")
    await tap(form.get_by_role("button", name="Submit"))

    edited = phone.locator(".message:not(.pending)").filter(has_text="make it night").last
    await expect(edited.locator(".gallery img")).to_have_count(1, timeout=PICTURES_MS)
    assert "make it night" in (await edited.locator(".gallery img").get_attribute("alt") or "")
    assert await phone.evaluate("document.documentElement.scrollWidth") <= 390
