"""Messages as the page shows them: taken away, linked to one another, laid out; wide and on a phone."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.contract.discord_raw import button, row
from tests.journeys.booth import Booth, open_booth
from tests.journeys.browsing import NEEDS_CHROMIUM, Reading

pytestmark = [NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def booth(reading: Reading) -> AsyncGenerator[Booth]:
    async with open_booth(reading.browser) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def phone(reading: Reading) -> AsyncGenerator[Booth]:
    async with open_booth(reading.browser, phone=True) as opened:
        yield opened


async def test_a_deleted_message_goes_and_leaves_the_focus(booth: Booth):
    page = booth.page
    first = await booth.says({"content": "The first"})
    second = await booth.says({"content": "The second", "components": [row(button())]})
    await page.get_by_role("button", name="Again").focus()
    path = f"/channels/{booth.stage.cast.general.id}/messages"
    assert (await booth.stage.call("DELETE", f"{path}/{second['id']}")).status == 204
    await expect(page.get_by_text("The second")).to_have_count(0)
    await expect(page.locator("#live")).to_have_text("A message was deleted")
    await expect(page.locator(f'[data-id="{first["id"]}"]').get_by_role("button").first).to_be_focused()


async def test_people_delete_what_they_may(booth: Booth):
    page, cast = booth.page, booth.stage.cast
    await booth.says({"content": "From the bot"})
    await booth.stage.people.say(user_id=cast.member.id, channel_id=cast.general.id, content="From Mira")
    await page.get_by_role("button", name="Menu of this message by imagine-bot").click()
    await expect(page.get_by_role("menu")).to_contain_text("No commands here.")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Menu of this message by Mira").click()
    await page.get_by_role("menuitem", name="Delete Message").click()
    await expect(page.get_by_text("From Mira")).to_have_count(0)
    await page.get_by_label("You are").select_option(label="Theo (moderator)")
    await page.get_by_role("button", name="Menu of this message by imagine-bot").click()
    await page.get_by_role("menuitem", name="Delete Message").click()
    await expect(page.get_by_text("From the bot")).to_have_count(0)
