"""When pictures are missing, broken or too large: what can be shown is shown, the rest is said, the bill is paid."""

from dataclasses import replace

import pytest

from sandbox.discord.switches import DiscordSwitches
from tests.journeys.helpers import AT_ONCE, FAST, Answer, Entry, Ledger, Stage, shape

pytestmark = pytest.mark.asyncio(loop_scope="session")

KIB = 1024


async def assert_paid(stage: Stage, answer: Answer, *ending: str | None) -> Ledger:
    """The books name what Runflow billed, and what came of nothing is given back, as the card says."""
    books = await stage.closed_books(answer.id)
    billed = stage.billed(answer)
    assert books.ending == (*ending, "shown")
    settled, *given_back = books.entries[1:]
    assert settled == Entry("settle", billed)
    assert given_back == ([] if answer.attachments else [Entry("refund", billed)])
    assert ("does not count towards your limit" in answer.text) is not bool(answer.attachments)
    assert "¢" not in answer.text
    return books


@pytest.mark.parametrize(("profile", "state"), [("fewer_pictures", "succeeded"), ("partial", "partial")])
async def test_fewer_pictures_than_asked(stage: Stage, profile: str, state: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="square", num_images=3)
    await assert_paid(stage, answer, state, None)
    assert answer.shows(2)
    assert [item["description"][:14] for item in answer.gallery] == ["Picture 1 of 3", "Picture 2 of 3"]


@pytest.mark.parametrize(("profile", "reason"), [("no_pictures", "no_pictures"), ("nsfw_empty", "content")])
async def test_no_pictures_at_all(stage: Stage, profile: str, reason: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="square")
    await assert_paid(stage, answer, "succeeded", reason)
    assert answer.shows(0)


@pytest.mark.parametrize("profile", ["gone_urls", "truncated", "not_a_picture"])
async def test_pictures_that_cannot_be_had_or_read(stage: Stage, profile: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="square")
    await assert_paid(stage, answer, "succeeded", "pictures_unreadable")
    assert answer.shows(0)


@pytest.mark.parametrize("profile", ["huge_picture", "picture_bomb"])
async def test_pictures_that_are_too_large_to_be_taken(stage: Stage, profile: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="square")
    await assert_paid(stage, answer, "succeeded", "upload_refused")
    assert answer.shows(0)


async def test_expired_addresses_are_renewed(stage: Stage):
    stage.play("expired_once", running_s=0.2)
    answer = await stage.imagine(image_size="square", num_images=2)
    await assert_paid(stage, answer, "succeeded", None)
    assert answer.shows(2)
    assert stage.fetches == 4


async def test_expired_addresses_are_renewed_once(stage: Stage):
    stage.play("expired_urls", running_s=0.2)
    answer = await stage.imagine(image_size="square", num_images=2)
    await assert_paid(stage, answer, "succeeded", "pictures_unreadable")
    assert answer.shows(0)
    assert stage.fetches == 4


async def test_no_signed_address_is_shown_or_logged(stage: Stage):
    stage.play("gone_urls")
    await stage.imagine(image_size="square")
    stage.play("fast")
    answer = await stage.imagine(image_size="square")
    told = "\n".join((*stage.log, *answer.forms, str(answer.message)))
    assert "X-Amz" not in told
    assert stage.runflow.url not in told


@pytest.mark.parametrize(
    ("profile", "delivered", "name"), [("wrong_format", "webp", "WebP"), ("jpeg_only", "jpeg", "JPEG")]
)
async def test_another_format_than_asked_is_named_as_what_it_is(stage: Stage, profile: str, delivered: str, name: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="square", output_format="png")
    await assert_paid(stage, answer, "succeeded", None)
    assert f"· {name} ·" in answer.text
    assert answer.attachments[0]["content_type"] == f"image/{delivered}"
    [file] = await stage.files(answer)
    assert shape(file)[0] == delivered.upper()


@pytest.mark.parametrize("profile", ["no_cost", "absent_cost"])
async def test_a_cost_that_is_not_named_is_estimated_and_said_to_be(stage: Stage, profile: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="landscape_4_3", num_images=2)
    usage = await stage.use("usage")
    assert "· about 0.79 ¢ ·" in await stage.turned(
        usage, "usage_part:runs"
    )  # 2 x 1024 x 768 pixels at $0.005 a megapixel, rounded up
    books = await stage.closed_books(answer.id)
    assert books.entries[1:] == (Entry("settle", 7865, estimated=True),)


@pytest.mark.parametrize("profile", ["rounded_cost", "rounded_cost_mebi"])
async def test_a_cost_of_whole_megapixels_is_booked_as_named(stage: Stage, profile: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="square_hd")
    books = await assert_paid(stage, answer, "succeeded", None)
    assert books.entries[1].amount == {"rounded_cost": 10_000, "rounded_cost_mebi": 5_000}[profile]
    assert books.entries[1].amount <= books.entries[0].amount


async def test_pictures_over_the_limit_are_fitted_without_loss_and_said_to_be(stage: Stage):
    stage.runflow.switches = replace(FAST, pictures="scenes")  # what takes bytes
    stage.discord.switches = DiscordSwitches(attachment_limit_bytes=220 * KIB)
    answer = await stage.imagine("a red fox in snow", seed=1, num_images=2)
    await assert_paid(stage, answer, "succeeded", None)
    assert answer.shows(2)
    for file in await stage.files(answer):
        assert len(file) <= 220 * KIB
        assert shape(file) == ("WEBP", (1024, 768))


async def test_an_upload_refused_under_the_stated_limit_is_fitted_until_it_is_taken(stage: Stage):
    stage.runflow.switches = replace(AT_ONCE, pictures="scenes")
    stage.discord.switches = DiscordSwitches(upload_refused_over_bytes=100 * KIB)
    answer = await stage.imagine("a red fox in snow", seed=1)
    await assert_paid(stage, answer, "succeeded", None)
    assert answer.shows(1)
    [file] = await stage.files(answer)
    assert len(file) <= 100 * KIB
    sent = [call.files[0].size_bytes for call in stage.calls if call.files]
    assert sent == sorted(sent, reverse=True)
    assert len(set(sent)) == len(sent) > 1


async def test_an_upload_that_is_refused_whatever_is_tried(stage: Stage):
    stage.runflow.switches = replace(AT_ONCE, pictures="scenes")
    # Four refusals and the last words are as many edits as a webhook takes: the next would have to wait for 5 s.
    stage.discord.switches = DiscordSwitches(upload_refused_over_bytes=10, webhook_limit=None)
    answer = await stage.imagine("a red fox in snow", image_size="square", seed=1)
    await assert_paid(stage, answer, "succeeded", "upload_refused")
    assert answer.shows(0)


async def test_storage_that_stops_half_way_is_waited_for(stage: Stage):
    stage.play("slow_storage", storage_delay_s=0.3)
    answer = await stage.imagine(image_size="square", num_images=4)
    await assert_paid(stage, answer, "succeeded", None)
    assert answer.shows(4)
