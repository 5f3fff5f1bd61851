"""What holds for a person, from the acts about them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.sanctions import Sanction, SanctionKind, Thresholds, consequence, standing, strikes_now

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LIMITS = Thresholds()


def act(kind: SanctionKind, days_ago: float, *, until: datetime | None = None, reason: str = "spam.") -> Sanction:
    return Sanction(int(1000 - days_ago), 1, 2, kind, reason, actor_id=3, at=NOW - days_ago * DAY, until=until)


def test_a_person_nobody_acted_about_is_free() -> None:
    held = standing([], NOW, LIMITS)
    assert held.allowed
    assert (held.strikes, held.warned, held.sentence) == (0, False, "")


def test_strikes_decay() -> None:
    acts = [act(SanctionKind.STRIKE, ago) for ago in (31, 30, 29.9, 1)]
    assert strikes_now(acts, NOW, LIMITS.decay) == 2
    assert standing(acts, NOW + 60 * DAY, LIMITS).strikes == 0


@pytest.mark.parametrize(
    ("strikes", "follows"),
    [*((number, None) for number in range(3)), (3, "pause"), (4, "pause"), (5, "stop"), (9, "stop")],
)
def test_what_strikes_bring(strikes: int, follows: str | None) -> None:
    assert consequence(strikes, LIMITS) == follows


def test_the_first_strike_warns_and_stops_nobody() -> None:
    held = standing([act(SanctionKind.STRIKE, 0)], NOW, LIMITS)
    assert held.warned
    assert held.allowed
    assert not standing([act(SanctionKind.STRIKE, 0)], NOW, replace(LIMITS, warn=2)).warned


def test_a_pause_ends_by_itself() -> None:
    acts = [act(SanctionKind.PAUSE, 1, until=NOW)]
    assert standing(acts, NOW, LIMITS).allowed
    held = standing(acts, NOW - timedelta(seconds=1), LIMITS)
    assert (held.kind, held.until, held.sanction_id) == (SanctionKind.PAUSE, NOW, acts[0].id)
    assert "paused you" in held.sentence
    assert f"<t:{int(NOW.timestamp()) + 1}:R>" in held.sentence
    assert "The reason they gave: spam." in held.sentence
    assert "/appeal" in held.sentence


def test_what_followed_from_strikes_is_not_given_out_as_a_reason_of_theirs() -> None:
    followed = replace(act(SanctionKind.PAUSE, 1, until=NOW + DAY, reason="3 strikes"), by_threshold=True)
    held = standing([followed], NOW, LIMITS)
    assert held.sentence.startswith(
        "You are paused in this server because of 3 strikes. You can ask for pictures again "
    )
    assert held.told_reason == "3 strikes"


def test_of_two_pauses_the_longer_holds() -> None:
    acts = [act(SanctionKind.PAUSE, 2, until=NOW + 3 * DAY), act(SanctionKind.PAUSE, 1, until=NOW + DAY)]
    assert standing(acts, NOW, LIMITS).until == NOW + 3 * DAY


def test_a_stop_holds_without_end_and_before_any_pause() -> None:
    acts = [act(SanctionKind.STOP, 400), act(SanctionKind.PAUSE, 1, until=NOW + DAY)]
    held = standing(acts, NOW, LIMITS)
    assert (held.kind, held.until) == (SanctionKind.STOP, None)
    assert "until they lift it" in held.sentence


def test_lifting_forgets_all_that_was_before_and_nothing_after() -> None:
    before = [act(SanctionKind.STRIKE, 5), act(SanctionKind.STOP, 4), act(SanctionKind.LIFT, 3)]
    held = standing(before, NOW, LIMITS)
    assert held.allowed
    assert held.strikes == 0
    assert standing([*before, act(SanctionKind.STRIKE, 1)], NOW, LIMITS).strikes == 1
    assert not standing([*before, act(SanctionKind.STOP, 1)], NOW, LIMITS).allowed


@given(
    kinds=st.lists(st.sampled_from(SanctionKind), max_size=12),
    ages=st.lists(st.integers(0, 90), min_size=12, max_size=12),
)
def test_after_a_lift_everybody_is_free_whatever_was_before(kinds: list[SanctionKind], ages: list[int]) -> None:
    ordered = sorted(ages, reverse=True)
    acts = [act(kind, ago, until=NOW + 99 * DAY) for kind, ago in zip(kinds, ordered, strict=False)]
    held = standing([*acts, act(SanctionKind.LIFT, 0)], NOW, LIMITS)
    assert (held.allowed, held.strikes, held.warned) == (True, 0, False)
