"""Which limits hold, what they leave, and how that is said: pure."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ledger.limits import applicable, counted_in, in_order, nearly_used, refusal, row_of, use_of, uses
from bot.ledger.values import (
    Applied,
    Defaults,
    Demand,
    Limit,
    LimitCause,
    Measure,
    Person,
    Subject,
    Total,
    TotalKey,
    Window,
)
from bot.money import MicroUsd

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
SOON, MIDNIGHT, NEXT_MONTH = 1777640400, 1777680000, 1780272000
ME = Person(7, 1, 10, (5, 6))
ONE = Demand(MicroUsd(100), 1)
FOUR = Demand(MicroUsd(400), 4)


def limit(
    subject: Subject = Subject.USER,
    subject_id: int | None = 7,
    amount: int = 100,
    *,
    window: Window = Window.DAY,
    measure: Measure = Measure.MONEY,
    guild_id: int | None = 1,
) -> Limit:
    return Limit(subject, subject_id, window, measure, amount, guild_id)


def said(one: Applied, used: int, demand: Demand = FOUR) -> str:
    total = {
        Measure.MONEY: Total(spent=MicroUsd(used)),
        Measure.PICTURES: Total(spent_pictures=used),
        Measure.RUNS: Total(live_runs=used),
    }[one.limit.measure]
    error = refusal([use_of(one, total, NOON)], demand)
    return "" if error is None else str(error)


@given(
    st.permutations([limit(amount=1), limit(Subject.ROLE, 5, 2), limit(Subject.ROLE, 6, 3), limit(Subject.ROLE, 8, 9)])
)
def test_the_persons_own_comes_before_their_most_generous_role(limits: list[Limit]) -> None:
    defaults = Defaults(user_daily=MicroUsd(50))
    assert [(one.limit.amount, one.why) for one in applicable(limits, defaults, ME)] == [(1, LimitCause.USER)]
    rest = [one for one in limits if one.subject is Subject.ROLE]
    assert [(one.limit.amount, one.why) for one in applicable(rest, defaults, ME)] == [(3, LimitCause.ROLE)]
    roleless = Person(7, 1, 10)
    assert [(one.limit.amount, one.why) for one in applicable(rest, defaults, roleless)] == [(50, LimitCause.DEFAULT)]


def test_limits_of_other_windows_measures_and_subjects_hold_side_by_side() -> None:
    hourly, pictures = limit(window=Window.HOUR), limit(measure=Measure.PICTURES)
    channel, server = limit(Subject.CHANNEL, 10), limit(Subject.GUILD, None)
    elsewhere = [
        limit(Subject.CHANNEL, 11),
        limit(Subject.USER, 8),
        limit(guild_id=2),
        limit(Subject.GUILD, None, guild_id=2),
    ]
    defaults = Defaults(user_daily=MicroUsd(50), bot_monthly=MicroUsd(9))
    applied = applicable([hourly, pictures, channel, server, *elsewhere], defaults, ME)
    assert {one.limit for one in applied if one.limit.guild_id} == {hourly, pictures, channel, server}
    assert {one.why for one in applied} == {
        LimitCause.USER,
        LimitCause.DEFAULT,
        LimitCause.CHANNEL,
        LimitCause.GUILD,
        LimitCause.BOT,
    }


def test_no_limit_of_a_server_holds_in_private_use() -> None:
    applied = applicable(
        [limit(), limit(guild_id=None)],
        Defaults(user_daily=MicroUsd(5), private_daily=MicroUsd(6)),
        Person(7, None, 30),
    )
    assert [(one.limit.amount, one.why) for one in applied] == [(6, LimitCause.PRIVATE)]


PEOPLE = st.builds(Person, st.integers(1, 2**63 - 1), st.none() | st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1))
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zoned


@given(PEOPLE, TIMES)
def test_rows_are_locked_in_one_order_and_every_limit_is_held_against_one_of_them(person: Person, at: datetime) -> None:
    keys = counted_in(person, at)
    assert len(set(keys)) == len(keys)
    assert keys == in_order(reversed(keys))
    own = limit(subject_id=person.user_id)
    assert row_of(own, person, at) in keys
    if person.guild_id is not None:
        assert row_of(limit(Subject.GUILD, None), person, at) in keys
        assert row_of(limit(Subject.CHANNEL, person.channel_id), person, at) in keys


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12))
def test_what_is_left_is_never_below_zero_and_grants_count(amount: int, held: int, spent: int, granted: int) -> None:
    total = Total(held=MicroUsd(held), spent=MicroUsd(spent), granted=MicroUsd(granted))
    use = use_of(Applied(limit(amount=amount), LimitCause.USER), total, NOON)
    assert use.left == max(0, amount + granted - held - spent)


@pytest.mark.parametrize(
    ("one", "used", "sentence"),
    [
        (
            Applied(limit(amount=500), LimitCause.USER),
            300,
            "That could cost up to 0.04 ¢, and you have 0.02 ¢ left of your 0.05 ¢ for today. "
            f"You get a fresh 0.05 ¢ <t:{MIDNIGHT}:R>. "
            "2 pictures would fit.",
        ),
        (
            Applied(limit(Subject.ROLE, 5, 3, measure=Measure.PICTURES, window=Window.HOUR), LimitCause.ROLE),
            2,
            "That would be 4 pictures, and you have 1 picture left of your 3 pictures for this hour (as <@&5>). "
            f"You get a fresh 3 pictures <t:{SOON}:R>. "
            "1 picture would fit.",
        ),
        (
            Applied(limit(Subject.GUILD, None, 1_000, window=Window.MONTH), LimitCause.GUILD),
            1_000,
            "That could cost up to 0.04 ¢, and this server has nothing left of its 0.1 ¢ for this month. "
            f"It starts afresh <t:{NEXT_MONTH}:R>.",
        ),
        (
            Applied(limit(Subject.CHANNEL, 10, 6, measure=Measure.PICTURES, window=Window.EVER), LimitCause.CHANNEL),
            6,
            "That would be 4 pictures, and this channel has nothing left of its 6 pictures in all. "
            "That does not renew by itself. "
            "The admins of this server can change it.",
        ),
        (
            Applied(limit(Subject.BOT, None, 10_000, window=Window.MONTH, guild_id=None), LimitCause.BOT),
            9_999,
            "That could cost up to 0.04 ¢, and I have 0.0001 ¢ left of the 1 ¢ "
            "that everybody together may spend a month. "
            f"It starts afresh <t:{NEXT_MONTH}:R>. "
            "Until then, cheaper pictures may fit.",
        ),
        (
            Applied(limit(amount=2, measure=Measure.RUNS, window=Window.EVER), LimitCause.USER),
            2,
            "You may have 2 runs at once, and you have 2 under way. Please try again when one of them has ended.",
        ),
        (
            Applied(limit(Subject.GUILD, None, 1, measure=Measure.RUNS, window=Window.EVER), LimitCause.GUILD),
            1,
            "This server may have 1 run at once, and this server has 1 under way. "
            "Please try again when one of them has ended.",
        ),
        (
            Applied(limit(amount=0, measure=Measure.RUNS, window=Window.EVER), LimitCause.USER),
            0,
            "Making pictures is switched off at the moment: your limit is 0 runs at once. "
            "The admins of this server can change it.",
        ),
        (
            Applied(limit(amount=0), LimitCause.DEFAULT),
            0,
            "Making pictures is switched off at the moment: your limit is 0 ¢ a day. "
            "The admins of this server can change it.",
        ),
    ],
)
def test_what_a_refusal_says(one: Applied, used: int, sentence: str) -> None:
    assert said(one, used) == sentence


def test_of_several_limits_the_one_that_lasts_longest_is_told_and_what_fits_fits_all() -> None:
    day, month = limit(amount=300), limit(amount=350, window=Window.MONTH)
    pictures = limit(amount=1, measure=Measure.PICTURES, window=Window.HOUR)
    error = refusal([use_of(Applied(one, LimitCause.USER), Total(), NOON) for one in (day, month, pictures)], FOUR)
    assert error is not None
    assert (error.resets_at, error.fits) == (Window.MONTH.resets_at(NOON), 1)


def test_smaller_pictures_are_not_promised_where_another_limit_is_used_up() -> None:
    month = use_of(Applied(limit(amount=1_000, window=Window.MONTH), LimitCause.USER), Total(spent=MicroUsd(950)), NOON)
    hour = limit(amount=3, measure=Measure.PICTURES, window=Window.HOUR)
    at_once = limit(amount=1, measure=Measure.RUNS, window=Window.EVER)
    gone = use_of(Applied(hour, LimitCause.USER), Total(spent_pictures=3), NOON)
    busy = use_of(Applied(at_once, LimitCause.USER), Total(live_runs=1), NOON)
    assert "cheaper pictures may fit" in str(refusal([month], FOUR))
    assert "may fit" not in str(refusal([month, gone], FOUR))
    assert "may fit" not in str(refusal([month, busy], FOUR))


def test_a_picture_dearer_than_the_whole_limit_is_not_put_off_until_it_renews() -> None:
    use = use_of(Applied(limit(amount=300), LimitCause.USER), Total(), NOON)
    sentence = str(refusal([use], Demand(MicroUsd(400), 1)))
    assert sentence.endswith("One request can never cost more than that: please ask for cheaper pictures.")


@given(st.integers(1, 1_000), st.integers(0, 1_000))
def test_a_word_comes_from_eighty_percent_on(amount: int, used: int) -> None:
    use = use_of(
        Applied(limit(amount=amount, measure=Measure.PICTURES), LimitCause.USER), Total(spent_pictures=used), NOON
    )
    assert bool(nearly_used([use])) == (used / amount >= 0.8)


def test_there_is_no_word_for_runs_at_once_or_for_what_is_switched_off() -> None:
    at_once = Applied(limit(amount=1, measure=Measure.RUNS, window=Window.EVER), LimitCause.USER)
    off = Applied(limit(amount=0), LimitCause.USER)
    assert nearly_used([use_of(at_once, Total(live_runs=1), NOON), use_of(off, Total(), NOON)]) == ()


def test_a_row_that_is_not_there_counts_nothing() -> None:
    totals: dict[TotalKey, Total] = {}
    (use,) = uses([Applied(limit(), LimitCause.USER)], totals, ME, NOON)
    assert (use.used, use.left) == (0, 100)
