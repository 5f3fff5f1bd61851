"""Sentences: one for everything that can happen, in words, with nothing in them that people should not read."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import PictureFault
from bot.images.image import MissingPicture
from bot.money import MicroUsd
from bot.runs.card import Held, InLine, Pictures, Rejected, Word
from bot.runs.run import Place, Reason, Result, ReviewCause, State
from cogs.ui import card_texts
from tests.unit.cogs.samples import NOW, a_run, done, pictures


def is_for_people(sentence: str) -> bool:
    words = re.sub(r"<t:\d+:R>", "", sentence)
    return (
        len(re.findall(r"[a-z]{2,}", words)) >= 1
        and len(words) < 300
        and not re.search(r"https?:|www\.|Error|Exception|None|Traceback|\d{3}\b", words.replace("01234567", ""))
    )


@pytest.mark.parametrize("reason", [*Reason, None])
def test_every_reason_has_a_sentence_of_its_own(reason: Reason | None) -> None:
    sentence = card_texts.ended(a_run(reason=reason))
    assert is_for_people(sentence)
    assert sentence[0].isupper()
    assert sentence.endswith(".")


def test_sentences_of_different_reasons_differ() -> None:
    assert len({card_texts.ended(a_run(reason=reason)) for reason in Reason}) == len(Reason)


@pytest.mark.parametrize("state", State)
def test_every_state_has_words(state: State) -> None:
    assert is_for_people(card_texts.progress(a_run(state=state)))


@pytest.mark.parametrize(
    ("number", "word"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (22, "22nd")]
)
def test_places_are_said_as_people_say_them(number: int, word: str) -> None:
    assert card_texts.ordinal(number) == word
    assert is_for_people(card_texts.progress(a_run(), InLine(number)))


def test_a_place_is_said_only_while_nothing_was_sent() -> None:
    assert "in line" not in card_texts.progress(a_run(state=State.QUEUED), InLine(3))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (InLine(2), "You're 2nd in line."),
        (InLine(3, about_s=14.2), "You're 3rd in line. About 15 s."),
        (InLine(1, own=2, about_s=0.1), "2 of your requests are still being made; this one starts next. About 5 s."),
        (InLine(1, own=1), "1 of your requests is still being made; this one starts next."),
        (InLine(2, own=2), "2 of your requests are still being made; this one is 2nd in line."),
        (InLine(9, about_s=57.4), "You're 9th in line. About 55 s."),
        (InLine(9, about_s=58.0), "You're 9th in line. About 1 min."),
        (InLine(90, about_s=400.0), "You're 90th in line. About 7 min."),
    ],
)
def test_who_waits_reads_why_and_about_how_long(line: InLine, said: str) -> None:
    assert card_texts.progress(a_run(), line) == said


@pytest.mark.parametrize(
    ("state", "word", "said"),
    [
        (State.ACCEPTED, None, "Starting…"),
        (State.SUBMITTING, None, "Starting…"),
        (State.SUBMITTING, Word.BUSY, "The service is busy; still trying."),
        (State.QUEUED, None, "Starting soon…"),
        (State.RUNNING, None, "Drawing…"),
        (State.QUEUED, Word.LATE, "This is taking longer than usual."),
        (State.RUNNING, Word.LATE, "This is taking longer than usual."),
    ],
)
def test_progress_is_said_in_few_words_without_the_names_of_vendors(state: State, word: Word | None, said: str) -> None:
    found = card_texts.progress(a_run(state=state), word=word)
    assert found.startswith(said)
    assert "Runflow" not in found + card_texts.progress(a_run(state=state), word=Word.LOOKING)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Reason.CANCELED_BY_ASKER, "You canceled this."),
        (Reason.CANCELED_BY_MODERATOR, "A moderator canceled this."),
    ],
)
def test_who_canceled_is_said_and_what_is_known_of_the_cost(reason: Reason, said: str) -> None:
    given_up = a_run(state=State.LOST, reason=reason)
    assert card_texts.ended(given_up) == said
    assert card_texts.charged(given_up) == "If the service still bills it, it counts."
    over = replace(given_up, state=State.CANCELED)
    assert card_texts.charged(over) == "You were not charged."
    assert card_texts.charged(replace(over, cost=MicroUsd(12_000))) is None  # what it cost, Details says


@pytest.mark.parametrize("fault", PictureFault)
def test_every_missing_picture_is_told(fault: PictureFault) -> None:
    ending = Pictures(pictures(1), (MissingPicture(1, fault),))
    (line,) = card_texts.notes(done(a_run()), ending)
    assert line.startswith("Picture 2")
    assert is_for_people(line)


@pytest.mark.parametrize(
    ("one", "other"), [(State.ACCEPTED, State.SUBMITTING), (State.DISPATCHING, State.RUNNING)], ids=str
)
def test_states_that_progress_takes_for_one_read_the_same(one: State, other: State) -> None:
    assert card_texts.progress(a_run(state=one)) == card_texts.progress(a_run(state=other))


def test_progress_waits_with_a_clock_that_costs_no_edits() -> None:
    run = a_run(state=State.QUEUED, submitted_at=NOW + timedelta(seconds=3))
    assert f"<t:{int(NOW.timestamp()) + 3}:R>" in card_texts.progress(run)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.SUBMITTING, "There was no clear answer. Looking for your request; "),
        (State.RUNNING, "The service does not answer. Asking again until it does; "),
    ],
)
def test_what_is_looked_for_says_so_and_nothing_of_money(state: State, said: str) -> None:
    assert card_texts.looking(a_run(state=state)) == f"{said}this card will change by itself."


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            Reason.FAULT,
            "Something went wrong on our side. If it happens again, tell the people who run this bot this reference: "
            "01234567.",
        ),
        (
            Reason.NOT_AVAILABLE,
            "Picture making is not available right now. The bot's log says why, for the people who run it.",
        ),
        (
            Reason.LOST,
            "Runflow gave no clear answer when the request was sent, and it was not found there. Please try again.",
        ),
    ],
)
def test_nothing_is_said_that_nobody_did_or_looked_for(reason: Reason, said: str) -> None:
    assert card_texts.ended(a_run(reason=reason)) == said


def test_refused_inputs_are_named_and_escaped() -> None:
    run = a_run(reason=Reason.INPUT_REFUSED, reason_fields=("image_size", "**x**"))
    assert "image\\_size, \\*\\*x\\*\\*" in card_texts.ended(run)


@pytest.mark.parametrize(
    ("cost", "estimated", "said"),
    [
        (None, False, "You were not charged."),
        (MicroUsd(0), False, "You were not charged."),
        (MicroUsd(12_000), False, None),
        (MicroUsd(12_000), True, None),
    ],
)
def test_what_it_cost_is_not_the_channels_business(cost: MicroUsd | None, estimated: bool, said: str | None) -> None:
    assert card_texts.charged(a_run(cost=cost, cost_estimated=estimated)) == said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (Reason.PICTURES_UNREADABLE, "Our fault: this does not count towards your limit."),
        (Reason.NO_PICTURES, "Our fault: this does not count towards your limit."),
        (Reason.UPLOAD_REFUSED, "This does not count towards your limit."),
        (Reason.CONTENT, "This does not count towards your limit."),
    ],
)
def test_what_was_given_back_is_said_and_whose_fault_it_was_where_it_was_ours(reason: Reason, said: str) -> None:
    run = a_run(reason=reason, cost=MicroUsd(12_000))
    assert card_texts.charged(run) is None
    assert card_texts.charged(replace(run, given_back=MicroUsd(12_000))) == said
    assert card_texts.charged(replace(run, given_back=MicroUsd(5_000))) is None


def test_of_pictures_that_are_missing_the_card_says_that_they_are_not_paid() -> None:
    run, ending = done(a_run()), Pictures(pictures(3), (MissingPicture(3, PictureFault.UNREADABLE),))
    assert card_texts.partly_charged(run, ending) == "What is missing does not count towards your limit."
    assert card_texts.partly_charged(run, Pictures(pictures(4))) is None
    assert card_texts.partly_charged(replace(run, pictures_shown=4), ending) is None, "they were seen before, and paid"


def test_a_run_that_was_sent_and_lost_may_be_charged_after_all() -> None:
    so_far = "You were not charged so far. What it may cost stays on hold until that is certain, for a day at most."
    assert card_texts.charged(a_run(state=State.LOST)) == so_far
    assert card_texts.charged(a_run(state=State.LOST, submitted_at=None)) == "You were not charged."
    assert card_texts.charged(a_run(state=State.LOST, cost=MicroUsd(12_000))) is None


def test_everybody_reads_size_format_and_time() -> None:
    assert card_texts.details(done(a_run()), pictures(2)) == "2 pictures · 1024 × 768 · PNG · took 1.2 s"  # noqa: RUF001


def test_the_facts_say_what_was_not_reported() -> None:
    assert card_texts.facts(done(a_run())) == "seed 42 · 4 steps"
    assert card_texts.facts(done(a_run(), result=Result(num_outputs=1))) == "seed not reported · 4 steps"


def test_fewer_pictures_and_changed_formats_are_told() -> None:
    run = done(a_run(), result=Result(num_outputs=3))
    ending = Pictures(pictures(1, changed="saved as WebP without loss to fit"), spoiler=True)
    asked, changed, hidden = card_texts.notes(run, ending)
    assert asked == "You asked for 4 pictures; Runflow made 3."
    assert changed == "Picture 1: saved as WebP without loss to fit."
    assert "hidden" in hidden


def test_a_changed_prompt_is_told_and_escaped() -> None:
    run = done(a_run(), result=Result(num_outputs=4, prompt_used="a **blue** fox"))
    (line,) = card_texts.notes(run, Pictures(pictures(4)))
    assert r"a \*\*blue\*\* fox" in line


def test_that_pictures_are_hidden_is_said_and_not_why() -> None:
    assert card_texts.withheld(done(a_run())) == "Hidden in this channel. Details says why."
    assert card_texts.withheld(done(a_run(place=Place(None, 5)))) == "Hidden here. Details says why."


@pytest.mark.parametrize("why", [why for why in ReviewCause if why is not ReviewCause.REPORTED])
def test_whatever_was_found_a_card_that_waits_reads_the_same(why: ReviewCause) -> None:
    assert card_texts.held(a_run(), Held(why)) == (
        "Your picture is ready. A moderator looks at it first; this card will change by itself when that is done."
    )


def test_a_report_is_said_to_be_waiting_until_its_outcome_is_here() -> None:
    line = card_texts.held(a_run(), Held(ReviewCause.REPORTED))
    assert line == "Your picture is hidden until a moderator has looked at it. This card will say what was decided."


def test_nobody_is_told_of_a_channel_that_may_not_be_there() -> None:
    line = card_texts.held(a_run(), Held(ReviewCause.FLAGGED, asked=False))
    assert line == (
        "Your picture is ready, but no moderator could be asked yet: this server has no moderation channel that works. "
        "/review status tells its moderators why, and this card will change by itself afterwards."
    )


def test_a_decision_that_nobody_made_blames_nobody() -> None:
    line = card_texts.rejected(a_run(), Rejected(None, by_rule=True))
    assert line == "Nobody reviewed this picture in time, so it was not shown. You are welcome to ask again."


def test_of_a_black_picture_only_the_colour_is_certain() -> None:
    (line,) = card_texts.notes(done(a_run()), Pictures(pictures(4), black=(1,)))
    assert line == "Picture 2 is black all over: a safety check may have hidden it."
