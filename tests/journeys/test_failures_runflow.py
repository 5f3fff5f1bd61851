"""When Runflow says no, says nothing, or never comes to an end: the card ends in words, and nothing is charged."""

import pytest

from tests.journeys.helpers import Answer, Entry, Stage

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOT_AVAILABLE = "Picture making is not available right now. The people who run this bot have been told."
NO_CREDIT = "The bot's account has no credit left. Please tell the people who run it, and try again later."
PROMPT_REFUSED = "Runflow did not accept this for: prompt. Change it, and try again."
OPTIONS_REFUSED = "Runflow did not accept these options. Change the prompt or the options, and try again."
NOT_FINISHED = "Runflow could not finish this request. Please try again, perhaps with other words."
CANCELED = "This request was canceled before it was finished."
BUSY = "Runflow is very busy and did not take the request. Please try again in a few minutes."
LOST = "The connection broke while the request was sent, and Runflow has no trace of it. Please try again."
TOO_LONG = "This took far longer than it should, so the bot stopped waiting. Please try again later."


async def assert_free(stage: Stage, answer: Answer, sentence: str, *ending: str, title: str = "No pictures") -> None:
    """The card ends with the sentence and without pictures; what was held was given back, once."""
    assert answer.text.startswith(title)
    assert sentence in answer.text.splitlines()
    assert "You were not charged." in answer.text
    assert "red fox" in answer.text
    assert not answer.attachments
    books = await stage.closed_books(answer.id)
    assert books.ending == (*ending, "shown")
    assert [entry.kind for entry in books.entries] == ["reserve", "release"]
    assert books.entries[0].amount == books.entries[1].amount > 0
    assert books.row is not None
    assert books.row["cost_micro_usd"] is None


async def assert_pictures(stage: Stage, answer: Answer) -> None:
    """The press ended in a picture after all, and was paid for once."""
    assert answer.text.startswith("Your picture")
    books = await stage.closed_books(answer.id)
    assert books.ending == ("succeeded", None, "shown")
    assert books.entries[1:] == (Entry("settle", stage.billed(answer)),)


@pytest.mark.parametrize(
    ("profile", "sentence", "reason"),
    [
        ("unauthorized", NOT_AVAILABLE, "not_available"),
        ("forbidden", NOT_AVAILABLE, "not_available"),
        ("out_of_credit", NO_CREDIT, "out_of_credit"),
        ("refused", PROMPT_REFUSED, "input_refused"),
    ],
)
async def test_a_create_that_is_refused(stage: Stage, profile: str, sentence: str, reason: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="square")
    await assert_free(stage, answer, sentence, "failed", reason)
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
    ("error_body", "sentence"),
    [
        ("flat", PROMPT_REFUSED),
        ("error_object", PROMPT_REFUSED),
        ("detail", PROMPT_REFUSED),
        ("html", OPTIONS_REFUSED),
        ("empty", OPTIONS_REFUSED),
    ],
)
async def test_every_shape_of_a_refusal_is_understood(stage: Stage, error_body: str, sentence: str):
    stage.play("refused", error_body=error_body)
    answer = await stage.imagine(image_size="square")
    await assert_free(stage, answer, sentence, "failed", "input_refused")


async def test_input_that_the_provider_refuses_late(stage: Stage):
    stage.play("late_input_failure")
    answer = await stage.imagine(image_size="square", num_inference_steps=20)
    sentence = "Runflow did not accept this for: num_inference_steps. Change it, and try again."
    await assert_free(stage, answer, sentence, "failed", "input_refused")


async def test_a_run_that_fails_for_its_content(stage: Stage):
    stage.play("nsfw_failed")
    sentence = "Runflow's safety check kept this back, so there is nothing to show. Please try other words."
    await assert_free(stage, await stage.imagine(image_size="square"), sentence, "failed", "content")


@pytest.mark.parametrize("profile", ["failing", "failing_silently"])
async def test_a_run_that_fails(stage: Stage, profile: str):
    stage.play(profile)
    await assert_free(stage, await stage.imagine(image_size="square"), NOT_FINISHED, "failed", "upstream_failed")


@pytest.mark.parametrize("spelling", ["canceled", "cancelled"])
async def test_a_run_that_is_cancelled(stage: Stage, spelling: str):
    stage.play("cancelled", cancel_status_code=spelling)
    answer = await stage.imagine(image_size="square")
    await assert_free(stage, answer, CANCELED, "canceled", "canceled", title="Canceled")


async def test_a_limited_create_is_sent_again_until_it_is_taken(stage: Stage):
    stage.play("rate_limited", limited_creates=1)
    answer = await stage.imagine(image_size="square")
    await assert_pictures(stage, answer)
    assert len(stage.creates) == 2


async def test_a_create_that_is_limited_for_ever_is_tried_five_times(stage: Stage):
    stage.play("rate_limited_always", retry_after="seconds")  # a second each: the doubling is the client's unit tests'
    answer = await stage.imagine(image_size="square")
    await assert_free(stage, answer, BUSY, "failed", "busy")
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
    await assert_free(stage, answer, LOST, "lost", "lost")
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
    await assert_free(impatient, answer, TOO_LONG, "lost", "deadline")
    assert len(impatient.creates) == 1


@pytest.mark.parametrize(
    ("profile", "seed"),
    [("old_dialect", "7"), ("bare_outputs", "not reported"), ("data_urls", "7"), ("instant_create", "7")],
)
async def test_every_dialect_ends_in_a_picture(stage: Stage, profile: str, seed: str):
    stage.play(profile)
    answer = await stage.imagine(image_size="square", seed=7)
    await assert_pictures(stage, answer)
    assert f"seed {seed} ·" in answer.text
