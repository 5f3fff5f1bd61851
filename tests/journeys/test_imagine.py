"""The journeys people want: from /imagine to pictures, for each option and each place."""

import asyncio
import json
from typing import cast

import pytest

from sandbox.runflow.schema import PRESETS
from tests.journeys.helpers import Answer, Entry, Payload, Stage, shape

pytestmark = pytest.mark.asyncio(loop_scope="session")

MODEL = "black-forest-labs/flux-2-klein-4b"
DISCORD_WAITS_MS = 3000


async def assert_shown_and_paid(stage: Stage, answer: Answer, count: int = 1) -> list[bytes]:
    """Pictures stand in the reply, the books and Runflow's bill name the same amount. Gives the files."""
    files = await stage.files(answer)
    assert answer.shows(count)
    assert len(files) == count
    assert "¢" not in answer.text
    books = await stage.closed_books(answer.id)
    assert books.ending == ("succeeded", None, "shown")
    assert [entry.kind for entry in books.entries] == ["reserve", "settle"]
    assert books.entries[1] == Entry("settle", stage.billed(answer))
    assert books.entries[0].amount >= books.entries[1].amount
    return files


async def test_one_message_from_the_first_second_to_the_pictures(stage: Stage):
    stage.play("default", queued_s=0.3, dispatching_s=0.3, running_s=0.6)
    answer = await stage.imagine("a red fox in snow", num_images=4)

    first, *between, last = answer.forms
    assert len({first, *between}) >= 3  # sent, waiting, being drawn
    assert all(form.startswith("a red fox in snow\n") for form in answer.forms)
    assert "1024 × 768 · PNG · took " in last  # noqa: RUF001
    await assert_shown_and_paid(stage, answer, count=4)


async def test_a_press_is_acknowledged_with_its_card_and_becomes_one_create(stage: Stage):
    answer = await stage.imagine("a red fox in snow", image_size="square")

    acknowledgement = next(call for call in stage.calls if call.route.endswith("/callback"))
    assert cast("Payload", acknowledgement.payload)["type"] == 4
    assert answer.ack_ms is not None
    assert answer.ack_ms < DISCORD_WAITS_MS

    row = (await stage.closed_books(answer.id)).row
    assert row is not None
    [create] = stage.creates
    assert create == {
        "input": {
            "prompt": "a red fox in snow",
            "image_size": "square",
            "num_images": 1,
            "num_inference_steps": 4,
            "output_format": "png",
            "enable_safety_checker": True,
        },
        "metadata": {"job": row["id"]},
        "client_ref": row["id"],
    }
    run = stage.run_of(answer)
    assert (run.id, run.model) == (row["runflow_id"], MODEL)


@pytest.mark.parametrize("image_size", PRESETS)
async def test_each_size_has_its_pixels(stage: Stage, image_size: str):
    answer = await stage.imagine("a lighthouse at dusk", image_size=image_size)
    [file] = await assert_shown_and_paid(stage, answer)
    width_px, height_px = shape(file)[1]
    assert (width_px, height_px) == PRESETS[image_size]
    assert f"{width_px} × {height_px}" in answer.text  # noqa: RUF001
    assert (answer.attachments[0]["width"], answer.attachments[0]["height"]) == (width_px, height_px)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
async def test_each_count_has_its_pictures_and_each_picture_its_description(stage: Stage, count: int):
    answer = await stage.imagine("a quiet harbour", image_size="square", num_images=count)
    files = await assert_shown_and_paid(stage, answer, count)
    assert len(set(files)) == count
    which = [f"Picture {n} of {count}: " for n in range(1, count + 1)] if count > 1 else ["Picture: "]
    wanted = [f"{words}a quiet harbour" for words in which]
    assert [item["description"] for item in answer.gallery] == wanted
    assert [attachment["description"] for attachment in answer.attachments] == wanted
    assert not any(item["spoiler"] for item in answer.gallery)


@pytest.mark.parametrize(("steps", "words"), [(1, "1 step"), (50, "50 steps")])
async def test_steps_reach_runflow_and_the_row(stage: Stage, steps: int, words: str):
    answer = await stage.imagine(image_size="square", num_inference_steps=steps)
    await assert_shown_and_paid(stage, answer)
    assert stage.creates[0]["input"]["num_inference_steps"] == steps
    row = stage.books(answer.id).row
    assert row is not None
    assert json.loads(row["request"])["facts"] == [words]


