"""What the page sends: typed options and forms, files among them; by keyboard and by touch."""

from collections.abc import AsyncGenerator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from sandbox.discord.interactions import Interaction
from tests.contract.discord_raw import PNG, Json, command, option
from tests.journeys.booth import Booth, open_booth, too_small
from tests.journeys.browsing import NEEDS_CHROMIUM, Reading

pytestmark = [NEEDS_CHROMIUM, pytest.mark.asyncio(loop_scope="session")]

COMMAND, AUTOCOMPLETE, MODAL_SUBMIT = 2, 4, 5
A_FILE = {"name": "a kite.png", "mimeType": "image/png", "buffer": PNG}


def choices(*values: str, default: str = "") -> list[Json]:
    return [{"label": value, "value": value, "default": value == default} for value in values]


def labelled(label: str, component: Json) -> Json:
    return {"type": 18, "label": label, "component": component}


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
    # The hint of the field takes three lines, that of a chip one: were it to change while the finger is down, the
    # chip would move from under it before it lifts.
    long = {
        **option(required=True),
        "description": "Words that take some lines on a telephone, " + "so many are they " * 3,
    }
    names = ("shape", "count", "steps", "seed", "format")
    short = [{**option(name=name), "description": "Short"} for name in names]
    await phone.register(command(long, *short, name="draw"))
    await phone.command("draw")
    page = phone.page
    for name in reversed(names):
        await page.get_by_label("prompt").focus()
        chip = await page.get_by_role("button", name=f"+ {name}").bounding_box()
        assert chip is not None
        await page.mouse.move(chip["x"] + chip["width"] / 2, chip["y"] + 4)
        await page.mouse.down()
        await page.wait_for_timeout(50)
        await page.mouse.up()
        await expect(page.get_by_label(name, exact=True)).to_be_focused()


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


MARKS = choices("grid", "frame", "date")
FORM: Json = {
    "custom_id": "change",
    "title": "Change and try again",
    "components": [
        labelled("Prompt", {"type": 4, "style": 2, "custom_id": "prompt", "value": "a red fox", "max_length": 4000}),
        labelled("Pictures", {"type": 19, "custom_id": "files", "max_values": 3}),
        labelled("Shape", {"type": 21, "custom_id": "shape", "options": choices("tall", "wide")}),
        labelled("Marks", {"type": 22, "custom_id": "marks", "max_values": 2, "options": MARKS}),
        labelled("Tell me when it is done", {"type": 23, "custom_id": "tell"}),
    ],
}


async def opened(booth: Booth, form: Json) -> Locator:
    """The form, as the person sees it."""
    asked = await booth.stage.slash()
    assert (await asked.answer(9, form)).status == 200
    dialog = booth.page.get_by_role("dialog", name=form["title"])
    await expect(dialog).to_be_visible()
    return dialog


def filled(interaction: Interaction) -> Json:
    """What the bot hears of each field, by custom id."""
    fields = [part["component"] for part in interaction.data["components"] if "component" in part]
    return {each["custom_id"]: each["value"] if "value" in each else each["values"] for each in fields}


