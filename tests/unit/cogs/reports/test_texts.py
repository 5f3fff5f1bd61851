"""What a person reads of their report: only what is so."""

from dataclasses import replace

import pytest

from bot.runs.review.review import Decision, Obstacle, Review
from bot.runs.review.service import Decided, Reported
from bot.runs.run import Delivery, ReviewCause
from cogs.reports import texts
from tests.unit.cogs.samples import NOW, a_run, done

RUN = done(a_run(), delivery=Delivery.SHOWN)
REVIEW = Review(RUN.id, 1, ReviewCause.REPORTED, opened_at=NOW)
POSTED = replace(REVIEW, channel_id=5, message_id=6)


@pytest.mark.parametrize(
    ("reported", "review", "obstacle", "words"),
    [
        (Reported.NEW, POSTED, None, "Thank you. Moderators were told, and will look at it."),
        (Reported.NEW, REVIEW, None, "Thank you. Your report is on its way to the moderators."),
        (Reported.NEW, REVIEW, Obstacle.LATER, "Thank you. Your report is on its way to the moderators."),
        (Reported.NEW, REVIEW, Obstacle.NO_CHANNEL, "has no moderation channel yet, so please tell a moderator"),
        (Reported.NEW, REVIEW, Obstacle.PUBLIC, "could not be told of it yet, so please tell one of them"),
        (Reported.AGAIN, POSTED, None, "Thank you. Moderators know of this picture already."),
        (Reported.AGAIN, REVIEW, Obstacle.NO_CHANNEL, "please tell a moderator as well."),
        (Reported.TWICE, POSTED, None, "You have reported this picture before. Moderators know of this picture"),
        (Reported.TWICE, REVIEW, Obstacle.FORBIDDEN, "before. Your report is kept, but moderators could not be told"),
        (Reported.TWICE, replace(POSTED, outcome=Decision.REJECTED), None, "A moderator has decided to remove it."),
    ],
)
def test_who_knows_of_it(reported: Reported, review: Review, obstacle: Obstacle | None, words: str) -> None:
    assert words in texts.said(reported, Decided(RUN, review, first=True), obstacle)


@pytest.mark.parametrize(
    ("delivery", "up", "words"),
    [
        (Delivery.HELD, False, "Until then it is hidden."),
        (Delivery.STILL_VISIBLE, True, "It could not be taken away and is still visible; I keep trying."),
        (Delivery.PENDING, True, "It will be hidden as soon as Discord takes that."),
        (Delivery.UNDELIVERABLE, False, "The message is gone."),
        (Delivery.SHOWN, False, None),
    ],
)
def test_whether_it_can_still_be_seen(delivery: Delivery, up: bool, words: str | None) -> None:
    run = replace(RUN, delivery=delivery, pictures_up=up)
    said = texts.said(Reported.NEW, Decided(run, POSTED, first=True), None)
    assert said == " ".join(filter(None, ("Thank you. Moderators were told, and will look at it.", words)))


def test_what_was_removed_is_not_said_to_wait_or_to_be_told() -> None:
    review = replace(POSTED, outcome=Decision.REMOVED)
    for reported in (Reported.NEW, Reported.TWICE, Reported.AGAIN):
        assert "It was removed." in texts.said(reported, Decided(RUN, review, first=False), None)
    assert set(texts.AT_ONCE) == set(Reported) - {Reported.NEW, Reported.TWICE, Reported.AGAIN}
    assert "I keep trying" in texts.AT_ONCE[Reported.REMOVED]
