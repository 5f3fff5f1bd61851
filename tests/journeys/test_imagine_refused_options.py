"""What a hostile or outdated client sends: a sentence for its eyes only, and nothing written, held or sent."""

import pytest

from tests.journeys.helpers import Answer, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


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


# One value for each option and each kind of value: all of them are the catalog's unit tests'.
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("image_size", "huge"),
        ("num_images", 5),
        ("num_images", 2.5),
        ("num_inference_steps", "many"),
        ("seed", 10**60),
        ("output_format", {"a": 1}),
        ("prompt", "\u200b"),
        ("prompt", "x" * 4001),
        ("enable_safety_checker", False),
        ("model", "x"),
    ],
)
async def test_a_bad_option_is_named(stage: Stage, option: str, value: object):
    answer = await refused(stage, **{option: value})
    assert option in answer.text.split()


async def test_a_bad_value_is_shown_without_its_markup(stage: Stage):
    answer = await refused(stage, image_size="@everyone **loud** https://example.com")
    assert answer.message is not None
    assert not answer.message["mention_everyone"]
    assert "@everyone **loud** https://example.com" in answer.text  # read as typed, so it was escaped
