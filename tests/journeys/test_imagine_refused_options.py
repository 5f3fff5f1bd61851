"""What a hostile or outdated client sends: a sentence for its eyes only, and nothing written, held or sent."""

import pytest

from tests.journeys.helpers import Answer, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIZES = "one of square_hd, square, portrait_4_3, portrait_16_9, landscape_4_3, landscape_16_9"
FORMATS = "one of png, jpeg, webp"
COUNT = "a whole number from 1 to 4"
STEPS = "a whole number from 1 to 50"
SEED = "a whole number from 0 to 4294967295"
PROMPT = "text of 1 to 2000 characters, not blank and without control characters"


async def refused(stage: Stage, **options: object) -> Answer:
    """The answer to a forged press, which has left no trace."""
    before = stage.count("runs"), stage.count("ledger_entries")
    answer = await stage.forge({"prompt": "a red fox in snow", **options})
    assert answer.is_ephemeral
    assert len(answer.forms) == 1
    assert stage.books(answer.id).row is None
    assert (stage.count("runs"), stage.count("ledger_entries")) == before
    stage.check_totals()
    assert not stage.creates
    return answer


@pytest.mark.parametrize(
    ("option", "value", "said", "allowed"),
    [
        ("image_size", "huge", "huge", SIZES),
        ("image_size", "SQUARE", "SQUARE", SIZES),
        ("image_size", 512, "512", SIZES),
        ("image_size", "", "blank", SIZES),
        ("num_images", 0, "0", COUNT),
        ("num_images", 5, "5", COUNT),
        ("num_images", -1, "-1", COUNT),
        ("num_images", "2", "2", COUNT),
        ("num_images", 2.0, "2.0", COUNT),
        ("num_images", 2.5, "2.5", COUNT),
        ("num_images", True, "true", COUNT),
        ("num_inference_steps", 0, "0", STEPS),
        ("num_inference_steps", 51, "51", STEPS),
        ("num_inference_steps", "many", "many", STEPS),
        ("seed", -1, "-1", SEED),
        ("seed", 2**32, "4294967296", SEED),
        ("seed", 10**60, "a far longer number", SEED),
        ("seed", "lucky", "lucky", SEED),
        ("seed", [1], "a list", SEED),
        ("output_format", "gif", "gif", FORMATS),
        ("output_format", 1, "1", FORMATS),
        ("output_format", {"a": 1}, "an object", FORMATS),
        ("prompt", "   ", "blank", PROMPT),
        ("prompt", "", "blank", PROMPT),
        ("prompt", "\u200b", "blank", PROMPT),
        ("prompt", "a bell \x07 rings", "a bell   rings", PROMPT),
        ("prompt", 5, "5", PROMPT),
    ],
)
async def test_a_bad_option_is_named_with_its_value_and_what_is_allowed(
    stage: Stage, option: str, value: object, said: str, allowed: str
):
    answer = await refused(stage, **{option: value})
    assert " ".join(answer.text.split()) == " ".join(f"{option} cannot be {said}. Allowed: {allowed}.".split())


async def test_a_prompt_that_is_too_long_is_said_to_be_so(stage: Stage):
    answer = await refused(stage, prompt="x" * 2001)
    assert answer.text.startswith("prompt cannot be xxx")
    assert "(2001 characters)" in answer.text
    assert answer.text.endswith(f"Allowed: {PROMPT}.")


async def test_a_bad_value_is_shown_without_its_markup(stage: Stage):
    answer = await refused(stage, image_size="@everyone **loud** https://example.com")
    assert answer.message is not None
    assert not answer.message["mention_everyone"]
    assert answer.text.startswith("image_size cannot be @everyone **loud** https://example.com. Allowed: ")


async def test_a_missing_prompt_is_refused(stage: Stage):
    answer = await refused(stage, prompt=None)
    assert answer.text == f"prompt cannot be left out. Allowed: {PROMPT}."


@pytest.mark.parametrize(("name", "value"), [("sync_mode", True), ("enable_safety_checker", False), ("model", "x")])
async def test_what_is_no_option_is_refused(stage: Stage, name: str, value: object):
    answer = await refused(stage, **{name: value})
    assert answer.text.startswith(
        f"{name} cannot be {str(value).lower()}. Allowed: only the options prompt, image_size, "
    )
