"""What a removed picture leaves behind: on its card, in /history, in the moderators' room."""

from typing import Any

import pytest

from bot.runs.card import Removed
from bot.runs.past import has_pictures
from bot.runs.review.review import Decision, Review
from bot.runs.run import Delivery, Removal, ReviewCause, Run
from cogs.history.view import standing
from cogs.review import texts as review_texts
from cogs.review.panel import may_remove_again
from cogs.ui import cards
from tests.unit.cogs.samples import NOW, a_run, done
from tests.unit.cogs.wire import GUILD_ID, USER_ID

BY_AUTHOR, BY_MODERATOR = Removal(USER_ID, NOW), Removal(5, NOW, "not here")


def removed(removal: Removal = BY_AUTHOR, **changes: Any) -> Run:
    return done(a_run("a secret fox"), **{"delivery": Delivery.WITHHELD, "removal": removal, **changes})


def a_review(outcome: Decision | None, **changes: Any) -> Review:
    decided: dict[str, Any] = {"outcome": outcome, "decided_by": 5, "decided_at": NOW}
    return Review("1", GUILD_ID, ReviewCause.REPORTED, NOW, **{**decided, **changes})


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (Removed(by_author=True), "**Removed by the one who made it.**"),
        (Removed(by_author=False, reason="no *real* people."), "**Removed by a moderator: no \\*real\\* people.**"),
        (Removed(by_author=False), "**Removed by a moderator.**"),
    ],
)
async def test_the_card_says_who_removed_it_and_nothing_of_what_it_was(ending: Removed, words: str) -> None:
    card = cards.final(removed(), ending)
    assert card.to_components() == [
        {"type": 17, "spoiler": False, "components": [{"type": 10, "content": words}], "accent_color": None}
    ]
    assert "real" not in str(cards.bare(removed(), ending).to_components())


@pytest.mark.parametrize(
    ("delivery", "said"),
    [
        (Delivery.WITHHELD, "4 pictures, removed"),
        (Delivery.UNDELIVERABLE, "4 pictures, removed"),
        (Delivery.PENDING, "4 pictures, removed"),
        (Delivery.STILL_VISIBLE, "4 pictures, removed, which could not be taken away yet"),
    ],
)
def test_history_says_so_and_offers_no_pictures(delivery: Delivery, said: str) -> None:
    run = removed(delivery=delivery)
    assert standing(run) == said
    assert not has_pictures(run)


@pytest.mark.parametrize(
    ("run", "review", "words"),
    [
        (removed(), a_review(Decision.REMOVED, decided_by=USER_ID), f"Removed by <@{USER_ID}>, who made it"),
        (removed(BY_MODERATOR), a_review(Decision.REMOVED, reason="not here"), "Removed by <@5> <t:1767268800:R>."),
        (removed(), a_review(Decision.APPROVED), "Kept by <@5>"),
    ],
)
def test_moderators_read_who_removed_it(run: Run, review: Review, words: str) -> None:
    assert review_texts.decided(review, run).startswith(words)
    assert review_texts.result(run, review).endswith("The card says so; the pictures are not shown again.")


def test_moderators_read_that_what_they_kept_was_removed_since() -> None:
    said = review_texts.result(removed(), a_review(Decision.APPROVED))
    assert said.startswith(f"Removed since by <@{USER_ID}>, who made it. ")
    assert "are shown." not in said


@pytest.mark.parametrize("outcome", [Decision.APPROVED, Decision.REMOVED])
def test_what_still_stands_can_be_removed_again_by_moderators(outcome: Decision) -> None:
    run, review = removed(delivery=Delivery.STILL_VISIBLE), a_review(outcome)
    assert may_remove_again(run, review)
    assert "still visible" in review_texts.result(run, review)
    assert not may_remove_again(removed(), review)