async def test_a_form_is_filled_in_by_keyboard(booth: Booth):
    dialog, press = await opened(booth, FORM), booth.page.keyboard.press
    await expect(dialog.get_by_label("Prompt")).to_be_focused()
    await booth.page.keyboard.type("!")
    await press("Tab")
    await expect(dialog.get_by_label("Pictures")).to_be_focused()
    chosen = [A_FILE, {**A_FILE, "name": "b.png"}]
    await dialog.get_by_label("Pictures").set_input_files(chosen)  # pyright: ignore[reportArgumentType]
    await expect(dialog.get_by_role("list", name="Chosen files").get_by_role("listitem")).to_have_count(2)
    await dialog.get_by_role("button", name="Remove b.png").press("Enter")
    await expect(dialog.get_by_label("Pictures")).to_be_focused()
    await dialog.get_by_role("radio", name="tall").focus()
    await press("ArrowDown")
    await expect(dialog.get_by_role("radio", name="wide")).to_be_checked()
    for name in ("grid", "date"):
        await dialog.get_by_role("checkbox", name=name).press("Space")
    await dialog.get_by_role("checkbox", name="Tell me when it is done").press("Space")
    await dialog.get_by_role("button", name="Submit").press("Enter")
    interaction, asked = await booth.asked(MODAL_SUBMIT)
    await expect(dialog).to_have_count(0)
    values = filled(interaction)
    (file,) = interaction.data["resolved"]["attachments"].values()
    assert values == {
        "prompt": "a red fox!", "files": [file["id"]], "shape": "wide", "marks": ["grid", "date"], "tell": True,
    }  # fmt: skip
    assert (file["filename"], file["width"]) == ("a_kite.png", 3)
    await asked.answer(4, {"content": "thanks", "flags": 64})
    await expect(booth.page.get_by_text("thanks", exact=True)).to_be_visible()


async def test_a_form_says_what_is_wrong_and_goes_there(booth: Booth):
    dialog = await opened(booth, FORM)
    submit, alert = dialog.get_by_role("button", name="Submit"), dialog.get_by_role("alert")
    await submit.press("Enter")
    await expect(alert).to_have_text("“Pictures” is required.")
    await expect(dialog.get_by_label("Pictures")).to_be_focused()
    four = [{**A_FILE, "name": f"{n}.png"} for n in range(4)]
    await dialog.get_by_label("Pictures").set_input_files(four)  # pyright: ignore[reportArgumentType]
    await submit.press("Enter")
    await expect(alert).to_have_text("“Pictures”: choose at most 3 files.")
    await dialog.get_by_role("button", name="Remove 0.png").press("Enter")
    await submit.press("Enter")
    await expect(alert).to_have_text("“Shape” is required.")
    await expect(dialog.get_by_role("radio", name="tall")).to_be_focused()
    await dialog.get_by_role("radio", name="tall").press("Space")
    for name in ("grid", "frame", "date"):
        await dialog.get_by_role("checkbox", name=name).press("Space")
    await submit.press("Enter")
    await expect(alert).to_have_text("“Marks”: choose at most 2 options.")
    assert not [each for each in booth.stage.discord.interactions.all() if each.kind == MODAL_SUBMIT]
    await booth.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_a_form_with_selects_by_touch(phone: Booth):
    cast, page = phone.stage.cast, phone.page
    form: Json = {
        "custom_id": "where",
        "title": "Where and who",
        "components": [
            labelled("Where?", {"type": 8, "custom_id": "where", "max_values": 5, "channel_types": [0, 11]}),
            labelled("Who?", {"type": 5, "custom_id": "who"}),
            labelled("Role", {"type": 6, "custom_id": "role", "required": False}),
            labelled("Anyone", {"type": 7, "custom_id": "anyone", "max_values": 25, "required": False}),
            labelled("Style", {"type": 3, "custom_id": "style", "options": choices("oil", "ink", default="ink")}),
        ],
    }
    dialog = await opened(phone, form)
    await expect(dialog.get_by_role("checkbox", name="#weekend plans")).to_have_count(0)
    for name in ("#general", "#poster ideas"):
        await dialog.get_by_role("checkbox", name=name).tap()
    await dialog.get_by_label("Who?").select_option(label="Theo")
    small = await too_small(dialog)
    assert not small, small
    await dialog.get_by_role("button", name="Submit").tap()
    interaction, _ = await phone.asked(MODAL_SUBMIT)
    assert filled(interaction) == {
        "where": [str(cast.general.id), str(cast.thread.id)],
        "who": [str(cast.moderator.id)],
        "role": [],
        "anyone": [],
        "style": ["ink"],
    }
    assert set(interaction.data["resolved"]) == {"channels", "users", "members"}
    await expect(page.get_by_role("dialog")).to_have_count(0)