@pytest.mark.parametrize("seed", [0, 4294967295])
async def test_the_same_seed_gives_the_same_picture(stage: Stage, seed: int):
    first = await stage.imagine("a paper boat", image_size="square", seed=seed)
    again = await stage.imagine("a paper boat", image_size="square", seed=seed)
    other = await stage.imagine("a paper boat", image_size="square", seed=7)
    assert await stage.files(first) == await stage.files(again) != await stage.files(other)
    assert stage.seed_of(first) == seed


async def test_the_seed_kept_is_the_one_runflow_reports(stage: Stage):
    first = await stage.imagine("a paper boat", image_size="square")
    seed = stage.run_of(first).seed
    assert "seed" not in stage.creates[0]["input"]
    assert stage.seed_of(first) == seed
    again = await stage.imagine("a paper boat", image_size="square", seed=seed)
    assert await stage.files(first) == await stage.files(again)


@pytest.mark.parametrize(("output_format", "name"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WebP")])
async def test_each_format_is_what_its_name_says(stage: Stage, output_format: str, name: str):
    answer = await stage.imagine(image_size="square", output_format=output_format)
    [file] = await assert_shown_and_paid(stage, answer)
    assert shape(file)[0] == output_format.upper()
    assert f"· {name} ·" in answer.text
    assert answer.attachments[0]["content_type"] == f"image/{output_format}"
    assert answer.attachments[0]["filename"].endswith({"jpeg": ".jpg"}.get(output_format, f".{output_format}"))


@pytest.mark.parametrize(
    "prompt",
    [
        "**bold** __under__ ~~gone~~ ||hidden|| `code` [words](https://example.com) <#1>",
        "@everyone and @here, <@123456789012345678> and <@&123456789012345678>!",
        "a fox 🦊 with <:custom:123456789012345678> and :smile: in a 👩‍👩‍👧 garden",
        "# no heading",
        "> no quote, \\*no\\* italics, <t:0:R>",
        "первый снег, 初雪, شتاء",
    ],
    ids=["markdown", "mentions", "emoji", "heading", "quote", "scripts"],
)
async def test_a_prompt_is_shown_as_it_was_typed(stage: Stage, prompt: str):
    answer = await stage.imagine(prompt, image_size="square")
    await assert_shown_and_paid(stage, answer)
    assert stage.creates[0]["input"]["prompt"] == prompt
    # `flatten` takes away marks and backslashes as Discord does: what is left is what stands there to be read.
    assert all(prompt in form.splitlines() for form in answer.forms)
    assert prompt in answer.gallery[0]["description"]
    assert answer.message is not None
    assert not answer.message["mentions"]
    assert not answer.message["mention_roles"]
    assert not answer.message["mention_everyone"]


async def test_the_longest_prompt_is_sent_whole_and_described_cut(stage: Stage):
    prompt = ("a very long walk through the snow, " * 120)[:4000].strip()
    answer = await stage.imagine(prompt, image_size="square")
    await assert_shown_and_paid(stage, answer)
    assert stage.creates[0]["input"]["prompt"] == prompt
    title = answer.text.splitlines()[0]
    assert title.endswith("…")
    assert prompt.startswith(title[:-1])
    description = answer.gallery[0]["description"]
    assert len(description) <= 1024
    assert description.endswith("…")


@pytest.mark.parametrize("place", ["general", "thread", "direct message", "elsewhere"])
async def test_every_place_has_its_pictures(stage: Stage, place: str):
    cast = stage.cast
    channel = {
        "general": cast.general,
        "thread": cast.thread,
        "direct message": cast.dm_of(cast.member.id),
        "elsewhere": cast.elsewhere,
    }[place]
    answer = await stage.imagine(image_size="square", channel=channel)
    await assert_shown_and_paid(stage, answer)
    row = (await stage.closed_books(answer.id)).row
    assert row is not None
    assert row["channel_id"] == channel.id
    assert row["parent_channel_id"] == channel.parent_id
    assert row["policy"] == "block"


async def test_twenty_presses_at_once_all_end_in_pictures(stage: Stage):
    cast = stage.cast
    people = (cast.member, cast.moderator, cast.admin, cast.other)
    stage.play("default", running_s=0.2)
    answers = await asyncio.gather(
        *(
            stage.imagine(f"lantern number {n}", person=people[n % 4], image_size="square", output_format="jpeg")
            for n in range(20)
        )
    )
    for n, answer in enumerate(answers):
        assert answer.ack_ms is not None
        assert f"lantern number {n}" in answer.text
        await assert_shown_and_paid(stage, answer)
    assert len(stage.creates) == 20
    assert len({create["client_ref"] for create in stage.creates}) == 20
