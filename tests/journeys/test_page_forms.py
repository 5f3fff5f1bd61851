"""What the page sends: typed options and forms, files among them; by keyboard and by touch."""

from collections.abc import AsyncGenerator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.contract.discord_raw import PNG, command, option
from tests.journeys.booth import Booth, open_booth
from tests.journeys.browsing import NEEDS_CHROMIUM, Reading

pytestmark = [NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="session")]

COMMAND, AUTOCOMPLETE, MODAL_SUBMIT = 2, 4, 5
A_FILE = {"name": "a kite.png", "mimeType": "image/png", "buffer": PNG}


@pytest_asyncio.fixture(loop_scope="session")
async def booth(reading: Reading) -> AsyncGenerator[Booth]:
    async with open_booth(reading.browser) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def phone(reading: Reading) -> AsyncGenerator[Booth]:
    async with open_booth(reading.browser, phone=True) as opened:
        yield opened


async def test_a_file_goes_with_a_command(booth: Booth):
    await booth.register(command(option(11, "image", required=True), option(name="words"), name="edit"))
    page = booth.page
    await booth.command("edit")
    await expect(page.get_by_label("image")).to_be_focused()
    await page.get_by_role("button", name="Send").press("Enter")
    await expect(page.get_by_role("alert").first).to_contain_text("image: this option is required")
    await page.get_by_label("image").set_input_files(A_FILE)  # pyright: ignore[reportArgumentType]
    await page.get_by_role("button", name="Send").press("Enter")
    interaction, _ = await booth.asked(COMMAND)
    (file,) = interaction.data["resolved"]["attachments"].values()
    assert (file["filename"], file["content_type"], file["width"]) == ("a_kite.png", "image/png", 3)
    async with aiohttp.request("GET", file["url"]) as answer:
        assert await answer.read() == PNG


async def test_a_file_that_is_too_large_is_not_sent(booth: Booth):
    await booth.register(command(option(11, "image", required=True), name="edit"))
    await booth.command("edit")
    large = {**A_FILE, "buffer": bytes(10 * 1024 * 1024 + 1)}
    await booth.page.get_by_label("image").set_input_files(large)  # pyright: ignore[reportArgumentType]
    await booth.page.get_by_role("button", name="Send").press("Enter")
    await expect(booth.page.get_by_role("alert").first).to_contain_text("The limit is 10 MB")
    assert not booth.stage.discord.interactions.all()


async def test_a_suggestion_shows_its_name_and_sends_its_value(booth: Booth):
    await booth.register(command(option(name="style", required=True, autocomplete=True), name="draw"))
    page = booth.page
    await booth.command("draw")
    await page.keyboard.type("oi")
    _, asked = await booth.asked(AUTOCOMPLETE)
    await asked.answer(8, {"choices": [{"name": "Oil on canvas", "value": "style-7"}]})
    await expect(page.get_by_role("option", name="Oil on canvas")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("style")).to_have_value("Oil on canvas")
    await page.get_by_role("button", name="Send").press("Enter")
    interaction, _ = await booth.asked(COMMAND)
    assert interaction.data["options"][0]["value"] == "style-7"


async def test_sending_right_after_a_keystroke(booth: Booth):
    await booth.register(command(option(name="style", required=True, autocomplete=True), name="draw"))
    await booth.command("draw")
    await booth.page.keyboard.type("oil")
    await booth.page.get_by_role("button", name="Send").press("Enter")
    interaction, _ = await booth.asked(COMMAND)
    assert interaction.data["options"][0]["value"] == "oil"
    await booth.page.wait_for_timeout(300)  # longer than the field waits before it asks
    kinds = [each.kind for each in booth.stage.discord.interactions.all()]
    assert kinds[kinds.index(COMMAND) :] == [COMMAND], "nothing is asked about a command that was sent"


async def test_every_option_can_be_tapped(phone: Booth):
    long = "Words that take two lines on a telephone, so that the hint grows while the finger is down"
    options = [{**option(name=name), "description": long} for name in ("shape", "count", "steps", "seed", "format")]
    await phone.register(command({**option(required=True), "description": "Short"}, *options, name="draw"))
    await phone.command("draw")
    for name in ("format", "seed", "steps", "count", "shape"):
        await phone.page.get_by_role("button", name=f"+ {name}").tap()
        await expect(phone.page.get_by_label(name, exact=True)).to_be_focused()


async def test_commands_are_offered_where_they_can_be_used(booth: Booth):
    await booth.register(
        command(name="everywhere"),
        command(name="admins", default_member_permissions=str(1 << 5)),
        command(name="nobody", default_member_permissions="0"),
        command(name="grown", nsfw=True),
        command(name="server", contexts=[0]),
    )
    page = booth.page

    async def offered() -> set[str]:
        await page.get_by_role("combobox", name="Message").fill("/")
        await expect(page.get_by_role("option", name="/everywhere")).to_be_visible()
        names = await page.locator(".picker-name").all_text_contents()
        return {name.removeprefix("/") for name in names}

    assert await offered() == {"everywhere", "server"}
    await page.get_by_role("button", name="after-dark").click()
    assert await offered() == {"everywhere", "server", "grown"}
    await page.get_by_role("button", name="imagine-bot", exact=True).click()
    assert await offered() == {"everywhere", "grown", "admins", "nobody"}, "in private there are no permissions"
    await page.get_by_label("You are").select_option(label="Ada (admin)")
    await page.get_by_role("button", name="general").click()
    assert await offered() == {"everywhere", "server", "admins"}
