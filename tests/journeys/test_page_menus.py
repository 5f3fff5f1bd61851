"""Menus of messages and people in a browser, by keyboard; member and moderator in the same page."""

import pytest
from playwright.async_api import Page, expect

from tests.journeys.browsing import NEEDS_CHROMIUM, PICTURES_MS

pytestmark = [NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="session")]


async def become(page: Page, who: str) -> None:
    """Look at the server as somebody else."""
    await page.get_by_label("You are").select_option(label=who)
    await expect(page.get_by_label("You are")).to_have_value(
        await page.get_by_role("option", name=who).get_attribute("value") or ""
    )
    await expect(page.get_by_text("Bot online")).to_be_visible()


async def reads(page: Page, words: str) -> None:
    """Come back when a message says this."""
    await expect(page.locator(".message").get_by_text(words)).to_be_visible()


async def use(page: Page, command: str) -> None:
    """Type a command and send it."""
    await page.get_by_role("combobox", name="Message").focus()
    await page.keyboard.type(command)
    await page.keyboard.press("Enter")


async def picked(page: Page, menu: str, item: str) -> None:
    """Choose from a menu by keyboard."""
    button = page.get_by_role("button", name=menu).last
    await button.focus()
    await page.keyboard.press("Enter")
    shown = page.get_by_role("menu", name=menu)
    await expect(shown.get_by_role("menuitem").first).to_be_focused()
    await shown.get_by_role("menuitem", name=item).press("Enter")
    await expect(shown).to_have_count(0)


async def test_a_report_by_a_member_and_a_stop_by_a_moderator(page: Page):
    await use(page, "/imagine a red fox")
    await expect(page.locator(".message .gallery img")).to_have_count(1, timeout=PICTURES_MS)
    card = "Menu of this message by imagine-bot"
    # A member is offered what a member may use; the arrow keys go round, Escape gives the focus back.
    await page.get_by_role("button", name=card).press("Enter")
    await expect(page.get_by_role("menuitem")).to_have_text(["Edit picture", "Report picture", "Remove picture"])
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_role("menuitem", name="Remove picture")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitem", name="Edit picture")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("menu")).to_have_count(0)
    await expect(page.get_by_role("button", name=card)).to_be_focused()

    await picked(page, card, "Report picture")
    form = page.get_by_role("dialog", name="Report this picture")
    await form.get_by_label("What is wrong with it?").fill("this is me")
    await form.get_by_role("button", name="Submit").press("Enter")
    await reads(page, "This server has no moderation channel yet")

    await become(page, "Theo (moderator)")
    await picked(page, card, "Stop this person")
    form = page.get_by_role("dialog", name="Stop this person")
    await form.get_by_label("Reason").fill("please rest")
    await form.get_by_role("button", name="Submit").press("Enter")
    await reads(page, "was stopped")

    await become(page, "Mira (member)")
    await use(page, "/imagine a blue fox")
    await reads(page, "The moderators of this server have stopped you.")


async def test_the_menu_of_a_person(page: Page):
    await use(page, "/imagine a red fox")
    await expect(page.locator(".message .gallery img")).to_have_count(1, timeout=PICTURES_MS)
    await page.get_by_role("button", name="Menu of Mira").press("Enter")
    await expect(page.get_by_role("menu")).to_contain_text("No commands here.")
    await page.keyboard.press("Escape")
    await become(page, "Theo (moderator)")
    await picked(page, "Menu of Mira", "Stop this person")
    form = page.get_by_role("dialog", name="Stop this person")
    await form.get_by_label("Reason").fill("please rest")
    await form.get_by_role("button", name="Submit").press("Enter")
    await reads(page, "was stopped")


async def test_moderators_decide_in_their_room(page: Page):
    await become(page, "Ada (admin)")
    await use(page, "/review channel")
    await page.get_by_role("button", name="+ channel").press("Enter")
    await page.get_by_label("channel", exact=True).select_option(label="#mod-room")
    await page.get_by_role("button", name="Send").press("Enter")
    await reads(page, "Moderators are asked in")
    await become(page, "Mira (member)")
    await use(page, "/imagine a red fox")
    await expect(page.locator(".message .gallery img")).to_have_count(1, timeout=PICTURES_MS)
    await picked(page, "Menu of this message by imagine-bot", "Report picture")
    await page.get_by_role("dialog").get_by_role("button", name="Submit").press("Enter")
    await reads(page, "Thank you. ")

    await become(page, "Theo (moderator)")
    await page.get_by_role("button", name="mod-room").press("Enter")
    await page.get_by_role("button", name="Keep").press("Enter", timeout=PICTURES_MS)
    await reads(page, "Kept by")
