"""When Runflow says no, says nothing, or never comes to an end: the card ends in words, and nothing is charged."""

import json

import pytest

from tests.journeys.helpers import Answer, Entry, Ledger, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def assert_free(stage: Stage, answer: Answer, *ending: str) -> Ledger:
    """The card ends without pictures, for this reason, and keeps its prompt; what was held was given back, once.

    What was held for a lost run stays held: Runflow may bill it later.

    Which words tell the reason is asserted of `card_texts.ended`.
    """
    assert "red fox" in answer.text
    assert answer.shows(0)
    books = await stage.closed_books(answer.id)
    assert books.ending == (*ending, "shown")
    assert [entry.kind for entry in books.entries] == ["reserve", "release"][: 1 if ending[0] == "lost" else 2]
    assert len({entry.amount for entry in books.entries}) == 1
    assert books.entries[0].amount > 0
    assert books.row is not None
    assert books.row["cost_micro_usd"] is None
    return books


def blamed(books: Ledger) -> list[str]:
    """The options that the end blames."""
    return json.loads((books.row or {})["reason_fields"])


async def assert_pictures(stage: Stage, answer: Answer) -> None:
    """The press ended in a picture after all, and was paid for once."""
    assert answer.shows(1)
    books = await stage.closed_books(answer.id)
    assert books.ending == ("succeeded", None, "shown")
    assert books.entries[1:] == (Entry("settle", stage.billed(answer)),)


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        ("unauthorized", "not_available"),
        ("forbidden", "not_available"),
        ("out_of_credit", "out_of_credit"),
    ],
)
async def test_a_create_that_is_refused(stage: Stage, profile: str, reason: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="square")
    await assert_free(stage, answer, "failed", reason)
    assert len(stage.creates) == 1


@pytest.mark.parametrize("profile", ["unauthorized", "forbidden", "out_of_credit"])
async def test_the_operator_reads_of_it_in_the_log_without_the_key(stage: Stage, profile: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="square")
    row = (await stage.closed_books(answer.id)).row
    assert row is not None
    log = "\n".join(stage.log)
    assert any("error" in line and "create refused" in line and row["id"] in line for line in stage.log)
    assert stage.runflow.api_key not in log
    assert row["interaction_token"] not in log


@pytest.mark.parametrize(
    ("error_body", "fields"),
    [
        ("flat", ["prompt"]),
        ("error_object", ["prompt"]),
        ("detail", ["prompt"]),
        ("html", []),
        ("empty", []),
    ],
)
async def test_every_shape_of_a_refusal_is_understood(stage: Stage, error_body: str, fields: list[str]):
    stage.play("refused", error_body=error_body)
    answer = await stage.imagine(image_size="square")
    books = await assert_free(stage, answer, "failed", "input_refused")
    assert blamed(books) == fields
    assert len(stage.creates) == 1


async def test_input_that_the_provider_refuses_late(stage: Stage):
    stage.play("late_input_failure")
    answer = await stage.imagine(image_size="square", num_inference_steps=20)
    books = await assert_free(stage, answer, "failed", "input_refused")
    assert blamed(books) == ["num_inference_steps"]
    assert "num_inference_steps" in answer.text


async def test_a_run_that_fails_for_its_content(stage: Stage):
    stage.play("nsfw_failed")
    await assert_free(stage, await stage.imagine(image_size="square"), "failed", "content")


@pytest.mark.parametrize("profile", ["failing", "failing_silently"])
async def test_a_run_that_fails(stage: Stage, profile: str):
    stage.play(profile)
    await assert_free(stage, await stage.imagine(image_size="square"), "failed", "upstream_failed")


@pytest.mark.parametrize("spelling", ["canceled", "cancelled"])
async def test_a_run_that_is_cancelled(stage: Stage, spelling: str):
    stage.play("cancelled", cancel_status_code=spelling)
    answer = await stage.imagine(image_size="square")
    await assert_free(stage, answer, "canceled", "canceled")


async def test_a_limited_create_is_sent_again_until_it_is_taken(stage: Stage):
    stage.play("rate_limited", limited_creates=1)
    answer = await stage.imagine(image_size="square")
    await assert_pictures(stage, answer)
    assert len(stage.creates) == 2


async def test_a_create_that_is_limited_for_ever_is_tried_five_times(stage: Stage):
    stage.play("rate_limited_always", retry_after="seconds")  # a second each: the doubling is the client's unit tests'
    answer = await stage.imagine(image_size="square")
    await assert_free(stage, answer, "failed", "busy")
    assert len(stage.creates) == 5


async def test_reads_that_fail_are_read_again(stage: Stage):
    stage.play("flaky")
    await assert_pictures(stage, await stage.imagine(image_size="square"))


async def test_a_run_that_cannot_be_read_at_first_is_waited_for(stage: Stage):
    stage.play("late_reads")
    await assert_pictures(stage, await stage.imagine(image_size="square"))


@pytest.mark.parametrize("profile", ["lost_creates", "lost_create_errors"])
async def test_a_create_whose_answer_was_lost_is_found_and_adopted(stage: Stage, profile: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="square")
    await assert_pictures(stage, answer)
    assert len(stage.creates) == 1


@pytest.mark.parametrize("profile", ["reset_creates", "failing_creates"])
async def test_a_create_that_nobody_can_find_is_given_up_and_never_sent_again(stage: Stage, profile: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="square")
    await assert_free(stage, answer, "lost", "lost")
    assert len(stage.creates) == 1
    assert not any(run.client_ref == stage.creates[0]["client_ref"] for run in stage.runflow.runs.values())


async def test_a_status_that_nobody_knows_is_waited_through(stage: Stage):
    stage.play("passing_unknown_status", unknown_status_s=0.6)
    await assert_pictures(stage, await stage.imagine(image_size="square"))


@pytest.mark.parametrize("profile", ["unknown_status", "stuck", "stuck_queued"])
async def test_a_run_without_an_end_is_given_up_at_the_deadline(impatient: Stage, profile: str):
    await impatient.new_scene()
    impatient.play(profile)
    answer = await impatient.imagine(image_size="square")
    await assert_free(impatient, answer, "lost", "deadline")
    assert len(impatient.creates) == 1


@pytest.mark.parametrize(
    ("profile", "seed"),
    [("old_dialect", 7), ("bare_outputs", None), ("data_urls", 7), ("instant_create", 7)],
)
async def test_every_dialect_ends_in_a_picture(stage: Stage, profile: str, seed: int | None):
    stage.play(profile)
    answer = await stage.imagine(image_size="square", seed=7)
    await assert_pictures(stage, answer)
    assert stage.seed_of(answer) == seed
