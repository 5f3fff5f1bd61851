"""Messages as the page shows them: taken away, linked to one another, laid out; wide and on a phone."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.contract.discord_raw import PNG, Json, button, card, command, gallery, row, text
from tests.journeys.booth import WIDE, Booth, open_booth, too_small
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


def result_card(names: list[str]) -> Json:
    """A card as the bot shows its results: four pictures, eight buttons in two rows."""
    pictures = gallery(*[f"attachment://{name}" for name in names])
    first = [button(str(number), label=str(number)) for number in range(1, 5)]
    second = [button(label, label=label) for label in ("Change…", "♡ 2", "Details")]
    inside = [text("**a red fox**"), pictures, row(*first, button("again", emoji={"name": "↻"})), row(*second)]
    listed = [{"id": str(number)} for number in range(len(names))]
    return card({"type": 17, "components": inside}, attachments=listed)


async def rows_of(page: Page) -> list[int]:
    """How many buttons stand beside one another in each line of the last card."""
    tops = (
        await page.locator(".card")
        .last.locator(".row button")
        .evaluate_all("nodes => nodes.map(node => Math.round(node.getBoundingClientRect().top))")
    )
    return [tops.count(top) for top in sorted(set(tops))]


async def test_eight_buttons_stand_in_two_rows(phone: Booth):
    names = [f"{number}.png" for number in range(4)]
    await phone.says(result_card(names), files=dict.fromkeys(names, PNG))
    page = phone.page
    await expect(page.get_by_role("button", name="Details")).to_be_visible()
    assert await rows_of(page) == [5, 3]
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    small = await too_small(page.locator("#shell"))
    assert not small, small
    await phone.resize(WIDE)
    assert await rows_of(page) == [5, 3]


async def boxes(page: Page) -> list[dict[str, float]]:
    return (
        await page.locator(".gallery")
        .last.locator(".picture")
        .evaluate_all(
            "nodes => nodes.map(node => { const box = node.getBoundingClientRect();"
            " return {x: box.x, y: box.y, right: box.right, bottom: box.bottom}; })"
        )
    )


async def test_three_pictures_leave_no_hole(booth: Booth):
    names = ["a.png", "b.png", "c.png"]
    listed = [{"id": str(number)} for number in range(3)]
    await booth.says(
        card(gallery(*[f"attachment://{name}" for name in names]), attachments=listed), files=dict.fromkeys(names, PNG)
    )
    await expect(booth.page.locator(".picture")).to_have_count(3)
    large, upper, lower = await boxes(booth.page)
    assert upper["x"] == lower["x"] > large["right"]
    assert abs(upper["y"] - large["y"]) < 1
    assert abs(lower["bottom"] - large["bottom"]) < 4


async def test_links_between_messages_stay_in_the_page(booth: Booth):
    page, general, thread = booth.page, booth.stage.cast.general, booth.stage.cast.thread
    first = await booth.says({"content": "The card"})
    for number in range(30):
        await booth.stage.people.say(user_id=booth.stage.cast.other.id, channel_id=general.id, content=f"talk {number}")
    url = f"https://discord.com/channels/1/{general.id}/{first['id']}"
    open_card = {"type": 2, "style": 5, "label": "Open card", "url": url}
    data = {"content": f"See {url} in <#{general.id}>", "components": [row(open_card)]}
    await booth.stage.call("POST", f"/channels/{thread.id}/messages", data)
    reply = {"content": "Approved", "message_reference": {"message_id": first["id"]}}
    await booth.stage.call("POST", f"/channels/{general.id}/messages", reply)
    card_row = page.locator(f'[data-id="{first["id"]}"]')
    await page.get_by_role("link", name="The card").click()
    await expect(card_row).to_be_focused()
    for link in (page.get_by_role("link", name="Open card"), page.get_by_role("link", name="#general, a message")):
        await page.get_by_role("button", name="poster ideas").click()
        await link.click()
        await expect(page.get_by_role("heading", name="#general", exact=True)).to_be_visible()
        await expect(card_row).to_be_focused()
        await expect(card_row).to_be_in_viewport()
    await booth.stage.call("DELETE", f"/channels/{general.id}/messages/{first['id']}")
    await page.get_by_role("button", name="poster ideas").click()
    await page.get_by_role("link", name="Open card").click()
    await expect(page.get_by_role("alert").first).to_have_text("That message is no longer here.")
    assert len(page.context.pages) == 1


async def test_words_are_shown_as_discord_shows_them(booth: Booth):
    await booth.register(command(name="help"))
    await booth.says({"content": "Hello \\@everyone and @here; `\\@code`; </help:1>"})
    message = booth.page.locator(".message").last
    await expect(message).to_contain_text("Hello @everyone and @here; \\@code; /help")
    await message.get_by_role("button", name="/help").click()
    await expect(booth.page.locator(".command-name")).to_have_text("/help")


async def test_the_banner_goes_and_stays_away(booth: Booth):
    banner = booth.page.get_by_role("complementary", name="About this sandbox")
    await banner.get_by_role("button", name="Hide this line").press("Enter")
    await expect(banner).to_be_hidden()
    await booth.page.reload()
    await expect(booth.page.get_by_role("heading", name="#general", exact=True)).to_be_visible()
    await expect(banner).to_be_hidden()


async def test_little_height_is_left_to_the_messages(booth: Booth):
    await booth.resize((350, 225))
    height = await booth.page.locator("#timeline").evaluate("node => node.getBoundingClientRect().height")
    assert height > 225 * 0.45


async def test_a_picture_of_ones_own_has_the_menu_of_apps(booth: Booth):
    await booth.register(command(name="Edit this", type=3, description=""))
    page = booth.page
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="Post a file").press("Enter")
    chooser = await choosing.value
    await chooser.set_files({"name": "mine.png", "mimeType": "image/png", "buffer": PNG})
    await page.get_by_role("button", name="Menu of this message by Mira").click()
    await page.get_by_role("menuitem", name="Edit this").click()
    interaction, _ = await booth.asked(2)
    (message,) = interaction.data["resolved"]["messages"].values()
    assert [(each["filename"], each["width"]) for each in message["attachments"]] == [("mine.png", 3)]


async def test_arrows_go_from_message_to_message(booth: Booth):
    page = booth.page
    ids = [(await booth.says({"content": f"Number {number}"}))["id"] for number in range(3)]
    await expect(page.locator(".message")).to_have_count(3)
    await page.get_by_role("list", name="Messages").focus()
    for key, place in (("ArrowUp", 2), ("ArrowUp", 1), ("ArrowDown", 2), ("ArrowDown", 2), ("Home", 0), ("End", 2)):
        await page.keyboard.press(key)
        await expect(page.locator(f'[data-id="{ids[place]}"]')).to_be_focused()
    await page.keyboard.press("Tab")
    inside = page.locator(f'[data-id="{ids[2]}"]').get_by_role("button")
    await expect(inside.first).to_be_focused()
